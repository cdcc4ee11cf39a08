"""What the console says where something is missing, was deleted, went wrong, or cannot be done."""

import shlex
from collections.abc import Callable
from typing import Any

import pytest
from console_server import ConsoleServer, add_runs, add_stages, run_id

from mltui.cli.console import run_to_open
from mltui.client import Client
from mltui.console.shell import example_file
from mltui.console.widgets.stage_tree import StageTree
from mltui.naming import NoneSuch
from mltui.wire.runs import PatchRun
from mltui.wire.states import Status


async def obey(console: Any, line: str) -> None:
    await console.press("colon")
    await console.type(line)
    await console.press("enter")


def external(server: ConsoleServer, **more: Any) -> str:
    """A run that was tracked from outside."""
    return str(server.post("/runs", {"name": "tracked", **more})["id"])


async def test_without_colours_attributes_say_what_they_said(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_runs(server.dsn)
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_console(size=(80, 24)) as console:
        await console.until_shown("digits-40", "● live")
        lines = console.app.screen._compositor.render_strips()
        styles = [segment.style for line in lines for segment in line if segment.style is not None]
        assert styles
        for style in styles:
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
        cursor = next(line for line in lines if "digits-40" in line.text)
        assert all(segment.style.reverse for segment in cursor if "digits-40" in segment.text)
        assert any(style.dim for style in styles)
        assert any(style.bold for style in styles)


async def test_a_run_that_is_deleted_while_it_is_open_says_so_and_asks_no_more(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    add_stages(server.dsn)
    async with open_console(run_id=run_id(0), size=(80, 24)) as console:
        await console.until_shown("Runs › digits-40", "● live", "R Retry")
        await console.client.delete_run(run_id(0))
        await console.until_shown("✗ deleted", "This run was deleted 20", " by ada. Press q to go back.")
        await console.until_shown("this brings it back:", "runs restore", run_id(0))
        await console.until(lambda: "R Retry" not in console.text and "q Back" in console.text, "the footer")
        asked = len([request for request in console.client.requests if run_id(0) in request])
        await console.press("ctrl+r", "2", "R", "D")
        console.app.screen.heard(f"run:{run_id(0)}", [])
        assert console.app.screen.topics() == ()
        assert len([request for request in console.client.requests if run_id(0) in request]) == asked
        await console.press("q")
        await console.until_shown("39 runs")


async def test_a_deleted_run_comes_alive_when_somebody_brings_it_back(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    add_stages(server.dsn)
    async with open_console(run_id=run_id(0), size=(80, 24)) as console:
        await console.until_shown("Runs › digits-40", "● live", "R Retry")
        screen = console.app.screen
        for _ in range(2):
            await console.client.delete_run(run_id(0))
            await console.until_shown("✗ deleted", "this brings it back:")
            await console.client.restore_run(run_id(0))
            await console.until_shown("Runs › digits-40", "1 Overview", "2 Log", "R Retry")
            assert "✗ deleted" not in console.text
            assert console.app.focused is screen.query_one(StageTree)
            assert f"series:{run_id(0)}" in screen.topics()


async def test_a_run_that_was_deleted_before_it_was_opened_comes_alive_too(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    add_stages(server.dsn)
    async with open_console(size=(80, 24)) as console:
        await console.until_shown("digits-40", "● live")
        await console.client.delete_run(run_id(0))
        console.app.open_run(run_id(0))
        await console.until_shown("✗ deleted", "This run was deleted 20")
        await console.client.restore_run(run_id(0))
        await console.until_shown("Runs › digits-40", "R Retry", "1 Overview")
        await console.press("5")
        await console.until_shown("optimizer")


async def test_away_from_the_server_a_run_shows_what_the_list_knew(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    async with open_console(size=(80, 24)) as console:
        await console.until_shown("40 runs", "● live")
        server.kill()
        await console.until_shown("stale")
        await console.press("enter")
        await console.until_shown("Runs › digits-40", "✓ completed", "The rest could not be fetched: no server at")
        assert "start one" in console.text
        for tab in "12345":
            await console.press(tab)
            assert not any(words in console.text for words in ("No stages", "Nothing", "no log"))
        server.start()
        await console.until_shown("● live", "optimizer adam")
        await console.until(lambda: "could not be fetched" not in console.text, "the rest")


async def test_a_command_line_names_runs_as_the_console_does(server: ConsoleServer) -> None:
    add_runs(server.dsn)
    async with Client(server.url) as client:
        assert await run_to_open(client, "digits-37") == run_id(3)
        assert await run_to_open(client, run_id(5)) == run_id(5)
        assert await run_to_open(client, "latest") == run_id(0)
        with pytest.raises(NoneSuch, match="no run whose name or id has 'nope' in it"):
            await run_to_open(client, "nope")


async def test_of_several_runs_of_one_name_one_is_chosen(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    async with Client(server.url) as client:
        for number in (5, 7):
            await client.patch_run(run_id(number), PatchRun(name="night shift"))
        with pytest.raises(NoneSuch, match="'night shift' means 2 runs"):
            await run_to_open(client, "night shift")
    async with open_console() as console:
        await console.until_shown("40 runs")
        await console.type(":run night shift")
        await console.press("enter")
        await console.until_shown("2 runs", "several runs are called 'night shift'; choose one")
        await console.press("enter")
        await console.until_shown("Runs › night shift")


async def test_what_has_no_such_name_is_not_opened(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    async with open_console(size=(80, 24)) as console:
        await console.until_shown("40 runs")
        await obey(console, "pipeline nope")
        await console.until_shown("no pipeline 'nope'", "40 runs")
        await obey(console, "pipeline churn")
        await console.until_shown("Pipelines › churn")


async def test_a_wrong_filter_in_a_command_is_explained_like_one_behind_a_slash(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    async with open_console(size=(80, 24)) as console:
        await console.until_shown("No runs yet.")
        await obey(console, "runs status:zzz")
        await console.until_shown("no status 'zzz'; there are pending", "failed, cancelled, skipped")
        assert "FilterFault" not in console.text
        await console.press("escape")
        await obey(console, "theme foo")
        await console.until_shown("no theme 'foo'; there are mltui-dark, mltui-light, mltui-ansi")


async def test_resources_say_why_there_are_none(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    run = external(server)
    async with open_console(run_id=run) as console:
        await console.press("4")
        await console.until_shown("Nothing measured yet.")
    server.post(f"/runs/{run}/finish", {"status": "completed"})
    async with open_console(run_id=run) as console:
        await console.press("4")
        await console.until_shown("Nothing was measured")
        await console.press("3")
        await console.until_shown("Nothing was logged.")


async def test_what_has_no_stages_is_not_started_through_a_form(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    external(server)
    async with open_console() as console:
        await console.until_shown("tracked")
        await console.press("s")
        await console.until_shown("has no stages to start", "--url http://mltui.example:8642")
        assert "^s go" not in console.text


async def test_bulk_actions_name_what_they_leave_out(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    server.pipeline("slow", "sleep 300")
    run = server.run_once("slow")
    async with open_console() as console:
        await console.until_shown("41 runs", "● running    slow-1")
        await console.press("space", "space", "D")
        await console.until_shown("Delete digits-40?", "slow-1 is still running and stays.")
        await console.press("n", "x")
        await console.until_shown("Cancel slow-1?", "digits-40 is already completed and stays.", "cancelled too")
    server.post(f"/runs/{run}/cancel", {})


async def test_the_cursor_goes_to_the_stage_that_runs_until_somebody_moves_it(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Any
) -> None:
    gates = [tmp_path / name for name in ("one", "two", "three")]
    server.pipeline("gated", *(f"until [ -e {gate} ]; do sleep 0.05; done" for gate in gates))
    run = server.run_once("gated")
    async with open_console(run_id=run) as console:
        tree = console.app.screen.query_one(StageTree)

        def runs(at: int) -> bool:
            return bool(console.app.screen.run and console.app.screen.run.stages[at].status is Status.RUNNING)

        await console.until(lambda: runs(0), "the first stage")
        gates[0].touch()
        await console.until(lambda: runs(1) and tree.cursor == 1, "the cursor on the second stage")
        await console.press("up")
        gates[1].touch()
        await console.until(lambda: runs(2), "the third stage")
        assert tree.cursor == 0
        gates[2].touch()


async def test_ctrl_c_and_the_palette_speak_of_this_console(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    async with open_console() as console:
        await console.until_shown("No runs yet.", "/ Filter  s Start  p Pipelines")
        await console.press("ctrl+c")
        await console.until_shown("q goes back, and leaves at the bottom; ctrl+q leaves at once")
        await console.press("ctrl+p")
        await console.until_shown("Search for commands", "e  Runs", "q esc  Everywhere")
        assert "All commands" not in console.text


async def test_help_and_footers_offer_what_can_be_done(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    add_stages(server.dsn)
    async with open_console(run_id=run_id(0), size=(80, 24)) as console:
        await console.until_shown("Runs › digits-40", "● live")
        await console.press("2", "tab", "question_mark")
        await console.until_shown("#  ", "pgdn ^f space", "f end G")
        assert "w Wrap long lines" not in console.text
        await console.press("q")
        await console.until_shown("w Wrap long lines")
        await console.press("q", "p")
        await console.until_shown("Looks at churn")
        assert "space Mark" not in console.text
        await console.press("j", "enter")
        await console.until_shown("Pipelines › digits", "s Start", "r All its runs")


async def test_a_parameter_called_name_is_not_the_name_of_the_run(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    server.pipeline("odd", "true", parameters={"name": "x", "rate": 0.5})
    async with open_console() as console:
        await console.until_shown("No runs yet.")
        await obey(console, "start odd")
        await console.until_shown("PARAMETERS", "RUN")
        assert console.text.index("PARAMETERS") < console.text.index("made up if empty")
        await console.press("tab", "home", "ctrl+k")
        await console.type("nan")
        await console.press("ctrl+s")
        await console.until_shown("Runs › odd-1", "rate NaN")
    assert server.get("/runs")["items"][0]["name"] == "odd-1"


async def test_nothing_yet_says_what_works_on_this_server(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    async with open_console() as console:
        await console.until_shown("No runs yet.")
        await console.press("p")
        await console.until_shown("mltui --url http://mltui.example:8642 pipelines apply FILE", "digits/pipeline.yaml")


async def test_commands_are_whole_at_eighty_columns(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    url = "mltui --url http://mltui.example:8642"
    wanted = {
        "pipelines": [f"{url} pipelines apply FILE", f"{url} pipelines apply {example_file('digits')}"],
        "models": [f"{url} models register NAME --run RUN --artifact FILE"],
    }
    async with open_console(size=(80, 24)) as console:
        for screen, commands in wanted.items():
            await obey(console, screen)
            await console.until_shown(f"No {screen} yet.")
            for command in commands:
                assert command.split() in [words[: len(command.split())] for words in as_copied(console.text)]


def as_copied(text: str) -> list[list[str]]:
    """The commands on the screen, word by word, as a shell takes what is copied from it."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return [shlex.split(line) for line in lines.replace("\\\n", "").splitlines() if line.lstrip().startswith("mltui -")]


async def test_the_key_that_leaves_at_once_is_found_and_works_in_a_dialog(open_console: Callable[..., Any]) -> None:
    async with open_console(size=(100, 40)) as console:
        await console.until_shown("● live")
        await console.press("question_mark")
        await console.until_shown("^q", "Quit and leave")
        await console.press("escape")
        for word in ("quit", "leave"):
            await console.press("ctrl+p")
            await console.type(word)
            await console.until_shown("Quit and leave")
            await console.press("escape")
        await console.press("colon", "ctrl+q")
        await console.until(lambda: not console.app.is_running, "the end")
