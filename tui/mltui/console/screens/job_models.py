"""The versions of models that a job's data went into: named on its page, and a key away."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from mltui.console.screens import model_words
from mltui.wire.ingestion import LinkedModel

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


def lines(models: Sequence[LinkedModel]) -> list[Text]:
    return [_line(model) for model in models] or [Text("none", "muted")]


async def open_one(app: "MltuiApp", job: str, models: Sequence[LinkedModel]) -> None:
    """Its screen; of several, the one that is chosen."""
    from mltui.console.screens.version import VersionScreen

    chosen = models[0]
    if len(models) > 1:
        from mltui.console.screens.choose import Choice, Choose

        choices = [Choice(model.id, _line(model)) for model in models]
        answer = await app.push_screen_wait(
            Choose(f"Models of {job}", "Linked to it, or trained on its data.", choices)
        )
        if not answer:
            return
        chosen = next(model for model in models if model.id == answer[0])
    app.push_screen(VersionScreen(chosen.model, str(chosen.version)))


def _line(model: LinkedModel) -> Text:
    line = Text(f"{model.model}/{model.version}  ").append_text(model_words.status(model.status))
    return line.append("  ").append_text(model_words.stage(model.stage))
