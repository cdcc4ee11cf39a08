"""Tables that fit, figures that read well, words that mean what they seem to."""

import argparse
import os
from datetime import UTC, datetime, timedelta

import pytest

from mltui.cli import output
from mltui.cli.output import Column, cells_wide, duration, number, print_table, size
from mltui.cli.words import moment, pair, parameters_of, scalar

COLUMNS = [Column("STATE"), Column("NAME", flexible=True), Column("N", right=True), Column("TAGS", flexible=True)]
ROWS = [
    ["✓ completed", "a-rather-long-name-of-a-run", "12", "who=ada purpose=everything"],
    ["✗ failed", "日本語の名前", "3", "two\nlines\x1b[31m"],
]


def test_a_table_fits_the_terminal(monkeypatch, capsys):
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(output.shutil, "get_terminal_size", lambda: os.terminal_size((50, 24)))
    print_table(COLUMNS, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert max(map(cells_wide, lines)) <= 50
    assert "✓ completed" in lines[1]
    assert "…" in lines[1]


def test_columns_stay_columns_where_characters_take_two_cells(monkeypatch, capsys):
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(output.shutil, "get_terminal_size", lambda: os.terminal_size((200, 24)))
    print_table(COLUMNS, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert cells_wide(lines[1].partition("12")[0]) == cells_wide(lines[2].partition(" 3 ")[0])


def test_without_a_terminal_cells_are_whole_with_tabs_between_and_no_cell_breaks_its_line(capsys):
    print_table(COLUMNS, [*ROWS, ["", "x" * 300, "1", "a\tb"]])
    assert capsys.readouterr().out.splitlines() == [
        "STATE\tNAME\tN\tTAGS",
        "✓ completed\ta-rather-long-name-of-a-run\t12\twho=ada purpose=everything",
        "✗ failed\t日本語の名前\t3\ttwo lines [31m",
        f"\t{'x' * 300}\t1\ta b",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0, "0.0s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.6, "1m 00s"),
        (3599.7, "1h 00m"),
        (200_000, "2d 07h"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("octets", "text"), [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 * 2**40, "3.0 TiB")]
)
def test_sizes(octets, text):
    assert size(octets) == text


def test_numbers():
    assert [number(v) for v in (None, "NaN", 0.123456789, 1e-9, 12)] == ["-", "NaN", "0.123457", "1e-09", "12"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 0.001), ("7", 7), ("true", True), ("null", None), ('"7"', "7"), ("adam", "adam"), ("[1]", "[1]")],
)
def test_a_parameter_is_a_number_where_it_looks_like_one(text, value):
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999"])
def test_a_parameter_that_json_cannot_carry_stays_text(text):
    assert scalar(text) == text


def test_where_the_default_is_text_so_is_the_value():
    args = argparse.Namespace(parameter=[pair("mode=1"), pair("lr=1"), pair("expression=a=b")])
    assert parameters_of(args, {"mode": "0", "lr": 0.1}) == {"mode": "1", "lr": 1, "expression": "a=b"}


def test_moments():
    assert abs(datetime.now(UTC) - timedelta(hours=2) - moment("2h")) < timedelta(minutes=1)
    assert moment("2026-01-31T12:00+02:00") == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert moment("2026-01-31").astimezone() == datetime(2026, 1, 31).astimezone()
