"""What a job reads: its files, as one table of a kind that is named or detected."""

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mltui.ingest.fault import SourceFault
from mltui.ingest.unpacking import first_bytes
from mltui.wire.ingestion import Compression, ReadOptions, SourceFormat
from mltui.wire.sources import local_path

ENDINGS = {
    ".csv": SourceFormat.CSV, ".tsv": SourceFormat.TSV, ".tab": SourceFormat.TSV, ".json": SourceFormat.JSON,
    ".jsonl": SourceFormat.JSONL, ".ndjson": SourceFormat.JSONL, ".parquet": SourceFormat.PARQUET,
    ".pq": SourceFormat.PARQUET,
}  # fmt: skip
COMPRESSIONS = {".gz": Compression.GZIP, ".gzip": Compression.GZIP, ".zst": Compression.ZSTD, ".zstd": Compression.ZSTD}
MAGIC = {b"\x1f\x8b": Compression.GZIP, b"\x28\xb5\x2f\xfd": Compression.ZSTD}
PARQUET, ZIP = b"PAR1", b"PK\x03\x04"
PAGES = (b"<!doctype html", b"<html", b"<?xml")
LITTLE_ENDIAN, BIG_ENDIAN = b"\xff\xfe", b"\xfe\xff"
UTF_16 = "utf-16"
"""As DuckDB calls the one that begins with the lower byte."""
TABULAR = (SourceFormat.CSV, SourceFormat.TSV)
HEAD_BYTES = 4096


@dataclass(frozen=True)
class Source:
    files: tuple[Path, ...]
    """Where they are read: under names that mean nothing to DuckDB, which takes some for patterns."""
    names: dict[str, str]
    """What they are called, by where they are read."""
    format: SourceFormat
    compression: Compression
    encoding: str | None
    """None for UTF-8, which all is that is not CSV or TSV."""
    size: int
    """Bytes, packed as they are."""


def local_files(uri: str) -> dict[Path, str]:
    """The files that a path or pattern means, in order, with what they are called. Raises SourceFault."""
    return {file: str(file) for file in _found(uri)}


def _found(uri: str) -> list[Path]:
    path = Path(local_path(uri))
    if path.is_file():
        return [path]
    if path.is_dir():
        raise SourceFault(f"{path} is a folder; say which of its files, as in {path}/*.csv")
    found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207
    files = [file for file in found if file.is_file()]
    if not files:
        raise SourceFault(f"{path}: {_nothing(path, found)}")
    return files


def _nothing(path: Path, found: list[Path]) -> str:
    if found:
        return "is no regular file; what can be read are files that have an end"
    return "no file matches" if glob.has_magic(str(path)) else "there is no such file on this machine"


def source_of(names: Mapping[Path, str], folder: Path, options: ReadOptions) -> Source:
    """The files as one source: what each is called, by where it lies.

    Raises SourceFault for empty files, files of several kinds, and what is no table.
    """
    kinds = {file: _kind(file, name, options) for file, name in names.items()}
    begin, first = next(iter(kinds.items()))
    if other := next((file for file in names if kinds[file] != first), None):
        raise SourceFault(f"{names[begin]} is {_words(first)} and {names[other]} is {_words(kinds[other])}; "
                          "files of one job are of one kind")  # fmt: skip
    links = {file: folder / f"source-{number:05}" for number, file in enumerate(names)}
    for file, link in links.items():
        link.symlink_to(file)
    return Source(
        tuple(links.values()), {str(link): names[file] for file, link in links.items()}, *first,
        size=sum(file.stat().st_size for file in names),
    )  # fmt: skip


Kind = tuple[SourceFormat, Compression, str | None]


def _kind(file: Path, name: str, options: ReadOptions) -> Kind:
    packed = first_bytes(file, name, Compression.NONE, HEAD_BYTES)
    plain, ending = _endings(name.partition("?")[0].lower())
    compression = options.compression or next((kind for magic, kind in MAGIC.items() if packed.startswith(magic)), None)
    compression = compression or COMPRESSIONS.get(ending, Compression.NONE)
    head = first_bytes(file, name, compression, HEAD_BYTES)
    if not head:
        raise SourceFault(f"{name} is empty")
    format_ = options.format or (SourceFormat.PARQUET if head.startswith(PARQUET) else ENDINGS.get(plain))
    if format_ is not SourceFormat.PARQUET:
        format_ = _text_format(head, name, format_, told=options.format is not None)
        return format_, compression, _encoding(head, name, format_)
    if compression is not Compression.NONE:
        raise SourceFault(f"{name} is Parquet inside {compression.value}, which cannot be read in parts; unpack it")
    if not head.startswith(PARQUET):
        raise SourceFault(f"{name} does not begin as Parquet does; if it is something else, say the format, as in "
                          "--format csv")  # fmt: skip
    return format_, compression, None


def _endings(name: str) -> tuple[str, str]:
    """Of `events.csv.gz`: `.csv` and `.gz`."""
    path = Path(name)
    if path.suffix in COMPRESSIONS:
        return Path(path.stem).suffix, path.suffix
    return path.suffix, ""


def _text_format(head: bytes, name: str, format_: SourceFormat | None, *, told: bool) -> SourceFormat:
    """Raises SourceFault for what begins as no text of that format does."""
    begin = head.lstrip()
    if what := _what_else(head, begin):
        kinds = ", ".join(SourceFormat)
        raise SourceFault(f"{name} is {what}; what can be read is {kinds}, plain or packed with gzip or zstd")
    if format_ in TABULAR and not told and begin.startswith(b'{"'):
        raise SourceFault(f"{name} begins as JSON does; say the format, jsonl or {format_}")
    return format_ or (SourceFormat.JSON if begin[:1] in (b"{", b"[") else SourceFormat.CSV)


def _what_else(head: bytes, begin: bytes) -> str | None:
    if head.startswith(ZIP):
        return "a ZIP archive"
    if head.startswith(PARQUET):
        return "Parquet"
    if begin[:20].lower().startswith(PAGES):
        return "a page of HTML or XML"
    return "no text" if b"\0" in head and not head.startswith((LITTLE_ENDIAN, BIG_ENDIAN)) else None


def _encoding(head: bytes, name: str, format_: SourceFormat) -> str | None:
    if head.startswith(LITTLE_ENDIAN) and format_ in TABULAR:
        return UTF_16
    if head.startswith((LITTLE_ENDIAN, BIG_ENDIAN)):
        raise SourceFault(f"{name} is UTF-16 of a kind that cannot be read as {format_}; make it UTF-8, as with "
                          "`iconv -f UTF-16 -t UTF-8`")  # fmt: skip
    return None


def _words(kind: Kind) -> str:
    format_, compression, encoding = kind
    words = format_.value if encoding is None else f"{format_.value} of {encoding}"
    return words if compression is Compression.NONE else f"{words} in {compression.value}"
