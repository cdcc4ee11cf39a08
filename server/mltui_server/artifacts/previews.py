"""What a console shows of an artifact: the beginning, as text, JSON or a table. Bounded, whatever the file is."""

import asyncio
import io
import json
from pathlib import PurePosixPath

from mltui.wire.artifact_previews import (
    IMAGE_BYTES,
    JSON_BYTES,
    TABLE_BYTES,
    TABLE_COLUMNS,
    TABLE_ROWS,
    TEXT_BYTES,
    AnyPreview,
    ImagePreview,
    JsonPreview,
    NoPreview,
    TableColumn,
    TablePreview,
    TextPreview,
)
from mltui.wire.counting import counted
from mltui_server.artifacts.cells import cell
from mltui_server.artifacts.contents import Contents
from mltui_server.artifacts.encodings import in_utf8, text_of
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.packing import SUFFIXES as PACKED
from mltui_server.artifacts.packing import unpacked
from mltui_server.artifacts.parquet import ParquetReader

IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}
PARQUET = {".parquet", ".pq"}
SEPARATED = {".csv": ",", ".tsv": "\t"}
JSON = {".json", ".ipynb", ".geojson"}
MOST_BYTES = max(TEXT_BYTES, JSON_BYTES, TABLE_BYTES)


class Previews:
    def __init__(self, contents: Contents) -> None:
        self._contents, self._parquet = contents, ParquetReader()

    async def of(self, key: str) -> AnyPreview:
        """Raises NotFound, Conflict for an artifact without content, Unavailable where the store is away."""
        artifact = await self._contents.readable(key)
        name = artifact.name.lower()
        if PurePosixPath(name).suffix in PARQUET:
            return await self._parquet.first_rows(
                artifact.file_size, lambda start, stop: self._bytes(artifact, start, stop)
            )
        if artifact.media_type in IMAGES:
            if artifact.file_size > IMAGE_BYTES:
                return NoPreview(note=f"an image of more than {IMAGE_BYTES >> 20} MiB")
            return ImagePreview(media_type=artifact.media_type)
        head = await self._bytes(artifact, 0, min(artifact.file_size, MOST_BYTES))
        return await asyncio.to_thread(shown, name, head, cut=artifact.file_size > len(head))

    async def _bytes(self, artifact: Artifact, start: int, stop: int) -> bytes:
        return b"".join([piece async for piece in await self._contents.read(artifact, start, stop)])


def shown(name: str, head: bytes, *, cut: bool) -> AnyPreview:
    """What is seen of a file called `name` that begins with `head`; `cut` says that there is more."""
    if name.endswith(PACKED):
        try:
            head = unpacked(name, head, MOST_BYTES)
        except ValueError as error:
            return NoPreview(note=str(error))
        name, cut = name.rpartition(".")[0], cut or len(head) == MOST_BYTES
    if not head:
        return TextPreview(text="", cut=False)
    head, how = in_utf8(head, cut=cut)
    if b"\0" in head[:TEXT_BYTES]:
        return NoPreview(note="not text, and no format that is shown here")
    preview = _read(PurePosixPath(name).suffix, head, cut=cut)
    preview.note = "; ".join(filter(None, (how, preview.note)))
    return preview


def _read(suffix: str, head: bytes, *, cut: bool) -> AnyPreview:
    note = ""
    try:
        if suffix in JSON:
            return _json(head, cut=cut)
        if suffix in SEPARATED:
            return _table(head, SEPARATED[suffix], cut=cut)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        note = f"shown as text: {why}"
    cut = cut or len(head) > TEXT_BYTES
    return TextPreview(text=text_of(head[:TEXT_BYTES], cut=cut), cut=cut, note=note)


def _json(head: bytes, *, cut: bool) -> JsonPreview:
    if cut:
        raise ValueError(f"more than {JSON_BYTES >> 20} MiB of JSON")
    text = head.decode()
    json.loads(text)
    return JsonPreview(text=text)


def _table(head: bytes, separator: str, *, cut: bool) -> TablePreview:
    """Raises ValueError for what is no table."""
    from pyarrow import csv as reader
    from pyarrow import string

    left_out = 0

    def skip(_: object) -> str:
        nonlocal left_out
        left_out += 1
        return "skip"

    if cut:
        # The last line may have only half come.
        head = head[: head.rfind(b"\n") + 1]
    form = reader.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=skip)
    block = reader.ReadOptions(block_size=max(1, len(head)), use_threads=False)
    typed = reader.read_csv(io.BytesIO(head), read_options=block, parse_options=form)
    left_out = 0
    # As it is written: 007 is not 7.
    verbatim = reader.ConvertOptions(column_types=dict.fromkeys(typed.column_names, string()), strings_can_be_null=True,
                                     null_values=[""])  # fmt: skip
    table = reader.read_csv(io.BytesIO(head), read_options=block, parse_options=form, convert_options=verbatim)
    columns = [[cell(value) for value in column.to_pylist()] for column in table.slice(0, TABLE_ROWS).columns]
    return TablePreview(
        columns=[TableColumn(name=field.name, type=str(field.type)) for field in list(typed.schema)[:TABLE_COLUMNS]],
        rows=[list(row) for row in zip(*columns[:TABLE_COLUMNS], strict=True)],
        row_count=None if cut else table.num_rows,
        column_count=table.num_columns,
        note=f"left out: {counted(left_out, 'row')} with another number of values" if left_out else "",
    )
