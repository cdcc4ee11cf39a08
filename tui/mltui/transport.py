"""How the client's calls travel: one connection pool, time-outs on everything, errors with one clear message."""

import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NoReturn, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from mltui import __version__
from mltui.exchanges import Exchanges
from mltui.wire.base import Problem
from mltui.wire.users import USER_HEADER, user_name

T = TypeVar("T")
Query = Mapping[str, str | int | float | bool | datetime | Sequence[str] | None]

API = "/api/v1"
CONNECT_S = 5.0
ANSWER_S = 30.0
PATIENT_S = 600.0
"""For an answer that somebody waits for who sees that it is under way, and can give up."""
KEEP_IDLE_S = 4.0
"""The server drops connections idle for 5 s; one dropped just as it is used again would fail the request."""
CONNECTIONS = 16
JSON = "application/json"
MSGPACK = "application/msgpack"


class ProblemError(Exception):
    """The server answered with a problem. The message is its detail, and each fault's path."""

    def __init__(self, problem: Problem, retry_after_s: float | None = None) -> None:
        said = problem.detail or problem.title
        faults = [f"{fault.get('path', '$')}: {fault.get('message', '')}" for fault in problem.errors]
        super().__init__("; ".join([said, *(fault for fault in faults if fault not in said)]))
        self.problem, self.retry_after_s = problem, retry_after_s


class Unreachable(Exception):
    """No answer from the server. The message says which one and what to do."""

    def __init__(self, url: str, why: str, *, nobody: bool = False) -> None:
        super().__init__(why)
        self.url = url
        self.nobody = nobody
        """Nothing listens at the address."""


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
"""Making a decoder costs more than one use of it."""


class Transport:
    """A connection pool to the server at `url`, on behalf of `user` (by default: who is logged in).

    `transport` is for tests that run the server in-process.
    """

    def __init__(self, url: str, *, user: str | None = None, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        self.user = user or user_name()
        secure = self.url.startswith("https:")
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers=httpx.Headers({USER_HEADER: self.user, "User-Agent": f"mltui/{__version__}"}, "utf-8"),
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_IDLE_S),
            # Reading the machine's certificates takes longer than the first answer; plain http needs none.
            verify=secure,
            trust_env=not is_loopback(self.url),
            transport=transport,
        )
        self._exchanges = Exchanges(self._http, pooled=transport is None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._exchanges.close()

    async def _call(
        self, answer: type[T], method: str, path: str, body: msgspec.Struct | None = None, *, query: Query | None = None
    ) -> T:
        content = None if body is None else msgspec.json.encode(body)
        return self._decode((await self._send(method, path, content, query=query)).content, answer)

    async def _send(
        self, method: str, path: str, content: bytes | None = None, *, kind: str = JSON, query: Query | None = None
    ) -> httpx.Response:
        headers = {} if content is None else {"Content-Type": kind}
        request = self._http.build_request(
            method, API + path, content=content, headers=headers, params=_parameters(query or {})
        )
        async with self._answer(request) as response:
            if not response.is_success:
                self._refuse(response)
            return response

    async def _receive(self, answer: Any, path: str, query: Query, heard: Callable[[int], None]) -> Any:
        """GET `path`, which may take its time: `heard` is told how many bytes have come so far. Cancel to give up."""
        patient = httpx.Timeout(PATIENT_S, connect=CONNECT_S)
        request = self._http.build_request("GET", API + path, params=_parameters(query), timeout=patient)
        content = bytearray()
        async with self._answer(request, stream=True) as response:
            if not response.is_success:
                await response.aread()
                self._refuse(response)
            async for piece in response.aiter_bytes():
                content += piece
                heard(len(content))
        return self._decode(content, answer)

    async def _get_any_status(self, answer: type[T], path: str, statuses: Sequence[int], timeout_s: float) -> T:
        """GET `path`, outside the API, whose answer is an `answer` with any of these statuses."""
        async with self._answer(self._http.build_request("GET", path, timeout=timeout_s)) as response:
            if response.status_code not in statuses:
                self._refuse(response)
            return self._decode(response.content, answer)

    async def _pieces(self, path: str, query: Query, headers: Mapping[str, str] | None = None) -> AsyncIterator[bytes]:
        request = self._http.build_request("GET", API + path, params=_parameters(query), headers=headers)
        async with self._answer(request, stream=True) as response:
            if not response.is_success:
                await response.aread()
                self._refuse(response)
            async for piece in response.aiter_bytes():
                yield piece

    @asynccontextmanager
    async def _answer(self, request: httpx.Request, *, stream: bool = False) -> AsyncIterator[httpx.Response]:
        try:
            response = await self._exchanges.send(request, stream=stream)
            try:
                yield response
            finally:
                await self._exchanges.let_go(response)
        except httpx.ConnectError as error:
            if _is_unknown_host(error):
                why = f"unknown host {urlsplit(self.url).hostname!r}; is {self.url} right?"
                raise Unreachable(self.url, why) from None
            raise Unreachable(self.url, f"no server at {self.url}; start one with `mltui up`", nobody=True) from None
        except httpx.TimeoutException:
            raise Unreachable(
                self.url, f"the server at {self.url} did not answer in time; see `mltui doctor`"
            ) from None
        except httpx.HTTPError as error:
            why = str(error) or "it hung up before it had answered"
            raise Unreachable(self.url, f"lost the server at {self.url}: {why}; see `mltui doctor`") from None

    def _refuse(self, response: httpx.Response) -> NoReturn:
        try:
            problem = msgspec.json.decode(response.content, type=Problem)
        except msgspec.DecodeError:
            raise self._stranger(f"{response.status_code} {response.reason_phrase}") from None
        raise ProblemError(problem, _seconds(response.headers.get("Retry-After")))

    def _decode(self, content: bytes | bytearray, answer: type[T]) -> T:
        try:
            decoder = _decoders.get(answer) or _decoders.setdefault(answer, msgspec.json.Decoder(answer))
            decoded: T = decoder.decode(content)
            return decoded
        except msgspec.DecodeError as error:
            raise self._stranger(str(error)) from None

    def _stranger(self, what: str) -> Unreachable:
        return Unreachable(
            self.url, f"what answers at {self.url} is no mltui server of this version ({what}); see `mltui doctor`"
        )


def _is_unknown_host(error: BaseException) -> bool:
    """Whether what is behind `error` is that nobody knows the host's name."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def is_loopback(url: str) -> bool:
    """Whether `url` is on this machine: then no proxy stands between."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def path_part(name: str) -> str:
    """An id or a name as one segment of a path; also dots alone, which names may once have been."""
    quoted = quote(name, safe="")
    return quoted.replace(".", "%2E") if name in (".", "..") else quoted


def _parameters(query: Query) -> httpx.QueryParams:
    """Query parameters: None left out, sequences repeated, times in ISO 8601."""
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for key, value in query.items():
        match value:
            case None:
                continue
            case datetime():
                pairs.append((key, value.isoformat()))
            case str() | bool() | int() | float():
                pairs.append((key, value))
            case _:
                pairs.extend((key, item) for item in value)
    return httpx.QueryParams(pairs)


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
