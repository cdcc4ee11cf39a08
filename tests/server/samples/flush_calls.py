"""Rows for the flusher to move, put into Postgres without a server that would flush by itself."""

from uuid import UUID

import msgspec
import psycopg

from mltui.wire.samples import KeySamples, SampleBatch
from mltui_server.lib.ids import new_id
from mltui_server.samples import batch
from mltui_server.samples.inbox import Inbox

NOW = 1_790_000_000 * 10**9


async def add_run(connection: psycopg.AsyncConnection) -> UUID:
    run, pipeline = new_id(), new_id()
    await connection.execute("INSERT INTO pipeline (id, name) VALUES (%s, %s)", [pipeline, pipeline.hex])
    await connection.execute(
        "INSERT INTO run (id, pipeline_id, name, status, trigger_type, triggered_by, definition) "
        "VALUES (%s, %s, 'r', 'running', 'api', 'ada', '{}')",
        [run, pipeline],
    )
    return run


async def put(inbox: Inbox, run: UUID, values: list, start: int = 0, key: str = "loss", **more) -> None:
    series = KeySamples(
        key=key, times=[NOW] * len(values), values=values, steps=list(range(start, start + len(values)))
    )
    body = msgspec.json.encode(SampleBatch(series=[series], **more))
    await inbox.put(run, batch.read(body, "application/json"))
