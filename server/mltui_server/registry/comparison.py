"""Two versions side by side: what they are, their metrics, parameters, data and code."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.models import Comparison, Difference, VersionRow
from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset, RunInput
from mltui_server.registry.compared_code import compared_code
from mltui_server.registry.models import ModelVersion
from mltui_server.registry.queries import version_row

Part = Literal["version", "metrics", "parameters", "data", "code"]
ABOUT = ("status", "stage", "aliases", "run", "artifact", "uri", "model_type", "algorithm", "framework", "model_format",
         "created_by")  # fmt: skip


async def compare(session: AsyncSession, left: UUID, right: UUID) -> Comparison:
    """Two versions that exist."""
    one, other = await version_row(session, left), await version_row(session, right)
    parts = zip(await _parts(session, one), await _parts(session, other), strict=True)
    differences = [line for (part, a), (_, b) in parts for line in _lines(part, a, b)]
    differences += _lines("code", *await compared_code(session, one.run_id, other.run_id))
    return Comparison(left=one, right=other, differences=differences)


async def _parts(session: AsyncSession, version: VersionRow) -> list[tuple[Part, Mapping[str, Any]]]:
    return [
        ("version", {name: getattr(version, name) or None for name in ABOUT}),
        ("metrics", version.metrics),
        ("parameters", version.training_config),
        ("data", await _data(session, UUID(version.id))),
    ]


def _lines(part: Part, left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterable[Difference]:
    for name in dict.fromkeys([*left, *right]):
        a, b = left.get(name), right.get(name)
        if a is not None or b is not None:
            yield Difference(part=part, name=name, left=a, right=b, same=a == b or _written(a) == _written(b))


def _written(value: Any) -> str:
    """A run keeps its parameters as text, where a program may have said a number."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


async def _data(session: AsyncSession, version: UUID) -> dict[str, Any]:
    """What it was trained on, down to the content, and all that its run read."""
    trained = select(Dataset.name, Dataset.format, Dataset.row_count, Dataset.column_count, Dataset.source_uri,
                     Artifact.sha256)  # fmt: skip
    row = (await session.execute(
        trained.join(Artifact, Artifact.id == Dataset.artifact_id)
        .join(ModelVersion, ModelVersion.training_dataset_id == Dataset.id)
        .where(ModelVersion.id == version)
    )).first()  # fmt: skip
    read = select(func.jsonb_agg(Dataset.name.distinct())).join(RunInput, RunInput.dataset_id == Dataset.id)
    names = await session.scalar(
        read.join(ModelVersion, ModelVersion.run_id == RunInput.run_id).where(ModelVersion.id == version)
    )
    facts = dict(row._mapping) if row else {}
    return {"dataset": facts.pop("name", None), **facts, "read by the run": names}
