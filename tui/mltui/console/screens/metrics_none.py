"""What is said where there is nothing to look at: no metrics, or no points of one; and how to send some."""

import json
from typing import Any

from mltui.console.faults import words_of
from mltui.console.state.metric_state import MetricState
from mltui.wire.metrics import MetricRow, MetricType

NONE_YET = "No metrics yet."
NOTHING_COUNTED = "Nothing was counted in this time: a first point only says where a histogram begins."
_POINTS: dict[MetricType, dict[str, Any]] = {
    MetricType.GAUGE: {"value": 3},
    MetricType.ENUM: {"state": "up"},
    MetricType.HISTOGRAM: {"buckets": {"0.1": 5, "+Inf": 8}},
}
"""Of each type one that the server takes."""


def no_metrics_yet(url: str) -> str:
    """What makes a first metric on the server at `url`, and sends it a point."""
    api = f"{url}/api/v1/metrics"
    gauge = {"name": "queue_depth", "type": "gauge"}
    return f"""{NONE_YET}

Make one and send it a point, from any shell:

{_post(api, gauge)}

{_post(f"{api}/queue_depth/data", _POINTS[MetricType.GAUGE])}

Or fill a server to try this out: scripts/seed_metrics"""


def no_points_yet(url: str, metric: MetricRow) -> str:
    """What sends `metric` a first point."""
    labels = {"labels": dict.fromkeys(metric.label_keys, "…")} if metric.label_keys else {}
    command = _post(f"{url}/api/v1/metrics/{metric.name}/data", labels | _POINTS[metric.type])
    return f"No points yet. From any shell:\n\n{command}"


def nothing_to_draw(state: MetricState, metric: MetricRow | None, url: str, *, filtered: bool) -> str:
    """What stands where a chart would be. `filtered`: whether it is of some label sets only."""
    if state.error is not None:
        return words_of(state.error)
    if state.cancelled:
        return "Stopped. ^r asks again."
    if state.data is None:
        return "Loading…"
    if metric is not None and not metric.points:
        return no_points_yet(url, metric)
    if filtered:
        return "No points here. f changes the filter, t the time."
    if metric is not None and metric.type is MetricType.HISTOGRAM:
        return f"{NOTHING_COUNTED} t shows another time."
    return "No points in this time. t shows another."


def _post(url: str, body: dict[str, Any]) -> str:
    return f"""curl {url} \\
 -H 'Content-Type: application/json' \\
 -d '{json.dumps(body, ensure_ascii=False)}'"""
