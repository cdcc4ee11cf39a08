"""Samples of the machine as a whole."""

import time

import psutil


class Host:
    """Rates are since the previous sample; the first one has none yet and says 0."""

    def __init__(self, directory: str) -> None:
        """`directory` tells which disk's fill to report."""
        self._directory = directory
        psutil.cpu_percent(None)
        self._at = time.monotonic()
        self._counters = _counters()

    def sample(self) -> dict[str, float]:
        now = time.monotonic()
        elapsed = max(now - self._at, 1e-3)
        counters = _counters()
        memory = psutil.virtual_memory()
        used = float(memory.total - memory.available)
        values = {
            "cpu_percent": psutil.cpu_percent(None),
            "memory_bytes": used,
            "memory_percent": 100.0 * used / memory.total,
        }
        try:
            values["disk_used_percent"] = psutil.disk_usage(self._directory).percent
        except FileNotFoundError:
            # The command removed its own directory; the other fields go on.
            values["disk_used_percent"] = psutil.disk_usage("/").percent
        for name, count in counters.items():
            # A counter falls when a disk or an interface goes away.
            values[name] = max(0, count - self._counters.get(name, count)) / elapsed
        self._at, self._counters = now, counters
        return values


def _counters() -> dict[str, int]:
    disk = psutil.disk_io_counters()
    net = psutil.net_io_counters()
    counters: dict[str, int] = {}
    if disk is not None:
        counters |= {"disk_read_bytes_per_s": disk.read_bytes, "disk_write_bytes_per_s": disk.write_bytes}
    if net is not None:
        counters |= {"net_recv_bytes_per_s": net.bytes_recv, "net_sent_bytes_per_s": net.bytes_sent}
    return counters
