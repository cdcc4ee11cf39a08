"""What people do at the console, key by key, on a real server."""

from collections.abc import Callable
from typing import Any

import pytest
from console_server import ConsoleServer, add_runs, curves, run_id

from mltui.console.state.session import Session


async def test_open_a_run_and_go_back(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("digits-40", "40 runs", "● live")
        await console.press("j", "enter")
        await console.until_shown("Runs › digits-39", "Overview")
        await console.press("q")
        await console.until_shown("40 runs", "digits-40")


async def test_from_inside_a_run_the_same_keys_lead_on_as_from_the_list(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    places = {"p": "Looks at digits", "m": "No metrics yet", "J": "No ingestion jobs yet", "H": "7 DAYS"}
    for key, shown in places.items():
        async with open_console(run_id=run_id(0)) as console:
            await console.until_shown("Runs › digits-40", "Overview")
            await console.press(key)
            await console.until_shown(shown)


async def test_a_run_is_gone_to_by_its_name_and_not_by_what_it_failed_with(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("40 runs")
        await console.type(":run exit code")
        await console.press("enter")
        await console.until_shown("no run whose name or id has 'exit code' in it")
        await console.type(":run digits-3")
        await console.press("enter")
        await console.until_shown("Runs › digits-3 ")


async def test_q_at_the_bottom_leaves(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    async with open_console() as console:
        await console.until_shown("No runs yet.", "mltui --url http://mltui.example:8642 exec --run-name")
        await console.press("q")
        await console.until(lambda: not console.app.is_running, "the end")


async def test_the_filter_follows_what_is_typed(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("40 runs")
        await console.press("slash")
        await console.type("status:failed")
        await console.until_shown("8 runs", "/status:failed")
        await console.type(" tag:team=risk")
        await console.until_shown("4 runs")
        await console.press("enter")
        await console.until_shown("s Start", "4 runs")


async def test_a_wrong_filter_is_explained_and_escape_undoes_it(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    async with open_console(size=(160, 32)) as console:
        await console.until_shown("40 runs")
        await console.press("slash")
        await console.type("stat:x")
        await console.until_shown("no filter 'stat'; there are status, pipeline")
        assert "40 runs" in console.text
        await console.press("escape")
        await console.until_shown("s Start", "40 runs")


async def test_start_a_pipeline_with_a_changed_parameter(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    server.pipeline("greet", "echo hello $MLTUI_PARAM_WHO", parameters={"who": "world", "times": 1})
    async with open_console() as console:
        await console.until_shown("No runs yet.")
        await console.press("p")
        await console.until_shown("greet", "never ran")
        await console.press("s")
        await console.until_shown("Start greet", "whole number")
        await console.press("tab")
        await console.type("many")
        await console.until_shown("✗ a whole number")
        await console.press("ctrl+s")
        assert server.get("/runs")["total"] == 0
        await console.press("home", "ctrl+k")
        await console.type("3")
        await console.until_shown("default 1")
        await console.press("ctrl+s")
        await console.until_shown("Runs › greet-1", "times 3")
        await console.until_shown("✓ completed")
    assert server.get("/runs")["items"][0]["triggered_by"] == "ada"


async def test_cancel_and_retry_from_the_cancelled_stage(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    server.pipeline("slow", "true", "sleep 300")
    run = server.run_once("slow")
    async with open_console(run_id=run) as console:
        await console.until_shown("● step-1", "x Cancel")
        await console.press("x")
        await console.until_shown("Cancel slow-1?", "SIGTERM")
        await console.press("y")
        await console.until_shown("⊘ cancelled", "R Retry")
        await console.press("R")
        await console.until_shown("what did not complete", "⊘ from step-1")
        await console.press("enter")
        await console.until_shown("Runs › slow-2", "✓ step-0", "● step-1")
        again = console.app.screen.run_id
    detail = server.get(f"/runs/{again}")
    assert detail["retry_of"] == run
    assert detail["stages"][0]["reused_from"]
    server.post(f"/runs/{again}/cancel", {})


async def test_no_is_an_answer(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("40 runs")
        await console.press("space", "space", "D")
        await console.until_shown("Delete 2 runs?", "digits-40, digits-39", "z brings them back")
        await console.press("n")
        await console.until_shown("2 marked", "40 runs")
        await console.press("D", "y")
        await console.until_shown("38 runs")


async def test_tags_are_added_and_taken_away(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("40 runs")
        await console.press("t")
        await console.until_shown("Tags of digits-40", "team=vision")
        await console.press("home", "ctrl+k")
        await console.type("best urgency=high")
        await console.press("ctrl+s")
        await console.until(lambda: server.get(f"/runs/{run_id(0)}")["tags"] == {"best": "", "urgency": "high"}, "tags")


async def test_changes_of_others_are_seen_live(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    server.pipeline("quick", "true")
    async with open_console() as one, open_console() as two:
        await one.until_shown("No runs yet.", "● live")
        await two.until_shown("No runs yet.", "● live")
        await one.press("colon")
        await one.type("start quick")
        await one.press("enter")
        await one.until_shown("Start quick")
        await one.press("ctrl+s")
        await one.until_shown("Runs › quick-1", "✓ completed")
        await two.until_shown("✓ completed  quick-1")


async def test_the_server_goes_away_and_comes_back(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("40 runs", "● live")
        server.kill()
        await console.until_shown("stale")
        assert "digits-40" in console.text
        server.start()
        server.pipeline("after", "true")
        server.run_once("after")
        await console.until_shown("● live", "after-1", "41 runs")


async def test_commands_go_places_and_say_what_is_wrong(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("40 runs")
        await console.press("colon")
        await console.type("pipe")
        await console.press("enter")
        await console.until_shown("did you mean 'pipeline'")
        await console.press("escape")
        await console.press("colon")
        await console.type("run churn-38")
        await console.press("enter")
        await console.until_shown("Runs › churn-38")
        await console.press("colon")
        await console.type("theme mltui-light")
        await console.press("enter")
        assert console.app.theme == "mltui-light"
        await console.press("question_mark")
        await console.until_shown("EVERYWHERE", "Search the log")
        await console.press("q", "q")
        await console.until_shown("40 runs")


async def test_sorting_asks_the_server(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    session = Session(sort=("name", False))
    async with open_console(session=session) as console:
        await console.until_shown("Name ↑", "churn-11")
        await console.press("i")
        await console.until_shown("Name ↓", "digits-9")
        await console.press("o")
        await console.until(lambda: session.sort[0] == "pipeline_name", "the next column")


async def test_samples_that_do_not_move_are_said_to_be_delayed(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mltui.console.app.LOOK_EVERY_S", 0.2)
    add_runs(server.dsn)
    server.stop()
    server.environment["INFLUX_URL"] = "http://127.0.0.1:9"
    server.start()
    server.post(f"/runs/{run_id(0)}/samples", curves())
    async with open_console(size=(80, 24)) as console:
        await console.until_shown("● live", "◔ samples delayed", "wait")
        server.stop()
        del server.environment["INFLUX_URL"]
        server.start()
        await console.until(lambda: "● live" in console.text and "delayed" not in console.text, "samples that move")
