"""The first error in a log, and the line that names it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mltui.wire.logs import STDOUT, LogLine
from mltui_server.why.first_error import first_error
from tests.server.agents import claim, make_pipeline, queued_execution, start, until_status
from tests.server.why.failing import ask, failed, ship

TRACEBACK = [
    "epoch 1: 10%\r 50%\r100%",
    "WARNING: an Error that nobody minds",
    "\x1b[31mTraceback (most recent call last):\x1b[0m",
    '  File "train.py", line 3, in <module>',
    "    x = int('a')",
    "ValueError: invalid literal for int() with base 10: 'a'",
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    "Traceback (most recent call last):",
    "RuntimeError: training failed",
]


async def test_the_first_error_is_the_line_that_names_the_exception(http):
    await make_pipeline(http)
    told = await failed(http, TRACEBACK)
    assert told["error"] == {
        "n": 5, "time": 1_000_005, "stream": "err", "open": False,
        "text": "ValueError: invalid literal for int() with base 10: 'a'",
    }  # fmt: skip
    assert [line["n"] for line in told["tail"]] == list(range(11))
    assert told["log_lines"] == 11


async def test_an_error_far_from_the_end_is_searched_for(http):
    await make_pipeline(http)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")
    await claim(http, execution_id)
    for seq in range(1, 8):
        lines = [f"line {seq}-{i}" for i in range(2_000)]
        if seq in (1, 2):
            lines[7:10] = ["Traceback (most recent call last):", "  File", f"OSError: disk {seq}"]
        await ship(http, execution_id, lines, STDOUT, seq)
    await http.post(f"/api/v1/executions/{execution_id}/finish", json={"exit_code": 1})
    await until_status(http, run_id, "failed")
    told = await ask(http, run_id)
    assert (told["error"]["n"], told["error"]["text"]) == (2_009, "OSError: disk 2")
    assert (told["log_lines"], told["tail"][-1]["text"], len(told["tail"])) == (14_000, "line 7-1999", 20)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["[rank0]: Traceback (most recent call last):", "[rank1]: x", "[rank0]:   File", "[rank0]: OSError: no"], 3),
        (["step 1", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "E"], 1),
        (["an ERROR here", "Killed"], 1),
        (['Exception in thread "main" java.lang.IllegalStateException: x', "\tat a.b(C.java:1)", "Caused by: y"], 0),
        (["gcc: error: no input files"], 0),
        (["make: *** [all] Error 2", "error: could not compile"], 1),
        (["terminate called after throwing an instance of 'std::bad_alloc'"], 0),
        (["Traceback (most recent call last):"], 0),
        (["no terrors here", "0 errors", "MeanAbsoluteErrorX 3"], None),
        ([], None),
    ],
)
def test_errors_of_many_kinds_are_known(lines, found):
    said = [LogLine(n=n, time=0, stream="out", text=text) for n, text in enumerate(lines)]
    error = first_error(said)
    assert (error and error.n) == found


@given(st.lists(st.text(max_size=40), max_size=8))
def test_no_log_is_too_odd_to_be_looked_at(texts):
    said = [LogLine(n=n, time=0, stream="err", text=text) for n, text in enumerate(texts)]
    assert first_error(said) in [None, *said]
