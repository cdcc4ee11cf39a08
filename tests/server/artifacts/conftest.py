"""A run to keep artifacts of."""

import pytest


@pytest.fixture
async def run(http) -> str:
    return (await http.post("/api/v1/runs", json={"name": "one"})).json()["id"]
