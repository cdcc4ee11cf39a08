"""A run to write samples to."""

from uuid import UUID

import httpx
import pytest
from sample_calls import register_run


@pytest.fixture
async def run(http: httpx.AsyncClient) -> UUID:
    return await register_run(http)
