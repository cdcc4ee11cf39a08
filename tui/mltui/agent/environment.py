"""What the environment tells the agent and the SDK: addresses, folders and bounds. Nothing is read at import."""

import math
import os
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8642"
DEFAULT_SPOOL_MAX = 10 * 1024**3
DEFAULT_SAMPLE_EVERY_S = 1.0
DEFAULT_DRAIN_S = 10.0
SHORTEST_SAMPLE_S = 0.05
LONGEST_S = 86_400.0
"""A day: no setting in seconds means more, and the clocks below take no number whatever."""


class WrongSetting(ValueError):
    """Which variable says nothing sensible, what it says, and what would be right, in one line."""


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
    return int(_number("MLTUI_SPOOL_MAX", DEFAULT_SPOOL_MAX, "a number of bytes, at least 1", least=1, most=2.0**63))


def sample_every_s() -> float:
    """`MLTUI_SAMPLE_EVERY_S`: seconds between two resource samples. Default 1."""
    right = f"a number of seconds, {SHORTEST_SAMPLE_S:g} to {LONGEST_S:g}"
    return _number("MLTUI_SAMPLE_EVERY_S", DEFAULT_SAMPLE_EVERY_S, right, least=SHORTEST_SAMPLE_S, most=LONGEST_S)


def drain_s() -> float:
    """`MLTUI_DRAIN_S`: seconds that a program in a shell waits at its end for the server. Default 10."""
    right = f"a number of seconds, 0 to {LONGEST_S:g}"
    return _number("MLTUI_DRAIN_S", DEFAULT_DRAIN_S, right, least=0, most=LONGEST_S)


def check_settings() -> None:
    """Raises WrongSetting: before anything runs, rather than at its end."""
    spool_max(), sample_every_s(), drain_s()


def _number(name: str, default: float, right: str, *, least: float, most: float) -> float:
    """What a variable says, else the default. Raises WrongSetting, which says what is `right`."""
    text = os.environ.get(name)
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise WrongSetting(f"{name}={text!r} is not {right}; the default is {default:.12g}")
    return number
