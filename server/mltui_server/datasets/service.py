"""Making datasets of artifacts, and saying which run read which."""

from uuid import UUID

from msgspec import UNSET, to_builtins
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import ArtifactType
from mltui.wire.datasets import AddInput, CreateDataset
from mltui_server.artifacts import service as artifacts
from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset, RunInput
from mltui_server.datasets.queries import is_there
from mltui_server.events.service import record
from mltui_server.lib.addresses import check_no_secret
from mltui_server.lib.errors import Conflict, Invalid, NotFound
from mltui_server.lib.principal import Principal
from mltui_server.runs import service as runs
from mltui_server.runs.models import StageRun

FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
    ".pq": "parquet", ".arrow": "arrow", ".feather": "feather", ".avro": "avro", ".orc": "orc",
}  # fmt: skip


async def find(session: AsyncSession, key: str) -> Dataset:
    """The dataset with this id, deleted or not, or the newest of this name that is there. Raises NotFound."""
    try:
        found = await session.get(Dataset, UUID(key))
    except ValueError:
        named = select(Dataset).join(Artifact, Artifact.id == Dataset.artifact_id)
        named = named.where(Dataset.name == key, is_there())
        found = await session.scalar(named.order_by(Dataset.created_at.desc(), Dataset.id.desc()).limit(1))
    if found is None:
        raise NotFound("dataset", key)
    return found


async def register(session: AsyncSession, principal: Principal, request: CreateDataset) -> Dataset:
    """The artifact as a dataset; the same one where it is known as one.

    Raises NotFound, Conflict for an artifact without content, Invalid where its format cannot be told, or
    where there is a secret in its source.
    """
    check_no_secret(request.source_uri, "$.source_uri")
    artifact = await artifacts.find(session, request.artifact, lock=True)
    known = await session.scalar(select(Dataset).where(Dataset.artifact_id == artifact.id))
    if known is not None:
        return known
    if artifact.status != artifacts.READY or not artifact.is_active:
        state = artifact.status if artifact.is_active else "deleted"
        raise Conflict(f"artifact {artifact.name!r} is {state}; it has no content that could be a dataset")
    dataset = Dataset(
        artifact_id=artifact.id,
        name=request.name if request.name is not UNSET else artifact.name,
        format=request.format if request.format is not UNSET else _format_of(artifact),
        row_count=request.row_count,
        column_count=len(request.schema.columns) or None,
        schema=to_builtins(request.schema),
        profile=to_builtins(request.profile),
        source_uri=request.source_uri,
        created_by=principal.name,
    )
    session.add(dataset)
    artifact.artifact_type = ArtifactType.DATASET.value
    await session.flush()
    after = {
        "name": dataset.name,
        "artifact": str(artifact.id),
        "rows": dataset.row_count,
        "source": dataset.source_uri,
    }
    await record(session, principal, "dataset.create", dataset.id, run_id=artifact.run_id, after=after)
    return dataset


def _format_of(artifact: Artifact) -> str:
    name = artifact.name.lower().removesuffix(".gz").removesuffix(".zst")
    found = next((format_ for ending, format_ in FORMATS.items() if name.endswith(ending)), None)
    if found is None:
        raise Invalid(f"$.format: what {artifact.name!r} holds cannot be told from its name; say it, as in csv")
    return found


async def add_input(session: AsyncSession, principal: Principal, run_key: str, request: AddInput) -> UUID:
    """Note that the run read the dataset; said again, nothing changes. The run's id. Raises NotFound, Invalid."""
    run = await runs.find(session, run_key)
    dataset = await find(session, request.dataset)
    stage_run = await _stage_run(session, run.id, request.stage) if request.stage else None
    statement = insert(RunInput).values(run_id=run.id, dataset_id=dataset.id, stage_run_id=stage_run)
    added = await session.scalar(statement.on_conflict_do_nothing().returning(RunInput.dataset_id))
    if added is not None:
        after = {"dataset": str(dataset.id), "name": dataset.name, "stage": request.stage}
        await record(session, principal, "run.read", run.id, run_id=run.id, after=after,
                     message=f"read dataset {dataset.name}")  # fmt: skip
    return run.id


async def _stage_run(session: AsyncSession, run: UUID, name: str) -> UUID:
    found = await session.scalar(select(StageRun.id).where(StageRun.run_id == run, StageRun.name == name))
    if found is None:
        raise Invalid(f"$.stage: run {run} has no stage {name!r}")
    return found
