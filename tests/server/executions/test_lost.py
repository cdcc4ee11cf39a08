"""Agents that are gone: silent for a lease, dead on this machine, or before a reboot."""

from datetime import UTC, datetime, timedelta

import psutil
import pytest
import sqlalchemy as sa

from mltui.wire.executions import LEASE_S
from mltui.wire.host import boot_id, host_name
from mltui_server.executions.lost import CLAIM_AT_LAST_S, CLAIM_WITHIN_S, settle_dead_here, settle_exited, settle_lost
from tests.server.agents import claim, eventually, make_pipeline, queued_execution, run_of, start, until_status

NOBODY = 2**22 + 1
"""A pid that no process has: above the kernel's limit."""


async def running_execution(http, **changes) -> tuple[str, str]:
    await make_pipeline(http)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")
    assert (await claim(http, execution_id, **changes)).status_code == 200
    return run_id, execution_id


async def silence(database, execution_id, seconds):
    async with database.session() as session:
        await session.execute(
            sa.text("UPDATE execution SET heartbeat_at = now() - make_interval(secs => :s) WHERE id = :id"),
            {"s": seconds, "id": execution_id},
        )


async def test_an_agent_not_heard_for_a_lease_is_lost(http, database):
    run_id, execution_id = await running_execution(http)
    await silence(database, execution_id, LEASE_S + 1)
    now = datetime.now(UTC)
    await settle_lost(database, now, now - timedelta(seconds=LEASE_S + 1))
    run = await until_status(http, run_id, "failed")
    assert run["error_message"] == "stage 'a' failed: agent lost (not heard for 20 s)"


async def test_while_the_server_itself_was_away_nobody_is_lost(http, database):
    run_id, execution_id = await running_execution(http)
    await silence(database, execution_id, 3600)
    now = datetime.now(UTC)
    await settle_lost(database, now, now - timedelta(seconds=LEASE_S - 1))
    assert (await run_of(http, run_id))["status"] == "running"


async def test_a_heartbeat_in_time_keeps_it(http, database):
    run_id, execution_id = await running_execution(http)
    await silence(database, execution_id, LEASE_S - 2)
    now = datetime.now(UTC)
    await settle_lost(database, now, now - timedelta(hours=1))
    assert (await run_of(http, run_id))["status"] == "running"


async def test_what_was_starved_and_not_dead_tells_in_the_end_how_it_ended(http, database):
    run_id, execution_id = await running_execution(http)
    await silence(database, execution_id, LEASE_S + 1)
    now = datetime.now(UTC)
    await settle_lost(database, now, now - timedelta(seconds=LEASE_S + 1))
    await until_status(http, run_id, "failed")
    told = {"signal": 9, "oom_killed": True, "memory_peak": 3 * 2.0**30}
    for _ in range(2):
        row = (await http.post(f"/api/v1/executions/{execution_id}/finish", json=told)).json()
    lost = "agent lost (not heard for 20 s)"
    heard = f"{lost}; heard later: killed by the kernel: out of memory (peak 3.0 GiB)"
    assert (row["status"], row["signal"], row["oom_killed"], row["error_message"]) == ("failed", 9, True, heard)
    assert (await run_of(http, run_id))["stages"][0]["error_message"] == heard
    why = (await http.get(f"/api/v1/runs/{run_id}/why")).json()
    assert (why["cause"], why["words"]) == ("out_of_memory", heard)
    events = (await http.get("/api/v1/events", params={"action": "execution.hear"})).json()["items"]
    assert [(event["before"], event["after"]) for event in events] == [
        ({"error_message": lost}, {"error_message": heard})
    ]


async def test_what_an_agent_stopped_because_it_was_lost_says_nothing_of_how_it_ended(http, database):
    run_id, execution_id = await running_execution(http)
    await settle_exited(database)(execution_id, "its process was killed by signal 9")
    run = await until_status(http, run_id, "failed")
    row = (await http.post(f"/api/v1/executions/{execution_id}/finish", json={"signal": 15, "cancelled": True})).json()
    assert (row["signal"], row["error_message"]) == (None, run["stages"][0]["error_message"])


async def test_lost_while_cancelling_ends_as_cancelled(http, database):
    run_id, execution_id = await running_execution(http)
    await http.post(f"/api/v1/runs/{run_id}/cancel", json={})
    await silence(database, execution_id, LEASE_S + 1)
    now = datetime.now(UTC)
    await settle_lost(database, now, now - timedelta(hours=1))
    await until_status(http, run_id, "cancelled")


