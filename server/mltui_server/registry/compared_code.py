"""What the runs of two versions were run from, by the same names, to be put side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.masking import Mask
from mltui_server.code.queries import code_of
from mltui_server.code.words import digest, program_of, surroundings_of
from mltui_server.executions.models import Execution
from mltui_server.pipelines.models import Pipeline
from mltui_server.runs.models import Run

Facts = dict[str, str]
Scopes = Mapping[str, "Scope"]


@dataclass
class Scope:
    """What is known of the code of one scope of a run."""

    facts: Facts
    packages: Mapping[str, str] = field(default_factory=dict)


async def compared_code(session: AsyncSession, left: str | None, right: str | None) -> tuple[Facts, Facts]:
    """Pipeline, and of each scope its command, and what agents and programs told: commit, changes, machine, packages.

    A scope is named where one of the runs has several. Packages are counted, and those that differ are listed.
    """
    runs = [UUID(run) if run is not None else None for run in (left, right)]
    scopes: Sequence[Scopes] = [await _scopes(session, run) if run is not None else {} for run in runs]
    pipelines = [await _pipeline(session, run) if run is not None else {} for run in runs]
    if all(len(some) < 2 for some in scopes):
        # Whatever the one scope is called on each side.
        scopes = [dict(zip([""], some.values(), strict=False)) for some in scopes]
    one, other = scopes
    return pipelines[0] | _told(one, other), pipelines[1] | _told(other, one)


async def _pipeline(session: AsyncSession, run: UUID) -> Facts:
    name = await session.scalar(select(Pipeline.name).join(Run, Run.pipeline_id == Pipeline.id).where(Run.id == run))
    return {"pipeline": name} if name is not None else {}


async def _scopes(session: AsyncSession, run: UUID) -> dict[str, Scope]:
    commands = await session.execute(
        select(Execution.scope, Execution.command, Execution.env)
        .where(Execution.run_id == run)
        .order_by(Execution.created_at)
    )
    scopes = {scope: Scope({"command": " ".join(Mask(env).command(command))}) for scope, command, env in commands}
    for code in (await code_of(session, [run])).get(run, []):
        scope = scopes.setdefault(code.scope, Scope({}))
        told = program_of(code) | surroundings_of(code)
        scope.facts |= {name: value for name, value in told.items() if value}
        scope.packages = code.packages
    return scopes


def _told(scopes: Scopes, others: Scopes) -> Facts:
    found: Facts = {}
    for name, scope in scopes.items():
        prefix = f"{name} " if name else ""
        found |= {f"{prefix}{fact}": value for fact, value in scope.facts.items()}
        if scope.packages:
            found |= {f"{prefix}{fact}": value for fact, value in _packages(scope, others.get(name)).items()}
    return found


def _packages(scope: Scope, other: Scope | None) -> Facts:
    """How many, with a digest as people tell two apart, and where both sides told, those that the other has not so."""
    every = "\n".join(f"{name} {version}" for name, version in scope.packages.items())
    found = {"packages": f"{len(scope.packages)} ({digest(every)})"}
    if other is not None and other.packages:
        found |= {f"package {name}": version for name, version in scope.packages.items()
                  if other.packages.get(name) != version}  # fmt: skip
    return found
