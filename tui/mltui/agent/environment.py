"""What the environment tells the agent and the SDK: addresses, folders and bounds. Nothing is read at import."""

import getpass
import os
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8642"
DEFAULT_SPOOL_MAX = 10 * 1024**3
DEFAULT_SAMPLE_EVERY_S = 1.0
DEFAULT_DRAIN_S = 10.0


def server_url() -> str:
    """`MLTUI_URL`, or the server that `mltui up` starts on this machine."""
    return os.environ.get("MLTUI_URL") or DEFAULT_URL


def spool_root() -> Path:
    """`MLTUI_SPOOL`, or `spool` under the platform's folder for a user's data."""
    if chosen := os.environ.get("MLTUI_SPOOL"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_data_dir("mltui", appauthor=False)) / "spool"


def spool_max() -> int:
    """`MLTUI_SPOOL_MAX`: bytes that all spools of this user may take together. Default 10 GiB."""
    return int(_number("MLTUI_SPOOL_MAX", DEFAULT_SPOOL_MAX))


def sample_every_s() -> float:
    """`MLTUI_SAMPLE_EVERY_S`: seconds between two resource samples. Default 1."""
    return max(0.05, _number("MLTUI_SAMPLE_EVERY_S", DEFAULT_SAMPLE_EVERY_S))


def drain_s() -> float:
    """`MLTUI_DRAIN_S`: seconds that a program in a shell waits at its end for the server. Default 10."""
    return _number("MLTUI_DRAIN_S", DEFAULT_DRAIN_S)


def user_name() -> str:
    """Who asks, for the server's events. Containers may have a uid without a name: then `uid 1234`."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}"


def _number(name: str, default: float) -> float:
    text = os.environ.get(name)
    if not text:
        return default
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name}={text!r} is not a number") from None
