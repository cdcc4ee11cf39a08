"""The events screen on a real server: reading back, the live tail, filters, jumps, files."""

import csv
import json

import pytest
from console_server import add_runs, add_stages
from event_history import add_history, add_many


@pytest.fixture
def history(server, dsn):
    add_runs(dsn)
    add_stages(dsn, 3)
    add_history(dsn)
    return server


async def test_what_happened_is_read_opened_and_followed_to_its_object(history, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40")
        await console.press("e")
        await console.until_shown("Events", "9 events", "metric.update", "digits-37 ingest", "best so far")
        assert console.text.index("run.delete") < console.text.index("run.update") < console.text.index("run.create")
        await console.press("j", "j", "enter")
        await console.until_shown("Events › run.update", "req-6", "tags.team", "vision → risk", "best so far")
        await console.press("enter")
        await console.until_shown("Runs › digits-37")
        await console.press("e")
        await console.until_shown("/object:digits-37", "5 events", "stage_run.start")
        assert "pipeline.create" not in console.text


async def test_what_is_gone_says_so(history, open_console):
    async with open_console() as console:
        await console.type(":events action:run.delete")
        await console.press("enter")
        await console.until_shown("1 event", "digits-0")
        await console.press("o")
        await console.until_shown("no run")


async def test_filters_narrow_down_while_they_are_typed(history, open_console):
    async with open_console() as console:
        await console.type(":events")
        await console.press("enter")
        await console.until_shown("9 events")
        await console.press("slash")
        await console.type("actor:grace,ada action:run.*")
        await console.until_shown("3 events")
        await console.type(" actor:x")
        await console.until_shown("actor: is there twice; write several with commas, as in actor:a,b")
        await console.press("ctrl+u")
        await console.type("exit code")
        await console.press("enter")
        await console.until_shown("/exit code", "1 event", "stage 'train-network' failed")
        await console.press("slash", "ctrl+u")
        await console.type("colour:red")
        await console.until_shown("no filter 'colour'; there are actor, action, object, since, until")
        await console.press("escape")
        await console.until_shown("/exit code", "1 event")
        await console.press("slash", "ctrl+u")
        await console.type("nothing like this")
        await console.press("enter")
        await console.until_shown("No event matches this filter")


async def test_the_newest_comes_in_at_the_top_and_moves_nothing_further_down(history, open_console):
    async with open_console(size=(120, 12)) as console:
        await console.type(":events")
        await console.press("enter")
        await console.until_shown("metric.update")
        history.post("/metrics", {"name": "depth", "type": "gauge"})
        await console.until_shown("metric.create", "10 events")
        await console.press("j", "j")
        before = [line for line in console.text.splitlines() if ":" in line][1:6]
        history.post("/metrics", {"name": "height", "type": "gauge"})
        await console.until_shown("1 new  10 events")
        assert [line for line in console.text.splitlines() if ":" in line][1:6] == before
        await console.press("g")
        await console.until_shown("height", "11 events")
        assert "new" not in console.text.splitlines()[0]


async def test_a_long_history_is_walked_by_cursor(history, dsn, open_console):
    add_many(dsn, 450)
    async with open_console(size=(120, 20)) as console:
        await console.type(":events actor:eve")
        await console.press("enter")
        await console.until_shown("number 450", "+ events")
        for known in ("200+ events", "400+ events"):
            await console.until_shown(known)
            await console.press("G")
        await console.until_shown("450 events")
        await console.press("G")
        await console.until_shown("number 2 ", "number 1 ")
        await console.press("pageup", "pageup")
        await console.until_shown("number 20 ")
        await console.press("g")
        await console.until_shown("number 450")


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_all_that_match_are_written_to_a_file(history, dsn, open_console, tmp_path, form):
    add_many(dsn, 2_345)
    target = tmp_path / f"all.{form}"
    async with open_console() as console:
        await console.type(":events actor:eve")
        await console.press("enter")
        await console.until_shown("number 2345")
        await console.press("e")
        await console.until_shown("Every event that matches actor:eve")
        await console.press(*["j"] * (form == "json"), "enter")
        await console.until_shown("A file that does not exist yet", f".{form}")
        other = {"csv": "json", "json": "csv"}[form]
        for wrong, words in ((f"all.{other}", f"write a name that ends in .{form}"), ("all", "neither .csv nor .json")):
            await console.press("ctrl+u")
            console.paste(str(tmp_path / wrong))
            await console.until_shown(words)
        await console.press("ctrl+u")
        console.paste(str(target))
        await console.press("enter")
        await console.until_shown("written to")
    rows = json.loads(target.read_text()) if form == "json" else list(csv.DictReader(target.open(newline="")))
    assert [row["message"] for row in rows] == [f"number {n}" for n in range(1, 2_346)]


async def test_what_is_copied_is_not_longer_than_terminals_take(history, dsn, open_console):
    async with open_console() as console:
        await console.type(":events")
        await console.press("enter")
        await console.until_shown("9 events")
        await console.press("e")
        await console.until_shown("Every event there is")
        await console.press("j", "j", "enter")
        await console.until_shown("sent to the clipboard")
        assert "best so far" in console.app.clipboard
        add_many(dsn, 2_000)
        await console.press("e", "j", "j", "enter")
        await console.until_shown("more than 70 KB")
        assert "number" not in console.app.clipboard
