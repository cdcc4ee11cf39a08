"""Files from elsewhere, brought to a local file first: https: over httpx, buckets over obstore.

What is here is read by DuckDB's own parallel readers, whatever the other side can: many web servers know no ranges, and
an address with a query is no path. A connection that breaks is taken up where it broke.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import httpx

from mltui.ingest.fault import SourceFault
from mltui.ingest.progress import Account
from mltui.wire.sources import WEB, scheme_of

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

ATTEMPTS = 5
CONNECT_S, SILENT_S = 10.0, 60.0
PIECE_BYTES = 1 << 18
CLIENT: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=CONNECT_S), "timeout": timedelta(hours=24), "allow_http": True,
}  # fmt: skip
"""The time limit is that of a whole file: what is silent is noticed by us."""
RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}


class Broken(Exception):
    """The connection broke; another may go on."""


async def fetch(uri: str, folder: Path, account: Account) -> Path:
    """The file at `uri`, in `folder`. Raises SourceFault where there is none, or none comes."""
    file = folder / "fetched"
    account.remote = True
    opened = _from_web if scheme_of(uri) in WEB else _from_bucket
    why = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(2.0**attempt / 4)
        try:
            async with opened(uri, _size(file)) as (start, total, pieces):
                _check_room(uri, folder, total, start)
                account.total = total
                await _write(file, start, pieces, account)
            if total is not None and account.fetched < total:
                raise Broken(f"it ended after {account.fetched:,} of {total:,} bytes")
            account.total = account.fetched
            return file
        except Broken as error:
            why = str(error)
    raise SourceFault(f"{uri}: {why}, {ATTEMPTS} times in a row")


async def _write(file: Path, start: int, pieces: AsyncIterator[bytes], account: Account) -> None:
    with file.open("ab") as opened:
        opened.truncate(start)
        account.fetched = start
        try:
            while True:
                async with asyncio.timeout(SILENT_S):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                account.fetched += await asyncio.to_thread(opened.write, piece)
        except TimeoutError:
            raise Broken(f"nothing came for {SILENT_S:g} s") from None


Source = tuple[int, int | None, AsyncIterator[bytes]]
"""At which byte it begins, how many the whole file has if that is known, and the bytes."""


@asynccontextmanager
async def _from_web(uri: str, have: int) -> AsyncIterator[Source]:
    # As it lies there: what is packed is unpacked by who reads it.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    limits = httpx.Timeout(SILENT_S, connect=CONNECT_S)
    try:
        async with (
            httpx.AsyncClient(timeout=limits, follow_redirects=True) as client,
            client.stream("GET", uri, headers=headers) as answer,
        ):
            if answer.status_code >= 500 or answer.status_code == 429:
                raise Broken(f"the server answered {answer.status_code} {answer.reason_phrase}")
            if answer.is_error:
                raise SourceFault(f"{uri}: the server answered {answer.status_code} {answer.reason_phrase}")
            start = have if answer.status_code == 206 else 0
            length = answer.headers.get("Content-Length")
            yield start, start + int(length) if length else None, answer.aiter_raw()
    except httpx.HTTPError as error:
        raise Broken(str(error) or "it hung up") from None


@asynccontextmanager
async def _from_bucket(uri: str, have: int) -> AsyncIterator[Source]:
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    parts = urlsplit(uri)
    path = unquote(parts.path.lstrip("/"))
    try:
        store = from_url(f"{parts.scheme}://{parts.netloc}", client_options=CLIENT, retry_config=RETRIES)
        size = (await obstore.head_async(store, path))["size"]
        result = await obstore.get_async(store, path, options={"range": {"offset": have}} if 0 < have < size else None)
        start = have if 0 < have < size else 0
        yield start, size, (bytes(piece) async for piece in result.stream(min_chunk_size=PIECE_BYTES))
    except FileNotFoundError:
        raise SourceFault(f"{uri}: there is no such object") from None
    except (BaseError, OSError) as error:
        said = str(error).splitlines()[0]
        if type(error).__name__ in ("UnauthenticatedError", "PermissionDeniedError", "UnknownConfigurationKeyError"):
            raise SourceFault(f"{uri}: {said}; credentials come from the server's environment") from None
        raise Broken(said) from None


def _check_room(uri: str, folder: Path, total: int | None, start: int) -> None:
    free = shutil.disk_usage(folder).free
    if total is not None and total - start > free:
        raise SourceFault(f"{uri} has {total:,} bytes, and there are {free:,} free in {folder}")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
