"""Moving aliases and stages: with a reason, as an event, and where the model says so only once somebody else approves.

Whoever moves or decides holds the model's row, so that two at once are one after the other, and the second sees
what the first did.
"""

from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.models import Alias, ApprovalStatus, Decision, MoveAlias, MoveStage
from mltui.wire.users import USER_HEADER, is_same_user
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict, Forbidden, NotFound
from mltui_server.lib.ids import parse_id
from mltui_server.lib.principal import Principal
from mltui_server.registry.models import ModelAlias, ModelApproval, ModelVersion, RegisteredModel
from mltui_server.registry.service import find, find_version

PENDING = ApprovalStatus.PENDING.value


async def move_alias(
    session: AsyncSession, principal: Principal, name: str, alias: Alias, request: MoveAlias
) -> ModelApproval | None:
    """None: it is moved. Raises Conflict when it is there already, is not where `expected` says, or waits for approval.

    NotFound for a version that there is not.
    """
    model = await find(session, name, lock=True)
    version = None if request.version is None else await find_version(session, model, str(request.version))
    before = await _alias_at(session, model, alias)
    wanted = version.version if version is not None else None
    if request.expected is not UNSET and request.expected != before:
        raise Conflict(f"{model.name}@{alias} {_points(before)} by now, not to {_version(request.expected)}")
    if wanted == before:
        raise Conflict(f"{model.name}@{alias} {_points(before)} already")
    approval = ModelApproval(
        model_id=model.id, alias=alias, version_id=version.id if version is not None else None, version=wanted,
        before=_number(before), after=_number(wanted), reason=request.reason,
    )  # fmt: skip
    return await _make_or_ask(session, principal, model, approval)


async def move_stage(
    session: AsyncSession, principal: Principal, name: str, key: str, request: MoveStage
) -> ModelApproval | None:
    """None: it is moved. Raises Conflict as `move_alias` does."""
    model = await find(session, name, lock=True)
    version = await find_version(session, model, key)
    called = f"{model.name}/{version.version}"
    if request.expected is not UNSET and request.expected.value != version.stage:
        raise Conflict(f"{called} is in stage {version.stage} by now, not in {request.expected.value}")
    if request.stage.value == version.stage:
        raise Conflict(f"{called} is in stage {version.stage} already")
    approval = ModelApproval(
        model_id=model.id, alias=None, version_id=version.id, version=version.version, before=version.stage,
        after=request.stage.value, reason=request.reason,
    )  # fmt: skip
    return await _make_or_ask(session, principal, model, approval)


async def _make_or_ask(
    session: AsyncSession, principal: Principal, model: RegisteredModel, move: ModelApproval
) -> ModelApproval | None:
    waiting = await session.scalar(
        select(ModelApproval).where(
            ModelApproval.model_id == model.id,
            ModelApproval.status == PENDING,
            ModelApproval.alias == move.alias if move.alias else ModelApproval.version_id == move.version_id,
            ModelApproval.alias.is_not(None) if move.alias else ModelApproval.alias.is_(None),
        )
    )
    if waiting is not None:
        raise Conflict(f"{_what(model, waiting)} waits for approval since {waiting.requested_by} asked for it")
    if not model.approval:
        await _make(session, principal, model, move, move.reason)
        return None
    _check_is_named(principal, _what(model, move))
    move.status, move.requested_by = PENDING, principal.name
    session.add(move)
    await session.flush()
    await _record(session, principal, "request", model, move, move.reason)
    return move


