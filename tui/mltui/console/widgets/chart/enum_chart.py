"""What charts of states have in common: their names, and keys to go from label set to label set."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.label_sets import names, short_names
from mltui.console.widgets.chart.legend import Item, fitted, strips
from mltui.console.widgets.chart.reading import Quantity, Reading, exact
from mltui.console.widgets.chart.states import Share, shares
from mltui.console.widgets.chart.time_range import time_range
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.names import distinct
from mltui.wire.metrics import EnumData, EnumSeries

KEYS = [
    Key("states.next", "label_set(1)", "down,j", "Next label set"),
    Key("states.previous", "label_set(-1)", "up,k", "Previous label set"),
]
MOST_LEGEND_LINES = 3


def name_width(width: int) -> int:
    """How many of `width` columns the names at the left of lanes and bars have, however long they are.

    Not from the data: the columns that are left decide how many buckets are asked for.
    """
    return max(8, min(28, width // 4))


class EnumChart(Chart[EnumData]):
    """Subclasses say what the keys do with the label sets."""

    BINDINGS = bindings(KEYS)
    first = 0
    """The number of the first label set that is seen, where there is not room for all."""

    def action_label_set(self, step: int) -> None:
        raise NotImplementedError

    @property
    def columns(self) -> int:
        """One bucket a column."""
        width = self.viewport.width
        return max(0, width - name_width(width) - 1)

    @property
    def has_data(self) -> bool:
        return any(any(one.durations.values()) for one in self.series)

    def range_of(self, shown: EnumData) -> tuple[float, float]:
        return time_range(shown)

    @property
    def series(self) -> list[EnumSeries]:
        return [] if self.shown is None else self.shown.series

    @property
    def names(self) -> list[str]:
        """One a label set."""
        return self.names_of(self.series)

    def names_within(self, width: int) -> Sequence[str]:
        """The same in at most `width` columns each."""
        whole = self.names
        if all(cell_len(name) <= width for name in whole):
            return whole
        return distinct(tuple(self.short_names), width)

    @property
    def short_names(self) -> list[str]:
        """The same for little room."""
        return short_names([one.labels for one in self.series], self.title)

    def names_of(self, series: Sequence[EnumSeries]) -> list[str]:
        return names([one.labels for one in series], self.title)

    @property
    def states(self) -> list[str]:
        """As they are drawn."""
        return [] if self.shown is None else [text.printable(state) for state in self.shown.states]

    @property
    def letters(self) -> bool:
        """Whether states have letters beside their colours."""
        return self.ink.needs_letters(len(self.states))

    def shares_of(self, series: EnumSeries | None) -> list[Share]:
        return [] if self.shown is None else shares(self.shown, series)

    def legend(self, found: list[Share], values: list[str], width: int, most: int) -> list[Strip]:
        """States with a value each, in their colours."""
        items = [Item(one.state, one.colour) for one in found]
        # One column is blank at the left.
        return strips(fitted(items, values, width - 1, most), width, self.ink, letters=self.letters)

    def legend_of_all(self, width: int, most: int) -> list[Strip]:
        """Which state looks how, and what share it has in all label sets together."""
        found = self.shares_of(None)
        values = [text.percent(100 * one.share) for one in found]
        return self.legend(found, values, width, min(most, MOST_LEGEND_LINES))


def share_words(share: Share) -> str:
    """What part of the time it is, and how long that is exactly."""
    return f"{text.percent(100 * share.share)} {exact(share.seconds)}s"


def share_reading(name: str, share: Share) -> Reading:
    """A state's part in a label set, exactly."""
    return Reading(name, share.state, (Quantity("share", share.share), Quantity("duration", share.seconds, "s")))
