"""Batches going in over HTTP: stored once, in order, or refused with one clear message."""

import asyncio
from uuid import UUID

import httpx
import msgspec
import pytest
from sample_calls import register_run, summaries

from mltui.wire.samples import MAX_BATCH_SAMPLES
from mltui_server.lib.ids import new_id
from mltui_server.samples.batch import MAX_BODY_BYTES

NOW = 1_790_000_000 * 10**9


def batch(values: list, key: str = "loss", start: int = 0, **more: object) -> dict:
    steps = list(range(start, start + len(values)))
    return {"series": [{"key": key, "times": [NOW + step for step in steps], "values": values, "steps": steps}], **more}


async def send(http: httpx.AsyncClient, run: UUID, body: dict) -> httpx.Response:
    return await http.post(f"/api/v1/runs/{run}/samples", json=body)


async def test_a_batch_is_accepted_and_counted(http, run):
    answer = await send(http, run, batch([1.0, 2.0]))
    assert answer.status_code == 202
    assert answer.json() == {"samples": 2, "duplicate": False}
    found = await summaries(http, run, 2)
    assert found["loss"]["last"] == 2.0


async def test_msgpack_and_json_mean_the_same(http, run):
    body = batch([0.5, 1.5, "NaN"])
    headers = {"content-type": "application/msgpack"}
    await http.post(f"/api/v1/runs/{run}/samples", content=msgspec.msgpack.encode(body), headers=headers)
    await send(http, run, batch([0.5, 1.5, "NaN"], key="again"))
    found = await summaries(http, run, 6)
    assert {**found["loss"], "key": ""} == {**found["again"], "key": ""}


async def test_real_nan_in_msgpack_and_words_in_json(http, run):
    body = batch([float("nan"), float("inf"), float("-inf"), 3])
    headers = {"content-type": "application/msgpack"}
    await http.post(f"/api/v1/runs/{run}/samples", content=msgspec.msgpack.encode(body), headers=headers)
    await send(http, run, batch(["Infinity"], start=4))
    row = (await summaries(http, run, 5))["loss"]
    assert (row["nonfinite"], row["min"], row["max"], row["last"]) == (4, 3.0, 3.0, "Infinity")


async def test_the_same_seq_again_is_stored_once(http, run):
    first = await send(http, run, batch([1.0], writer="w", seq=1))
    again = await send(http, run, batch([1.0], writer="w", seq=1))
    assert (first.status_code, again.status_code) == (202, 202)
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    await send(http, run, batch([2.0], start=1, writer="w", seq=2))
    await summaries(http, run, 2)


async def test_a_gap_names_the_seq_expected(http, run):
    await send(http, run, batch([1.0], writer="w", seq=1))
    answer = await send(http, run, batch([1.0], writer="w", seq=3))
    assert answer.status_code == 409
    assert answer.json()["detail"] == "writer 'w' sent seq 3; the next one expected is 2"
    fresh = await send(http, run, batch([1.0], writer="new", seq=2))
    assert "expected is 1" in fresh.json()["detail"]


async def test_a_batch_without_samples_still_advances_the_writer(http, run):
    assert (await send(http, run, {"series": [], "writer": "w", "seq": 1})).status_code == 202
    assert (await send(http, run, batch([1.0], writer="w", seq=2))).status_code == 202
    await summaries(http, run, 1)


async def test_many_at_once_store_each_seq_once(http, run):
    for seq in range(1, 6):
        answers = await asyncio.gather(
            *(send(http, run, batch([1.0], start=seq, writer="w", seq=seq)) for _ in range(6))
        )
        assert [answer.status_code for answer in answers] == [202] * 6
        assert sum(not answer.json()["duplicate"] for answer in answers) == 1
    await summaries(http, run, 5)


async def test_a_writer_belongs_to_one_run(http, run):
    other = await register_run(http)
    await send(http, run, batch([1.0], writer="w", seq=1))
    answer = await send(http, other, batch([1.0], writer="w", seq=2))
    assert answer.status_code == 409
    assert f"belongs to run {run}" in answer.json()["detail"]


@pytest.mark.parametrize("writer", [{}, {"writer": "w", "seq": 1}, {"writer": "w", "seq": 7}])
async def test_an_unknown_run_is_a_404(http, writer):
    assert (await send(http, new_id(), batch([1.0], **writer))).status_code == 404


async def test_not_an_id_is_a_404(http):
    assert (await http.post("/api/v1/runs/nope/samples", json=batch([1.0]))).status_code == 404


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"values": [1.0]}, "$.series[0].values", "1 values for 2 times"),
        ({"steps": [1, 2, 3]}, "$.series[0].steps", "3 steps for 2 times"),
        ({"values": [1.0, "nan"]}, "$.series[0].values[1]", "'nan' is not a number"),
        ({"values": [1.0, True]}, "$.series[0].values[1]", "not true or false"),
        ({"times": [1, 2**63]}, "$.series[0].times[1]", "out of range"),
        ({"times": [-1, 2]}, "$.series[0].times[0]", "out of range"),
        ({"times": [1.5, 2]}, "$.series[0].times[0]", "it must be a whole number"),
        ({"steps": [0, 2**60]}, "$.series[0].steps[1]", "out of range"),
        ({"key": ""}, "$.series[0].key", "it must not be empty"),
        ({"key": "x" * 251}, "$.series[0].key", "at most 250 characters"),
        ({"key": "a\nb"}, "$.series[0].key", "no control characters"),
    ],
)
async def test_a_fault_has_one_message_with_its_path(http, run, change, path, says):
    series = {"key": "loss", "times": [1, 2], "values": [1.0, 2.0], "steps": None} | change
    answer = await send(http, run, {"series": [series]})
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["path"] == path
    assert says in fault["message"]


@pytest.mark.parametrize("body", [{"writer": "w"}, {"seq": 1}, {"writer": "w", "seq": 0}, {"writer": "", "seq": 1}])
async def test_writer_and_seq_come_together(http, run, body):
    assert (await send(http, run, batch([1.0], **body))).status_code == 422


async def test_too_many_samples(http, run):
    answer = await send(http, run, batch([1.0] * (MAX_BATCH_SAMPLES + 1)))
    assert answer.status_code == 422
    assert str(MAX_BATCH_SAMPLES) in answer.json()["detail"]


async def test_too_large_a_body(http, run):
    answer = await http.post(f"/api/v1/runs/{run}/samples", content=b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413


async def test_what_is_no_json_is_a_400(http, run):
    answer = await http.post(f"/api/v1/runs/{run}/samples", content=b"loss 1.0")
    assert answer.status_code == 400
