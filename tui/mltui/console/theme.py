"""Themes, and the one table of how each status looks. Widgets take every colour from here."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from rich.style import Style
from textual.app import App
from textual.color import Color, ColorParseError, Lab, lab_to_rgb, rgb_to_lab
from textual.theme import BUILTIN_THEMES, Theme

from mltui.wire.states import Status


@dataclass(frozen=True, slots=True)
class Look:
    """A glyph of one cell, and the name of a colour: a variable of the theme."""

    glyph: str
    colour: str


STATUS: dict[Status, Look] = {
    Status.PENDING: Look("○", "status-waiting"),
    Status.QUEUED: Look("◌", "status-waiting"),
    Status.RUNNING: Look("●", "status-running"),
    Status.CANCELLING: Look("◐", "warning"),
    Status.COMPLETED: Look("✓", "success"),
    Status.FAILED: Look("✗", "error"),
    Status.CANCELLED: Look("⊘", "warning"),
    Status.SKIPPED: Look("↷", "status-waiting"),
}

SERIES_COLOURS = 8
"""How many series of one chart can be told apart; the ninth looks like the first."""

_DARK_SERIES = ("#5ab0f6", "#f2a65a", "#6ed39a", "#d58cf0", "#f27c8e", "#e3d26f", "#5fd6d2", "#b9a58c")
_LIGHT_SERIES = ("#1f6fc4", "#c25a00", "#1b7f4b", "#8a3ab9", "#c02a4a", "#8a7000", "#007f86", "#6d5a42")
_ANSI_SERIES = (
    "ansi_bright_blue",
    "ansi_yellow",
    "ansi_green",
    "ansi_magenta",
    "ansi_red",
    "ansi_cyan",
    "ansi_white",
    "ansi_bright_green",
)


def _series(colours: tuple[str, ...]) -> dict[str, str]:
    return {f"series-{i}": colour for i, colour in enumerate(colours)}


DARK = Theme(
    name="mltui-dark",
    primary="#5ab0f6",
    secondary="#8fa3bf",
    accent="#f2a65a",
    success="#6ed39a",
    warning="#e6b455",
    error="#f0667d",
    foreground="#d3dbe6",
    background="#0d1117",
    surface="#121821",
    panel="#1c2532",
    variables={
        **_series(_DARK_SERIES),
        "status-running": "#5ab0f6",
        "status-waiting": "#7d8b9e",
        "log-stderr": "#e6b8a2",
        "muted": "#7d8b9e",
        "faint": "#2a3543",
        "block-cursor-background": "#24405f",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#1c2836",
        "block-cursor-text-style": "none",
        "border": "#5ab0f6",
        "border-blurred": "#2a3543",
        "footer-background": "#121821",
        "footer-key-foreground": "#f2a65a",
        "scrollbar": "#2f3d4f",
        "scrollbar-hover": "#3d4f66",
        "scrollbar-active": "#5ab0f6",
        "scrollbar-background": "#0d1117",
        "scrollbar-background-hover": "#0d1117",
        "scrollbar-background-active": "#0d1117",
        "scrollbar-corner-color": "#0d1117",
    },
)

LIGHT = Theme(
    name="mltui-light",
    dark=False,
    primary="#1f6fc4",
    secondary="#56657a",
    accent="#b35300",
    success="#1b7f4b",
    warning="#946200",
    error="#c02a4a",
    foreground="#1f2733",
    background="#fbfbf9",
    surface="#f3f3ef",
    panel="#e6e7e3",
    variables={
        **_series(_LIGHT_SERIES),
        "status-running": "#1f6fc4",
        "status-waiting": "#6b7684",
        "log-stderr": "#8a3f22",
        "muted": "#6b7684",
        "faint": "#d5d8d6",
        "block-cursor-background": "#cfe2f6",
        "block-cursor-foreground": "#101820",
        "block-cursor-blurred-background": "#e4e9ee",
        "block-cursor-text-style": "none",
        "border": "#1f6fc4",
        "border-blurred": "#c9cdcc",
        "footer-background": "#e6e7e3",
        "footer-key-foreground": "#b35300",
        "scrollbar": "#c3c8cb",
        "scrollbar-hover": "#a9b1b6",
        "scrollbar-active": "#1f6fc4",
        "scrollbar-background": "#fbfbf9",
        "scrollbar-background-hover": "#fbfbf9",
        "scrollbar-background-active": "#fbfbf9",
        "scrollbar-corner-color": "#fbfbf9",
    },
)

ANSI = Theme(
    name="mltui-ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        **_series(_ANSI_SERIES),
        "status-running": "ansi_bright_blue",
        "status-waiting": "ansi_default",
        "log-stderr": "ansi_yellow",
        "muted": "ansi_default",
        "faint": "ansi_default",
        "block-cursor-background": "ansi_blue",
        "block-cursor-foreground": "ansi_bright_white",
        "block-cursor-blurred-background": "ansi_black",
        "border": "ansi_bright_blue",
        "border-blurred": "ansi_bright_black",
    },
)
"""The terminal's own sixteen colours; what NO_COLOR leaves of it is attributes, see Palette."""