async def test_at_start_the_dead_of_this_machine_are_settled_and_the_living_left_alone(http, database):
    import os

    dead, _ = await running_execution(http, host=host_name(), boot_id=boot_id(), agent_pid=NOBODY)
    living = await start(http)
    await claim(
        http, await queued_execution(http, living, "a"), host=host_name(), boot_id=boot_id(), agent_pid=os.getpid()
    )
    rebooted = await start(http)
    await claim(
        http, await queued_execution(http, rebooted, "a"), host=host_name(), boot_id="another", agent_pid=os.getpid()
    )
    await settle_dead_here(database)
    assert "its process is gone" in (await until_status(http, dead, "failed"))["error_message"]
    assert "the machine was restarted" in (await until_status(http, rebooted, "failed"))["error_message"]
    assert (await run_of(http, living))["status"] == "running"


async def test_an_agent_that_the_engine_saw_die_is_settled_at_once_unless_it_had_finished(http, database):
    run_id, execution_id = await running_execution(http)
    await settle_exited(database)(execution_id, "its process was killed by signal 9")
    run = await until_status(http, run_id, "failed")
    assert "agent lost (its process was killed by signal 9)" in run["error_message"]
    await settle_exited(database)(execution_id, "again")
    assert (await run_of(http, run_id))["error_message"] == run["error_message"]


@pytest.fixture
def agents_that_reach_nobody(parts):
    """Agents are started, and wait for a server that does not answer."""
    parts.state.url = "http://127.0.0.1:1"
    yield
    parts.state.url = None


async def launched(http, database, ago) -> tuple[str, str, psutil.Process]:
    """A run whose agent was started `ago` seconds ago and has not begun."""
    await make_pipeline(http)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")

    async def pid():
        async with database.session() as session:
            return await session.scalar(sa.text("SELECT agent_pid FROM execution WHERE id = :id"), {"id": execution_id})

    agent = psutil.Process(await eventually(pid, lambda pid: pid is not None))
    async with database.session() as session:
        await session.execute(
            sa.text("UPDATE execution SET launched_at = now() - make_interval(secs => :s) WHERE id = :id"),
            {"s": ago, "id": execution_id},
        )
    return run_id, execution_id, agent


async def test_an_agent_that_is_slow_to_begin_is_waited_for_while_it_lives(agents_that_reach_nobody, http, database):
    run_id, execution_id, agent = await launched(http, database, CLAIM_WITHIN_S + 30)
    now = datetime.now(UTC)
    await settle_lost(database, now, now - timedelta(hours=1))
    assert (await run_of(http, run_id))["stages"][0]["status"] == "queued"
    assert (await claim(http, execution_id)).status_code == 200
    assert (await run_of(http, run_id))["status"] == "running"
    agent.kill()


async def test_an_agent_that_does_not_begin_is_not_waited_for_for_ever(agents_that_reach_nobody, http, database):
    run_id, _, agent = await launched(http, database, CLAIM_AT_LAST_S + 1)
    now = datetime.now(UTC)
    await settle_lost(database, now, now - timedelta(hours=1))
    run = await until_status(http, run_id, "failed")
    assert run["error_message"] == "stage 'a' failed: no agent began it (it did not begin within 600 s)"
    agent.kill()


async def test_an_agent_that_died_before_it_began_is_not_waited_for(http, database):
    await make_pipeline(http)
    for pid, said in ((NOBODY, "its process is gone"), (None, "it did not begin within 30 s")):
        run_id = await start(http)
        execution_id = await queued_execution(http, run_id, "a")
        async with database.session() as session:
            await session.execute(
                sa.text(
                    "UPDATE execution SET host = :host, boot_id = :boot, agent_pid = :pid,"
                    " launched_at = now() - interval '31 s' WHERE id = :id"
                ),
                {"id": execution_id, "pid": pid, "host": host_name(), "boot": boot_id()},
            )
        now = datetime.now(UTC)
        await settle_lost(database, now, now - timedelta(hours=1))
        run = await until_status(http, run_id, "failed")
        assert run["error_message"] == f"stage 'a' failed: no agent began it ({said})"


async def test_an_agent_that_never_began_fails_the_attempt_and_the_next_one_may_work(http, database):
    await make_pipeline(http, stages=[{"name": "a", "command": "true", "retries": 1, "backoff_s": 0}])
    run_id = await start(http)
    first = await queued_execution(http, run_id, "a")
    await settle_exited(database)(first, "its process ended with exit code 1")

    async def second():
        stage = (await run_of(http, run_id))["stages"][0]
        return stage["execution_id"] if stage["status"] == "queued" else first

    execution_id = await eventually(second, lambda e: e != first)
    assert (await claim(http, execution_id)).status_code == 200
