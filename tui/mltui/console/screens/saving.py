"""The dialog that saves artifacts to files where the console runs: how far it is, and a key that stops it."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from mltui.console import format
from mltui.console.keymap import SAVING
from mltui.console.screens.dialog import Dialog
from mltui.console.widgets.keys import bindings
from mltui.wire.artifacts import ArtifactRow
from mltui.wire.counting import counted

DRAWN_EVERY_S = 0.2
BAR = 40


class Saving(Dialog[str | None]):
    """Answers what was done, in words; None when it was stopped or failed, which it says itself."""

    DIALOG_KEYS = SAVING
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SAVING)]

    def __init__(self, what: str, rows: Sequence[ArtifactRow], folder: Path, above: str) -> None:
        """`above` is the part of the names that stands for folders that are not made."""
        super().__init__()
        self.heading = f"Saving {what}"
        self._rows, self._folder, self._above = rows, folder, above
        self._total = sum(row.file_size for row in rows)
        self._done, self._drawn = 0, 0.0

    def body(self) -> Iterable[Widget]:
        yield Static(f"to {self._folder}", classes="text", markup=False)
        yield Static("", classes="progress", markup=False)

    def on_mount(self) -> None:
        self._draw()
        self.carry_out()

    @work(group="save", exclusive=True, exit_on_error=False)
    async def carry_out(self) -> None:
        from mltui.artifact_files import BadPlace, save
        from mltui.part_file import ContentError

        try:
            written = await save(
                self.app.client, self._rows, self._folder, above=self._above, progress=self._progress
            )  # fmt: skip
        except (BadPlace, ContentError) as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(f"{error.filename or self._folder}: {error.strerror}")
        except Exception as error:
            self.app.report(error, "the save broke off; saved again, it goes on from there")
            self.dismiss(None)
        else:
            there = len(self._rows) - written
            known = f"; {there:,} there already" if there else ""
            self.dismiss(f"{counted(written, 'file')} saved to {self._folder}{known}")

    def _fail(self, words: str) -> None:
        self.app.notify(words, severity="error", markup=False)
        self.dismiss(None)

    def action_leave(self) -> None:
        share = f" at {100 * self._done // self._total} %" if self._total else ""
        self.app.notify(f"stopped{share}; saved again, it goes on from there", markup=False)
        self.dismiss(None)

    def _progress(self, done: int) -> None:
        self._done = done
        if time.monotonic() - self._drawn > DRAWN_EVERY_S:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        share = self._done / self._total if self._total else 1.0
        full = int(share * BAR)
        bar = Text().append("━" * full, self.app.theme_variables["accent"]).append("─" * (BAR - full), "dim")
        bar.append(f"  {share:.0%}  {format.size(self._done)} of {format.size(self._total)}")
        self.query_one(".progress", Static).update(bar)
