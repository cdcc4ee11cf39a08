"""What a chart draws with: the theme's colours on the widget's own background, and letters where those do not do."""

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase, digits

from rich.style import Style

from mltui.console.theme import SERIES_COLOURS, Palette

_LETTERS = ascii_lowercase + ascii_uppercase + digits


@dataclass(frozen=True, slots=True)
class Ink:
    palette: Palette
    base: Style

    def style(self, name: str) -> Style:
        """The theme's colour `name`."""
        return self.base + self.palette.style(name)

    def series(self, index: int, *, dim: bool = False) -> Style:
        """The colour of number `index`, from 0, of what is told apart."""
        return self.base + self.palette.series(index, dim=dim)

    def fill(self, index: int) -> Style:
        """A surface of number `index`; what is written on it is cut out. Without colours there is no surface."""
        if self.palette.plain:
            return self.base
        return self.base + Style(color=self.base.bgcolor, bgcolor=self.palette.series(index).color)

    def over(self, index: int, behind: int) -> Style:
        """Number `index` on a surface of number `behind`."""
        return self.fill(behind) + self.palette.series(index)

    def needs_letters(self, count: int) -> bool:
        """Whether colours alone do not tell `count` things apart."""
        return self.palette.plain or count > SERIES_COLOURS


def letter(index: int) -> str:
    """What number `index`, from 0, is marked with beside its colour: a … z, A … Z, 0 … 9, and a dot beyond."""
    return _LETTERS[index] if index < len(_LETTERS) else "·"
