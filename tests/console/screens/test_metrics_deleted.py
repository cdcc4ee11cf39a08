"""Metrics that somebody deletes or changes while they are looked at: it is said, and nobody is taken to another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from console_server import ConsoleServer
from metric_points import add_metrics, add_workers
from test_metrics import look_at, session, settled

from mltui.console.state.memory import Memory


def delete(server: ConsoleServer, name: str) -> None:
    httpx.delete(f"{server.url}/api/v1/metrics/{name}").raise_for_status()


def change(server: ConsoleServer, name: str, **fields: str) -> None:
    httpx.patch(f"{server.url}/api/v1/metrics/{name}", json=fields).raise_for_status()


async def test_a_metric_that_is_deleted_is_said_and_another_one_is_chosen_by_hand(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Path
) -> None:
    add_metrics(server)
    path = tmp_path / "console.json"
    async with open_console(session=session(path), size=(140, 32)) as console:
        screen = await look_at(console, "gpu_temperature")
        await console.until_shown("3 label sets")
        shown = screen.state.data
        delete(server, "gpu_temperature")
        await console.until_shown("gpu_temperature was deleted; choose another metric", "✗ deleted")
        await console.until(lambda: screen.list.window.total == 3, "the list without it")
        # The next deletion is not a choice either.
        delete(server, "queue_depth")
        await console.until(lambda: screen.list.window.total == 2, "the list without both")
        await console.pilot.pause(0.5)
        assert "Metrics › gpu_temperature" in console.text
        assert Memory(path, "here").here.metric == "gpu_temperature"
        # What was shown can still be read and exported.
        assert screen.state.data is shown
        await console.press("e")
        await console.until_shown("Export", "of CSV")
        await console.press("escape", "tab", "k")
        await console.until_shown("Metrics › api_latency_ms", "2 label sets")
        assert "✗ deleted" not in console.text
        assert Memory(path, "here").here.metric == "api_latency_ms"


async def test_the_last_metric_that_is_deleted_is_said_too(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_workers(server, 2)
    async with open_console(session=session()) as console:
        await look_at(console, "worker_load")
        delete(server, "worker_load")
        await console.until_shown("worker_load was deleted", "No metrics yet.")


async def test_a_metric_that_leaves_the_search_is_looked_at_all_the_same(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    async with open_console(session=session(), size=(140, 32)) as console:
        await console.until_shown("● live")
        await console.press("m")
        await console.until_shown("Metrics › api_latency_ms")
        await console.press("slash")
        await console.type("driver")
        await console.until_shown("Metrics › gpu_temperature")
        await console.press("enter")
        await settled(console)
        change(server, "gpu_temperature", description="")
        await console.until_shown("None has")
        await settled(console)
        assert "Metrics › gpu_temperature" in console.text
        assert "deleted" not in console.text


async def test_a_unit_that_somebody_changes_is_shown(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session(), size=(140, 32)) as console:
        await look_at(console, "gpu_temperature")
        await console.until_shown("gauge · °C", " °C ─╯")
        change(server, "gpu_temperature", unit="kelvin")
        await console.until_shown("gauge · kelvin", " kelvin ─╯", "3 label sets")


async def test_a_metric_that_is_restored_is_looked_at_again(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    async with open_console(session=session(), size=(140, 32)) as console:
        screen = await look_at(console, "gpu_temperature")
        shown = screen.state.data
        delete(server, "gpu_temperature")
        await console.until_shown("✗ deleted")
        server.post("/metrics/gpu_temperature/restore", {})
        await console.until(lambda: "✗ deleted" not in console.text and screen.state.data is not shown, "an answer")
        await console.until_shown("Metrics › gpu_temperature", "3 label sets")


async def test_a_metric_that_is_made_again_is_shown(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session(), size=(140, 32)) as console:
        screen = await look_at(console, "gpu_temperature")
        await console.until_shown("gauge · °C", "3 label sets")
        delete(server, "gpu_temperature")
        await console.until_shown("✗ deleted")
        server.post("/metrics", {"name": "gpu_temperature", "type": "enum", "label_keys": []})
        await console.until_shown("gpu_temperature was deleted and made again", "No points yet.")
        await settled(console)
        assert screen.view.chart_name == "timeline"
        assert "✗ deleted" not in console.text
