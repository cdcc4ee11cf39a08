"""What a file is, by its name."""

import mimetypes
from pathlib import PurePosixPath

from mltui.wire.artifacts import ArtifactType

SUFFIXES: dict[ArtifactType, str] = {
    ArtifactType.MODEL: "pt pth ckpt safetensors onnx h5 keras pb tflite pkl pickle joblib cbm ubj gguf bin mlmodel",
    ArtifactType.DATASET: "csv tsv parquet arrow feather npy npz tfrecord jsonl ndjson orc avro",
    ArtifactType.PLOT: "png jpg jpeg svg gif webp bmp",
    ArtifactType.LOG: "log out err",
    ArtifactType.CONFIG: "yaml yml toml ini cfg conf env",
    ArtifactType.REPORT: "md html htm pdf ipynb rst txt",
}
NAMES = {"metrics.json": ArtifactType.METRICS, "config.json": ArtifactType.CONFIG}
PACKED = {".gz", ".zst", ".bz2", ".xz"}
_BY_SUFFIX = {f".{suffix}": type_ for type_, suffixes in SUFFIXES.items() for suffix in suffixes.split()}
_MEDIA = {
    ".parquet": "application/vnd.apache.parquet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".md": "text/markdown",
    ".log": "text/plain",
}
"""Beside what Python knows, which differs from system to system."""


def guessed_type(name: str) -> ArtifactType:
    path = PurePosixPath(name.lower())
    if path.name in NAMES:
        return NAMES[path.name]
    if "metrics" in path.stem and path.suffix in (".json", ".csv"):
        return ArtifactType.METRICS
    return _BY_SUFFIX.get(_suffix(path), ArtifactType.OTHER)


def media_type(name: str) -> str:
    path = PurePosixPath(name.lower())
    return _MEDIA.get(path.suffix) or mimetypes.guess_type(path.name, strict=False)[0] or "application/octet-stream"


def _suffix(path: PurePosixPath) -> str:
    """The last one, but for that of a packed file."""
    suffixes = path.suffixes
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1] in PACKED else path.suffix
