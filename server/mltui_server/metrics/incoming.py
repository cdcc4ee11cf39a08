"""Points as JSON or MessagePack: decoded, checked, taken in."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mltui.wire.base import in_words
from mltui.wire.metrics import AcceptedPoints, DataBatch, DataPoint
from mltui_server.lib.content_type import MSGPACK
from mltui_server.lib.errors import Fault, Invalid, NotFound
from mltui_server.metrics.checks import check
from mltui_server.metrics.entries import name_entry
from mltui_server.metrics.inbox import PointInbox
from mltui_server.metrics.known import KnownMetric

MAX_BODY_BYTES = 32 * 1024 * 1024

_json = {kind: msgspec.json.Decoder(kind) for kind in (DataPoint, DataBatch)}
_msgpack = {kind: msgspec.msgpack.Decoder(kind) for kind in (DataPoint, DataBatch)}


async def accept_point(inbox: PointInbox, name: str, body: bytes, content_type: str) -> AcceptedPoints:
    """Raises NotFound, Invalid with a path as `$.labels`, what `put` does; msgspec.DecodeError for what is no JSON."""
    return await _accept(inbox, name, [_decode(DataPoint, body, content_type)], lambda _: "$.")


async def accept_batch(inbox: PointInbox, name: str, body: bytes, content_type: str) -> AcceptedPoints:
    """The same, with paths as `$.points[17].labels`."""
    batch = _decode(DataBatch, body, content_type)
    return await _accept(inbox, name, batch.points, lambda index: f"$.points[{index}].")


def _decode(kind: type[Any], body: bytes, content_type: str) -> Any:
    try:
        return (_msgpack if content_type == MSGPACK else _json)[kind].decode(body)
    except msgspec.ValidationError as error:
        message, _, path = in_words(str(error)).partition(" - at `")
        decode = (msgspec.msgpack if content_type == MSGPACK else msgspec.json).decode
        path = name_entry(path.rstrip("`") or "$", body, decode)
        raise Invalid(f"{path}: {message}", [Fault(path, message)]) from None


async def _accept(
    inbox: PointInbox, name: str, points: Sequence[DataPoint], path: Callable[[int], str]
) -> AcceptedPoints:
    async def accept(metric: KnownMetric) -> None:
        checked = await check(metric, points, time.time_ns(), path)
        if points:
            await inbox.put([checked])

    metric = await inbox.known.find(name)
    try:
        await accept(metric)
    except (NotFound, Invalid):
        # It may be another since we got to know it: deleted and made again, or with a label key more.
        now = (await inbox.known.look_up([name])).get(name)
        if now is metric:
            raise
        if now is None:
            raise NotFound("metric", name) from None
        await accept(now)
    return AcceptedPoints(points=len(points))
