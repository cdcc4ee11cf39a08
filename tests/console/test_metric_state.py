"""One request at a time about a metric: another question, news, giving up."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mltui.console.state.metric_state import MetricState, Progress, Question
from mltui.console.state.time_range import ALL, parse_range
from mltui.wire.metrics import GaugeData, MetricData

NOW = datetime(2026, 3, 14, tzinfo=UTC)
QUESTION = Question("latency", ALL, buckets=100)


class Server:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.given_up = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, question: Question, now: datetime, progress: Progress) -> MetricData:
        self.asked.append(question)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.error is not None:
            raise self.error
        progress.hear(7)
        return GaugeData(start=0, end=1, width=len(self.asked), series=[])


async def test_nothing_is_asked_until_there_is_room_for_it() -> None:
    server = Server()
    state = MetricState(server.fetch, lambda: NOW)
    state.ask(replace(QUESTION, buckets=0))
    await state.settled()
    assert server.asked == []
    state.ask(QUESTION)
    await state.settled()
    assert server.asked == [QUESTION] and state.data is not None and state.progress is None


def test_what_ends_now_is_asked_for_as_now_is() -> None:
    question = Question("latency", parse_range("6h", NOW), buckets=100)
    assert question.bounds(NOW) == (NOW - timedelta(hours=6), NOW)
    assert QUESTION.bounds(NOW) == (None, None)


async def test_another_question_gives_up_the_one_under_way() -> None:
    server = Server()
    state = MetricState(server.fetch, lambda: NOW)
    server.gate.clear()
    state.ask(QUESTION)
    await asyncio.sleep(0)
    state.ask(replace(QUESTION, buckets=50))
    await asyncio.sleep(0)
    server.gate.set()
    await state.settled()
    assert server.given_up == 1 and [question.buckets for question in server.asked] == [100, 50]


async def test_giving_up_keeps_what_was_shown_until_news_come() -> None:
    server = Server()
    state = MetricState(server.fetch, lambda: NOW)
    state.ask(QUESTION)
    await state.settled()
    shown = state.data
    server.gate.clear()
    state.ask(replace(QUESTION, filters=(("host", ("a",)),)))
    await asyncio.sleep(0)
    state.cancel()
    await asyncio.sleep(0)
    assert state.cancelled and state.data is shown and server.given_up == 1 and state.progress is None
    server.gate.set()
    state.more()
    await state.settled()
    assert not state.cancelled and state.data is not shown


async def test_another_metric_takes_away_the_picture_of_the_first() -> None:
    server = Server()
    state = MetricState(server.fetch, lambda: NOW)
    state.ask(QUESTION)
    await state.settled()
    server.gate.clear()
    state.ask(replace(QUESTION, metric="queue"))
    assert state.data is None
    state.close()


async def test_news_meanwhile_are_one_request_afterwards() -> None:
    server = Server()
    state = MetricState(server.fetch, lambda: NOW)
    server.gate.clear()
    state.ask(QUESTION)
    await asyncio.sleep(0)
    for _ in range(5):
        state.more()
    server.gate.set()
    while state.progress is not None:
        await state.settled()
    assert len(server.asked) == 2


async def test_an_error_is_kept_beside_what_was_shown_and_not_asked_for_again_and_again() -> None:
    server = Server()
    state = MetricState(server.fetch, lambda: NOW)
    state.ask(QUESTION)
    await state.settled()
    server.error = ConnectionError("away")
    state.more()
    await state.settled()
    assert state.error is server.error and state.data is not None and len(server.asked) == 2
    server.error = None
    state.more()
    await state.settled()
    assert state.error is None and len(server.asked) == 3


async def test_what_is_shown_is_named_by_the_question_that_it_answers() -> None:
    server = Server()
    state = MetricState(server.fetch, lambda: NOW)
    state.ask(QUESTION)
    await state.settled()
    hour = parse_range("1h", NOW)
    server.error = OSError("away")
    for other, missing in (
        (replace(QUESTION, buckets=7), ""),
        (replace(QUESTION, range=hour), "last 1h"),
        (replace(QUESTION, range=hour, filters=(("host", ("a", "b")),)), "last 1h · host a, b"),
    ):
        state.ask(other)
        await state.settled()
        assert (state.shown, state.missing) == (QUESTION, missing)
    server.error = None
    state.more()
    await state.settled()
    assert (state.shown, state.missing) == (state.question, "")
    state.ask(replace(QUESTION, filters=()))
    assert state.missing == "all · all label sets"
    state.ask(replace(QUESTION, metric="other"))
    assert (state.shown, state.missing) == (None, "")
