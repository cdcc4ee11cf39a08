"""What a model's file is, by its name: its framework and its format."""

from pathlib import PurePosixPath

from mltui_server.artifacts.kinds import PACKED

KINDS: dict[str, tuple[str, str]] = {
    ".pt": ("pytorch", "torch"),
    ".pth": ("pytorch", "torch"),
    ".ckpt": ("pytorch", "checkpoint"),
    ".safetensors": ("", "safetensors"),
    ".onnx": ("", "onnx"),
    ".keras": ("keras", "keras"),
    ".h5": ("keras", "hdf5"),
    ".pb": ("tensorflow", "saved model"),
    ".tflite": ("tensorflow", "tflite"),
    ".pkl": ("", "pickle"),
    ".pickle": ("", "pickle"),
    ".joblib": ("scikit-learn", "joblib"),
    ".skops": ("scikit-learn", "skops"),
    ".cbm": ("catboost", "cbm"),
    ".ubj": ("xgboost", "ubjson"),
    ".gguf": ("", "gguf"),
    ".mlmodel": ("coreml", "mlmodel"),
    ".tar": ("", "folder"),
}
"""(framework, format) by suffix. A format that many frameworks write says nothing of the framework."""


def guessed(name: str) -> tuple[str, str]:
    """(framework, format) of a file or a URI; empty where its name does not tell.

    >>> guessed("models/best.PT"), guessed("s3://bucket/model.onnx.gz"), guessed("notes.txt")
    (('pytorch', 'torch'), ('', 'onnx'), ('', ''))
    """
    suffixes = PurePosixPath(name.lower()).suffixes
    if len(suffixes) > 1 and suffixes[-1] in PACKED:
        suffixes.pop()
    return KINDS.get(suffixes[-1] if suffixes else "", ("", ""))
