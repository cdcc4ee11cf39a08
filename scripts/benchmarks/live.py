"""From a sample's POST to its dot on a chart that somebody looks at, in a real terminal."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx
from bench_terminal.pty import Pty
from bench_terminal.report import quantile
from bench_terminal.screen import Screen, frames_of

from benchmarks.figure import Figure
from benchmarks.load import START_NS, create_run
from benchmarks.server import MLTUI, bench_server

COLUMNS, ROWS = 160, 45
START_S, TAB_S = 3.0, 2.0
CHARTS_TAB = "3"
APART_S = (0.7, 1.3)
"""A training loop that logs about once a second, in step with nothing."""


@dataclass(frozen=True)
class Post:
    value: int
    at: float
    answered_ms: float


def figures(quick: bool) -> Iterator[Figure]:
    """One console on the run's charts; the sample's value in the legend tells that it is drawn."""
    with bench_server() as server, httpx.Client(base_url=f"{server.url}/api/v1", timeout=10) as client:
        run = create_run(server.url)
        _log(client, run, [1, 2, 3], 0)
        with Pty([MLTUI, "--url", server.url, "--run", run], COLUMNS, ROWS) as pty:
            pty.read_for(START_S)
            pty.press(CHARTS_TAB)
            pty.read_for(TAB_S)
            posts = list(_posts(pty, client, run, 5 if quick else 40))
            drawn = _drawn(pty, posts)
    yield Figure(
        name="a sample's POST to its dot on a live chart, median", value=quantile(drawn, 0.5), unit="ms", aim="< 300",
        peer="until the POST is answered", peer_value=quantile([post.answered_ms for post in posts], 0.5),
    )  # fmt: skip
    yield Figure(name="the same, p95", value=quantile(drawn, 0.95), unit="ms")


def _log(client: httpx.Client, run: str, values: Sequence[int], step: int) -> None:
    steps = list(range(step, step + len(values)))
    series = {"key": "loss", "times": [START_NS + at * 10**9 for at in steps], "values": values, "steps": steps}
    client.post(f"/runs/{run}/samples", json={"series": [series]}).raise_for_status()


def _posts(pty: Pty, client: httpx.Client, run: str, times: int) -> Iterator[Post]:
    rng = random.Random(7)
    for number in range(times):
        # Four digits, which a legend shows in full, and no number that an axis would show.
        value, at = 1013 + 37 * number, time.perf_counter()
        _log(client, run, [value], 3 + number)
        yield Post(value, at, (time.perf_counter() - at) * 1000)
        pty.read_for(rng.uniform(*APART_S))


def _drawn(pty: Pty, posts: Sequence[Post]) -> list[float]:
    """Ms from each POST to the first frame that shows its value. Raises RuntimeError when one is never shown."""
    screen, waiting, took = Screen(COLUMNS, ROWS), list(posts), list[float]()
    for at, frame in frames_of(pty.chunks):
        if screen.feed(frame) and waiting and str(waiting[0].value) in screen.text:
            took.append((at - waiting.pop(0).at) * 1000)
    if waiting:
        raise RuntimeError(f"{waiting[0].value} was never drawn; the screen was:\n{screen.text}")
    return took
