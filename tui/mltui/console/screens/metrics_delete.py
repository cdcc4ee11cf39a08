"""Deleting the metric that is looked at: the dialog that says what goes, and the request that follows."""

from typing import TYPE_CHECKING

from mltui.console.screens.dialog import Confirm
from mltui.console.screens.undo import remember
from mltui.wire.metrics import MetricRow
from mltui.wire.runs import RESTORABLE_H

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


async def delete(app: "MltuiApp", metric: MetricRow) -> None:
    """Ask, and delete it."""
    now = await app.client.metric(metric.name)
    what = (
        f"Deletes {metric.name}, with {now.points:,} points of {now.label_sets:,} label sets. What sends it points is "
        f"refused, or makes another one.\n\nz brings it back; after {RESTORABLE_H} hours, or while another one has its "
        "name, nothing does."
    )
    if await app.push_screen_wait(Confirm(f"Delete {metric.name}?", what)):
        await app.client.delete_metric(metric.name)
        await remember(app, f"deleted {metric.name}", "metric.delete", [metric.id])
