"""InfluxDB's data plane, which 1.6 to 3 share: line protocol to `/write`, InfluxQL to `/query`."""

import asyncio
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx
import msgspec

from mltui.exchanges import Exchanges
from mltui_server.lib.disk_full import disk_full, tells_of_full_disk
from mltui_server.samples.influx.access import Access
from mltui_server.samples.influx.greeting import version_of, why_not_reached
from mltui_server.samples.influx.schema import name
from mltui_server.samples.store import StoreError

CONNECT_S, PING_S, ANSWER_S = 3.0, 5.0, 30.0
CONNECTIONS = 8
GZIP_LEVEL = 1
"""A sixth of the size, in half the time that making the lines takes."""
MSGPACK, JSON = "application/x-msgpack", "application/json"
DATA_STATUSES = (400, 413, 422)
"""The server may have taken a part; the same body again would end the same."""
_SETUP = re.compile(r"(database|bucket|organization|org|retention policy|dbrp)\b.*(not found|required|missing)", re.I)
"""A 400 that is not about the data."""
_DROPPED = re.compile(r"\s*dropped=([1-9]\d*)")


class NoAnswer(StoreError):
    """None in time: the server hangs, or what it was asked takes long."""


class Refused(NamedTuple):
    """The server will never take this body, or not all of it."""

    reason: str
    lines: int | None
    """How many it did not take, where it says so."""


@dataclass(frozen=True)
class Place:
    """Where measurements are."""

    database: str
    policy: str | None
    """The retention policy; None: the server has none, or only one."""

    def source(self, measurement: str) -> str:
        """What InfluxQL selects from."""
        if self.policy is None:
            return name(measurement)
        return f"{name(self.database)}.{name(self.policy)}.{name(measurement)}"


