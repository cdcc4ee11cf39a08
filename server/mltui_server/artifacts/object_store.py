"""The port on obstore: what local disks, S3, GCS and Azure have in common."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from mltui_server.artifacts.store import BadPath, ObjectHead, ObjectMissing, StoreError, check_path

if TYPE_CHECKING:
    from obstore import GetOptions

PIECE_BYTES = 1 << 20
UPLOADS = 2
"""Pieces of one object under way at a time: each is PART_BYTES of memory."""
PART_BYTES = 8 << 20
_NO_BUCKET = re.compile(r"<Code>(NoSuchBucket|ContainerNotFound)</Code>")


class ObstoreObjects:
    """Everything of the port but health."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, path: str, body: AsyncIterator[bytes]) -> None:
        with _explained(path):
            # A stream is always a multipart upload, and those are atomic in every store.
            await obstore.put_async(self._store, check_path(path), body, chunk_size=PART_BYTES, max_concurrency=UPLOADS)

    async def get_range(self, path: str, start: int, length: int) -> bytes:
        with _explained(path):
            found = bytes(await obstore.get_range_async(self._store, check_path(path), start=start, length=length))
        if len(found) != length:
            raise StoreError(f"object {path!r} ends at byte {start + len(found)}; {start + length} were expected")
        return found

    async def put_file(self, path: str, file: Path) -> None:
        with _explained(path):
            await obstore.put_async(self._store, check_path(path), file, chunk_size=PART_BYTES, max_concurrency=UPLOADS)

    async def stream(self, path: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        # A range of nothing is an error, also where there is nothing.
        part: GetOptions = {"range": {"offset": start} if stop is None else (start, stop)}
        options = part if start or stop is not None else None
        with _explained(path):
            result = await obstore.get_async(self._store, check_path(path), options=options)
            async for piece in result.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)

    async def head(self, path: str) -> ObjectHead:
        with _explained(path):
            meta = await obstore.head_async(self._store, check_path(path))
        return ObjectHead(meta["size"], meta["last_modified"])

    async def delete(self, path: str) -> None:
        try:
            with _explained(path):
                await obstore.delete_async(self._store, check_path(path))
        except ObjectMissing:
            return  # Buckets do not tell; a disk does.


def has_no_bucket(error: Exception) -> bool:
    """Whether the store answered that its bucket, or Azure's container, does not exist. To obstore it is any error, or
    as if the object did not.
    """
    return _NO_BUCKET.search(str(error)) is not None


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Errors of obstore as errors of the port."""
    try:
        yield
    except FileNotFoundError as error:
        if has_no_bucket(error):
            raise StoreError("artifact store: its bucket does not exist; make it") from error
        raise ObjectMissing(path) from None
    except BadPath:
        raise
    except (BaseError, OSError, ValueError) as error:
        # obstore adds a dump of the Rust error below the first line.
        raise StoreError(f"artifact store: {str(error).splitlines()[0]}") from error
