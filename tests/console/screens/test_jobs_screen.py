"""Ingestion jobs in the console, on a real server whose agents do the work."""

import httpx
import pytest
from console_server import add_runs
from job_history import add_jobs

CSV = "id,name\n" + "".join(f"{i},user {i}\n" for i in range(2000))


@pytest.fixture
def jobs(server, dsn):
    add_runs(dsn, 3)
    add_jobs(dsn)
    return server


async def open_jobs(console):
    await console.until_shown("digits-3")
    await console.press("J")
    await console.until_shown("Ingestion", "6 jobs")


async def test_a_job_is_added_in_the_form_and_followed_to_its_data(server, open_console, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text(CSV)
    async with open_console(size=(120, 40)) as console:
        await console.type(":ingest")
        await console.press("enter")
        await console.until_shown("No ingestion jobs yet", "ingest add data.csv --start")
        await console.press("a")
        await console.until_shown("Add an ingestion job")
        await console.press("ctrl+s")
        await console.until_shown("✗ where the data is")
        console.paste("ftp://host/a.csv")
        await console.until_shown("✗ an address that", "cannot be read here; the ones")
        await console.press("ctrl+u")
        console.paste(str(file))
        await console.press("ctrl+s")
        await console.until_shown("1 job", "✓ completed", "events", "100%", "2,000")
        await console.press("enter")
        await console.until_shown("Ingestion › events", "2,000 rows, 2 columns", "completed")
        await console.press("2")
        await console.until_shown("COLUMNS", "BIGINT", "1999", "FIRST ROWS", "user 0")
        await console.press("3")
        await console.until_shown("2,000 rows, 2 columns, 0 rows set aside")
        await console.press("r")
        await console.until_shown("Runs › ingestion-1")
        await console.press("q", "e")
        await console.until_shown("ingestion_job.complete", "/object:")
        await console.press("o")
        await console.until_shown("Ingestion › events")


async def test_nonsense_is_refused_at_its_field_in_the_servers_words(server, open_console):
    async with open_console(size=(120, 40)) as console:
        await console.type(":ingest")
        await console.press("enter", "a")
        await console.until_shown("Add an ingestion job")
        for source in ("?", "/data/"):
            await console.press("ctrl+u")
            await console.type(source)
            said = refusal(server, uri=source).removeprefix("$.uri: ")
            await console.until(lambda said=said: "✗ that " in console.text and said in in_dialog(console.text), said)
        await console.press("ctrl+u")
        await console.type("a.csv")
        await console.press(*["tab"] * 6)
        for delimiter in ("abc", "x"):
            await console.press("ctrl+u")
            await console.type(delimiter)
            said = refusal(server, uri="/a.csv", options={"delimiter": delimiter}).partition(": ")[2]
            await console.until(lambda said=said: "✗ a deli" in console.text and said in in_dialog(console.text), said)
        await console.press("ctrl+s")
        await console.until_shown("Add an ingestion job")
        await console.press("ctrl+u", "semicolon")
        await console.until_shown("of CSV; detected")
        assert server.get("/ingestion-jobs")["items"] == []


async def test_what_is_wrong_with_each_field_is_read_whole_on_a_small_screen(server, open_console):
    async with open_console(size=(80, 24)) as console:
        await console.type(":ingest")
        await console.press("enter", "a")
        await console.until_shown("Add an ingestion job", "Paths are those")
        console.paste("/a.csv")
        await console.press(*["tab"] * 6)
        await console.type("abc")
        await console.press("tab", "tab")
        await console.type("zip=FOO")
        delimiter, kind = (
            refusal(server, uri="/a.csv", options=options).partition(": ")[2]
            for options in ({"delimiter": "abc"}, {"types": {"zip": "FOO"}})
        )
        await console.until(lambda: kind in in_dialog(console.text), kind)
        assert delimiter not in in_dialog(console.text)
        await console.press("tab")
        await console.until_shown("Paths are those", "✗ a delimiter is one", "✗ 'FOO' is no type")
        await console.press("ctrl+s")
        await console.until(lambda: delimiter in in_dialog(console.text), delimiter)
        await console.press("tab", "tab")
        await console.until(lambda: kind in in_dialog(console.text), kind)


def in_dialog(text: str) -> str:
    """What stands in the box, as if it had one long line."""
    return " ".join(text.replace("│", " ").split())


def refusal(server, **job) -> str:
    answer = httpx.post(f"{server.url}/api/v1/ingestion-jobs", json=job)
    assert answer.status_code == 422
    return answer.json()["detail"]


async def test_how_to_read_a_source_is_said_in_the_form(server, open_console, tmp_path):
    file = tmp_path / "plain.csv"
    file.write_text("007,1.5\n008,2\n")
    async with open_console(size=(120, 40)) as console:
        await console.type(":ingest")
        await console.press("enter", "a")
        await console.until_shown("Add an ingestion job")
        console.paste(str(file))
        await console.press(*["tab"] * 7)
        await console.type("perhaps")
        await console.until_shown("✗ yes or no")
        await console.press("ctrl+u")
        await console.type("no")
        await console.press("tab")
        await console.type("column0")
        await console.until_shown("✗ write COLUMN=TYPE")
        await console.type("=VARCHAR, column1=DECIMAL(8, 3)")
        await console.press("ctrl+s")
        await console.until_shown("1 job", "✓ completed")
        await console.press("enter")
        await console.until_shown("no header, column0 as VARCHAR, column1 as DECIMAL(8, 3)")
        await console.press("2")
        await console.until_shown("007", "2.000", "DECIMAL(8,3)")


async def test_what_is_marked_is_failed_at_once_with_one_reason(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        for _ in range(3):
            await console.press("j")
        await console.press("space", "space", "f")
        await console.until_shown("Fail 2 jobs", "Marks warehouse, orders as failed")
        await console.press("enter")
        await console.until_shown("say why")
        await console.type("the warehouse is shut")
        await console.press("enter")
        await console.until_shown("2 jobs failed")
        await console.press("slash")
        await console.type("status:failed shut")
        await console.press("enter")
        await console.until_shown("2 jobs", "warehouse", "orders")
        assert "prices" not in console.text


async def test_what_is_left_out_is_said_before_anything_is_done(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("space", "j", "space", "D")
        await console.until_shown("Delete prices?", "Left out:", "clicks is running; cancel it first")
        await console.until_shown("y yes · n no, as enter")
        await console.press("enter")
        await console.until_shown("6 jobs")
        assert "Delete prices?" not in console.text


async def test_what_cannot_be_done_is_refused_at_once_and_says_both_states(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("j", "s")
        await console.until_shown("events is completed; it cannot become queued")
        await console.press("f")
        await console.until_shown("events is done by an agent here, which says itself how it ends")
        assert "Fail events" not in console.text
        await console.press("j", "j", "c")
        await console.until_shown("Marks warehouse as completed")
        await console.type("loaded")
        await console.press("enter")
        await console.until(lambda: console.text.count("✓ completed") == 2)


async def test_of_several_each_that_is_left_out_is_named_and_the_reason_is_kept(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("space", "space", "space", "space", "R")
        await console.until_shown("Retry prices", "Begins prices anew", "clicks is running; it cannot become pending")
        await console.until_shown("events is completed; it cannot", "warehouse is running; it cannot")
        await console.type("the line was mended")
        await console.press("enter")
        await console.until_shown("1 job begun anew")
        await console.press("M", "g", "j", "j", "e")
        await console.until_shown("ingestion_job.retry", "the line was mended")


async def test_what_can_be_done_to_none_of_several_is_said_of_each(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("space", "space", "j", "space", "R")
        for name, status in (("clicks", "running"), ("events", "completed"), ("warehouse", "running")):
            await console.until_shown(f"{name} is {status}; it cannot become pending")


async def test_cancelling_and_deleting_are_asked_first(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("j", "j", "j", "x")
        await console.until_shown("Cancel warehouse", "What was read is thrown away", "it may stay empty")
        await console.press("enter")
        await console.until_shown("⊘ cancelled")
        await console.press("D")
        await console.until_shown("Delete warehouse?", "Datasets and runs stay. z brings back")
        await console.press("y")
        await console.until_shown("5 jobs", "deleted warehouse; z undoes it")
        assert "⊘ cancelled" not in console.text
        await console.press("z")
        await console.until_shown("6 jobs", "undone: deleted warehouse", "⊘ cancelled")


async def test_jobs_deleted_together_come_back_together(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("j", "space", "space", "D")
        await console.until_shown("Delete 2 jobs?", "events, prices", "z brings back")
        await console.press("y")
        await console.until_shown("4 jobs", "deleted 2 jobs; z undoes it")
        await console.press("z")
        await console.until_shown("6 jobs", "undone: deleted 2 jobs")


async def test_a_jobs_own_keys_are_those_that_its_state_allows(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("j", "j", "enter")
        await console.until_shown("Ingestion › prices", "WHAT WENT WRONG", "line 70,013: not JSON", "R Retry")
        assert "Complete" not in console.text
        await console.press("D")
        await console.until_shown("Delete prices?")
        await console.press("y")
        await console.until_shown("5 jobs")


async def test_lineage_is_a_key_away_of_a_job_and_of_its_data(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("j", "L")
        await console.until_shown("Lineage › events", "ingestion job", "/data/events/*.csv", "clicks-ranker/1")
        await console.press("q", "enter")
        await console.until_shown("3,000,000 rows")
        await console.press("2")
        await console.until_shown("FIRST ROWS")
        await console.press("L")
        await console.until_shown("Lineage › events", "dataset", "CAME FROM", "LED TO", "clicks-ranker/2")


async def test_the_models_of_a_jobs_data_are_a_key_away(jobs, open_console):
    async with open_console() as console:
        await open_jobs(console)
        await console.press("j", "enter")
        await console.until_shown("MODELS", "clicks-ranker/2", "clicks-ranker/1", "m Its models")
        await console.press("m")
        await console.until_shown("Models of events", "Linked to it, or trained on its data.")
        await console.press("j", "enter")
        await console.until_shown("clicks-ranker › 1", "Production")
        await console.press("q", "L")
        await console.until_shown("Lineage", "/data/events/*.csv", "clicks-ranker/2")


async def test_a_filter_that_says_nothing_sensible_is_told(jobs, open_console):
    async with open_console() as console:
        await console.type(":ingest status:lost")
        await console.until_shown("no status 'lost'; there are pending, queued")
        await console.press("ctrl+u")
        await console.type("jobs runner:outside")
        await console.press("enter")
        await console.until_shown("2 jobs", "warehouse", "orders")
