"""How each kind of change is taken back: what its event says was there before is asked for again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from mltui.wire.events import EventRow
from mltui.wire.models import ModelStage, MoveAlias, MoveOutcome, MoveStage, PatchModel, PatchVersion
from mltui.wire.runs import PatchRun

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

RUN = "run.delete,run.restore,run.purge"
ARTIFACT = "artifact.delete,artifact.restore"
FOLDER = "artifacts.delete,artifacts.restore"
JOB = "ingestion_job.delete,ingestion_job.restore"
METRIC = "metric.delete,metric.restore,metric.purge"
VERSION = "model_version.delete,model_version.restore"
REQUEST = "model.request,model.approve,model.reject"
LONGEST_REASON = 2_000
T = TypeVar("T")


class WayBack(NamedTuple):
    """Of one action."""

    changes: str
    """What is done to the same thing and may be in the way, as a filter of events."""
    take: Callable[["MltuiApp", EventRow], Awaitable[str]]
    """Takes it back; says why that waits, empty where it is done."""
    by_field: bool = False
    """Whether others may have changed a part of it, and the rest is still to be taken back."""


def _before(event: EventRow, patch: type[T]) -> T:
    """What asks for the state before the event."""
    return msgspec.convert(event.before or {}, patch)


async def _patch_run(app: "MltuiApp", event: EventRow) -> str:
    await app.client.patch_run(event.object_id, _before(event, PatchRun))
    return ""


async def _restore_run(app: "MltuiApp", event: EventRow) -> str:
    await app.client.restore_run(event.object_id)
    return ""


async def _restore_artifact(app: "MltuiApp", event: EventRow) -> str:
    await app.client.restore_artifact(event.object_id)
    return ""


async def _restore_folder(app: "MltuiApp", event: EventRow) -> str:
    staying = (await app.client.restore_artifacts(event.object_id)).staying
    if staying:
        more = f", and {len(staying) - 1:,} more" if len(staying) > 1 else ""
        why = f"{staying[0].name} stays deleted: {staying[0].reason}{more}"
        app.notify(why, severity="warning", markup=False)
    return ""


async def _restore_job(app: "MltuiApp", event: EventRow) -> str:
    await app.client.restore_job(event.object_id)
    return ""


async def _restore_metric(app: "MltuiApp", event: EventRow) -> str:
    await app.client.restore_metric(event.object_id)
    return ""


async def _patch_model(app: "MltuiApp", event: EventRow) -> str:
    await app.client.patch_model(event.object_name or "", _before(event, PatchModel))
    return ""


async def _patch_version(app: "MltuiApp", event: EventRow) -> str:
    await app.client.patch_version(*_version(event), _before(event, PatchVersion))
    return ""


async def _restore_version(app: "MltuiApp", event: EventRow) -> str:
    await app.client.restore_version(*_version(event))
    return ""


async def _move_alias_back(app: "MltuiApp", event: EventRow) -> str:
    before, after = event.before or {}, event.after or {}
    move = MoveAlias(version=before["version"], reason=_reason(event), expected=after["version"])
    return _waits(await app.client.move_alias(event.object_name or "", after["alias"], move))


async def _move_stage_back(app: "MltuiApp", event: EventRow) -> str:
    before, after = (ModelStage((said or {})["stage"]) for said in (event.before, event.after))
    move = MoveStage(stage=before, reason=_reason(event), expected=after)
    return _waits(await app.client.move_stage(*_version(event), move))


async def _withdraw(app: "MltuiApp", event: EventRow) -> str:
    approval = (event.after or {})["approval"]
    await app.client.decide(event.object_name or "", approval, approve=False, reason=_reason(event))
    return ""


WAYS_BACK: Mapping[str, WayBack] = {
    "run.update": WayBack(f"run.update,{RUN}", _patch_run, by_field=True),
    "run.delete": WayBack(RUN, _restore_run),
    "artifact.delete": WayBack(ARTIFACT, _restore_artifact),
    "artifacts.delete": WayBack(FOLDER, _restore_folder),
    "ingestion_job.delete": WayBack(JOB, _restore_job),
    "metric.delete": WayBack(METRIC, _restore_metric),
    "model.update": WayBack("model.update", _patch_model, by_field=True),
    "model.alias": WayBack("model.alias", _move_alias_back),
    "model.request": WayBack(REQUEST, _withdraw),
    "model_version.update": WayBack(f"model_version.update,{VERSION}", _patch_version, by_field=True),
    "model_version.delete": WayBack(VERSION, _restore_version),
    "model_version.stage": WayBack("model_version.stage", _move_stage_back),
}


def is_about_the_same(one: EventRow, other: EventRow) -> bool:
    """Of two changes of one object: a model has many aliases, and many moves may wait."""
    return all((one.after or {}).get(key) == (other.after or {}).get(key) for key in ("alias", "approval"))


def _version(event: EventRow) -> tuple[str, str]:
    """The model's name, and the version's number."""
    model, _, number = (event.object_name or "").rpartition("/")
    return model, number


def _reason(event: EventRow) -> str:
    return f"undone: {event.message}"[:LONGEST_REASON]


def _waits(outcome: MoveOutcome) -> str:
    return "undoing it waits until somebody else approves it" if outcome.approval is not None else ""
