r"""A window on a log: pages, following, and records joined into lines."""

from log_server import LogServer, training_line

from mltui.console.state.log_window import MAX_HELD_RECORDS, LogWindow, join_records
from mltui.wire.logs import LogLine, Stream


def piece(n: int, text: str, stream: Stream = "out", *, more: bool = False) -> LogLine:
    return LogLine(n=n, time=n, stream=stream, text=text, open=more)


def test_pieces_of_one_stream_are_one_line_though_others_come_between() -> None:
    lines = join_records(
        [piece(0, "a", more=True), piece(1, "oops", "err"), piece(2, "b", more=True), piece(3, "c"), piece(4, "d")]
    )
    assert [(line.n, line.text) for line in lines] == [(0, "abc"), (1, "oops"), (4, "d")]


def test_what_follows_the_last_carriage_return_wins() -> None:
    assert join_records([piece(0, "10%\r20%\r30%")])[0].text == "30%"
    assert join_records([piece(0, "30%\r")])[0].text == "30%", "a bar that ends in a return is still shown"
    assert join_records([piece(0, "1%", more=True), piece(1, "\r2%", more=True)])[0].open


async def test_follows_the_end_of_a_log_that_grows() -> None:
    server = LogServer(10_000)
    window = LogWindow(server.fetch)
    window.show(0, 40)
    await window.settled()
    assert server.asked[0][0] is None, "a log opens at its tail, whatever its length"
    assert window.lines[-1].n == 9_999
    server.total = 10_003
    window.more()
    await window.settled()
    assert window.lines[-1].n == 10_002
    server.total = 90_000
    window.more()
    await window.settled()
    assert window.lines[-1].n == 89_999
    assert len(server.asked) <= 6, "it jumps to the new end rather than reading all that lies between"


async def test_reads_backwards_without_gaps() -> None:
    server = LogServer(10_000)
    window = LogWindow(server.fetch)
    window.show(9_960, 40)
    await window.settled()
    window.follow(False)
    for first in range(9_900, 5_000, -40):
        window.show(first, 40)
        await window.settled()
        assert window.first <= first and first + 40 <= window.end
        assert [line.n for line in window.lines] == list(range(window.first, window.end))
    assert len(window.lines) <= MAX_HELD_RECORDS


async def test_a_jump_far_away_replaces_what_is_held() -> None:
    server = LogServer(1_000_000)
    window = LogWindow(server.fetch)
    window.show(0, 40)
    await window.settled()
    window.follow(False)
    window.show(123_456, 40)
    await window.settled()
    assert window.first <= 123_456 < 123_496 <= window.end
    assert len(server.asked) <= 4


async def test_news_does_not_move_what_is_read() -> None:
    server = LogServer(100_000, training_line)
    window = LogWindow(server.fetch, follow=False)
    window.show(0, 40)
    await window.settled()
    before = [line.n for line in window.lines]
    server.total = 100_500
    window.more()
    await window.settled()
    assert window.total == 100_500
    assert [line.n for line in window.lines] == before


async def test_an_empty_log_is_known_to_be_empty() -> None:
    window = LogWindow(LogServer(0).fetch)
    window.show(0, 40)
    await window.settled()
    assert (window.total, window.lines) == (0, [])


async def test_a_server_that_counts_more_than_it_has_is_not_asked_for_ever() -> None:
    server = LogServer(10)
    inner = server.fetch

    async def fetch(first: int | None, count: int) -> object:
        page = await inner(first, count)
        page.total = 50
        return page

    window = LogWindow(fetch)  # type: ignore[arg-type]
    window.show(0, 40)
    await window.settled()
    assert len(server.asked) < 5
