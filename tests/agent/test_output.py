"""What a command writes reaches the server byte for byte, in order, and the shell unchanged."""

import hashlib
import os
import signal
import sys
from pathlib import Path

import pytest
from agent_processes import Agents, wait_for
from recording_server import RecordingServer

from mltui.agent.lines import OPEN_AFTER_S, LineCutter
from mltui.wire.logs import AGENT, MAX_RECORD_BYTES, STDERR, STDOUT


def only_execution(server: RecordingServer) -> str:
    (execution_id,) = server.stored.executions
    return execution_id


def test_both_streams_arrive_in_order_and_pass_through(server: RecordingServer, agents: Agents) -> None:
    script = "for i in 1 2 3; do echo out $i; sleep 0.05; echo err $i >&2; sleep 0.05; done; printf 'no newline'"
    out, err = (process := agents.exec("sh", "-c", script)).communicate()
    assert process.returncode == 0
    assert out == b"out 1\nout 2\nout 3\nno newline"
    assert err == b"err 1\nerr 2\nerr 3\n"
    records = server.stored.logs[only_execution(server)]
    assert [record.body for record in records] == [
        b"out 1\n", b"err 1\n", b"out 2\n", b"err 2\n", b"out 3\n", b"err 3\n", b"no newline",
    ]  # fmt: skip
    assert [record.time for record in records] == sorted(record.time for record in records)


def test_the_run_is_created_first_and_finished_last(server: RecordingServer, agents: Agents) -> None:
    agents.exec("echo", "hello").communicate()
    posts = [path for path, _ in server.stored.requests if "heartbeat" not in path]
    assert posts[0] == "/api/v1/executions"
    assert posts[-1].endswith("/finish")
    create = server.stored.executions[only_execution(server)]
    assert (create.run_name, create.command, create.directory) == ("story", ["echo", "hello"], str(Path.cwd()))
    assert {user for _, user in server.stored.requests} != {None}


@pytest.mark.parametrize(
    ("program", "size"),
    [
        ("import os; [os.write(1, os.urandom(997)) for _ in range(300)]", 997 * 300),
        ("import os; os.write(1, bytes(range(256)) * 8)", 2048),
        ("import sys; sys.stdout.write('x' * 10_000_000 + '\\n' + 'after\\n')", 10_000_007),
        ("import os; [os.write(1, b'\\n' * 65536) for _ in range(5)]", 5 * 65536),
        ("for i in range(200_000): print('line', i)", sum(len(f"line {i}\n") for i in range(200_000))),
    ],
    ids=["binary junk", "every byte", "10 MB line", "newlines only", "200k lines"],
)
def test_every_byte_arrives(server: RecordingServer, agents: Agents, program: str, size: int) -> None:
    out, _ = (process := agents.exec(sys.executable, "-c", program)).communicate()
    assert process.returncode == 0
    assert len(out) == size
    records = server.stored.logs[only_execution(server)]
    stored = server.stored.log(only_execution(server), STDOUT)
    assert hashlib.sha256(stored).digest() == hashlib.sha256(out).digest()
    assert max(len(record.body) for record in records) <= MAX_RECORD_BYTES


def test_a_progress_bar_is_seen_while_it_stands(server: RecordingServer, agents: Agents) -> None:
    program = r"import sys, time; sys.stderr.write('\r 10%|#   |'); sys.stderr.flush(); sys.stdin.read()"
    agents.exec("sh", "-c", f'sleep 60 | {sys.executable} -c "{program}"')
    execution_id = wait_for(lambda: next(iter(server.stored.executions), None))
    record = wait_for(lambda: next(iter(server.stored.logs[execution_id]), None))
    assert (record.stream, record.body) == (STDERR, b"\r 10%|#   |")


def test_chunks_are_few(server: RecordingServer, agents: Agents) -> None:
    """A thousand lines in one go cost a handful of requests, not a thousand."""
    agents.exec("seq", "1", "1000").communicate()
    assert server.stored.log(only_execution(server), STDOUT).count(b"\n") == 1000
    assert sum(path.endswith("/log") for path, _ in server.stored.requests) <= 5


def test_the_reader_of_the_shell_may_leave(server: RecordingServer, agents: Agents) -> None:
    """`mltui exec -- yes | head -1` ends as `yes | head -1` does: by SIGPIPE."""
    process = agents.exec("yes")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    process.communicate()
    assert process.returncode == 128 + signal.SIGPIPE


def test_a_background_process_that_holds_the_output_is_ended_and_named(server: RecordingServer, agents: Agents) -> None:
    out, _ = agents.exec("sh", "-c", "sleep 300 & echo done").communicate()
    assert out == b"done\n"
    said = server.stored.log(only_execution(server), AGENT)
    assert b"killed background processes that still held its output" in said
    assert server.stored.finishes[only_execution(server)].exit_code == 0


def test_a_background_process_with_output_of_its_own_is_left_alone(server: RecordingServer, agents: Agents) -> None:
    out, _ = agents.exec("sh", "-c", "sleep 300 >/dev/null 2>&1 & echo $!").communicate()
    pid = int(out)
    os.kill(pid, signal.SIGKILL)  # raises if it had not been left alive


def test_a_piece_is_held_for_half_a_second_and_a_long_line_comes_in_pieces() -> None:
    cutter = LineCutter(STDOUT)
    assert [record.body for record in cutter.feed(b"one\ntw", 10, 1.0)] == [b"one\n"]
    assert cutter.due_at() == 1.0 + OPEN_AFTER_S
    assert [record.body for record in cutter.feed(b"o\n", 20, 2.0)] == [b"two\n"]
    assert cutter.due_at() is None
    pieces = cutter.feed(b"x" * (MAX_RECORD_BYTES * 2 + 5), 30, 3.0) + cutter.flush(40)
    assert [len(record.body) for record in pieces] == [MAX_RECORD_BYTES, MAX_RECORD_BYTES, 5]
    exactly = cutter.feed(b"y" * MAX_RECORD_BYTES + b"\n", 50, 5.0)
    assert b"".join(record.body for record in exactly) == b"y" * MAX_RECORD_BYTES + b"\n"
    assert all(len(record.body) <= MAX_RECORD_BYTES for record in exactly)
