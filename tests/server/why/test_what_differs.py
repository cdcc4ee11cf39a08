"""What differs from the last good run of the pipeline."""

from tests.server.agents import make_pipeline, play, start, until_status
from tests.server.why.failing import ask, code, fail, failed


async def test_what_differs_from_the_last_good_run(http):
    await make_pipeline(http, parameters={"lr": 0.1, "layers": 3})
    usual = {
        "commit": "a" * 40,
        "branch": "main",
        "dirty": False,
        "diff": "",
        "python": "CPython 3.12.1",
        "os": "Linux",
    }
    old = await start(http)
    await play(http, old, "a")
    await until_status(http, old, "completed")
    good = await start(http)
    await code(http, good, **usual, packages={"torch": "2.8", "gone": "1"}, environment={"OMP_NUM_THREADS": "4"})
    await play(http, good, "a")
    good_name = (await until_status(http, good, "completed"))["name"]
    between = await start(http)
    await fail(http, between)
    await until_status(http, between, "failed")
    spec = {"name": "p", "parameters": {"lr": 0.1, "layers": 3}, "stages": [{"name": "a", "command": "other"}]}
    await http.put("/api/v1/pipelines/p", json=spec)
    bad = await start(http, parameters={"lr": 10}, environment="prod")
    changed = {"commit": "b" * 40, "dirty": True, "diff": "+++ b/x\n+y\n"}
    await code(
        http, bad, **usual | changed, packages={"torch": "2.9", "new": "2"}, environment={"OMP_NUM_THREADS": "8"}
    )
    await fail(http, bad)
    await until_status(http, bad, "failed")
    later = await start(http)
    await play(http, later, "a")
    told = await ask(http, bad)
    assert (told["good"]["id"], told["good"]["name"], told["unknown"]) == (good, good_name, [])
    found = {(d["kind"], d["name"]): (d["before"], d["after"]) for d in told["differences"]}
    assert found.pop(("code", "uncommitted changes"))[0] == "none"
    assert found == {
        ("code", "commit"): ("a" * 40, "b" * 40),
        ("parameter", "lr"): ("0.1", "10"),
        ("pipeline", "stages.a.command"): ("true", "other"),
        ("environment", "environment"): ("none", "prod"),
        ("environment", "$OMP_NUM_THREADS"): ("4", "8"),
        ("environment", "torch"): ("2.8", "2.9"),
        ("environment", "new"): (None, "2"),
        ("environment", "gone"): ("1", None),
    }


async def test_what_cannot_be_compared_is_said(http):
    await make_pipeline(http)
    told = await failed(http)
    assert (told["good"], told["differences"]) == (None, [])
    assert told["unknown"] == ["no run of p completed before it, so there is nothing to compare with"]
    good = await start(http)
    await play(http, good, "a")
    name = (await until_status(http, good, "completed"))["name"]
    bad = await start(http)
    await code(http, bad, commit="c" * 40)
    await fail(http, bad)
    await until_status(http, bad, "failed")
    told = await ask(http, bad)
    assert told["differences"] == []
    assert told["unknown"] == [f"code and packages cannot be compared: nobody told them for a of {name}"]


async def test_a_last_good_run_that_was_deleted_is_said_to_be(http):
    await make_pipeline(http)
    good = await start(http)
    await play(http, good, "a")
    name = (await until_status(http, good, "completed"))["name"]
    assert (await http.delete(f"/api/v1/runs/{good}")).status_code == 204
    told = await failed(http)
    gone = f"{name}, the last good run before it, was deleted, so there is nothing to compare with"
    assert (told["good"], told["unknown"]) == (None, [gone])


async def test_packages_that_one_run_has_not_are_no_difference(http):
    """A shell script says of no Python."""
    await make_pipeline(http)
    good = await start(http)
    await code(http, good, python="CPython 3.12.1", packages={"torch": "2.8"})
    await play(http, good, "a")
    await until_status(http, good, "completed")
    bad = await start(http)
    await code(http, bad, commit="c" * 40)
    await fail(http, bad)
    await until_status(http, bad, "failed")
    assert [one["name"] for one in (await ask(http, bad))["differences"]] == ["commit"]
