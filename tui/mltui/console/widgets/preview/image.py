"""Images in the terminal, by textual-image, loaded only for one: by the terminal's graphics, or as half blocks."""

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from textual.widget import Widget

MOST_PIXELS = 50_000_000
SHOWN_PIXELS = (1600, 1200)
"""More of it no terminal shows."""
INSTALL = "images are shown with textual-image: pip install '.[images]' in a checkout"
SIXEL_TERMS = ("foot", "mlterm", "yaft", "contour")
SIXEL_PROGRAMS = ("WezTerm", "iTerm.app", "mintty", "BlackBox")

Graphics = Literal["kitty", "sixel", "blocks"]


class NoImage(Exception):
    """It cannot be shown; the message says why."""


def opened(content: bytes) -> Any:
    """A PIL image, small enough to be drawn. Slow: for a thread. Raises NoImage."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise NoImage(INSTALL) from None
    # Its own limit warns on stderr, and that is the screen; ours is lower, and needs the head of the file only.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP", "BMP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NoImage(f"an image of {image.width:,} × {image.height:,} pixels: too large to be shown")
            image.draft("RGB", SHOWN_PIXELS)
            whole = image.convert("RGB")
    except NoImage:
        raise
    except UnidentifiedImageError:
        raise NoImage("it is no image, whatever its name says") from None
    except Exception as error:
        raise NoImage(f"it cannot be read as an image: {error}") from None
    whole.thumbnail(SHOWN_PIXELS)
    return whole


def image_widget(image: Any, environment: Mapping[str, str] = os.environ) -> Widget:
    """Raises NoImage where textual-image is not installed."""
    try:
        with _nobody_asked():
            from textual_image.widget import HalfcellImage, SixelImage, TGPImage
    except ImportError:
        raise NoImage(INSTALL) from None
    made = {"kitty": TGPImage, "sixel": SixelImage, "blocks": HalfcellImage}[graphics(environment)]
    widget: Widget = made(image, classes="image")
    return widget


def graphics(environment: Mapping[str, str]) -> Graphics:
    """What the terminal can, by its name: to ask it is too late while the console reads what it says.

    >>> graphics({"TERM": "xterm-kitty"}), graphics({"TERM_PROGRAM": "WezTerm"}), graphics({"TERM": "xterm-256color"})
    ('kitty', 'sixel', 'blocks')
    """
    if "TMUX" in environment or "STY" in environment:
        return "blocks"
    if environment.get("TERM") == "xterm-kitty":
        return "kitty"
    if environment.get("TERM", "").startswith(SIXEL_TERMS) or environment.get("TERM_PROGRAM") in SIXEL_PROGRAMS:
        return "sixel"
    return "blocks"


@contextmanager
def _nobody_asked() -> Iterator[None]:
    """On import textual-image asks the terminal what it can, unless its output goes elsewhere."""
    terminal: Any = sys.__stdout__
    sys.__stdout__ = io.StringIO()  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        sys.__stdout__ = terminal  # type: ignore[misc]
