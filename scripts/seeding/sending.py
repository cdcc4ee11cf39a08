"""Points to a server through its public API, in batches."""

import time
from collections.abc import Iterator

import httpx
import msgspec

from mltui.wire.metrics import MAX_POINTS, CreateMetric, DataBatch, DataPoint

CONFLICT, UNAVAILABLE = 409, 503


class SendError(Exception):
    """The server did not take it. One line."""


class Sender:
    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", timeout=60, trust_env=False)

    def make(self, metric: CreateMetric) -> None:
        """Once; one that is there is to have the same type and labels."""
        answer = self._post("/metrics", metric)
        if answer.status_code == CONFLICT:
            answer = self._http.get(f"/metrics/{metric.name}")
            there = answer.json()
            if (there["type"], there["label_keys"]) != (metric.type, metric.label_keys):
                raise SendError(f"the server has another metric named {metric.name!r}; delete it first")
        self._check(answer)

    def send(self, name: str, points: list[DataPoint]) -> None:
        """All of them are durable when it returns. Waits for an inbox that is full."""
        for batch in _batches(points):
            while (answer := self._post(f"/metrics/{name}/data/batch", batch)).status_code == UNAVAILABLE:
                time.sleep(float(answer.headers.get("Retry-After", "1")))
            self._check(answer)

    def _post(self, path: str, body: msgspec.Struct) -> httpx.Response:
        try:
            return self._http.post(path, content=msgspec.json.encode(body))
        except httpx.HTTPError as error:
            raise SendError(f"no server answers at {self._http.base_url.host}:{self._http.base_url.port} ({error}); "
                            "start one, or name it by --url") from None  # fmt: skip

    def _check(self, answer: httpx.Response) -> None:
        if not answer.is_success:
            raise SendError(answer.json().get("detail", answer.text))


def _batches(points: list[DataPoint]) -> Iterator[DataBatch]:
    for start in range(0, len(points), MAX_POINTS):
        yield DataBatch(points=points[start : start + MAX_POINTS])
