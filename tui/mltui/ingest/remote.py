"""Files from elsewhere, brought to local files first.

What is here is read by DuckDB's own parallel readers, whatever the other side can: many web servers know no ranges, and
an address with a query is no path. A connection that breaks is taken up where it broke.
"""

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from mltui.ingest import bucket, web
from mltui.ingest.fault import SourceFault
from mltui.ingest.log import say
from mltui.ingest.progress import Account
from mltui.ingest.remote_file import SILENT_S, Broken, RemoteFile
from mltui.wire.sources import WEB, scheme_of

T = TypeVar("T")
ATTEMPTS = 5
QUIET_S = 5.0


async def fetch(uri: str, folder: Path, account: Account) -> dict[Path, str]:
    """The files that `uri` means, in `folder`, with what they are called. Raises SourceFault."""
    remotes = await _persistently(uri, lambda: _found(uri))
    sizes = [remote.size for remote in remotes if remote.size is not None]
    account.remote, account.total = True, sum(sizes) if sizes else None
    fetched = {folder / f"fetched-{number:05}": remote for number, remote in enumerate(remotes)}
    for file, remote in fetched.items():
        async with _silence_told(remote.name, account):
            await _fetch(remote, file, account)
    account.total = account.fetched
    return {file: remote.name for file, remote in fetched.items()}


async def _found(uri: str) -> Sequence[RemoteFile]:
    return [web.WebFile(uri)] if scheme_of(uri) in WEB else await bucket.find(uri)


async def _persistently(name: str, attempt: Callable[[], Awaitable[T]], got: Callable[[], int] = lambda: 0) -> T:
    """Tried so often without getting further; `got` says how far it is."""
    failed = 0
    while True:
        before = got()
        try:
            return await attempt()
        except Broken as error:
            failed = 1 if got() > before else failed + 1
            if failed == ATTEMPTS:
                raise SourceFault(f"{name}: {error}, {ATTEMPTS} times in a row") from None
            say(f"{name}: {error}; asking again, {failed + 1} of {ATTEMPTS}")
        await asyncio.sleep(2.0**failed / 4)


@asynccontextmanager
async def _silence_told(name: str, account: Account) -> AsyncIterator[None]:
    """Say while nothing comes: a source that hangs looks like one that is slow."""
    telling = asyncio.create_task(_tell_silence(name, account))
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait([telling])


async def _tell_silence(name: str, account: Account) -> None:
    silent = 0.0
    while True:
        before = account.fetched
        await asyncio.sleep(QUIET_S)
        silent = silent + QUIET_S if account.fetched == before else 0.0
        if silent:
            say(f"{name}: waiting for the source, from which nothing has come for {silent:g} s")


async def _fetch(remote: RemoteFile, file: Path, account: Account) -> None:
    before = account.fetched

    async def attempt() -> None:
        async with remote.opened(_size(file)) as (start, total, pieces):
            account.fetched = before + start
            if account.total is None:
                account.total = total
            _check_room(remote.name, file.parent, account)
            await _write(file, start, pieces, account)
        if total is not None and _size(file) < total:
            raise Broken(f"it ended after {_size(file):,} of {total:,} bytes")

    await _persistently(remote.name, attempt, lambda: _size(file))


async def _write(file: Path, start: int, pieces: AsyncIterator[bytes], account: Account) -> None:
    with file.open("ab", buffering=0) as opened:
        opened.truncate(start)
        try:
            while True:
                async with asyncio.timeout(SILENT_S):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                account.fetched += await asyncio.to_thread(_write_all, opened.write, piece)
        except TimeoutError:
            raise Broken(f"nothing came for {SILENT_S:g} s") from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise SourceFault(f"the disk of {file.parent} is full, after {account.fetched:,} bytes") from None


def _write_all(write: Callable[[memoryview], int | None], piece: bytes) -> int:
    left = memoryview(piece)
    while left:
        left = left[write(left) :]
    return len(piece)


def _check_room(name: str, folder: Path, account: Account) -> None:
    free = shutil.disk_usage(folder).free
    missing = 0 if account.total is None else account.total - account.fetched
    if missing > free:
        raise SourceFault(f"{name}: {missing:,} bytes are to be copied to {folder}, and there are {free:,} free; make "
                          "room there, or bring in parts of it")  # fmt: skip


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
