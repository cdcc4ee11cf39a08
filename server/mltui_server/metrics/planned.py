"""What a text needs that is not there yet: metrics, and label keys of metrics."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import in_words
from mltui.wire.metrics import MAX_LABEL_KEYS, CreateMetric, MetricType
from mltui_server.lib.errors import Fault, Invalid
from mltui_server.lib.principal import Principal
from mltui_server.metrics.known import KnownMetric
from mltui_server.metrics.service import add, add_label_keys, check_definition
from mltui_server.metrics.texts import TextMetric, wrong_line

Known = Mapping[str, KnownMetric]
"""By name."""


def lacking(metrics: Sequence[TextMetric], known: Known) -> list[Fault]:
    """One for each metric that would have to be made or changed."""
    faults = []
    for metric in metrics:
        there = known.get(metric.name)
        if there is None:
            advice = "make it first, or have it made by create=true"
            faults.append(Fault(f"line {metric.line}", f"no metric {metric.name!r}; {advice}"))
        elif new := _new_keys(metric, there):
            advice = "leave it out, or have it added by create=true"
            faults.append(
                Fault(f"line {metric.keys[new[0]]}", f"metric {metric.name!r} has no label {new[0]!r}; {advice}")
            )
    return faults


def planned(metrics: Sequence[TextMetric], known: Known) -> dict[str, CreateMetric]:
    """The same metrics by name, as they are to be. Raises Invalid, with the line, for what cannot be a metric."""
    plans = {}
    for metric in metrics:
        there = known.get(metric.name)
        if there is None:
            plans[metric.name] = _definition(metric, metric.type, list(metric.keys))
        elif new := _new_keys(metric, there):
            plans[metric.name] = _definition(metric, there.type, [*there.keys, *new])
    return plans


async def make(session: AsyncSession, principal: Principal, plans: Mapping[str, CreateMetric], known: Known) -> None:
    """Raises Conflict or NotFound where another was faster."""
    # By id, as everybody does who locks several metrics.
    for name in sorted(plans.keys() & known.keys(), key=lambda name: known[name].id):
        await add_label_keys(session, principal, name, plans[name].label_keys)
    for name, plan in plans.items():
        if name not in known:
            await add(session, principal, plan)


def _new_keys(metric: TextMetric, there: KnownMetric) -> list[str]:
    return [key for key in metric.keys if key not in there.keys]


def _definition(metric: TextMetric, type_: MetricType, keys: list[str]) -> CreateMetric:
    described = {
        "name": metric.name,
        "type": type_,
        "label_keys": keys,
        "unit": metric.unit,
        "description": metric.description,
    }
    try:
        plan = msgspec.convert(described, CreateMetric)
        check_definition(plan)
    except msgspec.ValidationError as error:
        raise wrong_line(metric.line, f"{metric.name!r} cannot be a metric: {_why(str(error), keys)}") from None
    except Invalid as error:
        reasons = "; ".join(fault.message for fault in error.faults)
        raise wrong_line(metric.line, f"{metric.name!r} cannot be a metric: {reasons}") from None
    return plan


def _why(error: str, keys: Sequence[str]) -> str:
    """Msgspec's message in terms of the text, in which there are no paths."""
    if len(keys) > MAX_LABEL_KEYS:
        return f"it has {len(keys)} labels; at most {MAX_LABEL_KEYS} are allowed"
    message, _, path = in_words(error).partition(" - at `$.")
    key, _, index = path.rstrip("]`").partition("[")
    return f"label {keys[int(index)]!r}: {message}" if index else f"{key}: {message}"
