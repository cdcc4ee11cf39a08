"""Tells whether the kernel killed something of this cgroup for memory, cgroup v1 and v2 alike."""

from pathlib import Path


def oom_kills(root: Path = Path("/")) -> int:
    """Kills that the cgroup has counted so far; 0 where there is no such count."""
    return sum(_count(path) for path in _counters(root))


def _counters(root: Path) -> list[Path]:
    """The files that count, from lines such as `0::/user.slice` (v2) or `4:memory:/docker/ab` (v1)."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    mounts = root / "sys/fs/cgroup"
    files: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        below = path.lstrip("/")
        if not controllers:
            files += [mounts / below / "memory.events", mounts / "unified" / below / "memory.events"]
        elif "memory" in controllers.split(","):
            files.append(mounts / "memory" / below / "memory.oom_control")
    return files


def _count(path: Path) -> int:
    try:
        text = path.read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("oom_kill "))
