"""The same for several jobs: each by itself, so that one that cannot be done stops no other."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.ingestion import ActOnJobs, CompleteJob, FailJob, JobAction, JobAnswer
from mltui.wire.states import IllegalTransition
from mltui_server.ingestion import removal, service
from mltui_server.ingestion.models import IngestionJob
from mltui_server.ingestion.queries import job_row
from mltui_server.lib.errors import DomainError, Invalid
from mltui_server.lib.principal import Principal
from mltui_server.lib.problems import problem_of

Act = Callable[[AsyncSession, Principal, str, str], Awaitable[IngestionJob | None]]
ACTIONS: Mapping[JobAction, Act] = {
    JobAction.START: service.start,
    JobAction.COMPLETE: lambda session, who, key, why: service.complete(session, who, key, CompleteJob(reason=why)),
    JobAction.FAIL: lambda session, who, key, why: service.fail(session, who, key, FailJob(reason=why)),
    JobAction.CANCEL: service.cancel,
    JobAction.RETRY: service.retry,
    JobAction.DELETE: lambda session, who, key, _: removal.remove(session, who, key),
}


async def act_on(session: AsyncSession, principal: Principal, request: ActOnJobs) -> list[JobAnswer]:
    """What became of each, in the order asked. Raises Invalid for a missing reason."""
    if request.action in (JobAction.COMPLETE, JobAction.FAIL) and not request.reason.strip():
        raise Invalid(f"$.reason: say why, to {request.action.value} jobs")
    answers = {}
    # In one order whoever asks: two that ask for the same jobs do not wait for each other.
    for key in sorted(set(request.ids)):
        answers[key] = await _act(session, principal, request, key)
    return [answers[key] for key in dict.fromkeys(request.ids)]


async def _act(session: AsyncSession, principal: Principal, request: ActOnJobs, key: str) -> JobAnswer:
    try:
        async with session.begin_nested():
            job = await ACTIONS[request.action](session, principal, key, request.reason)
            return JobAnswer(id=key, job=job_row(job) if job else None)
    except (DomainError, IllegalTransition) as error:
        return JobAnswer(id=key, problem=problem_of(error, {})[0])
