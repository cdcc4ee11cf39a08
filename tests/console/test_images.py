"""Images of artifacts: what cannot be shown is said in a line, and costs no memory to find out."""

import io
import tracemalloc
import warnings

import pytest
from PIL import Image

from mltui.console.widgets.preview.image import MOST_PIXELS, SHOWN_PIXELS, NoImage, opened


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("content", "said"), [
    (b"", "it is no image, whatever its name says"),
    (b"plain text", "it is no image, whatever its name says"),
    (png(300, 200)[:-30], "it cannot be read as an image: "),
], ids=["empty", "text", "cut"])  # fmt: skip
def test_a_broken_file_is_named_as_one(content, said):
    with pytest.raises(NoImage, match=said):
        opened(content)


def test_a_hundred_megapixels_are_refused_by_the_head_of_the_file_and_nothing_else_is_said():
    content = png(10_000, 10_000, "1")
    tracemalloc.start()
    with warnings.catch_warnings(), pytest.raises(NoImage, match="10,000 × 10,000 pixels: too large"):
        warnings.simplefilter("error")
        opened(content)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_large_one_is_made_small_enough():
    image = opened(png(8_000, MOST_PIXELS // 8_000, "1"))
    assert image.width <= SHOWN_PIXELS[0] and image.height <= SHOWN_PIXELS[1]
