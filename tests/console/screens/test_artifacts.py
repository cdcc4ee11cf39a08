"""The artifacts of a run in the console: walked, looked into, saved and deleted."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from artifact_files import add_artifacts, add_many, contents
from console_server import NOW, ConsoleServer, add_runs, run_id

from mltui.console.state.session import Session
from mltui.wire.models import CreateVersion


@pytest.fixture
def files(server: ConsoleServer) -> dict[str, bytes]:
    add_runs(server.dsn, 3)
    add_artifacts(server.dsn, server.folder / "data", 0)
    return contents()


async def look(console: Any) -> None:
    await console.until_shown("digits-3", "6 Artifacts")
    await console.press("6")
    await console.until_shown("checkpoints/", "train.py")


async def test_folders_open_and_files_are_looked_into(files, open_console) -> None:
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        assert "epoch-1.pt" not in console.text
        await console.press("enter")
        await console.until_shown("▾ checkpoints/", "epoch-1.pt")
        await console.press("down")
        await console.until_shown("not text, and no format")
        await console.press("up", "space", "end")
        await console.until_shown("▸ checkpoints/", "SGDClassifier")
        await console.press("up", "enter")
        await console.until_shown("val: {2}")
        await console.press("down", "enter")
        await console.until_shown("accuracy: 0.93", "by_class: [2]")
        await console.press("enter")
        await console.until(lambda: "accuracy" not in console.text, "folded again")


async def test_ages_follow_the_clock(files, open_console) -> None:
    now = NOW
    async with open_console(run_id=run_id(0), session=Session(now=lambda: now)) as console:
        await look(console)
        now += timedelta(days=3)
        await console.until(lambda: " 3d" in line_of("train.py", console.text), "its age")


def line_of(name: str, text: str) -> str:
    return next(line for line in text.splitlines() if name in line)


async def test_from_what_is_read_one_goes_back_to_the_files_and_then_to_the_runs(files, open_console) -> None:
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        for key in ("escape", "q"):
            await console.press("end", "enter")
            await console.until_shown("SGDClassifier", "q Files")
            await console.press(key)
            await console.until_shown("enter Open", "q Back")
        await console.press("q")
        await console.until_shown("Pipelines")


async def test_the_keys_that_are_offered_do_something_to_artifacts(files, open_console) -> None:
    async with open_console(run_id=run_id(0)) as console:
        await console.until_shown("Search the log")
        await look(console)
        await console.until_shown("enter Open", "S Save", "d Delete", "L Lineage")
        assert "Search the log" not in console.text
        await console.press("slash")
        assert "6 Artifacts" in console.text
        await console.press("1")
        await console.until_shown("Search the log")


async def test_the_lineage_of_a_file_is_a_key_away_and_of_a_folder_that_of_its_run(files, open_console) -> None:
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await console.press("end", "L")
        await console.until_shown("Lineage › train.py", "CAME FROM", "digits-3")
        await console.press("q", "home", "L")
        await console.until_shown("Lineage › digits-3", "LED TO", "train.py")


@pytest.mark.parametrize(
    ("plot", "why"),
    [
        ({"mltui": "confusion_matrix", "labels": ["a", "b"], "matrix": [[1, 2]]}, "2 labels need 2 rows of 2 counts"),
        ({"mltui": "confusion_matrix", "labels": ["a"]}, "missing required field `matrix`"),
        ({"mltui": "plot", "series": [{"name": "s", "x": [1, 2], "y": [1]}]}, "series 's' has 2 x and 1 y"),
        ({"mltui": "bars", "labels": ["a"], "series": [{"name": "s", "values": []}]}, "has 0 values for 1 label"),
        ({"mltui": "donut"}, "Invalid value 'donut'"),
    ],
)
async def test_a_plot_of_the_wrong_shape_is_shown_as_it_is_and_says_why(server, open_console, tmp_path, plot, why):
    add_runs(server.dsn, 3)
    (tmp_path / "plot.json").write_text(json.dumps(plot))
    async with open_console(run_id=run_id(0), size=(160, 40)) as console:
        await console.client.upload(run_id(0), tmp_path / "plot.json", "plot.json")
        await console.until_shown("6 Artifacts")
        await console.press("6")
        await console.until_shown("not drawn: ", why, f'mltui: "{plot["mltui"]}"')


async def test_a_matrix_has_gaps_between_labels_as_wide_as_its_columns(server, open_console, tmp_path) -> None:
    add_runs(server.dsn, 3)
    async with open_console(run_id=run_id(0), size=(80, 24)) as console:
        for name, labels in (("latin", ["hot dogs", "ice teas"]), ("wide", ["正常な細胞である", "悪性の腫瘍である"])):
            plot = {"mltui": "confusion_matrix", "labels": labels, "matrix": [[1, 2], [3, 4]]}
            (tmp_path / "plot.json").write_text(json.dumps(plot))
            await console.client.upload(run_id(0), tmp_path / "plot.json", f"{name}.json")
        await console.until_shown("6 Artifacts")
        await console.press("6")
        await console.until_shown("true  hot dogs  ice teas  recall")
        await console.press("down")
        await console.until_shown("正…胞である   悪…瘍である  recall")


async def test_a_matrix_wider_than_the_terminal_keeps_its_labels_in_sight(server, open_console, tmp_path) -> None:
    add_runs(server.dsn, 3)
    labels = [f"class number {number}" for number in range(20)]
    plot = {"mltui": "confusion_matrix", "labels": labels, "matrix": [[7] * 20] * 20}
    (tmp_path / "plot.json").write_text(json.dumps(plot))
    async with open_console(run_id=run_id(0), size=(80, 24)) as console:
        await console.client.upload(run_id(0), tmp_path / "plot.json", "plot.json")
        await console.until_shown("6 Artifacts")
        await console.press("6")
        await console.until_shown("true  cla…number 0  cla…number 1", "class number 0             7")
        await console.press("enter", *["right"] * 20)
        await console.until_shown("predicted", "true  cla…umber 17", "recall", "class number 0             7", "5.0%")


async def test_what_is_shown_says_how_much_of_it_and_how_it_was_read(files, open_console, tmp_path) -> None:
    wide = ",".join(f"c{number}" for number in range(300))
    name = f"zz-{'predictions-' * 8}.csv"
    (tmp_path / "a").write_bytes(f"{wide}\n{wide}é\n".encode("latin-1"))
    async with open_console(run_id=run_id(0), size=(80, 24)) as console:
        await console.client.upload(run_id(0), tmp_path / "a", name)
        await look(console)
        await console.until_shown("▸ checkpoints/                              2 files", " 2 files \n")
        await console.press("end")
        await console.until_shown("1 row, 100 of 300 columns", "not UTF-8, read as Latin-1 (Windows-1252)")


async def test_what_comes_is_shown_and_where_one_is_stays(files, open_console, tmp_path) -> None:
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await console.press("end")
        await console.until_shown("SGDClassifier")
        (tmp_path / "late.txt").write_text("hello")
        await console.client.upload(run_id(0), tmp_path / "late.txt", "late.txt")
        await console.until_shown("late.txt")
        assert "SGDClassifier" in console.text


async def test_a_long_folder_comes_a_page_at_a_time(server, open_console) -> None:
    add_runs(server.dsn, 3)
    add_many(server.dsn, 0, 10_000)
    async with open_console(run_id=run_id(0)) as console:
        await console.until_shown("6 Artifacts")
        await console.press("6")
        await console.until_shown("f00001", "AGE")
        await console.press("end")
        await console.until_shown("… 9,500 more")
        await console.press("enter")
        await console.until_shown("f00501")
        await console.press("end")
        await console.until_shown("… 9,000 more")
        assert len([one for one in console.client.requests if one.endswith(f"/runs/{run_id(0)}/artifacts")]) <= 4


async def register(console: Any, artifact: str) -> None:
    await console.client.register_version("digits", CreateVersion(artifact=artifact))


async def save_in(console: Any, folder: Path) -> None:
    await console.press("S")
    await console.until_shown("The folder to save it in")
    await console.press("ctrl+u")
    console.paste(str(folder))
    await console.pilot.pause()
    await console.press("enter")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Whose name leaves room for words in a dialog of 80 columns."""
    with tempfile.TemporaryDirectory(prefix="m") as path:
        yield Path(path)


