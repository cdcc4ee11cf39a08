"""`mltui doctor`: what is reachable, in which version, and what to do about what is not."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from mltui import __version__
from mltui.cli.output import Column, duration, print_json, print_table, size
from mltui.cli.session import add_json, add_url, converse, url_of
from mltui.wire.counting import counted
from mltui.wire.health import Component, Level

if TYPE_CHECKING:
    from mltui.client import Client

MARKS: dict[Level, str] = {"ok": "✓", "degraded": "!", "down": "✗", "off": "·"}


class Report(Struct):
    """All findings, worst level first in `status`."""

    status: Level
    url: str
    findings: list[Component]


def add(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    add_url(parser)
    parser.set_defaults(call=run)


def run(args: argparse.Namespace) -> int:
    url = url_of(args)
    findings = [
        Component(name="client", status="ok", version=__version__),
        *converse(args, _server),
        _spool(),
        _gpu(),
    ]
    levels = {finding.status for finding in findings}
    status: Level = "down" if "down" in levels else "degraded" if "degraded" in levels else "ok"
    if args.json:
        print_json(Report(status, url, findings))
    else:
        _print(findings)
    return 0 if status == "ok" else 1


def _print(findings: list[Component]) -> None:
    columns = [Column(""), Column("WHAT"), Column("VERSION", flexible=True), Column("LATENCY", right=True), Column("")]
    rows = []
    for finding in findings:
        latency = "" if finding.latency_ms is None else f"{finding.latency_ms:.1f} ms"
        rows.append([MARKS[finding.status], finding.name, finding.version, latency, finding.detail])
    print_table(columns, rows)


async def _server(client: "Client") -> list[Component]:
    """The server and its components, as it says they are."""
    from mltui.client import ProblemError, Unreachable

    began = time.perf_counter()
    try:
        health = await client.health()
    except (Unreachable, ProblemError) as error:
        return [Component(name="server", status="down", detail=str(error).replace("; see `mltui doctor`", ""))]
    latency = (time.perf_counter() - began) * 1000
    detail = f"{client.url}, up {duration(health.uptime_s)}"
    same = health.version == __version__
    if not same:
        detail += f"; this client is {__version__}: install the same version on both sides"
    server = Component(
        name="server",
        status="ok" if same else "degraded",
        version=health.version,
        latency_ms=round(latency, 2),
        detail=detail,
    )
    return [server, *health.components]


def _spool() -> Component:
    """What processes that died could not ship, and what a server refused."""
    from mltui.agent.environment import spool_root
    from mltui.agent.spool import is_held

    root = spool_root()
    left = refused = 0
    octets = 0
    for group in sorted(root.iterdir()) if root.is_dir() else []:
        if group.name.startswith(".") or not group.is_dir() or is_held(group / "lock"):
            continue
        refused += (group / "refused").exists()
        if segments := [file for file in group.rglob("*.seg") if file.exists()]:
            left += 1
            octets += sum(_size(file) for file in segments)
    words = []
    if left:
        words.append(f"{counted(left, 'process')} died with {size(octets)} not shipped: run `mltui sync`")
    if refused:
        words.append(f"the server refused records of {counted(refused, 'process')}: see the folders refused in {root}")
    return Component(
        name="spool", status="degraded" if words else "ok", detail="; ".join(words) or f"nothing left over in {root}"
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _gpu() -> Component:
    """The NVIDIA driver of this machine, where there is one."""
    import pynvml

    try:
        pynvml.nvmlInit()
        try:
            driver = pynvml.nvmlSystemGetDriverVersion()
            count = pynvml.nvmlDeviceGetCount()
            names = [pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(i)) for i in range(count)]
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError_LibraryNotFound:
        return Component(name="gpu", status="off", detail="no NVIDIA driver on this machine: GPUs are not sampled")
    except pynvml.NVMLError as error:
        return Component(name="gpu", status="degraded", detail=f"the NVIDIA driver does not answer: {error}")
    return Component(name="gpu", status="ok", version=driver, detail=", ".join(names))
