"""Who asks, as requests say it and events keep it."""

import pytest

from tests.server.registry.registry_calls import events_of

PIPELINES = "/api/v1/pipelines"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("zoë".encode(), "zoë"),
        ("zoe\u0308".encode(), "zoë"),
        ("zoë".encode("latin-1"), "zoë"),
        ("李雷".encode(), "李雷"),
        (b"  ada lovelace ", "ada lovelace"),
        (b"", "anonymous"),
    ],
)
async def test_names_are_kept_as_they_are_written(http, sent, kept):
    await http.post(PIPELINES, json={"name": "p"}, headers=[(b"X-Mltui-User", sent)])
    assert [event["actor"] for event in await events_of(http, "pipeline.create")] == [kept]


@pytest.mark.parametrize("name", [b"ada\tlovelace", "ada\u202eecalevol".encode(), "ada\u0085l".encode(), b"ada\x7f"])
async def test_a_name_with_control_characters_is_refused(http, name):
    answer = await http.post(PIPELINES, json={"name": "p"}, headers=[(b"X-Mltui-User", name)])
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "X-Mltui-User:" in answer.json()["detail"]
    assert (await http.get(PIPELINES)).json()["items"] == []
