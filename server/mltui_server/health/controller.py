"""/health and /metrics."""

from litestar import Response, get
from litestar.datastructures import State
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, union_all

from mltui.wire.health import Health
from mltui.wire.states import Status
from mltui_server.health.service import health
from mltui_server.lib.session import RequestSession
from mltui_server.metrics.models import PointInbox
from mltui_server.runs.models import Run
from mltui_server.samples.models import SampleInbox

PROMETHEUS = "text/plain; version=1.0.0"
"""Litestar adds the charset."""


@get("/health", tags=["operating"])
async def show_health(state: State) -> Response[Health]:
    """Each component: status, version, latency, what is wrong. 503 when one that is needed is down."""
    answer = await health(state.checks, state.started)
    return Response(answer, status_code=503 if answer.status == "down" else 200)


@get("/metrics", tags=["operating"], media_type=PROMETHEUS)
async def show_metrics(state: State, session: RequestSession) -> Response[bytes]:
    """Figures for Prometheus."""
    registry = CollectorRegistry()
    runs = Gauge("mltui_runs", "Runs by status", ["status"], registry=registry)
    counts = {s: n for s, n in await session.execute(select(Run.status, func.count()).group_by(Run.status))}
    for status in Status:
        runs.labels(status.value).set(counts.get(status.value, 0))
    inboxes = union_all(select(SampleInbox.samples), select(PointInbox.samples)).subquery()
    total = func.coalesce(func.sum(inboxes.c.samples), 0)
    waiting = (await session.execute(select(func.count(), total).select_from(inboxes))).one()
    Gauge("mltui_inbox_batches", "Batches that wait for the sample store", registry=registry).set(waiting[0])
    Gauge("mltui_inbox_samples", "Samples that wait for the sample store", registry=registry).set(waiting[1])
    up = Gauge("mltui_component_up", "1 where a component is ok", ["component"], registry=registry)
    latency = Gauge("mltui_component_latency_seconds", "Latency of its check", ["component"], registry=registry)
    for component in (await health(state.checks, state.started)).components:
        up.labels(component.name).set(component.status in ("ok", "off"))
        if component.latency_ms is not None:
            latency.labels(component.name).set(component.latency_ms / 1000)
    return Response(generate_latest(registry), media_type=PROMETHEUS)