async def test_a_folder_is_saved_and_what_is_there_already_stays(files, open_console, folder) -> None:
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await save_in(console, folder / "kept")
        await console.until_shown("2 files saved to")
        kept = folder / "kept" / "checkpoints"
        assert {file.name: file.stat().st_size for file in kept.iterdir()} == {
            "epoch-1.pt": 100_000, "epoch-2.pt": 200_000
        }  # fmt: skip
        await save_in(console, folder / "kept")
        await console.until_shown("0 files saved to", "2 there already")
        (kept / "epoch-2.pt").write_bytes(b"mine")
        await save_in(console, folder / "kept")
        await console.until_shown("exists and is another file")
        assert (kept / "epoch-2.pt").read_bytes() == b"mine"


async def test_a_save_that_is_stopped_goes_on_from_there(files, open_console, folder, tmp_path) -> None:
    content = bytes(range(256)) * 40_000
    (tmp_path / "big.pt").write_bytes(content)
    async with open_console(run_id=run_id(0)) as console:
        await console.client.upload(run_id(0), tmp_path / "big.pt", "checkpoints/big.pt")
        await look(console)
        whole, begun = console.client.artifact_content, []

        async def stalling(artifact: str, start: int = 0) -> AsyncIterator[bytes]:
            begun.append(start)
            got = start
            async for piece in whole(artifact, start):
                yield piece
                got += len(piece)
                if len(begun) == 1 and got > len(content) // 2:
                    await asyncio.Event().wait()

        console.client.artifact_content = stalling
        await save_in(console, folder)
        await console.until_shown("Saving checkpoints", "esc stop")
        await console.until(lambda: parts(folder) and parts(folder)[0] > len(content) // 4, "half of it")
        await console.press("escape")
        await console.until_shown("stopped at", "saved again, it goes on")
        await console.press("S")
        await console.until_shown("The folder to save it in", str(folder))
        await console.press("enter")
        await console.until_shown("saved to")
    assert (folder / "checkpoints" / "big.pt").read_bytes() == content
    assert begun[0] == 0 and begun[1] > len(content) // 4
    assert (len(begun), parts(folder), len(list((folder / "checkpoints").iterdir()))) == (2, [], 3)


async def test_that_the_server_died_in_the_middle_of_a_save_is_said_once(files, server, open_console, folder, tmp_path):
    (tmp_path / "big.pt").write_bytes(bytes(30 << 20))
    died = asyncio.Event()
    async with open_console(run_id=run_id(0)) as console:
        await console.client.upload(run_id(0), tmp_path / "big.pt", "checkpoints/big.pt")
        await look(console)
        whole = console.client.artifact_content

        async def stalling(artifact: str, start: int = 0) -> AsyncIterator[bytes]:
            async for piece in whole(artifact, start):
                yield piece
                if parts(folder):
                    await died.wait()

        console.client.artifact_content = stalling
        await save_in(console, folder)
        await console.until(lambda: parts(folder), "some of it")
        before = len(console.client.requests)
        server.kill()
        died.set()
        said = console.app._notifications
        await console.until(lambda: any("saved again, it goes on" in one.message for one in said), "the toast")
        await console.press("ctrl+r")
        await console.until(lambda: len(console.client.requests) > before, "the screen below to ask")
        await console.until_shown("stale")
        words = [one.message for one in said]
        assert sum("server" in one for one in words) == sum("broke off" in one for one in words) == 1, words


def parts(folder: Path) -> list[int]:
    """Sizes of what is not whole."""
    return [part.stat().st_size for part in folder.rglob("*.part")]


async def test_a_link_does_not_lead_out_of_the_folder(files, open_console, folder) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "kept").mkdir()
    (folder / "kept" / "checkpoints").symlink_to(folder / "elsewhere")
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await save_in(console, folder / "kept")
        await console.until_shown("leads out of")
    assert not list((folder / "elsewhere").iterdir())


