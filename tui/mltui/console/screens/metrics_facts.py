"""What the title says of the metric that is looked at: what it is, and what of it is not there or not of now."""

import time

from rich.text import Text

from mltui.console import format
from mltui.console.faults import MOST_QUOTED, cut, is_refusal
from mltui.console.screens.metrics_answer import Gone
from mltui.console.state.metric_state import MetricState
from mltui.wire.metrics import MetricRow

MOST_MISSING = 40
"""Characters of what is waited for."""


def title_facts(searched: str, metric: MetricRow | None, state: MetricState, *, takes_long: bool) -> Text:
    """`searched` is what the list is searched for; `takes_long` says that its answer has been waited for a while."""
    facts = Text()
    if searched:
        facts.append(f"/{cut(searched, MOST_QUOTED)}  ", "accent")
    if metric is not None:
        facts.append(" · ".join(word for word in (metric.type.value, metric.unit) if word), "muted")
    if isinstance(state.error, Gone):
        facts.append("  ✗ deleted", "error")
    elif state.missing and (takes_long or state.progress is None):
        facts.append(f"  {_why_missing(state)} {cut(state.missing, MOST_MISSING)}", "warning")
    elif state.error is not None and state.data is not None:
        age = format.duration(max(1.0, float(int(time.monotonic() - state.answered_at))))
        facts.append(f"  not up to date, {age} old", "warning")
    return facts


def _why_missing(state: MetricState) -> str:
    if state.progress is not None:
        return "waiting for"
    if state.error is None:
        return "stopped:"
    return "refused:" if is_refusal(state.error) else "waiting for"
