"""Objects in buckets of S3, GCS and Azure: one, or all that a pattern means."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mltui.ingest.fault import SourceFault
from mltui.ingest.remote_file import CONNECT_S, Broken, Opened
from mltui.wire.sources import WILD

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

PIECE_BYTES = 1 << 20
CLIENT: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=CONNECT_S), "timeout": timedelta(hours=24), "allow_http": True,
}  # fmt: skip
"""The time limit is that of a whole file: what is silent is noticed by us."""
RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
REFUSED = ("UnauthenticatedError", "PermissionDeniedError")
NOT_FOUND = "404 Not Found"
CREDENTIALS = "credentials come from the server's environment"


class BucketFile:
    def __init__(self, name: str, store: "ObjectStore", found: "ObjectMeta") -> None:
        self.name, self.size = name, found["size"]
        self._store, self._found = store, found

    @asynccontextmanager
    async def opened(self, have: int) -> AsyncIterator[Opened]:
        import obstore
        from obstore.exceptions import PreconditionError

        # An empty range is an error to some.
        start = have if have < self.size else 0
        options: GetOptions = {"if_match": self._found["e_tag"]}
        if start:
            options["range"] = {"offset": start}
        with _in_words(self.name):
            try:
                answer = await obstore.get_async(self._store, self._found["path"], options=options)
            except PreconditionError:
                raise SourceFault(f"{self.name} was changed while it was read; retry the job") from None
            yield start, self.size, (bytes(piece) async for piece in answer.stream(min_chunk_size=PIECE_BYTES))


async def find(uri: str) -> list[BucketFile]:
    """The object at `uri`, or those that it is a pattern of, by name. Raises Broken, SourceFault."""
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    root = f"{scheme}://{bucket}"
    try:
        store = from_url(root, client_options=CLIENT, retry_config=RETRIES)
    except (BaseError, ValueError) as error:
        raise SourceFault(f"{uri}: {_first_line(error)}; {CREDENTIALS}") from None
    with _in_words(uri):
        if not set(key) & set(WILD):
            found = [await _one(store, root, key)]
        else:
            with _bucket_there(root):
                found = await asyncio.to_thread(_listed, store, key)
    if not found:
        raise SourceFault(f"{uri}: no object matches")
    return [BucketFile(f"{root}/{one['path']}", store, one) for one in found]


async def _one(store: "ObjectStore", root: str, key: str) -> "ObjectMeta":
    import obstore
    from obstore.exceptions import BaseError

    try:
        return await obstore.head_async(store, key)
    except FileNotFoundError as missing:
        # The answer is the same where there is no bucket; only a list tells. Not everybody may list.
        with suppress(BaseError), _bucket_there(root):
            await asyncio.to_thread(lambda: next(iter(obstore.list(store, key, chunk_size=1)), None))
        raise missing


@contextmanager
def _bucket_there(root: str) -> Iterator[None]:
    """Around a list of what is in it: to that only a bucket can be missing, whichever error obstore makes of it."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (FileNotFoundError, BaseError) as error:
        if not isinstance(error, FileNotFoundError) and NOT_FOUND not in str(error):
            raise
        raise SourceFault(f"{root}: there is no such bucket") from None


def _listed(store: "ObjectStore", pattern: str) -> list["ObjectMeta"]:
    """Objects by name; the one that is called as the pattern, if there is such a one."""
    import obstore

    plain = pattern[: min(pattern.find(wild) for wild in WILD if wild in pattern)]
    # A store lists whole folders: what is asked for ends where one does.
    there = [one for page in obstore.list(store, plain.rpartition("/")[0]) for one in page]
    found = [one for one in there if one["path"] == pattern] or [
        one for one in there if _matches(one["path"].split("/"), pattern.split("/"))
    ]
    return sorted(found, key=lambda one: one["path"])


def _matches(path: Sequence[str], pattern: Sequence[str]) -> bool:
    """As a shell has it: `*` and `?` stay within a folder, `**` is any number of folders.

    >>> [_matches(path.split("/"), ["raw", "**", "*.csv"]) for path in ("raw/a.csv", "raw/b/c/a.csv", "raw/a.txt")]
    [True, True, False]
    """
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_matches(path[at:], pattern[1:]) for at in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError:
        raise SourceFault(f"{name}: there is no such object") from None
    except (BaseError, OSError) as error:
        said = _first_line(error)
        if type(error).__name__ in REFUSED:
            raise SourceFault(f"{name}: {said}; {CREDENTIALS}") from None
        raise Broken(said) from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
