"""Which machine this is, and since which boot: agents say it, and the server compares."""

import socket
from functools import cache
from pathlib import Path


@cache
def host_name() -> str:
    return socket.gethostname()


@cache
def boot_id() -> str:
    """Differs after each boot. Empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
