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
    object_name: str | None
    """What people call it, of a stage `<run> <stage>`: its name now, or the one in this event when it is gone."""
    run_id: str | None
    """The run that it belongs to, or is."""
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    message: str
    request_id: str | None
