"""From how a command ended to what that means, in one line. Pure."""

import signal

from mltui.wire.states import Status
from mltui.wire.why import Cause
from mltui_server.executions.models import Execution
from mltui_server.executions.outcome import HEARD, LOST, signal_name
from mltui_server.runs.models import Run, StageRun

SHELL_SIGNAL = 128
"""A shell adds this to the number of the signal that ended its command."""
MEANINGS = {
    signal.SIGKILL: "by somebody, or for a limit on memory that its machine does not count here",
    signal.SIGSEGV: "a segmentation fault: native code touched memory that is not its own",
    signal.SIGBUS: "a bus error: often shared memory (/dev/shm) that is full",
    signal.SIGABRT: "it aborted itself: an assertion of native code failed",
    signal.SIGILL: "an illegal instruction: native code that was built for another processor",
    signal.SIGFPE: "an arithmetic error in native code",
    signal.SIGTERM: "something asked it to end",
    signal.SIGINT: "somebody interrupted it",
    signal.SIGHUP: "its terminal went away",
    signal.SIGPIPE: "what read its output went away",
    signal.SIGXCPU: "it reached its limit of CPU time",
}


def message_of(run: Run, stage: StageRun | None) -> str | None:
    """What was said of the stage that failed, or of the run."""
    return stage.error_message if stage is not None and stage.error_message else run.error_message


def cause_of(run: Run, stage: StageRun | None, execution: Execution | None) -> tuple[Cause, str]:
    """Of what failed: the stage, where there are stages, at its last attempt."""
    message = message_of(run, stage) or "it said nothing"
    if run.timed_out and (stage is None or stage.status != Status.FAILED.value):
        return Cause.RUN_TIMED_OUT, f"the run {run.error_message or 'timed out'}; what was under way was stopped"
    if execution is None:
        return Cause.REPORTED, message
    if execution.oom_killed:
        return Cause.OUT_OF_MEMORY, message
    if message.startswith("timed out"):
        return Cause.TIMED_OUT, f"it {message}, which is all it may take"
    if message.startswith(LOST):
        why = "" if HEARD in message else ": its machine or its agent died, or the network between was cut"
        return Cause.AGENT_LOST, f"{message}{why}"
    if execution.signal is not None:
        return Cause.SIGNAL, f"killed by {_signal(execution.signal)}"
    if execution.exit_code is None or not _tells(message, execution.exit_code):
        return Cause.NOT_STARTED, message
    if execution.exit_code > SHELL_SIGNAL and _known(execution.exit_code - SHELL_SIGNAL):
        ended = _signal(execution.exit_code - SHELL_SIGNAL)
        return Cause.EXIT_CODE, f"{message}: a process of it was killed by {ended}"
    return Cause.EXIT_CODE, message


def _tells(message: str, exit_code: int) -> bool:
    """Alone, or before what the command said itself."""
    told = f"exit code {exit_code}"
    return message == told or message.startswith(f"{told}: ")


def _signal(number: int) -> str:
    meaning = MEANINGS.get(signal.Signals(number)) if _known(number) else None
    return f"{signal_name(number)}{f': {meaning}' if meaning else ''}"


def _known(number: int) -> bool:
    return number in signal.valid_signals() and number in list(signal.Signals)
