"""What the objects of events are called: people know names, events keep ids."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, String, Uuid, any_, cast, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset
from mltui_server.db.base import DELETED_TOO
from mltui_server.executions.models import Execution
from mltui_server.ingestion.models import IngestionJob
from mltui_server.metrics.models import Metric
from mltui_server.pipelines.models import Pipeline
from mltui_server.registry.models import ModelVersion, RegisteredModel
from mltui_server.runs.models import Run, StageRun

_NAMED: Mapping[str, tuple[Any, Select[Any]]] = {
    "run": (Run.id, select(Run.name)),
    "pipeline": (Pipeline.id, select(Pipeline.name)),
    "metric": (Metric.id, select(Metric.name)),
    "artifact": (Artifact.id, select(Artifact.name)),
    "model": (RegisteredModel.id, select(RegisteredModel.name)),
    "model_version": (
        ModelVersion.id,
        select(RegisteredModel.name + "/" + cast(ModelVersion.version, String)).join(
            RegisteredModel, RegisteredModel.id == ModelVersion.model_id
        ),
    ),
    "dataset": (Dataset.id, select(Dataset.name)),
    "ingestion_job": (IngestionJob.id, select(IngestionJob.name)),
    "stage_run": (StageRun.id, select(Run.name + " " + StageRun.name).join(Run, Run.id == StageRun.run_id)),
    "execution": (Execution.id, select(Run.name + " " + Execution.scope).join(Run, Run.id == Execution.run_id)),
}
"""By type of object: its id, and a query of names."""
_EVER = {DELETED_TOO: True}
"""Events of what was deleted are there, too."""


async def names_of(session: AsyncSession, objects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Names by (type, id), of those that are there; in one query. A stage's is `<run> <stage>`."""
    wanted: dict[str, set[UUID]] = {}
    for type_, id_ in objects:
        if type_ in _NAMED and (known := uuid_of(id_)) is not None:
            wanted.setdefault(type_, set()).add(known)
    if not wanted:
        return {}
    queries = [_names(type_, ids) for type_, ids in wanted.items()]
    found = await session.execute(union_all(*queries), execution_options=_EVER)
    return {(type_, id_): name for name, type_, id_ in found}


def _names(type_: str, ids: set[UUID]) -> Select[Any]:
    identity, query = _NAMED[type_]
    # One parameter however many there are: as thousands of them, they take longer than the query.
    array = literal(list(ids), ARRAY(Uuid()))
    return query.add_columns(literal(type_), cast(identity, String)).where(identity == any_(array))


def uuid_of(text: str) -> UUID | None:
    """None for what is no id of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None
