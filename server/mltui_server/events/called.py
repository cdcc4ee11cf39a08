"""Which objects a word means: by their ids, and by what they were ever called.

Names are those that events say, as no table has those of what is gone for good.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from mltui_server.events.models import NAME, NAME_HASH, Event
from mltui_server.events.names import uuid_of
from mltui_server.executions.models import Execution
from mltui_server.registry.models import ModelAlias, ModelVersion
from mltui_server.runs.models import StageRun

READ = "run.read"
"""The one event that has the name of something else than its object: of the dataset that the run read."""
Named = Mapping[tuple[str, str], Collection[str]]
"""Ids by (name, type)."""


class Objects(NamedTuple):
    ids: list[str]
    runs: list[UUID]
    """Of runs, whose events are those of all that is theirs."""


async def objects_called(session: AsyncSession, word: str) -> Objects:
    """What has that id, or was ever called so; of a model, its versions too.

    `MODEL@ALIAS` is the version that it points to now, `RUN STAGE` a stage and its executions.
    """
    model, _, alias = word.rpartition("@")
    # A run's name may have blanks, and so may a stage's.
    stages = [(word[:at], word[at + 1 :]) for at, sign in enumerate(word) if sign == " "]
    named = await _named(session, [word, model, *(run for run, _ in stages)])
    queries: list[Select[Any]] = []
    if of := named[word, "model"]:
        queries.append(select(ModelVersion.id).where(ModelVersion.model_id.in_(of)))
    if of := named[model, "model"]:
        queries.append(select(ModelAlias.version_id).where(ModelAlias.model_id.in_(of), ModelAlias.alias == alias))
    for run, stage in stages:
        if of := named[run, "run"]:
            queries.append(select(StageRun.id).where(StageRun.run_id.in_(of), StageRun.name == stage))
            queries.append(select(Execution.id).where(Execution.run_id.in_(of), Execution.scope == stage))
    ids = {word, *(id_ for (name, _), called in named.items() if name == word for id_ in called)}
    if queries:
        ids.update(map(str, await session.scalars(union_all(*queries))))
    runs = [known for id_ in (word, *named[word, "run"]) if (known := uuid_of(id_)) is not None]
    return Objects(sorted(ids), runs)


async def _named(session: AsyncSession, names: Collection[str]) -> Named:
    statement = (
        select(NAME, Event.object_type, Event.object_id)
        .where(NAME_HASH.in_([func.md5(name) for name in names]), NAME.in_(names), Event.action != READ)
        .distinct()
    )
    found = defaultdict[tuple[str, str], list[str]](list)
    for name, kind, id_ in await session.execute(statement):
        found[name, kind].append(id_)
    return found
