"""From a failed run to its reason with one key, and from there to the log, the code and the last good run."""

import pytest
from console_server import NOW, add_runs, add_stages, run_id
from failure import FAILED, GOOD, add_failure, send

from mltui.console.state.session import Session
from mltui.wire.logs import STDERR, LogChunk, LogRecord


@pytest.fixture
def failure(server, dsn):
    add_runs(dsn)
    add_stages(dsn)
    add_stages(dsn, FAILED, "failed")
    add_failure(server)
    return server


async def test_one_key_says_why_and_leads_on(failure, open_console):
    async with open_console(size=(120, 60)) as console:
        await console.until_shown("digits-40")
        await console.press("W")
        await console.until_shown("digits-40 is completed; only of a failed run there is a why")
        await console.press("j", "j", "W")
        await console.until_shown("Runs › churn-38 › Why", "Exit code 1", "torch.OutOfMemoryError", "line 36 of 36")
        await console.until_shown("from churn-35, the last good run", "2.8.0  →  2.9.1", "gpu0 memory", "77.9 GiB")
        assert console.text.index("FIRST ERROR") < console.text.index("WHAT DIFFERS") < console.text.index("LAST LINES")
        await console.press("enter")
        await console.until_shown("Runs › churn-38 › Log", "train-network", "36 lines", "torch.OutOfMemoryError")
        await console.press("slash")
        await console.type("epoch 7")
        await console.press("enter")
        await console.until_shown("/epoch 7", "epoch  8")
        await console.press("q", "v")
        await console.until_shown("Code of train-network", "7d793037a0760186", "https://***@git.example", "notes.txt")
        await console.until_shown("+        loss = step(batch.to(device))", "torch 2.9.1")
        await console.press("q", "b")
        await console.until_shown("Runs › churn-35", "completed")
        await console.press("q", "o")
        await console.until_shown("Runs › churn-38", "WHAT WENT WRONG")


async def test_a_long_line_is_shown_by_its_ends_and_the_log_has_all_of_it(failure, open_console):
    begun = int(NOW.timestamp()) * 10**9
    middle = "-" * 2500 + "middle" + "-" * 2500
    send(failure, LogChunk(2, [LogRecord(begun, STDERR, f"begin{middle}end\n".encode())]))
    async with open_console(run_id=run_id(FAILED), session=Session(run_tab=1), size=(120, 60)) as console:
        await console.until_shown("WHAT WENT WRONG", "● live")
        await console.press("W")
        await console.until_shown("FIRST ERROR", "LAST LINES")
        await console.press("G")
        await console.until_shown("begin---", " … 4,714 characters … ", "---end")
        assert "middle" not in console.text
        await console.press("enter")
        await console.until_shown("37 lines")
        await console.press("w", "G")
        await console.until_shown("middle", "---end")


async def test_only_a_failed_run_has_the_key_on_its_screen(failure, open_console):
    for number, words, there in ((FAILED, "WHAT WENT WRONG", True), (GOOD, "completed", False)):
        async with open_console(run_id=run_id(number), session=Session(run_tab=1)) as console:
            await console.until_shown(words, "● live")
            assert ("Why it failed" in console.text) is there
            await console.press("W")
            await console.until_shown("FIRST ERROR" if there else words)


async def test_where_nobody_told_or_nothing_can_be_compared_the_pages_say_so(failure, open_console):
    number = 7
    async with open_console(run_id=run_id(number), size=(120, 40)) as console:
        await console.until_shown("failed", "● live")
        await console.press("v")
        await console.until_shown("Nobody has told from which code this ran.")
        await console.press("q", "W")
        await console.until_shown("Code and packages cannot be compared", "the last good run")
        await console.press("enter")
        assert "› Why" in console.text, "without an execution there is no log to open"
        failure.stop()
        await console.press("ctrl+r")
        await console.until_shown("› Why", "Code and packages cannot be compared")


async def test_a_run_that_is_deleted_meanwhile_leaves_what_was_read(failure, open_console):
    async with open_console(run_id=run_id(FAILED)) as console:
        await console.until_shown("WHAT WENT WRONG", "● live")
        await console.press("W")
        await console.until_shown("FIRST ERROR")
        await console.client.delete_run(run_id(FAILED))
        await console.press("ctrl+r")
        await console.until_shown("no run", "FIRST ERROR")
