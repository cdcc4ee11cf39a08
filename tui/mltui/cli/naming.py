"""How runs and jobs are named on a command line: by id, by a part of it that only one has, or `latest`."""

import re
from typing import TYPE_CHECKING
from uuid import UUID

from mltui.cli.output import short_id
from mltui.cli.session import CommandError

if TYPE_CHECKING:
    from mltui.client import Client

LATEST = "latest"
SHORTEST = 4
RUN_HELP = "a run's id, its beginning or end (at least 4 characters), or `latest`"
JOB_HELP = "a job's id, its beginning or end (at least 4 characters), its name, or `latest`"
PAGE = 500
_ID_PART = re.compile(r"[0-9a-f-]{1,36}")


async def run_id(client: "Client", word: str) -> str:
    """The id of the run that `word` means. Raises CommandError when there is none, or more than one."""
    if word == LATEST:
        newest = await client.runs(sort="-created_at", limit=1)
        if not newest.items:
            raise CommandError("there are no runs yet; start one with `mltui pipelines start NAME`")
        return newest.items[0].id
    word = word.lower()
    try:
        return str(UUID(word))
    except ValueError:
        pass
    if not may_be_part(word):
        raise CommandError(f"{word!r} names no run; write {RUN_HELP}", 2)
    found = await _with_id_part(client, word)
    if not found:
        raise CommandError(f"no run whose id begins or ends with {word!r}; see `mltui runs ls`")
    return _only(word, "runs", found)


def may_be_part(word: str) -> bool:
    """Whether a run's id can begin or end so."""
    return len(word) >= SHORTEST and _ID_PART.fullmatch(word.lower()) is not None


async def job_id(client: "Client", word: str) -> str:
    """The id of the ingestion job that `word` means: also its name, of several the newest. Raises CommandError."""
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
        raise CommandError(f"no ingestion job {word!r}; see `mltui ingest ls`")
    return _only(word, "ingestion jobs", found)


def _only(word: str, what: str, found: dict[str, str]) -> str:
    if len(found) > 1:
        few = ", ".join(f"{short_id(identity)} ({name})" for identity, name in list(found.items())[:5])
        raise CommandError(f"{word!r} means {len(found)} {what}: {few}; write more of the id")
    return next(iter(found))


async def _with_id_part(client: "Client", word: str) -> dict[str, str]:
    """Names by id of the runs whose id begins or ends so."""
    found: dict[str, str] = {}
    cursor: str | None = None
    while True:
        page = await client.runs(text=word, limit=PAGE, cursor=cursor)
        found |= {run.id: run.name for run in page.items if run.id.startswith(word) or run.id.endswith(word)}
        cursor = page.next
        if cursor is None:
            return found
