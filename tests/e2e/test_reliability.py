"""Killing every part while a run goes on: nothing is lost, nothing is counted twice, every state settles."""

import json
import signal
import time

import psutil
import pytest


def loss(server, run_id):
    """(count, last step) of the run's loss, as it is readable now."""
    for series in server.ask(f"/api/v1/runs/{run_id}/series/keys") or []:
        if series["key"] == "loss":
            return series["count"], series["last_step"]
    return 0, None


def log_of(server, run):
    execution = run["executions"][-1]["id"]
    return server.http.get(f"/api/v1/executions/{execution}/log/raw", params={"stream": "out"}).text.splitlines()


def expected_lines(count):
    return [f"line {i:05d}" for i in range(count)]


def assert_whole(server, run_id, count):
    run = server.until_ended(run_id)
    assert run["status"] == "completed", run["error_message"]
    assert log_of(server, run) == expected_lines(count)
    server.until(lambda: loss(server, run_id)[0] >= count, "the samples", 20)
    assert loss(server, run_id) == (count, count - 1)


def gone(process):
    """Ended. Where nobody reaps orphans they stay as zombies."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def begun(server, run_id):
    """Wait until the command runs and something of it has arrived."""
    server.until_run(run_id, lambda run: any(e["log_lines"] for e in run["executions"]))


def test_killing_the_server_loses_nothing(server, work):
    run_id = server.begin([work(2000, 0.1)])
    begun(server, run_id)
    server.kill()
    time.sleep(1)
    server.start()
    assert server.run(run_id)["status"] == "running"
    server.kill()
    server.start()
    assert_whole(server, run_id, 2000)


def test_a_command_that_ends_while_the_server_is_away_completes_when_it_is_back(server, work):
    run_id = server.begin([work(300, 0.1)])
    begun(server, run_id)
    agent = server.run(run_id)["executions"][0]
    server.kill()
    psutil.wait_procs([psutil.Process(agent["pid"])] if psutil.pid_exists(agent["pid"] or 0) else [], timeout=20)
    server.start()
    assert_whole(server, run_id, 300)


def test_killing_postgres_loses_nothing(server, work):
    run_id = server.begin([work(2000, 0.1)])
    begun(server, run_id)
    server.postgres().kill()
    assert_whole(server, run_id, 2000)


def test_postgres_stopped_for_ten_seconds_makes_clients_wait_and_recover(server, work):
    run_id = server.begin([work(1500, 0.1)])
    begun(server, run_id)
    postgres = [server.postgres(), *server.postgres().children(recursive=True)]
    for process in postgres:
        process.suspend()
    time.sleep(10)
    for process in postgres:
        process.resume()
    assert_whole(server, run_id, 1500)


def test_killing_the_agent_settles_its_run(server, work):
    run_id = server.begin([work(2000, 0.2)])
    begun(server, run_id)
    command = psutil.Process(server.until_run(run_id, lambda run: run["executions"][0]["pid"])["executions"][0]["pid"])
    command.parent().kill()
    run = server.until_ended(run_id, 30)
    assert run["status"] == "failed"
    assert "agent lost" in run["error_message"]
    server.until(lambda: gone(command), "the command to end with its agent", 10)


def test_an_agent_that_dies_while_the_server_is_away_is_settled_at_its_start(server, work):
    run_id = server.begin([work(2000, 0.2)])
    begun(server, run_id)
    command = psutil.Process(server.until_run(run_id, lambda run: run["executions"][0]["pid"])["executions"][0]["pid"])
    agent = command.parent()
    server.kill()
    agent.kill()
    server.until(lambda: gone(agent), "the agent to end", 10)
    server.start()
    run = server.until_ended(run_id, 10)
    assert "agent lost (its process is gone)" in run["error_message"]


def test_sigterm_stops_what_the_server_started_and_leaves_running_work_alone(server, work):
    run_id = server.begin([work(600, 0.2)])
    begun(server, run_id)
    postgres = server.postgres()
    command = psutil.Process(server.until_run(run_id, lambda run: run["executions"][0]["pid"])["executions"][0]["pid"])
    assert server.stop() < 5
    assert gone(postgres)
    assert command.is_running()
    server.start()
    assert_whole(server, run_id, 600)


def test_cancelling_ends_a_tree_that_does_not_want_to(server):
    stubborn = "trap '' TERM; (trap '' TERM; setsid sleep 600) & echo ready; while true; do sleep 1; done"
    run_id = server.begin([{"name": "a", "command": stubborn}])
    begun(server, run_id)
    shell = psutil.Process(server.until_run(run_id, lambda run: run["executions"][0]["pid"])["executions"][0]["pid"])
    tree = [shell, *shell.children(recursive=True)]
    server.post(f"/api/v1/runs/{run_id}/cancel", {})
    run = server.until_ended(run_id, 30)
    assert run["status"] == "cancelled"
    psutil.wait_procs(tree, timeout=5)
    assert all(gone(process) for process in tree)


def test_a_retry_finds_the_files_of_what_completed(server, tmp_path):
    flag = tmp_path / "flag"
    stages = [
        {"name": "make", "command": 'echo "made once" > "$MLTUI_OUTPUT_DIR/file"'},
        {
            "name": "use",
            "command": f'test -e {flag} && cat "$MLTUI_RUN_DIR/make/file"',
            "dependencies": ["make"],
        },
    ]
    first = server.begin(stages)
    assert server.until_ended(first)["status"] == "failed"
    flag.touch()
    second = server.post(f"/api/v1/runs/{first}/retry", {})["id"]
    run = server.until_ended(second)
    assert run["status"] == "completed"
    assert log_of(server, run) == ["made once"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("exit 7", "exit code 7"),
        ("kill -SEGV $$", "killed by SIGSEGV (signal 11)"),
        (["no-such-program"], "no-such-program"),
    ],
)
def test_how_a_command_failed_is_said(server, command, message):
    run_id = server.begin([{"name": "a", "command": command}])
    run = server.until_ended(run_id)
    assert run["status"] == "failed"
    assert message in run["error_message"]


def test_a_stage_that_takes_too_long_is_stopped(server):
    run_id = server.begin([{"name": "a", "command": "sleep 600", "timeout_s": 1}])
    run = server.until_ended(run_id, 30)
    assert run["error_message"] == "stage 'a' failed: timed out after 1 s"


def test_a_second_server_on_the_same_data_refuses(server):
    import subprocess
    import sys

    second = subprocess.run(
        [sys.executable, "-m", "mltui_server"],
        env=server.environment | {"MLTUI_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 2
    assert "belongs to a server that runs already" in second.stderr
    assert second.stderr.count("\n") == 1
    assert server.process.poll() is None


def test_a_second_server_on_the_same_database_refuses(server, tmp_path):
    import subprocess
    import sys

    other = server.environment | {
        "MLTUI_PORT": "0",
        "MLTUI_DATA_DIR": str(tmp_path / "other"),
        "DATABASE_URL": server.dsn(),
    }
    second = subprocess.run(
        [sys.executable, "-m", "mltui_server"], env=other, capture_output=True, text=True, timeout=40, check=False
    )
    assert second.returncode == 2
    assert second.stderr.strip().splitlines()[-1].startswith("mltui serve: another server works on this database")
    assert server.process.poll() is None


def test_ctrl_c_stops_it_as_well(server):
    postgres = server.postgres()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(5) == 0
    assert gone(postgres)
    last = server.said().splitlines()[-1]
    assert json.loads(last)["event"] == "stopping", "no library has anything to add"
