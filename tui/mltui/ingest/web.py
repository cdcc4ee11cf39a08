"""A file on a web server: any that answers GET."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from mltui.ingest.fault import SourceFault
from mltui.ingest.remote_file import CONNECT_S, SILENT_S, Broken, Opened

UNSATISFIABLE = 416
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Version:
    """What tells whether a file is still the one that it was. None where the server does not say."""

    tag: str | None
    modified: str | None
    size: int | None

    @property
    def proof(self) -> str | None:
        """For If-Range. A weak tag is not the same bytes."""
        return self.tag if self.tag and not self.tag.startswith("W/") else self.modified

    def may_be(self, other: "Version") -> bool:
        """Nothing that both tell differs: of a part of a file, servers tell less."""
        pairs = ((self.tag, other.tag), (self.modified, other.modified), (self.size, other.size))
        return all(one is None or two is None or one == two for one, two in pairs)


class WebFile:
    size = None

    def __init__(self, uri: str) -> None:
        self.name = uri
        self._version: Version | None = None
        """That which is being fetched; None where the next answer begins anew."""

    @asynccontextmanager
    async def opened(self, have: int) -> AsyncIterator[Opened]:
        limits = httpx.Timeout(SILENT_S, connect=CONNECT_S)
        try:
            async with (
                httpx.AsyncClient(timeout=limits, follow_redirects=True) as client,
                client.stream("GET", self.name, headers=self._asking(have)) as answer,
            ):
                start = self._begin(answer, have)
                yield start, _version(answer).size, answer.aiter_raw()
        except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            # Asked again, it would be the same.
            raise SourceFault(f"{self.name}: it is redirected to where nothing can be read: {error}") from None
        except httpx.HTTPError as error:
            raise Broken(str(error) or "it hung up") from None

    def _begin(self, answer: httpx.Response, have: int) -> int:
        """The byte at which the answer begins. Raises Broken, SourceFault."""
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Broken(f"the server answered {answer.status_code} {answer.reason_phrase}")
        version = _version(answer)
        same = self._version is not None and version.may_be(self._version)
        goes_on = answer.status_code == 206 and same and _start(answer) == have
        if answer.status_code in (206, UNSATISFIABLE) and not goes_on:
            self._version = None
            raise Broken("the file was changed while it was read")
        if answer.is_error:
            raise SourceFault(f"{self.name}: the server answered {answer.status_code} {answer.reason_phrase}")
        if not goes_on:
            self._version = version
        return have if goes_on else 0

    def _asking(self, have: int) -> dict[str, str]:
        # As it lies there: what is packed is unpacked by who reads it.
        headers = {"Accept-Encoding": "identity"}
        if have and self._version is not None:
            headers["Range"] = f"bytes={have}-"
            if proof := self._version.proof:
                # Of another version than the one that broke off, all is sent again.
                headers["If-Range"] = proof
        return headers


def _version(answer: httpx.Response) -> Version:
    length, part = answer.headers.get("Content-Length"), _RANGE.match(answer.headers.get("Content-Range", ""))
    if part is not None:
        length = None if part[2] == "*" else part[2]
    return Version(answer.headers.get("ETag"), answer.headers.get("Last-Modified"), int(length) if length else None)


def _start(answer: httpx.Response) -> int | None:
    part = _RANGE.match(answer.headers.get("Content-Range", ""))
    return int(part[1]) if part is not None else None
