"""How people name runs and jobs: by id, by a part of it or a name that only one has, or `latest`."""

import re
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from mltui.paging import PAGE, read_rows

if TYPE_CHECKING:
    from mltui.client import Client

LATEST = "latest"
SHORTEST, WHOLE = 4, 32
"""Characters of a part of an id, and of an id without its hyphens."""
RUN_HELP = "a run's id, its beginning or end (at least 4 characters), its name, or `latest`"
JOB_HELP = "a job's id, its beginning or end (at least 4 characters), its name, or `latest`"
_ID_PART = re.compile(r"[0-9a-f-]{1,36}")


class NoneSuch(Exception):
    """Why a word means nothing here, or too much: one line, for people."""


def short_id(identity: str) -> str:
    """The end of an id: the beginnings of ids made in the same minute are alike."""
    return identity[-8:]


async def run_id(client: "Client", word: str) -> str:
    """The id of the run that `word` means. Raises NoneSuch when there is none, or more than one."""
    if word == LATEST:
        newest = await client.runs(sort="-created_at", limit=1)
        if not newest.items:
            raise NoneSuch("there are no runs yet; start one with `mltui pipelines start NAME`")
        return newest.items[0].id
    try:
        return str(UUID(word))
    except ValueError:
        pass
    found = {run.id: run.name for run in (await client.runs(name=word, limit=PAGE)).items}
    found |= await _with_id_part(client, word.lower())
    if not found:
        raise NoneSuch(f"no run has the name {word!r} or an id that begins or ends so; see `mltui runs ls`")
    return only(word, "runs", found)


async def id_to_trace(client: "Client", word: str) -> str:
    """What to ask for the lineage of: `latest` and parts of ids are those of runs, all else the server knows."""
    if not word:
        raise NoneSuch("lineage of what? write an id, a name, or the URI of a source")
    if word == LATEST:
        return await run_id(client, word)
    found = await _with_id_part(client, word.lower())
    return only(word, "runs", found) if found else word


async def job_id(client: "Client", word: str) -> str:
    """The id of the ingestion job that `word` means: also its name, of several the newest. Raises NoneSuch."""
    found: dict[str, str] = {}
    if word == LATEST:
        found = {job.id: job.name for job in (await client.jobs(limit=1)).items}
    else:
        jobs = (await client.jobs(text=word, limit=PAGE)).items
        if named := next((job.id for job in jobs if job.name == word), None):
            return named
        part = word.lower()
        ends = [job for job in jobs if job.id.startswith(part) or job.id.endswith(part)]
        found = {job.id: job.name for job in ends if len(part) >= SHORTEST}
    if not found:
        raise NoneSuch(f"no ingestion job {word!r}; see `mltui ingest ls`")
    return only(word, "ingestion jobs", found)


def only(word: str, what: str, found: dict[str, str]) -> str:
    """The id of the one that was found. Raises NoneSuch, which lists them, where there are several."""
    if len(found) > 1:
        few = ", ".join(f"{short_id(identity)} ({name})" for identity, name in list(found.items())[:5])
        raise NoneSuch(f"{word!r} means {len(found)} {what}: {few}; write more of the id")
    return next(iter(found))


async def _with_id_part(client: "Client", word: str) -> dict[str, str]:
    """Names by id of the runs whose id begins or ends so; of none for what can be no part of one."""
    if not (SHORTEST <= len(word) < WHOLE and _ID_PART.fullmatch(word)):
        return {}
    runs, _ = await read_rows(partial(client.runs, text=word))
    return {run.id: run.name for run in runs if run.id.startswith(word) or run.id.endswith(word)}
