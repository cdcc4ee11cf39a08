"""The stretch of time that is looked at, as it is typed and as it is remembered."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.console.state.time_range import PRESETS, RangeFault, between, between_seconds, parse_range

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))


def bounds(text: str) -> tuple[datetime | None, datetime | None]:
    shown = parse_range(text, NOW, EAST)
    return shown.start, shown.end


@pytest.mark.parametrize("text", PRESETS)
def test_presets_end_now(text: str) -> None:
    shown = parse_range(text, NOW)
    assert shown.text == text and shown.start is shown.end is None
    assert (shown.length is None) == (text == "all")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-03-01 .. 2026-03-02 12:00", "2026-02-28T22:00Z", "2026-03-02T10:00Z"),
        ("2026-03-01T00:00Z/2026-03-02T00:00Z", "2026-03-01T00:00Z", "2026-03-02T00:00Z"),
        ("yesterday 14:00 .. yesterday 16:30", "2026-03-13T12:00Z", "2026-03-13T14:30Z"),
        ("14:00 .. now", "2026-03-14T12:00Z", "2026-03-14T15:09:26Z"),
        ("9:30..", "2026-03-14T07:30Z", None),
        (".. today", None, "2026-03-13T22:00Z"),
    ],
)
def test_moments_are_those_of_the_wall_clock(text: str, start: str | None, end: str | None) -> None:
    assert bounds(text) == tuple(None if moment is None else datetime.fromisoformat(moment) for moment in (start, end))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "soon",
            "'soon' is no range; write 90m, 24h, 7d, all, or two times as in 2026-03-13 17:09 .. 2026-03-14 17:09",
        ),
        ("", "is no range"),
        ("..", "is no range"),
        ("0h", "no length of time"),
        ("99999999w", "no length of time"),
        (
            "2026-03-02 .. 2026-03-01",
            "begins at 2026-03-02 00:00 and ends at 2026-03-01 00:00: write the earlier first",
        ),
        ("noon .. now", "'noon' is no time; write 2026-03-14, 2026-03-14 17:09, 14:00 or yesterday 14:00"),
        ("0001-01-01 ..", "is no time"),
        ("9999-12-31 23:59 ..", "is no time"),
        ("2199-01-01 .. 2250-01-01", "'2250-01-01' is too far away: write a time in the years 1970 to 2199"),
        ("1969-12-31 ..", "is too far away"),
        ("36500d", "no length of time"),
    ],
)
def test_what_is_no_range_is_explained(text: str, said: str) -> None:
    west_or_east = timezone(timedelta(hours=-2)) if text.startswith("9999") else EAST
    with pytest.raises(RangeFault) as fault:
        parse_range(text, NOW, west_or_east)
    assert said in str(fault.value)


@pytest.mark.parametrize("text", ["x", ".. x", "9"])
def test_of_what_was_pasted_only_the_beginning_is_said_again(text: str) -> None:
    with pytest.raises(RangeFault) as fault:
        parse_range(text * 30_000, NOW)
    assert "…'" in str(fault.value) and len(str(fault.value)) < 160


moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(st.one_of(st.none(), moments), st.one_of(st.none(), moments))
def test_what_is_remembered_is_what_was_shown(start: datetime | None, end: datetime | None) -> None:
    if start is None or end is None or start < end:
        shown = between(start, end)
        assert parse_range(shown.text, NOW) == shown


@given(st.text())
def test_any_text_is_a_range_or_a_fault(text: str) -> None:
    with suppress(RangeFault):
        parse_range(text, NOW, EAST).words(EAST)


def test_words_are_for_people() -> None:
    assert parse_range("6h", NOW).words() == "last 6h"
    assert parse_range("all", NOW).words() == "all"
    assert parse_range("9:30 .. 14:00", NOW, EAST).words(EAST) == "2026-03-14 09:30 … 14:00"
    assert parse_range("9:30 ..", NOW, EAST).words(EAST) == "2026-03-14 09:30 …"
    assert parse_range("2026-03-01 .. 14:00:05", NOW, EAST).words(EAST) == "2026-03-01 00:00 … 2026-03-14 14:00:05"


def test_a_zoom_to_where_no_point_can_be_is_refused() -> None:
    assert between_seconds(0, 60).text == "1970-01-01T00:00:00+00:00 .. 1970-01-01T00:01:00+00:00"
    with pytest.raises(RangeFault):
        between_seconds(-60, 60)
    with pytest.raises(RangeFault):
        between_seconds(0, 1e18)
