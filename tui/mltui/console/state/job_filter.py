"""The language of the `/` line over ingestion jobs, as in `status:failed runner:outside word`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mltui.console.faults import quoted
from mltui.console.state.filter_words import FilterFault, Language
from mltui.wire.ingestion import Runner
from mltui.wire.states import Status

VALUES = {"status": [one.value for one in Status], "runner": [one.value for one in Runner]}


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs. As arguments of `Client.jobs`: `arguments()`."""

    status: tuple[str, ...] = ()
    runner: str | None = None
    text: str | None = None

    def arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def _read(filters: Sequence[tuple[str, str]], text: str, now: datetime) -> JobFilter:
    status: tuple[str, ...] = ()
    runner = None
    for name, value in filters:
        if name == "status":
            status += tuple(_known(name, word) for word in value.lower().split(","))
        else:
            runner = _known(name, value.lower())
    return JobFilter(status, runner, text or None)


def _known(name: str, word: str) -> str:
    if word not in VALUES[name]:
        raise FilterFault(f"no {name} {quoted(word)}; there are {', '.join(VALUES[name])}")
    return word


JOB_FILTERS = Language(
    names={"status": "status", "state": "status", "runner": "runner"},
    examples={"status": "status:failed", "runner": "runner:outside"},
    read=_read,
    values=VALUES,
    several=frozenset({"status"}),
)
