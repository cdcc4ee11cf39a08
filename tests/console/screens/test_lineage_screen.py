"""The lineage screen on a real server: long names in little room, live changes, and what was deleted."""

import pytest
from console_server import add_runs, run_id
from lineage_rows import CHECKPOINTS, DATASET, IMPORT, JOB, TRAINER, URI, add_long_lineage
from model_rows import add_models

from mltui.client import ProblemError


@pytest.fixture
def long_names(server, dsn):
    add_runs(dsn, 3)
    add_long_lineage(dsn)
    return server


@pytest.fixture
def models(server, dsn):
    add_runs(dsn)
    add_models(dsn)
    return server


def lines_with(console, *words: str) -> list[str]:
    return [line.rstrip() for line in console.text.splitlines() if all(word in line for word in words)]


@pytest.mark.parametrize("width", [60, 80, 160])
async def test_kind_and_state_are_seen_beside_long_names_that_can_be_told_apart(long_names, open_console, width):
    async with open_console(size=(width, 30)) as console:
        await console.type(f":lineage {run_id(0)}")
        await console.press("enter")
        await console.until_shown("CAME FROM", "LED TO", "source")
        for kind, many in (("  artifact", 4), ("  dataset", 1), ("  ingestion job  completed", 1), ("  source", 1)):
            assert len(lines_with(console, "└" if many == 1 else " ", kind)) == many, console.text
        assert len(lines_with(console, "└", "  run  deleted")) == 1
        assert [line for line in lines_with(console, "  artifact  deleted") if "epoch-0003" in line]
        for checkpoint in CHECKPOINTS:
            assert len(lines_with(console, "  artifact", checkpoint.split("/")[-2])) == 1, console.text


async def test_the_whole_name_of_what_the_cursor_is_on_can_be_read(long_names, open_console):
    async with open_console(size=(80, 24)) as console:
        await console.type(f":lineage {run_id(0)}")
        await console.press("enter")
        await console.until_shown("LED TO")
        for name, *facts in (
            (TRAINER, "run  completed  digits"), (DATASET, "dataset  deleted  parquet, 1250000 rows"),
            (IMPORT, "run  deleted  digits"), (JOB, "ingestion job  completed"), (URI, "source"),
        ):  # fmt: skip

            def read_whole(name=name, facts=facts) -> bool:
                foot = console.text.partition("LED TO")[2].replace("\n", "")
                joined = "".join(foot.split())
                return "".join(name.split()) in joined and all("".join(fact.split()) in joined for fact in facts)

            await console.until(read_whole, f"all of {name}")
            await console.press(*["j"] * (3 if name == TRAINER else 1))


async def test_an_open_lineage_follows_what_happens_and_the_cursor_stays(models, open_console):
    async with open_console(size=(80, 24)) as console:
        await console.type(f":lineage {run_id(0)}")
        await console.press("enter")
        await console.until_shown("Lineage › digits-40", "LED TO", "daily digits")
        await console.press("G")
        await console.until(lambda: "digits/3" in console.text.splitlines()[-4], "the version in whole")
        await console.client.delete_run(run_id(12))
        await console.until_shown("digits-28  run  deleted")
        await console.client.restore_run(run_id(12))
        await console.until_shown("digits-28  run  failed")
        await console.client.delete_job(run_id(5200))
        await console.until_shown("daily digits  ingestion job  deleted")
        models.post("/models", {"name": "late"})
        models.post("/models/late/versions", {"run": run_id(0)})
        await console.until_shown("late/1  model version")
        await console.until(lambda: "digits/3" in console.text.splitlines()[-4], "the cursor on the same line")


async def test_what_is_deleted_while_one_looks_at_it_is_said_and_comes_back(models, open_console):
    async with open_console() as console:
        await console.type(":lineage digits/3")
        await console.press("enter")
        await console.until_shown("Lineage › digits/3", "CAME FROM", "network.pt")
        await console.client.delete_version("digits", "3")
        await console.until_shown("✗ deleted", "network.pt")
        await console.client.restore_version("digits", "3")
        await console.until(lambda: "✗ deleted" not in console.text and "network.pt" in console.text, "it back")


async def test_enter_on_what_was_deleted_says_when_and_how_it_comes_back(models, open_console):
    async with open_console(size=(80, 24)) as console:
        await console.client.delete_run(run_id(0))
        await console.client.delete_job(run_id(5200))
        await console.type(":lineage digits/3")
        await console.press("enter")
        await console.until_shown("digits-40  run  deleted", "daily digits  ingestion job  deleted")
        for key in ("jjj", "j"):
            await console.press(*key, "enter")
            await console.until_shown("Runs › digits-40", "This run was deleted 20", "by ada. Press q")
            await console.until_shown("this brings it back:", "runs restore", run_id(0))
            await console.press("q")
            await console.until_shown("Lineage › digits/3")
        await console.press("j", "j", "j", "enter")
        await console.until_shown("daily digits was deleted 20", "ingest restore", run_id(5200))
        await console.client.restore_run(run_id(0))
        await console.until_shown("digits-40  run  completed")


async def test_a_run_that_is_gone_for_good_says_so(models, open_console):
    async with open_console(size=(80, 24)) as console:
        await console.client.delete_run(run_id(0), now=True)
        with pytest.raises(ProblemError):
            await console.client.run(run_id(0))
        await console.type(":lineage digits/3")
        await console.press("enter")
        await console.until_shown("digits-40  run  deleted")
        await console.press(*"jjjjjjj", "enter")
        await console.until_shown("the run that made network.pt is gone for good")
        await console.press("j", "enter")
        await console.until_shown("Runs › digits-40", "by ada. Press q", "It is gone for good.")
        assert "restore" not in console.text


async def test_why_there_is_no_lineage_stays_on_the_screen_until_there_is_one(models, open_console):
    """A toast is gone in five seconds, and left a page without a word."""
    async with open_console(size=(80, 24)) as console:
        await console.type(":lineage digits/5")
        await console.press("enter")
        await console.until_shown("Lineage › …", "no version 'digits/5'")
        assert not console.app.screen.query("Toast")
        for _ in (4, 5):
            models.post("/models/digits/versions", {"run": run_id(0)})
        await console.until_shown("Lineage › digits/5", "CAME FROM")
