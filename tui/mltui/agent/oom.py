"""What this cgroup says of memory, v1 and v2 alike: whether the kernel killed for it, and how much there may be."""

from pathlib import Path

NO_BOUND = 1 << 60


def oom_kills(root: Path = Path("/")) -> int:
    """Kills that the cgroup has counted so far; 0 where there is no such count."""
    return sum(_count(path) for path in _counters(root))


def memory_limit(root: Path = Path("/")) -> int | None:
    """Bytes that the processes of this cgroup may take together, the groups above it included; None without a bound."""
    mounts = root / "sys/fs/cgroup"
    bounds = []
    for counter in _counters(root):
        for folder in (counter.parent, *counter.parent.parents):
            if not folder.is_relative_to(mounts):
                break
            bounds += [_bound(folder / name) for name in ("memory.max", "memory.limit_in_bytes")]
    return min((bound for bound in bounds if bound is not None), default=None)


def _bound(path: Path) -> int | None:
    """v1 has no word for none, and says a number that no machine has."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < NO_BOUND else None


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