async def decide(
    session: AsyncSession, principal: Principal, name: str, key: str, outcome: ApprovalStatus, decision: Decision
) -> ModelApproval:
    """Approve, which makes the move, or reject; whoever asked for it may take it back so.

    Raises Forbidden for approving without a name; Conflict for approving one's own, for one that was decided on,
    and for approving one that what happened since has outdated.
    """
    model = await find(session, name, lock=True)
    move = await session.scalar(
        select(ModelApproval).where(ModelApproval.model_id == model.id, ModelApproval.id == parse_id("approval", key))
    )
    if move is None:
        raise NotFound("approval", key)
    what = _what(model, move)
    if move.status != PENDING:
        raise Conflict(f"{what} was {move.status} by {move.decided_by} already")
    if outcome is ApprovalStatus.APPROVED:
        _check_is_named(principal, what)
        if is_same_user(move.requested_by, principal.name):
            raise Conflict(f"{what} was asked for by {principal.name}; somebody else must decide on it")
        await _check_still_so(session, model, move)
    move.status, move.decided_by, move.decision = outcome.value, principal.name, decision.reason
    move.decided_at = func.clock_timestamp()
    await session.flush()
    await session.refresh(move)
    verb = "approve" if outcome is ApprovalStatus.APPROVED else "reject"
    await _record(session, principal, verb, model, move, decision.reason)
    if outcome is ApprovalStatus.APPROVED:
        await _make(session, principal, model, move, move.reason)
    return move


def _check_is_named(principal: Principal, what: str) -> None:
    """Of somebody without a name nobody knows whether it is somebody else. Raises Forbidden."""
    if principal.is_anonymous:
        raise Forbidden(f"{what} needs two people who say who they are, with the header {USER_HEADER}; "
                        f"you are {principal.name}")  # fmt: skip


async def _check_still_so(session: AsyncSession, model: RegisteredModel, move: ModelApproval) -> None:
    version = await session.get_one(ModelVersion, move.version_id) if move.version_id else None
    if version is not None and version.deleted_at is not None:
        raise Conflict(f"{model.name}/{version.version} was deleted meanwhile; reject the move")
    now = (
        version.stage
        if version is not None and not move.alias
        else _number(await _alias_at(session, model, move.alias or ""))
    )
    if now != move.before:
        raise Conflict(f"{_what(model, move)} was asked for when it was {move.before or 'nowhere'}; "
                       f"it is {now or 'nowhere'} by now: reject it and ask again")  # fmt: skip


async def _make(
    session: AsyncSession, principal: Principal, model: RegisteredModel, move: ModelApproval, reason: str
) -> None:
    model.updated_at = func.clock_timestamp()
    if move.alias:
        await _point(session, model.id, move.alias, move.version_id)
        before = {"alias": move.alias, "version": int(move.before) if move.before else None}
        after = {"alias": move.alias, "version": move.version}
        await record(session, principal, "model.alias", model.id, before=before, after=after, message=reason)
        return
    version = await session.get_one(ModelVersion, move.version_id)
    version.stage = move.after
    await session.flush()
    await record(session, principal, "model_version.stage", version.id, run_id=version.run_id,
                 before={"stage": move.before}, after={"stage": move.after}, message=reason)  # fmt: skip


async def _point(session: AsyncSession, model: UUID, alias: str, version: UUID | None) -> None:
    if version is None:
        await session.execute(delete(ModelAlias).where(ModelAlias.model_id == model, ModelAlias.alias == alias))
        return
    statement = insert(ModelAlias).values(model_id=model, alias=alias, version_id=version)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["model_id", "alias"], set_={"version_id": version})
    )


async def _record(
    session: AsyncSession, principal: Principal, verb: str, model: RegisteredModel, move: ModelApproval, reason: str
) -> None:
    await record(
        session, principal, f"model.{verb}", model.id,
        before={"status": PENDING} if verb != "request" else None,
        after={"move": _what(model, move), "from": move.before, "to": move.after, "status": move.status,
               "approval": str(move.id)},
        message=reason,
    )  # fmt: skip


async def _alias_at(session: AsyncSession, model: RegisteredModel, alias: str) -> int | None:
    return await session.scalar(
        select(ModelVersion.version)
        .join(ModelAlias, ModelAlias.version_id == ModelVersion.id)
        .where(ModelAlias.model_id == model.id, ModelAlias.alias == alias)
    )


def _what(model: RegisteredModel, move: ModelApproval) -> str:
    if move.alias:
        return f"the move of {model.name}@{move.alias} to {_version(move.version)}"
    return f"the move of {model.name}/{move.version} to {move.after}"


def _points(version: int | None) -> str:
    return f"points to {_version(version)}"


def _version(version: int | None) -> str:
    return "none" if version is None else f"version {version}"


def _number(version: int | None) -> str:
    return "" if version is None else str(version)
