"""One figure, and the table that scripts/bench prints of them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number, with its aim and the naive way (or the limit) measured in the same run."""

    name: str
    value: float
    unit: str
    aim: str = ""
    """As people say it: `> 500,000`, `< 30`, `0`. Empty: no aim was set."""
    peer: str = ""
    """What `peer_value`, in the same unit, was measured on."""
    peer_value: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the value is what the aim says; None without one. Raises ValueError for an aim that is no number."""
        if not self.aim:
            return None
        sign, number = (self.aim[0], self.aim[1:]) if self.aim[0] in "<>" else ("=", self.aim)
        limit = float(number.replace(",", ""))
        return {"<": self.value < limit, ">": self.value > limit, "=": self.value == limit}[sign]


HEADINGS = ("figure", "value", "aim", "", "beside it", "")


def table(figures: list[Figure]) -> str:
    """Figures as aligned lines."""
    rows = [HEADINGS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}}  {aim:>{widths[2]}}  {met:<{widths[3]}}"
        f"  {beside:>{widths[4]}}  {peer}".rstrip()
        for name, value, aim, met, beside, peer in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    met = {None: "", True: "met", False: "missed"}[figure.met]
    beside = "" if figure.peer_value is None else f"{_number(figure.peer_value)} {figure.unit}"
    return figure.name, f"{_number(figure.value)} {figure.unit}", figure.aim, met, beside, figure.peer


def _number(value: float) -> str:
    """Three significant digits or whole numbers: more would claim a precision that one run does not have."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
