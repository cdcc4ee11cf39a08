"""z: what this console did last is undone, unless somebody changed it since."""

import httpx
import pytest
from console_server import add_runs, run_id
from metric_points import add_metrics


@pytest.fixture
def runs(server, dsn):
    add_runs(dsn)
    return server


def tags(server, number):
    return server.get(f"/runs/{run_id(number)}")["tags"]


async def write(console, key, *words):
    """Replace what a dialog's field says."""
    await console.press(key)
    await console.until(lambda: len(console.app.screen_stack) > 2, "the dialog")
    await console.press("ctrl+u")
    await console.type(*words)
    await console.press("ctrl+s")
    await console.until(lambda: len(console.app.screen_stack) == 2, "the list")


async def test_several_things_are_undone_one_after_the_other(runs, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await console.press("z")
        await console.until_shown("nothing to undo")
        await write(console, "t", "best team=blue")
        await console.until_shown("tagged digits-40; z undoes it")
        assert tags(runs, 0) == {"best": "", "team": "blue"}
        await write(console, "n", "hello")
        await console.until_shown("wrote notes of digits-40; z undoes it")
        await console.press("z")
        await console.until_shown("undone: wrote notes of digits-40")
        assert runs.get(f"/runs/{run_id(0)}")["notes"] == ""
        assert tags(runs, 0) == {"best": "", "team": "blue"}
        await console.press("z")
        await console.until_shown("undone: tagged digits-40")
        assert tags(runs, 0) == {"team": "vision"}


async def test_deleting_many_says_what_goes_and_all_come_back(runs, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await console.press("space", "space", "D")
        await console.until_shown(
            "Delete 2 runs?", "digits-40, digits-39", "2,400 samples, 0 B of logs", "z brings them back"
        )
        await console.press("y")
        await console.until_shown("38 runs", "deleted 2 runs; z undoes it")
        await console.press("z")
        await console.until_shown("40 runs", "undone: deleted 2 runs", "digits-40", "digits-39")


async def test_model_versions_of_a_run_are_named_before_it_goes(runs, open_console):
    for _ in range(2):
        runs.post("/models/digits/versions", {"run": run_id(0)})
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await console.press("D")
        await console.until_shown("Delete digits-40?", "digits/1, digits/2 came from it, and will know its id and name")


async def test_a_secret_is_not_undone_to_what_hides_it(runs, open_console):
    async with httpx.AsyncClient(headers={"X-Mltui-User": "grace"}) as grace:
        url = f"{runs.url}/api/v1/runs/{run_id(0)}"
        (await grace.patch(url, json={"tags": {"db_password": "one"}})).raise_for_status()
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await write(console, "t", "db_password=two")
        await console.until_shown("tagged digits-40; z undoes it")
        await console.press("z")
        await console.until_shown("db_password was a secret, which no event keeps; set it by hand")
        assert tags(runs, 0) == {"db_password": "two", "team": "vision"}
        await console.press("z")
        await console.until_shown("nothing to undo")


async def test_what_somebody_changed_since_stays(runs, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await write(console, "t", "team=blue")
        await console.until_shown("tagged digits-40")
        async with httpx.AsyncClient(headers={"X-Mltui-User": "grace"}) as grace:
            url = f"{runs.url}/api/v1/runs/{run_id(0)}"
            (await grace.patch(url, json={"tags": {"team": "red"}})).raise_for_status()
        await console.press("z")
        await console.until_shown("tag team of digits-40 was changed since by grace; it stays as it is")
        assert tags(runs, 0) == {"team": "red"}
        await console.press("z")
        await console.until_shown("nothing to undo")


def patched_by_grace(runs, path, **body):
    answer = httpx.patch(f"{runs.url}/api/v1/{path}", json=body, headers={"X-Mltui-User": "grace"}, trust_env=False)
    answer.raise_for_status()


async def test_what_others_did_not_touch_is_undone_tag_by_tag(runs, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await write(console, "t", "best team=blue k=2")
        await console.until_shown("tagged digits-40; z undoes it")
        await write(console, "n", "hello")
        await console.until_shown("wrote notes of digits-40; z undoes it")
        patched_by_grace(runs, f"runs/{run_id(0)}", tags={"team": "red", "best": "", "new": "1"})
        await console.press("z")
        await console.until_shown("undone: wrote notes of digits-40")
        assert runs.get(f"/runs/{run_id(0)}")["notes"] == ""
        patched_by_grace(runs, f"runs/{run_id(0)}", notes="from grace")
        await console.press("z")
        await console.until_shown(
            "tag team of digits-40 was changed since by grace; it stays as it is", "undone: tagged digits-40"
        )
        assert tags(runs, 0) == {"team": "red", "new": "1"}
        assert runs.get(f"/runs/{run_id(0)}")["notes"] == "from grace"


async def test_what_was_deleted_since_stays_and_what_came_back_is_undone(runs, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await write(console, "t", "best")
        await console.until_shown("tagged digits-40; z undoes it")
        await write(console, "n", "hello")
        await console.until_shown("wrote notes of digits-40; z undoes it")
        async with httpx.AsyncClient(headers={"X-Mltui-User": "grace"}) as grace:
            url = f"{runs.url}/api/v1/runs/{run_id(0)}"
            (await grace.delete(url)).raise_for_status()
            await console.press("z")
            await console.until_shown("digits-40 was changed since by grace (run.delete); it stays as it is")
            (await grace.post(f"{url}/restore")).raise_for_status()
        await console.press("z")
        await console.until_shown("undone: tagged digits-40")
        assert tags(runs, 0) == {"team": "vision"}


async def test_archiving_is_undone_though_somebody_described_the_version(runs, open_console):
    runs.post("/models/digits/versions", {"run": run_id(0)})
    async with open_console() as console:
        await console.type(":models digits")
        await console.press("enter")
        await console.until_shown("ready")
        await console.press("x")
        await console.until_shown("archived", "z undoes it")
        patched_by_grace(runs, "models/digits/versions/1", description="from grace")
        await console.press("z")
        await console.until_shown("undone: ", "ready")
        version = runs.get("/models/digits/versions/1")
        assert (version["status"], version["description"]) == ("ready", "from grace")


async def test_what_could_not_be_undone_while_the_server_was_away_can_be_later(runs, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40", "● live")
        await write(console, "t", "team=blue")
        await console.until_shown("tagged digits-40")
        runs.kill()
        await console.press("z")
        await console.until_shown("no server at")
        runs.start()
        await console.until_shown("● live")
        await console.press("z")
        await console.until_shown("undone: tagged digits-40")
        assert tags(runs, 0) == {"team": "vision"}


async def test_a_metric_comes_back_with_its_points_unless_another_has_its_name(server, open_console):
    add_metrics(server)

    async def delete(console):
        await console.type(":metrics gpu_temperature")
        await console.press("enter")
        await console.until_shown("Metrics › gpu_temperature", "gauge")
        await console.press("D")
        await console.until_shown("Delete gpu_temperature?", "1,440 points of 3 label sets", "z brings it back")
        await console.press("y")
        await console.until_shown("deleted gpu_temperature; z undoes it")
        await console.until(lambda: "Metrics › gpu_temperature" not in console.text, "another metric")

    async with open_console() as console:
        await console.until_shown("● live")
        await delete(console)
        await console.press("z")
        await console.until_shown("undone: deleted gpu_temperature")
        assert server.get("/metrics/gpu_temperature")["points"] == 1440
        await delete(console)
        server.post("/metrics", {"name": "gpu_temperature", "type": "gauge"})
        await console.press("z")
        await console.until_shown("metric 'gpu_temperature' cannot be restored: another one")
