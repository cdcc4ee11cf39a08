"""Samples of NVIDIA GPUs through NVML. Without a driver there is nothing, at no cost."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

_DRIVER_SIGNS = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia/version"), Path("/dev/dxg"))


class Gpus:
    """Open while sampling: `with Gpus() as gpus: gpus.sample()`."""

    def __init__(self) -> None:
        self._nvml: ModuleType | None = None
        self._handles: list[Any] = []

    def __enter__(self) -> Self:
        # The module alone costs 60 ms and 10 MB.
        if not any(sign.exists() for sign in _DRIVER_SIGNS):
            return self
        import pynvml

        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError:
            return self
        self._nvml = pynvml
        self._handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._nvml is not None:
            self._nvml.nvmlShutdown()

    def sample(self) -> dict[str, dict[str, float]]:
        """By device: `gpu0`, `gpu1`…. A field that a card does not have is left out."""
        if self._nvml is None:
            return {}
        return {f"gpu{i}": _fields(self._nvml, handle) for i, handle in enumerate(self._handles)}


def _fields(nvml: Any, handle: Any) -> dict[str, float]:
    readers: dict[str, Callable[[], float]] = {
        "utilization_percent": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
        "memory_bytes": lambda: nvml.nvmlDeviceGetMemoryInfo(handle).used,
        "memory_percent": lambda: _used_percent(nvml.nvmlDeviceGetMemoryInfo(handle)),
        "power_watts": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
        "temperature_celsius": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
    }
    values: dict[str, float] = {}
    for name, read in readers.items():
        try:
            values[name] = float(read())
        except nvml.NVMLError:
            continue
    return values


def _used_percent(memory: Any) -> float:
    return float(100.0 * memory.used / memory.total)
