"""Series to write to a store, and reading them back."""

import importlib
import pkgutil

import pyarrow as pa
import pytest

from mltui_server import samples
from mltui_server.lib.ids import new_id
from mltui_server.samples.store import SampleStore, Selection, SeriesColumns, SeriesName

RUN = new_id()


def columns(values, *, key="loss", steps=None, times=None, run=RUN, before=0) -> SeriesColumns:
    count = len(values)
    return SeriesColumns(
        SeriesName(run, key),
        pa.array(range(count) if times is None else times, pa.int64()),
        pa.array(range(count) if steps is None else steps, pa.int64()),
        pa.array(values, pa.float64()),
        before,
    )


async def exported(store: SampleStore, key="loss", axis="time", run=RUN, low=None, high=None) -> list[tuple]:
    rows = []
    async for batch in store.export(Selection(run, [key], axis, low, high), key):
        rows += [tuple(row.values()) for row in batch.to_pylist()]
    return rows


def shrink(monkeypatch: pytest.MonkeyPatch, limits: dict[str, object]) -> None:
    """Sets constants of the stores, wherever they are used: a few samples then do what millions would."""
    for found in pkgutil.walk_packages(samples.__path__, f"{samples.__name__}."):
        module = importlib.import_module(found.name)
        for name, value in limits.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
