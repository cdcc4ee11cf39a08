"""What a console still knows when it is started again."""

from pathlib import Path

import pytest

from mltui.console.state.memory import MOST_METRICS, Memory

HERE, ELSEWHERE = "http://127.0.0.1:8642", "http://127.0.0.1:9000"


def test_what_was_chosen_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "console.json"
    memory = Memory(path, HERE)
    memory.look_at("latency", chart="quantiles", filters={"host": ["a", "b"]})
    memory.look_at("queue")
    memory.choose(range="7d", refresh="1m")
    again = Memory(path, HERE)
    assert (again.here.metric, again.here.range, again.here.refresh) == ("queue", "7d", "1m")
    assert (again.of("latency").chart, again.of("latency").filters) == ("quantiles", {"host": ["a", "b"]})
    assert Memory(path, ELSEWHERE).here.metric == ""
    assert again.fault is None


def test_two_consoles_keep_each_others(tmp_path: Path) -> None:
    path = tmp_path / "console.json"
    one, other, far = Memory(path, HERE), Memory(path, HERE), Memory(path, ELSEWHERE)
    one.look_at("latency", chart="scatter")
    other.look_at("queue", filters={"host": ["a"]})
    far.choose(range="30d")
    one.choose(range="6h")
    later = Memory(path, HERE)
    assert later.here.range == "6h"
    assert (later.of("latency").chart, later.of("queue").filters) == ("scatter", {"host": ["a"]})
    assert Memory(path, ELSEWHERE).here.range == "30d"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is broken (Input data was truncated) and not used; mend or delete it"),
        ('{"version": 1, "servers": {"x": {"refresh": "often"}}}', "is broken (Invalid enum value 'often'"),
        ('{"version": 2, "servers": ["another shape"]}', "is of another mltui (version 2, not 1) and not used"),
        ("\xff", "is broken"),
    ],
)
def test_a_file_that_cannot_be_used_is_left_alone(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "console.json"
    path.write_bytes(content.encode("latin-1"))
    memory = Memory(path, HERE)
    assert memory.fault is not None and said in memory.fault and str(path) in memory.fault
    memory.look_at("latency", chart="scatter")
    assert memory.of("latency").chart == "scatter"
    assert path.read_bytes() == content.encode("latin-1")


def test_a_folder_that_cannot_be_written_costs_the_memory_only(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    memory = Memory(tmp_path / "state" / "console.json", HERE)
    memory.look_at("latency")
    assert memory.here.metric == "latency"
    assert memory.fault is not None and "forgotten when the console ends" in memory.fault


def test_metrics_looked_at_longest_ago_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "console.json"
    memory = Memory(path, HERE)
    for number in range(MOST_METRICS + 2):
        memory.look_at(f"m{number}", chart="scatter")
    memory.look_at("m2")
    memory.look_at("one more", chart="scatter")
    again = Memory(path, HERE)
    assert len(again.here.metrics) == MOST_METRICS
    assert again.of("m2").chart == "scatter" and again.of("m1").chart == again.of("m3").chart == ""