THEMES = (DARK, LIGHT, ANSI)

VARIABLE_DEFAULTS = {
    **_series(_DARK_SERIES),
    "status-running": "#4a9fe8",
    "status-waiting": "#808a98",
    "log-stderr": "#c98a6b",
    "muted": "#808a98",
    "faint": "#68727f",
}
"""What Textual's own themes lack of our variables: colours halfway between black and white, for dark and light ones."""

_QUIET = frozenset({"muted", "faint", "status-waiting"})
_LOUD = frozenset({"accent", "error", "warning", "footer-key-foreground"})
"""Where there are no colours, the quiet ones are dim, these are bold, and the others are as any text."""


class Palette:
    """The colours of the theme that is on, as Rich styles without a background; attributes only, if `plain`."""

    def __init__(self, variables: dict[str, str], *, plain: bool = False) -> None:
        self._variables, self.plain = variables, plain
        self._styles: dict[tuple[str, bool], Style] = {}

    def style(self, name: str, *, dim: bool = False) -> Style:
        """The colour `name`. `dim` moves it towards the background, for what stands behind something else."""
        known = self._styles.get((name, dim))
        if known is None:
            known = self._styles[name, dim] = self._make(name, dim)
        return known

    def series(self, index: int, *, dim: bool = False) -> Style:
        """The colour of a chart's series number `index`, from 0."""
        return self.style(f"series-{index % SERIES_COLOURS}", dim=dim)

    def ramp(self, steps: int) -> list[Style]:
        """Surfaces from near the background to far from it, in even steps of lightness; [] where colours do not mix."""
        stops = [self._colour(name) for name in ("background", "series-0", "foreground")]
        if self.plain or any(colour.ansi is not None for colour in stops):
            return []
        low, middle, high = (rgb_to_lab(colour) for colour in stops)
        return [Style(bgcolor=_between(low, middle, high, step / steps).rich_color) for step in range(1, steps + 1)]

    def status(self, status: Status) -> Style:
        return self.style(STATUS[status].colour)

    def _make(self, name: str, dim: bool) -> Style:
        if self.plain:
            return Style(bold=True) if name in _LOUD and not dim else Style(dim=dim or name in _QUIET)
        colour = self._colour(name)
        if colour.ansi is not None and name in _QUIET:
            # Bright black is unreadable on half of all terminals' backgrounds, and on the cursor's.
            return Style(color=colour.rich_color, dim=True)
        if not dim:
            return Style(color=colour.rich_color)
        background = self._colour("background")
        if colour.ansi is not None or background.ansi is not None:
            return Style(color=colour.rich_color, dim=True)
        return Style(color=background.blend(colour, 0.45).rich_color)

    def _colour(self, name: str) -> Color:
        try:
            return Color.parse(self._variables.get(name) or VARIABLE_DEFAULTS[name])
        except (KeyError, ColorParseError):
            return Color.parse("ansi_default")


def _between(low: Lab, middle: Lab, high: Lab, part: float) -> Color:
    """The colour whose lightness is that `part` of the way from `low` to `high`, by way of `middle`."""
    lightness = low.L + part * (high.L - low.L)
    turn = (middle.L - low.L) / (high.L - low.L)
    one, other, at = (low, middle, part / turn) if part < turn else (middle, high, (part - turn) / (1 - turn))
    return lab_to_rgb(Lab(lightness, one.a + at * (other.a - one.a), one.b + at * (other.b - one.b)))


_palettes: WeakKeyDictionary[App[Any], tuple[dict[str, str], Palette]] = WeakKeyDictionary()


def palette(app: App[Any]) -> Palette:
    """The palette of the theme that `app` shows now. Cheap: widgets ask once a cell."""
    known = _palettes.get(app)
    if known is None or known[0] is not app.theme_variables:
        # A new dict comes with each change of theme.
        known = _palettes[app] = (app.theme_variables, Palette(app.theme_variables, plain=app.no_color))
    return known[1]
