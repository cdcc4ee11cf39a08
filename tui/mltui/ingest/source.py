"""What a job reads: its files, as one table of a kind that is named or detected."""

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mltui.ingest.fault import SourceFault
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
HEAD_BYTES = 4096


@dataclass(frozen=True)
class Source:
    files: tuple[Path, ...]
    """Where they are read: under names that mean nothing to DuckDB, which takes some for patterns."""
    names: dict[str, str]
    """What they are called, by where they are read."""
    format: SourceFormat
    compression: Compression
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
        wild = glob.has_magic(str(path))
        raise SourceFault(f"{path}: no file matches" if wild else f"{path}: there is no such file on this machine")
    return files


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


Kind = tuple[SourceFormat, Compression]


def _kind(file: Path, name: str, options: ReadOptions) -> Kind:
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    except OSError as error:
        raise SourceFault(f"{name}: {error.strerror}") from None
    if not head:
        raise SourceFault(f"{name} is empty")
    plain, ending = _endings(name.partition("?")[0].lower())
    compression = options.compression or next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    compression = compression or COMPRESSIONS.get(ending, Compression.NONE)
    format_ = options.format or ENDINGS.get(plain) or _format_of(head, name, compression)
    if format_ is SourceFormat.PARQUET and compression is not Compression.NONE:
        raise SourceFault(f"{name} is Parquet inside {compression.value}, which cannot be read in parts; unpack it")
    return format_, compression


def _endings(name: str) -> tuple[str, str]:
    """Of `events.csv.gz`: `.csv` and `.gz`."""
    path = Path(name)
    if path.suffix in COMPRESSIONS:
        return Path(path.stem).suffix, path.suffix
    return path.suffix, ""


def _format_of(head: bytes, name: str, compression: Compression) -> SourceFormat:
    if head.startswith(PARQUET):
        return SourceFormat.PARQUET
    if compression is not Compression.NONE:
        raise SourceFault(f"{name}: what is packed in it cannot be told from its name; say the format")
    if head.startswith(ZIP) or b"\0" in head:
        kinds = ", ".join(SourceFormat)
        raise SourceFault(f"{name} is {'a ZIP archive' if head.startswith(ZIP) else 'no text'}; what can be read is "
                          f"{kinds}, plain or packed with gzip or zstd")  # fmt: skip
    return SourceFormat.JSON if head.lstrip()[:1] in (b"{", b"[") else SourceFormat.CSV


def _words(kind: Kind) -> str:
    format_, compression = kind
    return format_.value if compression is Compression.NONE else f"{format_.value} in {compression.value}"
