"""What a run's tabs say where they have nothing to show: why that is so, and what would change it."""

from collections.abc import Sequence

from mltui.console import format, shell
from mltui.wire.runs import RunDetail, StageRunRow
from mltui.wire.samples import RESOURCE_PREFIX, SeriesSummary
from mltui.wire.states import LIVE, Status

HOW_TO_LOG = 'In Python: run.log({"loss": x}, step=i)'


def no_log(stage: StageRunRow | None, url: str) -> str:
    if stage is None:
        tracked = shell.command("exec -- …", url)
        return f"Nothing was run under the agent here, so there is no log.\nTrack a command with  {tracked}"
    if stage.reused_from is not None:
        return f"{stage.name} was taken over from the run that this one retries;\nits log is there."
    if stage.status is Status.SKIPPED:
        return f"{stage.name} was skipped: something that it depends on did not complete."
    return f"{stage.name} has not begun."


def no_charts(run: RunDetail | None, series: Sequence[SeriesSummary] | None) -> str:
    """Before the server has answered, nothing is known and nothing is said."""
    if run is None or series is None:
        return ""
    if any(not one.key.startswith(RESOURCE_PREFIX) for one in series):
        return "No line is shown: each series has one value, which the overview has.\nc chooses series all the same."
    return f"Nothing logged yet. {HOW_TO_LOG}" if run.status in LIVE else f"Nothing was logged. {HOW_TO_LOG}"


def no_resources(run: RunDetail | None, series: Sequence[SeriesSummary] | None) -> str:
    if run is None or series is None:
        return ""
    if run.status in LIVE:
        return "Nothing measured yet. The agent measures each stage while it runs."
    if run.max_memory_usage is not None or run.max_cpu_usage is not None:
        memory, cpu = format.size(run.max_memory_usage), format.percent(run.max_cpu_usage)
        return f"It was too short for curves.\nIts peaks: memory {memory}, CPU {cpu} of one core."
    return "Nothing was measured: the agent measures only what it runs itself."
