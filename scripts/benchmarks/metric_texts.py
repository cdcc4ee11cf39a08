"""The largest texts of other programs: how long one takes, and how long everybody else waits meanwhile."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from benchmarks.figure import Figure
from benchmarks.server import bench_server
from mltui.wire.metrics import MAX_TEXT_VALUES

QUICK_LINES = 2_000
LABEL_SETS = 100
START = 1_760_000_000
AT_ONCE = 4
PAUSE_S, AFTER_S = 0.01, 3.0
"""Between two questions of who waits, and for how long after the texts are taken: points move to the store."""
TEXTS: Mapping[str, str] = {
    "lines": "bench_lines,queue=q{queue} value={value} {time}000000000\n",
    "prometheus": 'bench_prometheus{{queue="q{queue}"}} {value} {time}000\n',
}


def figures(quick: bool) -> Iterator[Figure]:
    with (
        bench_server() as server,
        httpx.Client(base_url=f"{server.url}/api/v1", timeout=300, trust_env=False) as client,
    ):
        for path in TEXTS:
            for at_once in (1, AT_ONCE):
                yield from _figures(client, path, QUICK_LINES if quick else MAX_TEXT_VALUES, at_once)


def _figures(client: httpx.Client, path: str, lines: int, at_once: int) -> Iterator[Figure]:
    idle = _longest_wait(client, [])
    body = _text(TEXTS[path], lines)
    with ThreadPoolExecutor(at_once) as senders:
        began = time.perf_counter()
        sent = [senders.submit(_send, client, path, body) for _ in range(at_once)]
        longest = _longest_wait(client, sent)
        took = max(future.result() for future in sent) - began
    texts = f"metrics: {at_once} × {lines:,} lines to /{path}"
    yield Figure(name=f"{texts}, all taken", value=took, unit="s")
    yield Figure(
        name=f"{texts}, others wait", value=1000 * longest, unit="ms", peer="while nothing else is done",
        peer_value=1000 * idle,
    )  # fmt: skip


def _text(line: str, lines: int) -> bytes:
    rows = (line.format(queue=n % LABEL_SETS, value=n * 0.37 % 100, time=START + n) for n in range(lines))
    return "".join(rows).encode()


def _send(client: httpx.Client, path: str, body: bytes) -> float:
    """When it was answered."""
    client.post(f"/metrics/{path}", params={"create": True}, content=body).raise_for_status()
    return time.perf_counter()


def _longest_wait(client: httpx.Client, sent: list[Future[float]]) -> float:
    """Seconds that the list of metrics took at most, until some time after all was sent."""
    waits, end = [], time.monotonic() + AFTER_S
    while time.monotonic() < end:
        began = time.perf_counter()
        client.get("/metrics").raise_for_status()
        waits.append(time.perf_counter() - began)
        if not all(future.done() for future in sent):
            end = time.monotonic() + AFTER_S
        time.sleep(PAUSE_S)
    return max(waits)
