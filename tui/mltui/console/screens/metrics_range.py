"""Which time to look at: the dialogs that ask."""

from typing import TYPE_CHECKING

from rich.text import Text

from mltui.console.screens.ask_text import AskLine
from mltui.console.screens.choose import Choice, Choose
from mltui.console.state.time_range import ALL, PRESETS, RangeFault, TimeRange, parse_range

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

OTHER = "other"


async def ask_range(app: "MltuiApp", now: TimeRange) -> TimeRange | None:
    """The range that was chosen; None when it is to stay as it is."""
    moment = app.session.now()
    choices = [Choice(text, Text(parse_range(text, moment).words())) for text in PRESETS if text != ALL.text]
    choices += [Choice(ALL.text, Text("all there is")), Choice(OTHER, Text("from … to …, or another length"))]
    at = now.text if now.text in PRESETS else OTHER
    chosen = await app.push_screen_wait(Choose("Time", "enter shows", choices, at=at))
    if chosen is None:
        return None
    if chosen != [OTHER]:
        return parse_range(chosen[0], moment)
    what = "As in 90m, 12h, 14:00 .., yesterday 14:00 .. yesterday 16:30, 2026-03-01 .. 2026-03-08. Times are local."
    text = await app.push_screen_wait(
        AskLine("Time", what, now.text if at == OTHER else "", lambda text: _fault(app, text))
    )
    return None if text is None else parse_range(text, app.session.now())


def _fault(app: "MltuiApp", text: str) -> str:
    if not text.strip():
        return "write a length, or two times with .. between them"
    try:
        parse_range(text, app.session.now())
    except RangeFault as fault:
        return str(fault)
    return ""