async def test_a_place_that_cannot_be_is_refused_while_it_is_typed(files, open_console, folder) -> None:
    (folder / "file").write_text("")
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await save_in(console, folder / "file")
        await console.until_shown("is a file;", "write the name of a folder")
        await console.press("ctrl+u")
        console.paste(str(folder / "no" / "where"))
        await console.until_shown("there is no folder")


async def test_deleting_asks_first(files, server, open_console) -> None:
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await console.press("d")
        await console.until_shown("2 files in checkpoints/, 293 KiB")
        await console.press("n")
        assert len(server.get("/artifacts", run=run_id(0))["items"]) == len(files)
        await console.press("d")
        await console.until_shown("Delete checkpoints?")
        await console.press("y")
        await console.until(lambda: "checkpoints/" not in console.text, "the folder to go")
        await console.press("end", "d")
        await console.until_shown("Delete train.py?")
        await console.press("y")
        await console.until(lambda: "train.py" not in console.text, "the file to go")
        assert len(server.get("/artifacts", run=run_id(0))["items"]) == len(files) - 3
        await console.press("z")
        await console.until_shown("undone: deleted train.py", "train.py")
        await console.press("z")
        await console.until_shown("undone: deleted checkpoints/", "▸ checkpoints/")
        assert len(server.get("/artifacts", run=run_id(0))["items"]) == len(files)
        events = server.get("/events", run=run_id(0), action="artifacts.delete,artifacts.restore")["items"]
        assert [event["message"] for event in events] == ["2 files of checkpoints/"] * 2, "one each, not one a file"


