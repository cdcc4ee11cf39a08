"""Registered models: finding, making, changing and deleting them."""

from contextlib import suppress
from typing import Any

from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.counting import counted
from mltui.wire.models import ApprovalStatus, CreateModel, PatchModel
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict, NotFound
from mltui_server.lib.principal import Principal
from mltui_server.registry.models import ModelAlias, ModelApproval, ModelVersion, RegisteredModel

MAX_VERSION = 2**31 - 1


async def find(session: AsyncSession, name: str, *, lock: bool = False) -> RegisteredModel:
    """Raises NotFound."""
    statement = select(RegisteredModel).where(RegisteredModel.name == name, RegisteredModel.deleted_at.is_(None))
    model = await session.scalar(statement.with_for_update() if lock else statement)
    if model is None:
        raise NotFound("model", name)
    return model


async def find_version(
    session: AsyncSession, model: RegisteredModel, key: str, *, deleted: bool = False
) -> ModelVersion:
    """The version `3`, or the one that the alias `@champion` points to. Raises NotFound."""
    statement = select(ModelVersion).where(ModelVersion.model_id == model.id)
    if key.startswith("@"):
        pointed = (ModelAlias.version_id == ModelVersion.id, ModelAlias.alias == key[1:])
        statement = statement.join(ModelAlias, pointed[0]).where(pointed[1])
    elif key.isascii() and key.isdigit() and int(key) <= MAX_VERSION:
        statement = statement.where(ModelVersion.version == int(key))
    else:
        raise NotFound("version", f"{model.name}/{key}")
    version = await session.scalar(statement)
    if version is None or (version.deleted_at is not None and not deleted):
        raise NotFound("version", f"{model.name}{key}" if key.startswith("@") else f"{model.name}/{key}")
    return version


async def create(session: AsyncSession, principal: Principal, request: CreateModel) -> RegisteredModel:
    """Raises Conflict when the name is taken."""
    model = RegisteredModel(
        name=request.name, description=request.description, tags=request.tags, approval=request.approval,
        created_by=principal.name,
    )  # fmt: skip
    try:
        async with session.begin_nested():
            session.add(model)
            await session.flush()
    except IntegrityError:
        raise Conflict(f"a model named {request.name!r} exists already") from None
    await record(session, principal, "model.create", model.id,
                 after={"name": model.name, "approval": model.approval})  # fmt: skip
    return model


async def ensure_locked(session: AsyncSession, principal: Principal, name: str) -> RegisteredModel:
    """The model of that name, made when there is none; nobody else registers or moves its versions meanwhile."""
    try:
        return await find(session, name, lock=True)
    except NotFound:
        # Somebody may make it at the same moment.
        with suppress(Conflict):
            await create(session, principal, CreateModel(name=name))
    return await find(session, name, lock=True)


async def patch(session: AsyncSession, principal: Principal, name: str, request: PatchModel) -> RegisteredModel:
    """Raises Conflict for approval that is switched off while moves wait for it."""
    model = await find(session, name, lock=True)
    if request.approval is False and (waiting := await _waiting(session, model)):
        moves = "a move waits" if waiting == 1 else f"{waiting} moves wait"
        raise Conflict(f"{moves} for approval of {model.name!r}; decide on {'it' if waiting == 1 else 'them'} first")
    wanted: dict[str, Any] = {}
    for field in ("description", "approval"):
        if (value := getattr(request, field)) is not UNSET:
            wanted[field] = value
    if request.tags is not UNSET:
        wanted["tags"] = merged(model.tags, request.tags)
    await change(session, principal, "model.update", model, wanted)
    return model


async def _waiting(session: AsyncSession, model: RegisteredModel) -> int:
    """How many moves of it wait for approval."""
    pending = (ModelApproval.model_id == model.id, ModelApproval.status == ApprovalStatus.PENDING.value)
    return await session.scalar(select(func.count()).where(*pending)) or 0


async def remove(session: AsyncSession, principal: Principal, name: str) -> None:
    """Its name is free again. Raises Conflict while it has versions."""
    model = await find(session, name, lock=True)
    count = await session.scalar(
        select(func.count()).where(ModelVersion.model_id == model.id, ModelVersion.deleted_at.is_(None))
    )
    if count:
        raise Conflict(f"model {name!r} has {counted(count, 'version')}; delete {'it' if count == 1 else 'them'} first")
    model.deleted_at = func.clock_timestamp()
    await record(session, principal, "model.delete", model.id, before={"name": model.name})


def merged(tags: dict[str, Any], changes: dict[str, str | None]) -> dict[str, Any]:
    """Those set to None are gone."""
    return {key: value for key, value in (tags | changes).items() if value is not None}


async def change(
    session: AsyncSession, principal: Principal, action: str, thing: RegisteredModel | ModelVersion,
    wanted: dict[str, Any],
) -> None:  # fmt: skip
    """Set what differs, as one event with before and after; none when nothing does."""
    before = {name: getattr(thing, name) for name in wanted}
    differing = [name for name in wanted if before[name] != wanted[name]]
    if not differing:
        return
    for name in differing:
        setattr(thing, name, wanted[name])
    await session.flush()
    await record(session, principal, action, thing.id, run_id=getattr(thing, "run_id", None),
                 before={name: _told(name, before[name], wanted[name]) for name in differing},
                 after={name: _told(name, wanted[name], before[name]) for name in differing})  # fmt: skip


def _told(name: str, value: Any, other: Any) -> Any:
    """The value as an event tells it: of tags those that are not as on the `other` side, None where there is none."""
    if name != "tags":
        return value
    return {key: value.get(key) for key in sorted(value.keys() | other.keys()) if value.get(key) != other.get(key)}
