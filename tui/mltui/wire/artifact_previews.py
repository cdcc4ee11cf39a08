"""What is seen of artifacts without fetching them: folders that their names make, and the beginnings of files."""

from datetime import datetime

from mltui.wire.artifacts import ArtifactType
from mltui.wire.base import Answer


class ArtifactEntry(Answer, kw_only=True):
    """A file, or a folder that names make."""

    name: str
    """Without the folders that it lies in."""
    id: str | None
    """None for a folder."""
    files: int
    """All that are in it; 1 for a file."""
    file_size: int
    """Bytes; of a folder, of all that is in it."""
    artifact_type: ArtifactType | None
    created_at: datetime
    """Of a folder, the newest of what is in it."""


class Preview(Answer, kw_only=True, tag_field="kind"):
    note: str = ""
    """What a reader should know of it: why it is not shown as what its name says, or that it was read as Latin-1."""


class TextPreview(Preview, kw_only=True, tag="text"):
    text: str
    """Of at most TEXT_BYTES. What is in no known encoding has replacement characters."""
    cut: bool
    """Whether there is more of it."""


class JsonPreview(Preview, kw_only=True, tag="json"):
    """Understood whole or not at all. As Python writes it: NaN and Infinity may be bare words in it."""

    text: str


class TableColumn(Answer, kw_only=True):
    name: str
    type: str
    """As Arrow calls it: `int64`, `double`, `string`, …"""


class TablePreview(Preview, kw_only=True, tag="table"):
    columns: list[TableColumn]
    """At most TABLE_COLUMNS."""
    rows: list[list[str | None]]
    """The first TABLE_ROWS at most, each value as text of at most CELL_CHARACTERS."""
    row_count: int | None
    """Of the whole file, where that is known without reading it all."""
    column_count: int


class ImagePreview(Preview, kw_only=True, tag="image"):
    """To be fetched and drawn by whoever can."""

    media_type: str


class NoPreview(Preview, kw_only=True, tag="none"):
    """Nothing that could be shown; the note says why."""


AnyPreview = TextPreview | JsonPreview | TablePreview | ImagePreview | NoPreview

TEXT_BYTES = 64 << 10
JSON_BYTES = 1 << 20
TABLE_BYTES = 1 << 20
"""Of CSV that are read."""
IMAGE_BYTES = 16 << 20
TABLE_ROWS = 200
TABLE_COLUMNS = 100
CELL_CHARACTERS = 200
