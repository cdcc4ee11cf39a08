"""The console as a person feels it, in a real terminal, on a server with 10,000 runs."""

import sys
from collections.abc import Iterator

from bench_terminal.__main__ import FLOOR_APP
from bench_terminal.measure import measure
from bench_terminal.report import Report, quantile

from benchmarks.figure import Figure
from benchmarks.seed import seed
from benchmarks.server import MLTUI, bench_server

RUNS = 10_000
STARTS = 5
READY = "nightly-ingest|fraud-scoring|churn|ranking|embeddings"
"""The screen names a run: its table is filled, keys work."""
KEYS = ["down"] * 30 + ["up"] * 10 + ["pagedown"] * 15 + ["pageup"] * 15 + ["end", "home"] * 5
IDLE_S = 10.0
BARE_TEXTUAL = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("ready")
Bare().run()
"""


def figures(quick: bool) -> Iterator[Figure]:
    """Start-up, key to paint and idle bytes, beside a bare Textual app and a raw echo program."""
    with bench_server() as server:
        seed(server.dsn, RUNS)
        argv = [MLTUI, "--url", server.url]
        measure(argv, ready=READY)  # the first start writes byte code
        starts = [measure(argv, ready=READY, idle_s=0.1) for _ in range(1 if quick else STARTS)]
        used = measure(argv, ready=READY, keys=KEYS[:: 10 if quick else 1], idle_s=1.0 if quick else IDLE_S)
    bare = measure([sys.executable, "-c", BARE_TEXTUAL], ready="ready")
    floor = measure([sys.executable, "-c", FLOOR_APP], ready="ready", keys=["down"] * 20)
    yield Figure(
        name=f"cold mltui to interactive, {RUNS:,} runs", value=_ready(starts), unit="ms", aim="< 700",
        peer="a Textual app with one line of text", peer_value=_ready([bare]),
    )  # fmt: skip
    yield Figure(
        name="key to paint, p95", value=quantile(used.paints(), 0.95), unit="ms", aim="< 30",
        peer="a raw echo program", peer_value=quantile(floor.paints(), 0.95),
    )  # fmt: skip
    yield Figure(
        name="bytes written when idle", value=used.idle_bytes_per_s, unit="B/s", aim="0",
        peer="a Textual app with one line of text", peer_value=bare.idle_bytes_per_s,
    )  # fmt: skip


def _ready(reports: list[Report]) -> float:
    """Median ms to the frame that shows the runs."""
    return quantile([report.startup.ready for report in reports if report.startup.ready is not None], 0.5)
