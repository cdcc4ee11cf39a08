"""GPU samples. The driver cannot exist here, so its library is a stand-in with the same calls and errors."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mltui.agent import gpu


class NVMLError(Exception):
    pass


def absent(*_: object) -> float:
    raise NVMLError("not supported")


@pytest.fixture
def two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Two cards, the second without a power sensor."""
    library = SimpleNamespace(
        NVMLError=NVMLError,
        NVML_TEMPERATURE_GPU=0,
        open=False,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda i: i,
        nvmlDeviceGetUtilizationRates=lambda card: SimpleNamespace(gpu=40 + card),
        nvmlDeviceGetMemoryInfo=lambda card: SimpleNamespace(used=2**30 * (card + 1), total=2**32),
        nvmlDeviceGetPowerUsage=lambda card: 250_500 if card == 0 else absent(),
        nvmlDeviceGetTemperature=lambda card, sensor: 60 + card,
    )
    library.nvmlInit = lambda: setattr(library, "open", True)
    library.nvmlShutdown = lambda: setattr(library, "open", False)
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(gpu, "_DRIVER_SIGNS", (tmp_path / "nvidiactl",))
    monkeypatch.setitem(sys.modules, "pynvml", library)
    return library


def test_each_card_says_what_it_has(two_cards: SimpleNamespace) -> None:
    with gpu.Gpus() as gpus:
        assert two_cards.open
        assert gpus.sample() == {
            "gpu0": {
                "utilization_percent": 40.0,
                "memory_bytes": 2.0**30,
                "memory_percent": 25.0,
                "power_watts": 250.5,
                "temperature_celsius": 60.0,
            },
            "gpu1": {
                "utilization_percent": 41.0,
                "memory_bytes": 2.0**31,
                "memory_percent": 50.0,
                "temperature_celsius": 61.0,
            },
        }
    assert not two_cards.open


def test_a_driver_that_does_not_start_is_no_driver(two_cards: SimpleNamespace) -> None:
    two_cards.nvmlInit = absent
    with gpu.Gpus() as gpus:
        assert gpus.sample() == {}


def test_without_a_driver_the_library_is_not_even_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "_DRIVER_SIGNS", (Path("/nowhere"),))
    monkeypatch.setitem(sys.modules, "pynvml", None)  # importing it would raise
    with gpu.Gpus() as gpus:
        assert gpus.sample() == {}