class Rows(msgspec.Struct):
    """One series of an answer."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Any]] = []
    partial: bool = False
    """There may be more than the server says at once."""


class Result(msgspec.Struct):
    statement_id: int = 0
    series: list[Rows] = []
    error: str = ""

    @property
    def rows(self) -> Rows:
        """Those of all series, of which there is one where a statement groups by nothing."""
        if len(self.series) == 1:
            return self.series[0]
        return Rows(values=[row for one in self.series for row in one.values])


class Answer(msgspec.Struct):
    results: list[Result] = []
    error: str = ""


_from_msgpack, _from_json = msgspec.msgpack.Decoder(Answer).decode, msgspec.json.Decoder(Answer).decode_lines


class InfluxClient:
    """`transport` is for tests. Every method raises StoreError in one line: what, where, what would be right."""

    def __init__(self, access: Access, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.access = access
        self.version, self.major = "", 0
        """The server's, once `ping` has been answered: "1.6.7", 1."""

        def connected(connections: int) -> Exchanges:
            http = httpx.AsyncClient(
                base_url=access.url,
                timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
                limits=httpx.Limits(max_connections=connections),
                trust_env=access.remote,
                transport=transport,
            )
            return Exchanges(http, pooled=transport is None)

        self._calls = connected(CONNECTIONS)
        # Of their own: a ping that waits for a connection says nothing of the server.
        self._pings = connected(CONNECTIONS)

    async def close(self) -> None:
        await self._calls.close()
        await self._pings.close()

    async def ping(self, within_s: float | None = None) -> None:
        """Learn the server's version. Raises WrongAddress where no InfluxDB is, NoAnswer after so many seconds."""
        response = await self._request(self._pings, "GET", "/ping", {}, timeout=within_s or PING_S)
        version = version_of(self.access, response)
        self.check(response)
        self.version, self.major = version, int(re.split(r"\D", version)[0])

    async def write(self, place: Place, body: bytes) -> Refused | None:
        """Store lines. Refused: there is something wrong with them, and they must not be sent again as they are."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if self.access.remote:
            body = await asyncio.to_thread(gzip.compress, body, GZIP_LEVEL)
            headers["Content-Encoding"] = "gzip"
        query = {"db": place.database, "precision": "ns"}
        if place.policy is not None:
            query["rp"] = place.policy
        response = await self.call("POST", "/write", params=query, content=body, headers=headers)
        said = self._reason(response)
        if response.status_code in DATA_STATUSES and not _SETUP.search(said):
            dropped = _DROPPED.search(said)
            return Refused(_DROPPED.sub("", said), int(dropped[1]) if dropped else None)
        self.check(response)
        return None

    async def query(self, place: Place, statements: Sequence[str]) -> list[Result]:
        """Each statement's result, in order. Times are in ns."""
        if self.major >= 3:
            # It takes one statement a request.
            return [result for one in statements for result in await self._query(place, one)]
        return await self._query(place, "; ".join(statements))

    async def series(self, place: Place, statement: str) -> list[Rows]:
        """Those of one statement, however long. Times are in ns."""
        [result] = await self.query(place, [statement])
        if not any(rows.partial for rows in result.series):
            return result.series
        # 1.x says so of all that has more than 10,000 rows, and of what its settings cut off. In pieces all of it
        # comes, and of JSON it is known where each ends.
        response = await self._ask(place, statement, JSON, chunked="true")
        whole: list[Rows] = []
        for rows in (rows for result in await self._results(response) for rows in result.series):
            if whole and whole[-1].tags == rows.tags:
                whole[-1].values += rows.values
            else:
                whole.append(rows)
        return whole

    async def _query(self, place: Place, statements: str) -> list[Result]:
        return await self._results(await self._ask(place, statements, MSGPACK if self.major < 3 else JSON))

    async def _ask(self, place: Place, statements: str, kind: str, **more: str) -> httpx.Response:
        data = {"q": statements, "db": place.database, "epoch": "ns"} | more
        return await self.call("POST", "/query", data=data, headers={"Accept": kind})

    async def _results(self, response: httpx.Response) -> list[Result]:
        self.check(response)
        answers = await asyncio.to_thread(self._decoded, response)
        results = [result for answer in answers for result in answer.results]
        for error in (*(answer.error for answer in answers), *(result.error for result in results)):
            if error:
                raise self._failure(error)
        return results

    def _decoded(self, response: httpx.Response) -> list[Answer]:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        try:
            return [_from_msgpack(response.content)] if kind == MSGPACK else _from_json(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StoreError(f"what answers at {self.access.url} is no InfluxDB; check INFLUX_URL") from None

    async def call(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """One request with our credentials."""
        return await self._request(self._calls, method, path, headers or {}, **more)

    async def _request(
        self, exchanges: Exchanges, method: str, path: str, headers: dict[str, str], **more: Any
    ) -> httpx.Response:
        request = exchanges.http.build_request(method, path, headers=headers | self._token(), **more)
        try:
            return await exchanges.send(request, auth=self._basic())
        except httpx.TimeoutException:
            raise NoAnswer(f"InfluxDB at {self.access.url} does not answer in time; see how it is") from None
        except httpx.HTTPError as error:
            raise why_not_reached(self.access, error) from None

    def _token(self) -> dict[str, str]:
        by_token = self.access.token and self.major != 1
        return {"Authorization": f"Token {self.access.token}"} if by_token else {}

    def _basic(self) -> httpx.BasicAuth | None:
        if self._token() or not (self.access.user or self.access.token):
            return None
        return httpx.BasicAuth(self.access.user or "mltui", self.access.password or self.access.token)

    def check(self, response: httpx.Response) -> None:
        """Raises StoreError for any answer but a success."""
        if response.is_success:
            return
        said = self._reason(response)
        if response.status_code in (401, 403):
            raise StoreError(
                f"InfluxDB at {self.access.url} does not let us in ({said}); "
                "check INFLUX_TOKEN, or INFLUX_USER and INFLUX_PASSWORD, and what they may do"
            )
        raise self._failure(said)

    def _failure(self, said: str) -> StoreError:
        said = self.access.without_secrets(said)
        if _SETUP.search(said):
            return StoreError(f"InfluxDB at {self.access.url}: {said}; it is made at the next attempt, where we may")
        if tells_of_full_disk(said):
            where = "its disk, then restart it as docs/influxdb.md says"
            return StoreError(disk_full(f"InfluxDB at {self.access.url} says {said}", where))
        return StoreError(f"InfluxDB at {self.access.url} failed: {said}")

    def _reason(self, response: httpx.Response) -> str:
        """What the server says in one line: 1.x and 3 under `error`, 2.x under `message`."""
        decode = msgspec.msgpack.decode if response.headers.get("Content-Type") == MSGPACK else msgspec.json.decode
        try:
            said = decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = response.text
        if isinstance(said, dict):
            said = said.get("error") or said.get("message") or said
        reason = " ".join(str(said).split())[:500] or response.reason_phrase
        return self.access.without_secrets(f"HTTP {response.status_code}: {reason}")
