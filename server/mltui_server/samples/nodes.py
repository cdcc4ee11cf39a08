"""On which host a resource series was measured: that of the execution which measured it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from mltui.wire.samples import RESOURCE_PREFIX
from mltui_server.samples.store import SeriesName

HOSTS = """
SELECT run_id, scope, host, coalesce(extract(epoch FROM started_at) * 1000000000, 0)::bigint FROM execution
WHERE run_id = ANY(%s) AND host IS NOT NULL ORDER BY started_at NULLS FIRST, id"""
"""Rows for `hosts_of`, of the runs given."""


@dataclass(frozen=True)
class Hosts:
    """By run and scope, in the order of their starts: when an execution started (ns), and where."""

    started: Mapping[tuple[UUID, str], Sequence[tuple[int, str]]] = field(default_factory=dict)

    def host(self, name: SeriesName, time: int) -> str:
        """Where the series was measured at `time`; empty if it is no resource series, or nobody knows.

        A retry may run elsewhere. The one that had started by then, not the last one: samples that are written again
        after a crash must come to lie where they are already.
        """
        executions = self.started.get((name.run, scope_of(name.key)), ()) if is_resource(name) else ()
        before = [host for start, host in executions if start <= time]
        return before[-1] if before else executions[0][1] if executions else ""


def is_resource(name: SeriesName) -> bool:
    return name.key.startswith(RESOURCE_PREFIX)


def scope_of(key: str) -> str:
    """The stage's name, of `sys/<scope>/<device>/<field>`."""
    return key.removeprefix(RESOURCE_PREFIX).rsplit("/", 2)[0]


def hosts_of(rows: Iterable[tuple[UUID, str, str, int]]) -> Hosts:
    started: dict[tuple[UUID, str], list[tuple[int, str]]] = {}
    for run, scope, host, start in rows:
        started.setdefault((run, scope), []).append((start, host))
    return Hosts(started)
