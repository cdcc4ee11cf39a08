"""Deleting the metric that is looked at: the dialog that says what goes, and the request that follows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mltui.console.screens.dialog import Confirm
from mltui.console.screens.undo import remember
from mltui.wire.counting import counted
from mltui.wire.metrics import MetricRow
from mltui.wire.runs import RESTORABLE_H

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


async def delete(app: "MltuiApp", metric: MetricRow, leave: Callable[[], None]) -> None:
    """Ask, and delete it. `leave` is called before it goes: the list hears of that at once."""
    now = await app.client.metric(metric.name)
    what = (
        f"Deletes {metric.name}, with {counted(now.points, 'point')} of {counted(now.label_sets, 'label set')}. What "
        f"sends it points is refused, or makes another one.\n\nz brings it back; after {RESTORABLE_H} hours, or while "
        "another one has its name, nothing does."
    )
    if await app.push_screen_wait(Confirm(f"Delete {metric.name}?", what)):
        leave()
        await app.client.delete_metric(metric.name)
        await remember(app, f"deleted {metric.name}", "metric.delete", [metric.id])
