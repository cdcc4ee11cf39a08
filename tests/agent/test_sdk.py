"""What `start_run` and `run.log` take, and what they make of it."""

import math
from pathlib import Path

import numpy
import pytest
from recording_server import RecordingServer, ended

import mltui
from mltui.wire.states import Status


def test_a_run_from_its_start_to_its_end(here: RecordingServer, spool: Path) -> None:
    with mltui.start_run("mnist", pipeline="vision", parameters={"lr": 0.1, "model": "cnn"}, tags={"who": "me"}) as run:
        for i in range(100):
            run.log({"loss": 1 / (i + 1), "accuracy": i}, step=i)
        run.params(epochs=numpy.int64(3))
        run.tags({"best": True})
        run.output(score=0.5, curve=numpy.array([1.0, math.nan]), where=Path("/models"))
    (create,) = here.stored.runs.values()
    assert (create.name, create.pipeline, create.parameters) == ("mnist", "vision", {"lr": 0.1, "model": "cnn"})
    assert create.tags == {"who": "me"}
    assert here.stored.values("loss") == [1 / (i + 1) for i in range(100)]
    assert here.stored.values("accuracy") == [float(i) for i in range(100)]
    params, tags, output = (record for _, record in here.stored.records)
    assert params.parameters == {"epochs": 3}
    assert tags.tags == {"best": "True"}
    assert output.output_data == {"score": 0.5, "curve": [1.0, "NaN"], "where": "/models"}
    assert ended(here) == (Status.COMPLETED, None)
    assert list(spool.iterdir()) == []


def test_diverging_is_seen(here: RecordingServer) -> None:
    with mltui.start_run("diverges") as run:
        for value in (1.0, math.inf, -math.inf, math.nan):
            run.log({"loss": value})
    *finite, last = here.stored.values("loss")
    assert finite == [1.0, math.inf, -math.inf]
    assert math.isnan(last)


def test_numbers_of_all_kinds(here: RecordingServer) -> None:
    with mltui.start_run("kinds") as run:
        run.log({"x": 1}), run.log({"x": True}), run.log({"x": numpy.float32(0.5)}), run.log({"x": numpy.array(2)})
        for wrong in ("0.5", None, [1.0], numpy.array([1.0, 2.0]), 1j, 10**400):
            with pytest.raises(TypeError, match="'x/wrong'"):
                run.log({"fine": 1.0, "x/wrong": wrong})  # type: ignore[dict-item]
    assert here.stored.values("x") == [1.0, 1.0, 0.5, 2.0]
    assert here.stored.values("fine") == [], "a call that raises logs nothing"


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 251, "sys/main/host/cpu_percent"])
def test_a_key_that_cannot_be_one_is_named(here: RecordingServer, key: str) -> None:
    with mltui.start_run("keys") as run, pytest.raises(ValueError, match="key"):
        run.log({key: 1.0})


def test_a_name_that_cannot_be_one_is_refused_at_once(here: RecordingServer, spool: Path) -> None:
    with pytest.raises(ValueError, match="start_run"):
        mltui.start_run("a/b")
    assert not spool.exists() or list(spool.iterdir()) == []


def test_steps_count_on_by_themselves(here: RecordingServer) -> None:
    with mltui.start_run("steps") as run:
        run.log({"x": 0.0}), run.log({"x": 1.0}), run.log({"x": 2.0}, step=10), run.log({"x": 3.0})
    steps = [step for _, batch in here.stored.batches for series in batch.series for step in series.steps or []]
    assert steps == [0, 1, 10, 11]


def test_an_exception_fails_the_run_and_goes_on(here: RecordingServer) -> None:
    with pytest.raises(RuntimeError, match="out of luck"), mltui.start_run("fails"):
        raise RuntimeError("out of luck\nand of memory")
    assert ended(here) == (Status.FAILED, "RuntimeError: out of luck and of memory")


def test_an_exception_is_the_programs_own_whatever_its_words_are(here: RecordingServer) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    for error, said in (
        (ValueError("x\0y"), "ValueError: x\ufffdy"),
        (ValueError("bad \ud800"), "ValueError: bad \ufffd"),
        (Mute(), "Mute"),
    ):
        with pytest.raises(type(error)) as caught, mltui.start_run("fails"):
            raise error
        assert caught.value is error
        assert [end.error_message for end in here.stored.run_ends.values()][-1] == said


def test_what_cannot_be_stored_is_replaced(here: RecordingServer) -> None:
    run = mltui.start_run("te\ud800xt", parameters={"p\0": "\0"}, tags={"t": "\udcff"})
    run.params(a="x\0y", n=1)
    run.tags(b="\ud800")
    run.output(o=["\ud800", {"\0": "z\0"}])
    with pytest.raises(ValueError, match="key"):
        run.log({"k\ud800": 1.0})
    run.finish("failed", "why\0")
    (create,) = here.stored.runs.values()
    assert (create.name, create.parameters, create.tags) == ("te\ufffdxt", {"p\ufffd": "\ufffd"}, {"t": "\ufffd"})
    params, tags, output = (record for _, record in here.stored.records)
    assert params.parameters == {"a": "x\ufffdy", "n": 1}
    assert tags.tags == {"b": "\ufffd"}
    assert output.output_data == {"o": ["\ufffd", {"\ufffd": "z\ufffd"}]}
    assert ended(here) == (Status.FAILED, "why\ufffd")


@pytest.mark.parametrize("wrong", [[], None, 1.0, "loss"])
def test_log_says_what_it_takes(here: RecordingServer, wrong: object) -> None:
    with mltui.start_run("wrong") as run, pytest.raises(TypeError, match=r"log takes a mapping such as .*, not "):
        run.log(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["MLTUI_SAMPLE_EVERY_S", "MLTUI_SPOOL_MAX", "MLTUI_DRAIN_S"])
def test_a_wrong_setting_is_told_at_once(
    here: RecordingServer, spool: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "abc")
    with pytest.raises(ValueError, match=f"{name}='abc' is not a number of"):
        mltui.start_run("wrong")
    assert not spool.exists()


def test_ctrl_c_cancels_the_run(here: RecordingServer) -> None:
    with pytest.raises(KeyboardInterrupt), mltui.start_run("stops"):
        raise KeyboardInterrupt
    assert ended(here)[0] == Status.CANCELLED


def test_nothing_is_logged_after_the_end(here: RecordingServer) -> None:
    run = mltui.start_run("over")
    with pytest.raises(ValueError, match="completed, failed or cancelled"):
        run.finish("running")
    run.finish()
    run.finish()
    with pytest.raises(RuntimeError, match="has ended"):
        run.log({"x": 1.0})


def test_threads_log_at_once_and_every_sample_arrives_once(here: RecordingServer) -> None:
    import threading

    each, many = 5_000, 8
    with mltui.start_run("threads") as run:

        def work(n: int) -> None:
            for i in range(each):
                run.log({f"t{n}": i, "all": n}, step=i)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for n in range(many):
        assert here.stored.values(f"t{n}") == [float(i) for i in range(each)]
    assert len(here.stored.values("all")) == each * many
