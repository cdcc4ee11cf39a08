"""What needs a person: parts that are not well, runs that look stalled, diverge, or failed, moves that wait."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Select, func, null, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mltui.wire.dashboard import ATTENTION_HOURS, MAX_ATTENTION, STALLED_AFTER_S, Attention, Kind
from mltui.wire.health import Component
from mltui.wire.models import ApprovalStatus
from mltui.wire.samples import RESOURCE_PREFIX, InboxState
from mltui.wire.states import Status
from mltui_server.executions.models import Execution
from mltui_server.registry.models import ModelApproval, RegisteredModel
from mltui_server.runs.models import Run, StageRun
from mltui_server.runs.transitions import LIVE_VALUES
from mltui_server.samples.models import RunSeries

KEYS_SHOWN = 3
NUMBER = func.count().over().label("number")
OWN = ~RunSeries.key.startswith(RESOURCE_PREFIX)
"""Series that the program logged: those of the machine go on while it hangs."""


class Question(NamedTuple):
    """Which things, each with `since`, `detail`, and as `number` how many there are without a limit."""

    kind: Kind
    things: Select[*tuple[Any, ...]]
    words: Callable[[Any], str]
    """What there is to say of one, from its `detail`."""
    object_type: Literal["run", "approval"] = "run"


async def needs_attention(
    session: AsyncSession, now: datetime, inbox: InboxState, components: Sequence[Component]
) -> tuple[list[Attention], dict[str, int]]:
    """The list, and how many there are of each kind. Four queries, or three: while samples wait, nobody is stalled."""
    since = now - timedelta(hours=ATTENTION_HOURS)
    questions = [nonfinite(since), WAITING, failed(since)]
    if not inbox.delayed:
        questions.insert(0, stalled(now - timedelta(seconds=STALLED_AFTER_S)))
    items = unwell(now, inbox, components)
    counts = Counter[str](item.kind for item in items)
    for question in questions:
        rows = (await session.execute(question.things.limit(MAX_ATTENTION))).all()
        items += [_item(question, row) for row in rows]
        if rows:
            counts[question.kind] = rows[0].number
    return items, dict(counts)


def unwell(now: datetime, inbox: InboxState, components: Sequence[Component]) -> list[Attention]:
    """Parts of the server that are not well, the inbox with a delay of its own among them."""
    kinds: dict[str, Kind] = {"inbox": "inbox", "refused": "refused"}
    found = [
        Attention(kind=kinds.get(one.name, "component"), since=None, name=one.name, what=one.detail,
                  object_type="component", object_id=one.name, run_id=None)
        for one in components
        if one.status not in ("ok", "off") or (one.name == "inbox" and inbox.delayed)
    ]  # fmt: skip
    for item in found:
        if item.kind == "inbox" and inbox.delayed:
            item.since = now - timedelta(seconds=inbox.oldest_s)
    return sorted(found, key=lambda item: get_args(Kind).index(item.kind))


def _item(question: Question, row: Any) -> Attention:
    return Attention(
        kind=question.kind, since=row.since, name=row.name, what=question.words(row.detail),
        object_type=question.object_type, object_id=str(row.id),
        run_id=str(row.id) if question.object_type == "run" else None,
    )  # fmt: skip


def failed(since: datetime) -> Question:
    """Runs that failed since then. One that was retried is in somebody's hands."""
    again = aliased(Run)
    return Question(
        "failed",
        select(Run.id, Run.name, Run.completed_at.label("since"), Run.error_message.label("detail"), NUMBER)
        .where(
            Run.status == Status.FAILED.value,
            Run.completed_at >= since,
            ~select(again.id).where(again.retry_of == Run.id).exists(),
        )
        .order_by(Run.completed_at.desc(), Run.id),
        lambda message: message or "failed",
    )


def stalled(before: datetime) -> Question:
    """Runs under way whose last sign of life was before then: a log line, a metric of their own, a stage's turn.

    An agent that is gone ends its run within its lease; this is for commands that hang, and for what no agent watches.
    """
    # A stage that waits for its next attempt does so on purpose.
    turn = func.greatest(StageRun.started_at, StageRun.completed_at, StageRun.next_attempt_at)
    heard = (
        select(
            Run.id,
            Run.name,
            func.greatest(
                Run.started_at,
                _last(func.greatest(Execution.started_at, Execution.logged_at), Execution.run_id == Run.id),
                _last(turn, StageRun.run_id == Run.id),
                func.to_timestamp(_last(RunSeries.last_time, RunSeries.run_id == Run.id, OWN) / 1e9),
            ).label("since"),
        )
        .where(Run.status.in_((Status.RUNNING.value, Status.CANCELLING.value)))
        .subquery()
    )
    return Question(
        "stalled",
        select(heard, null().label("detail"), NUMBER)
        .where(heard.c.since < before)
        .order_by(heard.c.since.desc(), heard.c.id),
        lambda _: f"no log line and no metric for over {STALLED_AFTER_S / 60:.0f} minutes",
    )


def _last(moment: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(func.max(moment)).where(*conditions).scalar_subquery()


def nonfinite(since: datetime) -> Question:
    """Runs that have not ended, or not before then, and logged NaN or infinity."""
    keys = func.array_agg(aggregate_order_by(RunSeries.key, RunSeries.key))
    return Question(
        "nonfinite",
        select(Run.id, Run.name, Run.started_at.label("since"), keys.label("detail"), NUMBER)
        .join(RunSeries, RunSeries.run_id == Run.id)
        .where(RunSeries.nonfinite > 0, OWN, or_(Run.status.in_(LIVE_VALUES), Run.completed_at >= since))
        .group_by(Run.id)
        .order_by(Run.started_at.desc().nulls_last(), Run.id),
        _diverged,
    )


def _diverged(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
    return f"NaN or infinite: {', '.join(keys[:KEYS_SHOWN])}{more}"


def _asked(move: dict[str, Any]) -> str:
    what = f"@{move['alias']}" if move["alias"] else f"version {move['version']}"
    way = f"from {move['before'] or 'none'} to {move['after'] or 'none'}"
    return f"{what} {way}, asked for by {move['requested_by']}: {move['reason']}"


_TOLD = ("alias", "version", "before", "after", "requested_by", "reason")
WAITING = Question(
    "approval",
    select(
        ModelApproval.id,
        RegisteredModel.name,
        ModelApproval.created_at.label("since"),
        func.jsonb_build_object(*(part for name in _TOLD for part in (name, getattr(ModelApproval, name)))).label(
            "detail"
        ),
        NUMBER,
    )
    .join(RegisteredModel, RegisteredModel.id == ModelApproval.model_id)
    .where(ModelApproval.status == ApprovalStatus.PENDING.value, RegisteredModel.deleted_at.is_(None))
    .order_by(ModelApproval.created_at.desc(), ModelApproval.id),
    _asked,
    "approval",
)
"""Moves of aliases and stages that wait until somebody else approves them."""
