"""A file on a web server: any that answers GET."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from mltui.ingest.fault import SourceFault
from mltui.ingest.remote_file import CONNECT_S, SILENT_S, Broken, Opened


class WebFile:
    size = None

    def __init__(self, uri: str) -> None:
        self.name = uri
        self._version = ""
        """What the server called it, when it was asked for first."""

    @asynccontextmanager
    async def opened(self, have: int) -> AsyncIterator[Opened]:
        limits = httpx.Timeout(SILENT_S, connect=CONNECT_S)
        try:
            async with (
                httpx.AsyncClient(timeout=limits, follow_redirects=True) as client,
                client.stream("GET", self.name, headers=self._asking(have)) as answer,
            ):
                if answer.status_code >= 500 or answer.status_code == 429:
                    raise Broken(f"the server answered {answer.status_code} {answer.reason_phrase}")
                if answer.is_error:
                    raise SourceFault(f"{self.name}: the server answered {answer.status_code} {answer.reason_phrase}")
                start = have if answer.status_code == 206 else 0
                self._version = _version(answer)
                length = answer.headers.get("Content-Length")
                yield start, start + int(length) if length else None, answer.aiter_raw()
        except httpx.HTTPError as error:
            raise Broken(str(error) or "it hung up") from None

    def _asking(self, have: int) -> dict[str, str]:
        # As it lies there: what is packed is unpacked by who reads it.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if self._version:
                # Of another version than the one that broke off, all is sent again.
                headers["If-Range"] = self._version
        return headers


def _version(answer: httpx.Response) -> str:
    tag = answer.headers.get("ETag", "")
    return "" if tag.startswith("W/") else tag
