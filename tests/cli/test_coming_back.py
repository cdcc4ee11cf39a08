"""Jobs, datasets and metrics that are deleted come back, by what the command that deleted them printed."""

import json

import httpx


def back_with(said: str) -> list[str]:
    """The command that it names."""
    return said.strip().partition("back with: mltui ")[2].split()


def test_a_job_comes_back(server, mltui):
    mltui("ingest", "add", "snowflake://sales/orders", "--outside", "--name", "orders")
    said = mltui("ingest", "delete", "orders").stdout
    assert "no jobs match" in mltui("ingest", "ls").stdout
    assert mltui(*back_with(said)).stdout.split()[-2] == "orders"
    assert [job["name"] for job in json.loads(mltui("ingest", "ls", "--json").stdout)] == ["orders"]
    assert "is not deleted" in mltui(*back_with(said), code=1).stderr


def test_a_dataset_comes_back(server, mltui):
    run = httpx.post(f"{server.url}/api/v1/runs", json={"name": "one"}).json()["id"]
    made = httpx.put(f"{server.url}/api/v1/runs/{run}/artifacts/a.csv", content=b"a\n1\n").json()
    dataset = httpx.post(f"{server.url}/api/v1/datasets", json={"artifact": made["id"]}).json()["id"]
    said = mltui("datasets", "rm", "a.csv").stdout
    assert "no datasets match" in mltui("datasets", "ls").stdout
    assert f"{dataset}  deleted" in mltui("datasets", "show", dataset).stdout
    assert "no dataset 'a.csv'" in mltui("datasets", "show", "a.csv", code=1).stderr
    assert mltui(*back_with(said)).stdout == f"restored a.csv  {dataset}\n"
    assert f"a.csv  {dataset}\n" in mltui("datasets", "show", "a.csv").stdout


def test_a_metric_comes_back_unless_another_has_its_name(server, mltui):
    depth = {"name": "depth", "type": "gauge"}
    httpx.post(f"{server.url}/api/v1/metrics", json=depth).raise_for_status()
    said = mltui("metrics", "delete", "depth").stdout
    assert "no metrics match" in mltui("metrics", "ls").stdout
    assert mltui(*back_with(said)).stdout.startswith("restored depth")
    assert "gauge" in mltui("metrics", "ls").stdout
    mltui("metrics", "delete", "depth")
    httpx.post(f"{server.url}/api/v1/metrics", json=depth).raise_for_status()
    assert "another one of that name was made since" in mltui(*back_with(said), code=1).stderr
    assert mltui("metrics", "delete", "--now", "depth").stdout == "deleted depth\n"
    assert mltui(*back_with(said)).stdout.startswith("restored depth")
