"""From what an agent saw (exit code, signal, …) to a status and one line that says why. Pure."""

import signal
from dataclasses import dataclass

from mltui.wire.executions import Finish
from mltui.wire.states import Status

GIB, MIB = 2.0**30, 2.0**20
LOST = "agent lost"
"""How the message begins where nobody reported how it ended."""
HEARD = "heard later"
"""What the agent told in the end comes after this."""


@dataclass(frozen=True)
class Outcome:
    status: Status
    error: str | None = None


def outcome_of(finish: Finish, timeout_s: float | None) -> Outcome:
    """Time-out, OOM kill, signal and exit code are told apart, in this order."""
    if finish.timed_out:
        limit = f" after {timeout_s:g} s" if timeout_s else ""
        return Outcome(Status.FAILED, f"timed out{limit}")
    if finish.cancelled:
        return Outcome(Status.CANCELLED)
    if finish.error_message:
        return Outcome(Status.FAILED, finish.error_message)
    if finish.oom_killed:
        return Outcome(Status.FAILED, f"killed by the kernel: out of memory{_peak(finish.memory_peak)}")
    if finish.signal is not None:
        return Outcome(Status.FAILED, f"killed by {signal_name(finish.signal)}")
    if finish.exit_code != 0:
        return Outcome(Status.FAILED, f"exit code {finish.exit_code}")
    return Outcome(Status.COMPLETED)


def signal_name(number: int) -> str:
    """`SIGKILL (signal 9)`."""
    try:
        return f"{signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"signal {number}"


def _peak(memory: float | None) -> str:
    if memory is None:
        return ""
    return f" (peak {memory / GIB:.1f} GiB)" if memory >= GIB else f" (peak {memory / MIB:.0f} MiB)"
