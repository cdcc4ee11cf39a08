"""The languages of the `:` and `/` lines and of the start form, and the table of keys."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from mltui.console import keymap
from mltui.console.commands import CommandFault, completions, parse
from mltui.console.faults import words_of
from mltui.console.screens.tag_line import parse_tags, tag_fault
from mltui.console.state import parameters
from mltui.console.state.filter_words import FilterFault
from mltui.console.state.panels import metric_groups, resource_groups
from mltui.console.state.run_filter import RUN_FILTERS

NOW = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "command", "argument"),
    [
        ("runs", "runs", ""),
        ("runs status:failed", "runs", "status:failed"),
        ("q", "quit", ""),
        ("start  digits ", "start", "digits"),
        ("th mltui-light", "theme", "mltui-light"),
    ],
)
def test_commands(line: str, command: str, argument: str) -> None:
    said = parse(line)
    assert (said.command.name, said.argument) == (command, argument)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rnus", "did you mean 'runs'?"),
        ("start", ":start needs a pipeline"),
        ("help me", "takes nothing after it"),
        ("xyz", "there are home, runs, pipelines"),
    ],
)
def test_wrong_commands_say_what_would_be_right(line: str, words: str) -> None:
    with pytest.raises(CommandFault, match=re.escape(words)):
        parse(line)


def test_command_completion() -> None:
    assert completions("pi") == ["pipelines", "pipeline"]
    assert completions("start d", ["digits", "old-digits", "churn"]) == ["start digits", "start old-digits"]


def test_filters() -> None:
    chosen = RUN_FILTERS.parse("status:failed,cancelled tag:team=risk tag:best env:prod since:24h big loss", NOW)
    assert chosen.status == ("failed", "cancelled")
    assert chosen.tags == ("team:risk", "best")
    assert chosen.environment == "prod"
    assert chosen.since == NOW - timedelta(days=1)
    assert chosen.text == "big loss"
    assert RUN_FILTERS.parse("pipeline:'two words'", NOW).pipeline == "two words"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stat:x", "no filter 'stat'"),
        ("status:broken", "no status 'broken'; there are pending"),
        ("tag:=risk", "no tag '=risk'; write tag:NAME or tag:NAME=VALUE"),
        ("status:", "status: needs a value, as in status:failed"),
        ("since:soon", "'soon' is no time; write 30m, 24h, 7d or 2026-03-14"),
    ],
)
def test_wrong_filters_say_what_would_be_right(line: str, words: str) -> None:
    with pytest.raises(FilterFault, match=words):
        RUN_FILTERS.parse(line, NOW)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("env:prod st", ["env:prod status:"]),
        ("status:failed,ca", ["status:failed,cancelling", "status:failed,cancelled"]),
        ("pipeline:d", ["pipeline:digits", "pipeline:'d 2'"]),
    ],
)
def test_filter_completion(typed: str, offered: list[str]) -> None:
    there = {"pipeline": ["digits", "churn", "d 2"]}
    assert RUN_FILTERS.completions(typed, lambda kind: there[kind]) == offered


def test_parameters_take_the_type_of_their_default() -> None:
    defaults = {"steps": 600, "rate": 0.05, "name": "adam", "augment": True, "limit": None}
    typed = {"steps": "1e3", "rate": "0.05", "name": "12", "augment": "no", "limit": "7"}
    assert parameters.changed(typed, defaults) == {"steps": 1000, "name": "12", "augment": False, "limit": 7}


@pytest.mark.parametrize(("text", "default"), [("many", 1), ("1.5", 1), ("nan", 1), ("x", 0.1), ("maybe", True)])
def test_wrong_parameters(text: str, default: object) -> None:
    with pytest.raises(ValueError, match=r"number|true"):
        parameters.parse(text, default)


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("nan", 0.5, "NaN"),
        ("-inf", 0.5, "-Infinity"),
        ("NaN", None, "NaN"),
        ("1e999", None, "Infinity"),
        ("2", 1.5, 2.0),
    ],
)
def test_numbers_go_as_json_can_carry_them(text: str, default: object, value: object) -> None:
    assert parameters.parse(text, default) == value


def test_a_number_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="a number below"):
        parameters.parse("1e999", 0.5)


def test_faults_are_said_as_they_stand() -> None:
    try:
        RUN_FILTERS.parse("status:zzz", NOW)
    except FilterFault as fault:
        assert words_of(fault).startswith("no status 'zzz'; there are")
    try:
        raise RuntimeError("a bug")
    except RuntimeError as error:
        assert re.fullmatch(r"RuntimeError: a bug \(test_words.py:\d+\)", words_of(error))


def test_tags() -> None:
    assert parse_tags("team=risk 'note=two words' best") == {"team": "risk", "note": "two words", "best": ""}
    assert tag_fault("=x") == "'=x' has no key"


def test_series_share_charts() -> None:
    groups = metric_groups(["b/lr", "a/loss", "b/loss", "val/accuracy", "sys/a/process/cpu_percent"])
    assert [(group.title, group.names) for group in groups] == [
        ("loss", ("a", "b")),
        ("accuracy", ("val",)),
        ("lr", ("b",)),
    ]
    keys = [
        f"sys/{stage}/{field}" for stage in ("late", "early") for field in ("process/memory_bytes", "gpu0/power_watts")
    ]
    resources = resource_groups(keys, ["early", "late"])
    assert [group.names for group in resources] == [("early", "late"), ("early gpu0", "late gpu0")]


def test_the_table_of_keys_has_no_clash() -> None:
    screens = ("APP", "HOME", "RUNS", "RUN", "PIPELINES", "PIPELINE", "CHARTS")
    for name in (*screens, "CONFIRM", "CHOOSE", "FORM", "PROMPT"):
        keys = [key for entry in getattr(keymap, name) for key in entry.keys.split(",")]
        assert len(keys) == len(set(keys)), name
    ids = [entry.id for name in screens for entry in getattr(keymap, name)]
    assert len(ids) == len(set(ids))
