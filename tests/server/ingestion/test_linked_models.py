"""An ingestion job names the models that its data went into."""

from tests.server.ingestion.job_calls import add, begin, complete, finish, job_of, until_job
from tests.server.registry.registry_calls import register


async def models(http, job) -> list[tuple[str, int]]:
    return [(model["model"], model["version"]) for model in (await job_of(http, job))["models"]]


async def test_a_job_names_the_models_that_are_linked_to_it_or_trained_on_its_dataset(http):
    job, other = await add(http), await add(http)
    execution = await begin(http, job)
    run = (await until_job(http, job, "running"))["run_id"]
    await register(http, "churn", uri="s3://models/of-no-dataset")
    assert await models(http, job) == []
    dataset = (await complete(http, job, run))["dataset_id"]
    await finish(http, execution)
    linked = await register(http, "fraud", ingestion_jobs=[job["id"]])
    await register(http, "churn", training_dataset=dataset)
    await register(http, "fraud", training_dataset=dataset, ingestion_jobs=[job["id"]])
    await register(http, "fraud", ingestion_jobs=[other["id"]])
    assert await models(http, job) == [("fraud", 2), ("churn", 2), ("fraud", 1)]
    [*_, oldest] = (await job_of(http, job))["models"]
    assert oldest == {"id": linked["id"], "model": "fraud", "version": 1, "status": "ready", "stage": "None"}


async def test_a_version_that_is_deleted_is_not_named(http):
    job = await add(http)
    await register(http, "fraud", ingestion_jobs=[job["id"]])
    assert (await http.delete("/api/v1/models/fraud/versions/1")).status_code == 204
    assert await models(http, job) == []
