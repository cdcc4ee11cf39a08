"""The client's calls about ingestion jobs and datasets."""

from collections.abc import Sequence

from mltui.transport import Query, Transport, path_part
from mltui.wire.base import Page
from mltui.wire.datasets import AddInput, CreateDataset, DatasetDetail, DatasetRow, RunInputRow
from mltui.wire.ingestion import (
    ActOnJobs,
    CompleteJob,
    CreateJob,
    FailJob,
    JobAction,
    JobAnswer,
    JobDetail,
    JobReason,
    JobRow,
    Progress,
)


class IngestionCalls(Transport):
    async def jobs(
        self,
        *,
        status: Sequence[str] = (),
        runner: str | None = None,
        text: str | None = None,
        run: str | None = None,
        dataset: str | None = None,
        ids: Sequence[str] = (),
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[JobRow]:
        """Ingestion jobs that match all of these."""
        query: Query = {
            "status": ",".join(status) or None, "runner": runner, "text": text, "run": run, "dataset": dataset,
            "ids": ",".join(ids) or None, "sort": sort, "limit": limit, "cursor": cursor, "offset": offset,
        }  # fmt: skip
        return await self._call(Page[JobRow], "GET", "/ingestion-jobs", query=query)

    async def job(self, job_id: str) -> JobDetail:
        return await self._call(JobDetail, "GET", _job(job_id))

    async def create_job(self, job: CreateJob) -> JobRow:
        return await self._call(JobRow, "POST", "/ingestion-jobs", job)

    async def delete_job(self, job_id: str) -> None:
        """It can be restored. Raises ProblemError while it is live."""
        await self._send("DELETE", _job(job_id))

    async def restore_job(self, job_id: str) -> JobRow:
        return await self._call(JobRow, "POST", _job(job_id, "restore"))

    async def start_job(self, job_id: str, reason: str = "") -> JobRow:
        return await self._call(JobRow, "POST", _job(job_id, "start"), JobReason(reason=reason))

    async def job_progress(self, job_id: str, progress: Progress) -> JobRow:
        return await self._call(JobRow, "POST", _job(job_id, "progress"), progress)

    async def complete_job(self, job_id: str, complete: CompleteJob) -> JobRow:
        return await self._call(JobRow, "POST", _job(job_id, "complete"), complete)

    async def fail_job(self, job_id: str, fail: FailJob) -> JobRow:
        return await self._call(JobRow, "POST", _job(job_id, "fail"), fail)

    async def cancel_job(self, job_id: str, reason: str = "") -> JobRow:
        return await self._call(JobRow, "POST", _job(job_id, "cancel"), JobReason(reason=reason))

    async def retry_job(self, job_id: str, reason: str = "") -> JobRow:
        return await self._call(JobRow, "POST", _job(job_id, "retry"), JobReason(reason=reason))

    async def act_on_jobs(self, action: JobAction, ids: Sequence[str], reason: str = "") -> list[JobAnswer]:
        """The same for several; each answer is the job, or the problem with it."""
        body = ActOnJobs(action=action, ids=list(ids), reason=reason)
        return await self._call(list[JobAnswer], "POST", "/ingestion-jobs/actions", body)

    async def datasets(
        self,
        *,
        run: str | None = None,
        name: str | None = None,
        text: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[DatasetRow]:
        """Datasets; with `run`, those that it made."""
        query: Query = {
            "run": run, "name": name, "text": text, "sort": sort, "limit": limit, "cursor": cursor, "offset": offset,
        }  # fmt: skip
        return await self._call(Page[DatasetRow], "GET", "/datasets", query=query)

    async def dataset(self, dataset: str) -> DatasetDetail:
        """By id or name; of several of that name, the newest."""
        return await self._call(DatasetDetail, "GET", f"/datasets/{path_part(dataset)}")

    async def delete_dataset(self, dataset: str) -> None:
        """By id or name, with its artifact: it can be restored until its content is removed. Raises ProblemError where
        a version of a model cites it.
        """
        await self._send("DELETE", f"/datasets/{path_part(dataset)}")

    async def restore_dataset(self, dataset_id: str) -> DatasetDetail:
        return await self._call(DatasetDetail, "POST", f"/datasets/{path_part(dataset_id)}/restore")

    async def create_dataset(self, dataset: CreateDataset) -> DatasetDetail:
        return await self._call(DatasetDetail, "POST", "/datasets", dataset)

    async def run_inputs(self, run_id: str) -> list[RunInputRow]:
        return await self._call(list[RunInputRow], "GET", f"/runs/{path_part(run_id)}/inputs")

    async def add_input(self, run_id: str, add: AddInput) -> list[RunInputRow]:
        return await self._call(list[RunInputRow], "POST", f"/runs/{path_part(run_id)}/inputs", add)


def _job(job_id: str, action: str = "") -> str:
    return f"/ingestion-jobs/{path_part(job_id)}" + f"/{action}" * bool(action)
