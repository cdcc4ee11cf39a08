"""Making and changing metrics. Deleting: removal.py."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.metrics import MAX_LABEL_KEYS, RESERVED_LABEL_KEYS, CreateMetric, MetricRow, PatchMetric
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict, Fault, Invalid, NotFound
from mltui_server.lib.principal import Principal
from mltui_server.metrics.models import Metric, MetricLabelSet
from mltui_server.metrics.queries import metric_row

ADDRESSES = ("prometheus", "lines")
"""Below /metrics, where metrics are too."""
FOR_EVER = ("name", "type", "label_keys")
"""What points and those who ask for them go by."""


async def find(session: AsyncSession, name: str, *, lock: bool = False) -> Metric:
    """The metric of that name. Raises NotFound."""
    statement = select(Metric).where(Metric.name == name)
    metric = await session.scalar(statement.with_for_update() if lock else statement)
    if metric is None:
        raise NotFound("metric", name)
    return metric


async def create(session: AsyncSession, principal: Principal, request: CreateMetric) -> MetricRow:
    """Raises as `add` does."""
    return await metric_row(session, await add(session, principal, request))


async def add(session: AsyncSession, principal: Principal, request: CreateMetric) -> UUID:
    """Raises Conflict when the name is taken, Invalid for a name or label keys that cannot be."""
    check_definition(request)
    after = msgspec.to_builtins(request)
    metric = Metric(**after)
    try:
        async with session.begin_nested():
            session.add(metric)
    except IntegrityError:
        raise Conflict("Metric with the same name already exists") from None
    await record(session, principal, "metric.create", metric.id, after=after)
    return metric.id


async def patch(session: AsyncSession, principal: Principal, name: str, request: PatchMetric) -> MetricRow:
    """Raises Invalid for another name, type or label keys."""
    metric = await find(session, name, lock=True)
    wanted = {
        field: value for field in PatchMetric.__struct_fields__ if (value := getattr(request, field)) is not UNSET
    }
    faults = []
    for field in FOR_EVER:
        there = getattr(metric, field)
        if wanted.pop(field, there) != there:
            faults.append(Fault(f"$.{field}", f"{there!r} is for ever; make another metric"))
    if faults:
        raise _invalid(faults)
    before = {field: getattr(metric, field) for field in wanted}
    if before != wanted:
        for field, value in wanted.items():
            setattr(metric, field, value)
        await session.flush()
        await record(session, principal, "metric.update", metric.id, before=before, after=wanted)
    return await metric_row(session, metric.id)


async def add_label_keys(session: AsyncSession, principal: Principal, name: str, keys: Sequence[str]) -> None:
    """Those of `keys` that it has not; label sets that are there have them empty. Raises NotFound, Invalid."""
    metric = await find(session, name, lock=True)
    new = [key for key in keys if key not in metric.label_keys]
    if not new:
        return
    before, after = {"label_keys": metric.label_keys}, {"label_keys": [*metric.label_keys, *new]}
    metric.label_keys = after["label_keys"]
    if (count := len(metric.label_keys)) > MAX_LABEL_KEYS:
        raise Invalid(f"{name!r} would have {count} label keys; at most {MAX_LABEL_KEYS} are allowed")
    empty = literal(dict.fromkeys(new, ""), JSONB)
    mine = MetricLabelSet.metric_id == metric.id
    await session.execute(update(MetricLabelSet).where(mine).values(labels=MetricLabelSet.labels.op("||")(empty)))
    await record(session, principal, "metric.update", metric.id, before=before, after=after)


def check_definition(metric: CreateMetric) -> None:
    """Raises Invalid for a name or label keys that are taken, and for keys that are there twice."""
    faults, keys = [], metric.label_keys
    if metric.name in ADDRESSES:
        faults.append(Fault("$.name", f"{metric.name!r} is an address of the API; choose another name"))
    for at, key in enumerate(keys):
        if key in keys[:at]:
            faults.append(Fault(f"$.label_keys[{at}]", f"{key!r} is there twice"))
        if key in RESERVED_LABEL_KEYS:
            faults.append(Fault(f"$.label_keys[{at}]", f"{key!r} is reserved; choose another name"))
    if faults:
        raise _invalid(faults)


def _invalid(faults: Sequence[Fault]) -> Invalid:
    return Invalid("; ".join(f"{fault.path}: {fault.message}" for fault in faults), faults)