async def test_what_of_a_folder_cannot_come_back_is_named(files, open_console, tmp_path) -> None:
    (tmp_path / "epoch-1.pt").write_text("another one")
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await console.press("d")
        await console.until_shown("2 files in checkpoints/")
        await console.press("y")
        await console.until_shown("deleted checkpoints/; z undoes it")
        await console.client.upload(run_id(0), tmp_path / "epoch-1.pt", "checkpoints/epoch-1.pt")
        await console.press("z")
        await console.until_shown("undone: deleted checkpoints/", "checkpoints/epoch-1.pt stays deleted: its run has")


async def test_what_a_model_cites_stays_and_is_named_before(files, server, open_console) -> None:
    rows = {row["name"]: row["id"] for row in server.get("/artifacts", run=run_id(0))["items"]}
    async with open_console(run_id=run_id(0)) as console:
        await register(console, rows["checkpoints/epoch-1.pt"])
        await look(console)
        await console.press("d")
        await console.until_shown("1 file in checkpoints/", "cited by", "model version digits/1", "stays")
        await console.press("y")
        await console.until_shown("deleted checkpoints/; z undoes it")
        await console.press("enter")
        await console.until_shown("▾ checkpoints/", "epoch-1.pt")
        await console.press("down", "d")
        await console.until_shown("epoch-1.pt (cited by", "delete those first")
        left = {row["name"] for row in server.get("/artifacts", run=run_id(0))["items"]}
        assert left == files.keys() - {"checkpoints/epoch-2.pt"}


async def test_what_came_since_in_its_place_stays(files, server, open_console, tmp_path) -> None:
    (tmp_path / "train.py").write_text("print(2)")
    async with open_console(run_id=run_id(0)) as console:
        await look(console)
        await console.press("end", "d")
        await console.until_shown("Delete train.py?")
        await console.press("y")
        await console.until_shown("deleted train.py; z undoes it")
        await console.client.upload(run_id(0), tmp_path / "train.py", "train.py")
        await console.press("z")
        await console.until_shown("artifact 'train.py' cannot be")


async def test_no_file_and_no_name_takes_over_the_terminal(files, open_console, tmp_path) -> None:
    (tmp_path / "a").write_text("\x1b[2J\x1b]0;title\x07\x1b[31mred\u202eback\r\n\x9b2Jend", encoding="utf-8")
    async with open_console(run_id=run_id(0)) as console:
        await console.client.upload(run_id(0), tmp_path / "a", "zz\u202e😀 שלום.txt")
        await look(console)
        await console.press("end")
        await console.until_shown("😀", "red", "end", "title")
        assert not set(console.text) & set("\x1b\x07\x9b\u202e\r")


async def test_a_run_without_artifacts_says_how_to_add_some(server, open_console) -> None:
    add_runs(server.dsn, 3)
    async with open_console(run_id=run_id(0)) as console:
        await console.until_shown("6 Artifacts")
        await console.press("6")
        await console.until_shown("No artifacts.", "mltui artifacts put RUN PATH")
