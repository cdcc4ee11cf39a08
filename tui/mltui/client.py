"""Client: every REST call of the server, typed. What changed, and when, comes through stream.py."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from mltui.artifact_calls import ArtifactCalls
from mltui.failure_calls import FailureCalls
from mltui.ingestion_calls import IngestionCalls
from mltui.model_calls import ModelCalls
from mltui.transport import MSGPACK, ProblemError, Query, Unreachable, path_part
from mltui.wire.base import Page
from mltui.wire.dashboard import Overview, Stats, Trends
from mltui.wire.events import EventRow
from mltui.wire.executions import Claim, CreateExecution, ExecutionRow, Finish, Heartbeat, Orders, Work
from mltui.wire.health import Health
from mltui.wire.logs import LogChunk, LogMatches, LogPage
from mltui.wire.metrics import (
    AcceptedPoints,
    CreateMetric,
    DataBatch,
    LabelValues,
    MetricData,
    MetricRow,
)
from mltui.wire.pipelines import PipelineDetail, PipelineRow, PipelineSpec, StartRun
from mltui.wire.runs import CancelRun, CreateRun, FinishRun, Footprint, PatchRun, RecordRun, RetryRun, RunDetail, RunRow
from mltui.wire.samples import (
    Accepted,
    Axis,
    InboxState,
    RefusedBatch,
    RefusedTotal,
    SampleBatch,
    Series,
    SeriesSummary,
)

__all__ = ["Client", "ProblemError", "Unreachable"]

HEALTH_S = 10.0


class Client(ArtifactCalls, FailureCalls, IngestionCalls, ModelCalls):
    """One connection pool to the server at `url`. Use as `async with Client(url) as client`.

    Every call raises ProblemError when the server refuses, Unreachable when it does not answer. Lists come one page
    at a time: pass `cursor=page.next` for the next one.
    """

    # Pipelines: `pipeline` is an id or a name.

    async def pipelines(
        self,
        *,
        text: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[PipelineRow]:
        query = {"text": text, "sort": sort, "limit": limit, "cursor": cursor, "offset": offset}
        return await self._call(Page[PipelineRow], "GET", "/pipelines", query=query)

    async def pipeline(self, pipeline: str) -> PipelineDetail:
        return await self._call(PipelineDetail, "GET", f"/pipelines/{path_part(pipeline)}")

    async def create_pipeline(self, spec: PipelineSpec) -> PipelineDetail:
        return await self._call(PipelineDetail, "POST", "/pipelines", spec)

    async def replace_pipeline(self, pipeline: str, spec: PipelineSpec) -> PipelineDetail:
        return await self._call(PipelineDetail, "PUT", f"/pipelines/{path_part(pipeline)}", spec)

    async def delete_pipeline(self, pipeline: str) -> None:
        await self._send("DELETE", f"/pipelines/{path_part(pipeline)}")

    async def restore_pipeline(self, pipeline: str) -> PipelineDetail:
        return await self._call(PipelineDetail, "POST", f"/pipelines/{path_part(pipeline)}/restore")

    async def pipeline_schema(self) -> dict[str, Any]:
        """The JSON schema of PipelineSpec, as this server has it."""
        return await self._call(dict[str, Any], "GET", "/pipelines/schema.json")

    async def start_run(self, pipeline: str, start: StartRun) -> RunDetail:
        return await self._call(RunDetail, "POST", f"/pipelines/{path_part(pipeline)}/runs", start)

    # Runs.

    async def runs(
        self,
        *,
        status: Sequence[str] = (),
        pipeline: str | None = None,
        trigger: str | None = None,
        environment: str | None = None,
        tags: Sequence[str] = (),
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        text: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
        metrics: Sequence[str] = (),
        ids: Sequence[str] = (),
        name: str | None = None,
    ) -> Page[RunRow]:
        """Runs that match all of these; `name` is a whole name, `text` a part of it, or of id, pipeline, notes or
        error. `tags` are `key:value` or `key`; `sort` is a column, `metric:loss`, `-` first for descending; `metrics`
        names the series whose last values each row carries.
        """
        query: Query = {
            "status": ",".join(status) or None,
            "pipeline": pipeline,
            "trigger": trigger,
            "environment": environment,
            "tag": tags,
            "since": since,
            "until": until,
            "text": text,
            "sort": sort,
            "limit": limit,
            "cursor": cursor,
            "offset": offset,
            "metrics": ",".join(metrics) or None,
            "ids": ",".join(ids) or None,
            "name": name,
        }
        return await self._call(Page[RunRow], "GET", "/runs", query=query)

    async def run(self, run_id: str) -> RunDetail:
        return await self._call(RunDetail, "GET", f"/runs/{path_part(run_id)}")

    async def create_run(self, run: CreateRun) -> RunDetail:
        return await self._call(RunDetail, "POST", "/runs", run)

    async def patch_run(self, run_id: str, patch: PatchRun) -> RunDetail:
        return await self._call(RunDetail, "PATCH", f"/runs/{path_part(run_id)}", patch)

    async def delete_run(self, run_id: str, *, now: bool = False) -> None:
        """It can be restored for a day; not if it is to go `now`."""
        await self._send("DELETE", f"/runs/{path_part(run_id)}", query={"now": now or None})

    async def restore_run(self, run_id: str) -> RunDetail:
        return await self._call(RunDetail, "POST", f"/runs/{path_part(run_id)}/restore")

    async def footprint(self, run_ids: Sequence[str]) -> Footprint:
        """What would go with these runs."""
        return await self._call(Footprint, "GET", "/runs/footprint", query={"ids": ",".join(run_ids)})

    async def cancel_run(self, run_id: str, reason: str = "") -> RunDetail:
        return await self._call(RunDetail, "POST", f"/runs/{path_part(run_id)}/cancel", CancelRun(reason=reason))

    async def retry_run(self, run_id: str, retry: RetryRun | None = None) -> RunDetail:
        """The new run."""
        return await self._call(RunDetail, "POST", f"/runs/{path_part(run_id)}/retry", retry or RetryRun())

    async def record_run(self, run_id: str, record: RecordRun) -> RunDetail:
        return await self._call(RunDetail, "POST", f"/runs/{path_part(run_id)}/record", record)

    async def finish_run(self, run_id: str, finish: FinishRun) -> RunDetail:
        return await self._call(RunDetail, "POST", f"/runs/{path_part(run_id)}/finish", finish)

    # Executions: the agent's side.

    async def execution(self, execution_id: str) -> ExecutionRow:
        return await self._call(ExecutionRow, "GET", f"/executions/{path_part(execution_id)}")

    async def create_execution(self, execution: CreateExecution) -> Work:
        return await self._call(Work, "POST", "/executions", execution)

    async def claim_execution(self, execution_id: str, claim: Claim) -> Work:
        return await self._call(Work, "POST", f"/executions/{path_part(execution_id)}/claim", claim)

    async def heartbeat(self, execution_id: str, heartbeat: Heartbeat) -> Orders:
        return await self._call(Orders, "POST", f"/executions/{path_part(execution_id)}/heartbeat", heartbeat)

    async def finish_execution(self, execution_id: str, finish: Finish) -> ExecutionRow:
        return await self._call(ExecutionRow, "POST", f"/executions/{path_part(execution_id)}/finish", finish)

    # Logs.

    async def send_log(self, execution_id: str, chunk: LogChunk) -> None:
        await self._send(
            "POST", f"/executions/{path_part(execution_id)}/log", msgspec.msgpack.encode(chunk), kind=MSGPACK
        )

    async def log(self, execution_id: str, first: int, count: int) -> LogPage:
        """Lines [first, first + count), fewer at the end."""
        query = {"from": first, "count": count}
        return await self._call(LogPage, "GET", f"/executions/{path_part(execution_id)}/log", query=query)

    async def log_tail(self, execution_id: str, count: int) -> LogPage:
        """The last `count` lines."""
        return await self._call(LogPage, "GET", f"/executions/{path_part(execution_id)}/log", query={"tail": count})

    async def search_log(
        self,
        execution_id: str,
        text: str,
        *,
        regex: bool = False,
        case: bool = False,
        first: int = 0,
        limit: int | None = None,
    ) -> LogMatches:
        """Lines from `first` on that contain `text`, or match it as a regular expression."""
        query: Query = {"q": text, "regex": regex, "case": case, "from": first, "limit": limit}
        return await self._call(LogMatches, "GET", f"/executions/{path_part(execution_id)}/log/search", query=query)

    def raw_log(
        self,
        execution_id: str,
        stream: Literal["all", "out", "err"] = "all",
        *,
        first: int = 0,
        end: int | None = None,
    ) -> AsyncIterator[bytes]:
        """Bytes of lines [first, end), or of all there are, as the command wrote them, in pieces."""
        query = {"stream": stream, "from": first, "to": end}
        return self._pieces(f"/executions/{path_part(execution_id)}/log/raw", query)

    # Samples.

    async def send_samples(self, run_id: str, batch: SampleBatch) -> Accepted:
        return await self._call(Accepted, "POST", f"/runs/{path_part(run_id)}/samples", batch)

    async def series(
        self,
        run_id: str,
        keys: Sequence[str],
        *,
        buckets: int | None = None,
        x: Axis | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> Series:
        """Exact buckets of these keys; `start` and `end` are in units of the axis `x`."""
        query: Query = {"keys": ",".join(keys), "buckets": buckets, "x": x, "from": start, "to": end}
        return await self._call(Series, "GET", f"/runs/{path_part(run_id)}/series", query=query)

    async def series_keys(self, run_id: str) -> list[SeriesSummary]:
        return await self._call(list[SeriesSummary], "GET", f"/runs/{path_part(run_id)}/series/keys")

    def export_csv(self, run_id: str, keys: Sequence[str] = ()) -> AsyncIterator[bytes]:
        """Every sample of these keys (of all, when none is named) as CSV, in pieces."""
        return self._pieces(f"/runs/{path_part(run_id)}/series.csv", {"keys": ",".join(keys) or None})

    async def inbox(self) -> InboxState:
        """How many samples wait to be readable, and for how long."""
        return await self._call(InboxState, "GET", "/samples/inbox")

    async def refused_samples(self) -> list[RefusedBatch]:
        """What the sample store refused for good, newest first."""
        return await self._call(list[RefusedBatch], "GET", "/samples/refused")

    async def refused_total(self) -> RefusedTotal:
        return await self._call(RefusedTotal, "GET", "/samples/refused/total")

    async def retry_refused_samples(self) -> RefusedTotal:
        return await self._call(RefusedTotal, "POST", "/samples/refused/retry")

    async def forget_refused_samples(self) -> RefusedTotal:
        return await self._call(RefusedTotal, "DELETE", "/samples/refused")

    # Operational metrics, by name.

    async def metrics(
        self,
        *,
        text: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[MetricRow]:
        query = {"text": text, "sort": sort, "limit": limit, "cursor": cursor, "offset": offset}
        return await self._call(Page[MetricRow], "GET", "/metrics", query=query)

    async def metric(self, name: str) -> MetricRow:
        return await self._call(MetricRow, "GET", f"/metrics/{path_part(name)}")

    async def create_metric(self, metric: CreateMetric) -> MetricRow:
        return await self._call(MetricRow, "POST", "/metrics", metric)

    async def delete_metric(self, name: str, *, now: bool = False) -> None:
        """It can be restored for a day; with `now` it is gone for good, with its points."""
        await self._send("DELETE", f"/metrics/{path_part(name)}", query={"now": now or None})

    async def restore_metric(self, key: str) -> MetricRow:
        """By its name, or its id. Raises ProblemError where another one has its name."""
        return await self._call(MetricRow, "POST", f"/metrics/{path_part(key)}/restore")

    async def send_points(self, name: str, batch: DataBatch) -> AcceptedPoints:
        return await self._call(AcceptedPoints, "POST", f"/metrics/{path_part(name)}/data/batch", batch)

    async def metric_data(
        self,
        name: str,
        *,
        buckets: int,
        start: datetime | None = None,
        end: datetime | None = None,
        labels: Mapping[str, Sequence[str]] | None = None,
        quantiles: Sequence[float] = (),
        heard: Callable[[int], None] = lambda _: None,
    ) -> MetricData:
        """At most `buckets` buckets of the label sets that have, for each key of `labels`, one of its values.

        None for the first, or the last, time there is. `quantiles` are those of a histogram. `heard` is told how many
        bytes of the answer have come; when the call is cancelled, the server gives up too.
        """
        query: Query = {
            "start_time": start,
            "end_time": end,
            "buckets": buckets,
            "quantiles": ",".join(map(str, quantiles)) or None,
            **_label_filters(labels),
        }
        data: MetricData = await self._receive(MetricData, f"/metrics/{path_part(name)}/data", query, heard)
        return data

    async def metric_labels(self, name: str, labels: Mapping[str, Sequence[str]] | None = None) -> list[LabelValues]:
        """For each label key, the values there are beside what `labels` lets through of the others."""
        query = _label_filters(labels)
        return await self._call(list[LabelValues], "GET", f"/metrics/{path_part(name)}/labels", query=query)

    # The dashboard.

    async def dashboard_stats(self) -> Stats:
        return await self._call(Stats, "GET", "/dashboard/stats")

    async def dashboard_trends(self, *, days: int | None = None, tz: str | None = None) -> Trends:
        """`tz` says when days begin: `Europe/Berlin`, or `+02:00`; UTC unless given."""
        return await self._call(Trends, "GET", "/dashboard/trends", query={"days": days, "tz": tz})

    async def dashboard_overview(self) -> Overview:
        return await self._call(Overview, "GET", "/dashboard/overview")

    # Events and health.

    async def events(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        object_type: str | None = None,
        object_id: str | None = None,
        run: str | None = None,
        text: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        after: str | None = None,
    ) -> Page[EventRow]:
        """Newest first; with `after`, what came after that cursor, oldest first.

        `actor` and `action` may be several with commas, an action `run.*`; `object` is an id or a name.
        """
        query: Query = {
            "actor": actor,
            "action": action,
            "object": object,
            "object_type": object_type,
            "object_id": object_id,
            "run": run,
            "text": text,
            "since": since,
            "until": until,
            "limit": limit,
            "cursor": cursor,
            "after": after,
        }
        return await self._call(Page[EventRow], "GET", "/events", query=query)

    def export_events(self, form: Literal["csv", "json"], **filters: str | datetime | None) -> AsyncIterator[bytes]:
        """All that match the filters, which are those of `events`, oldest first, in pieces of the file."""
        return self._pieces("/events/export", {"format": form, **filters})

    async def health(self) -> Health:
        """Each component's state. A server that is down says so in its answer; that is no error here."""
        return await self._get_any_status(Health, "/health", (200, 503), HEALTH_S)


def _label_filters(labels: Mapping[str, Sequence[str]] | None) -> Query:
    """A label may be called as one of our parameters is."""
    return {f"label.{key}": values for key, values in (labels or {}).items()}
