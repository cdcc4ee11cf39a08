"""What is said where there is nothing to look at: no metrics, or no points of one; and how to send some."""

import json
from typing import Any

from mltui.wire.metrics import MetricRow, MetricType

NONE_YET = "No metrics yet."
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


def _post(url: str, body: dict[str, Any]) -> str:
    return f"""curl {url} \\
 -H 'Content-Type: application/json' \\
 -d '{json.dumps(body, ensure_ascii=False)}'"""
