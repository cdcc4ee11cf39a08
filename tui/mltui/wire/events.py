"""Events: who did what to which object."""

from datetime import datetime
from typing import Any

from mltui.wire.base import Answer


class EventRow(Answer, kw_only=True):
    id: int
    time: datetime
    actor: str
    action: str
    """`object.verb`, e.g. `run.cancel`, `stage_run.fail`."""
    object_type: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    message: str
    request_id: str | None
