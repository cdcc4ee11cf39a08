"""What /health and `mltui doctor` say."""

from typing import Literal

from mltui.wire.base import Answer

Level = Literal["ok", "degraded", "down", "off"]


class Component(Answer, kw_only=True):
    name: str
    """postgres, samples, refused, artifacts, artifacts-s3, logs, scheduler, …"""
    status: Level
    version: str = ""
    latency_ms: float | None = None
    detail: str = ""
    """What is wrong, and what to do about it; or a fact worth knowing."""


class Health(Answer, kw_only=True):
    status: Level
    version: str
    uptime_s: float
    components: list[Component]
