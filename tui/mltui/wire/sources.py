"""Where data comes from, as text: which addresses can be read, and what they are called."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

from mltui.wire.secrets import SHAPES, is_secret

WEB, BUCKETS = ("https", "http"), ("s3", "gs", "az")
SCHEMES = ("file", *WEB, *BUCKETS)
COMPRESSED = (".gz", ".zst")
SIGNATURES = ("sig", "signature", "x-amz-signature", "x-goog-signature")
"""What else than the name of a secret gives access in an address."""
WILD = "*?["
_PASSWORD = re.compile(r"://[^/?#@\[]*:(?!\d+(?:[/?#]|$))[^@]*@")
"""Where it belongs, or with slashes in it, which the keys of buckets have."""


def scheme_of(uri: str) -> str:
    """`s3` of `s3://bucket/a.csv`; `file` for a path.

    >>> scheme_of("S3://bucket/a.csv"), scheme_of("/data/a.csv"), scheme_of("file:/data/a.csv")
    ('s3', 'file', 'file')
    """
    head, colon, rest = uri.partition(":")
    if not colon or "/" in head:
        return "file"
    return head.lower() if rest.startswith("/") or head.lower() == "file" else "file"


def is_address(word: str) -> bool:
    """Whether it says where something is, rather than what it is called.

    >>> is_address("s3://bucket/a.csv"), is_address("/data/a.csv"), is_address("digits/3"), is_address("digits")
    (True, True, False, False)
    """
    return word.startswith(("/", "file:")) or scheme_of(word) != "file"


def local_path(uri: str) -> str:
    """The path, or pattern, of a `file:` address, or of one that is a path already."""
    if uri.lower().startswith("file:"):
        return unquote(urlsplit(uri).path)
    return uri


def absolute(uri: str) -> str:
    """A path from here, as others find it; any other address as it is. Raises ValueError for what names nothing."""
    _check_named(uri)
    if scheme_of(uri) != "file" or uri.lower().startswith("file:"):
        return uri
    # Path drops the slash by which a folder says that it is one.
    return str(Path.cwd() / Path(uri).expanduser()) + "/" * uri.endswith("/")


def check_source(uri: str, *, read_here: bool) -> None:
    """Raises ValueError for what an ingestion job cannot have as its source; `read_here`: an agent of ours reads it."""
    _check_named(uri)
    check_secrets(uri)
    if read_here:
        check_readable(uri)


def _check_named(uri: str) -> None:
    if not any(character.isalnum() for character in uri):
        raise ValueError("that names no file; write a path or an address, as in /data/events.csv")


def check_secrets(uri: str) -> None:
    """Raises ValueError for an address with a password, a token or a signature in it: everybody sees addresses."""
    parts = urlsplit(uri)
    if parts.password is not None or _PASSWORD.search(uri):
        raise ValueError("there is a password in the address, which everybody sees; leave `user:password@` out and "
                         "give it to the server in its environment")  # fmt: skip
    said = [name for where in (parts.query, parts.fragment) for name, _ in parse_qsl(where) if _gives_access(name)]
    if said or SHAPES.search(unquote(uri)):
        what = f"secret in the address ({said[0]}=)" if said else "token in the address"
        raise ValueError(f"there is a {what}, which everybody sees; leave it out and give credentials to the server in "
                         "its environment")  # fmt: skip


def _gives_access(name: str) -> bool:
    # `key` alone is more often what something is found by.
    return name.lower() in SIGNATURES or (name.lower() != "key" and is_secret(name))


def check_readable(uri: str) -> None:
    """Raises ValueError for an address that an agent here cannot read, saying which it can."""
    scheme = scheme_of(uri)
    if scheme not in SCHEMES:
        raise ValueError(f"an address that begins with {scheme}: cannot be read here; the ones that can are paths and "
                         f"{', '.join(f'{known}:' for known in SCHEMES)}")  # fmt: skip
    if scheme == "file":
        _check_path(uri)
    elif not urlsplit(uri).netloc or not urlsplit(uri).path.strip("/"):
        raise ValueError(f"the address has no {'host' if scheme in WEB else 'bucket'} and file, as in {scheme}://"
                         f"{'example.com' if scheme in WEB else 'bucket'}/data/events.csv")  # fmt: skip


def _check_path(uri: str) -> None:
    if urlsplit(uri).netloc and uri.lower().startswith("file:"):
        raise ValueError("file: addresses name no host; write file:///data/events.csv")
    if local_path(uri).endswith("/"):
        raise ValueError("that is a folder; say which of its files, as in /data/*.csv")
    if not PurePosixPath(local_path(uri)).is_absolute():
        raise ValueError("a path must be absolute, as in /data/events.csv: the agent runs in a folder of its own")


def name_of(uri: str) -> str:
    """What data from there is called unless somebody says otherwise.

    >>> name_of("s3://bucket/raw/events.csv.gz"), name_of("/data/2024/*.parquet"), name_of("https://a.org/x?y=1")
    ('events', '2024', 'x')
    """
    path = local_path(uri) if scheme_of(uri) == "file" else urlsplit(uri).path
    plain = [part for part in PurePosixPath(path).parts if part != "/" and not set(part) & set(WILD)]
    whole = bool(plain) and path.endswith(plain[-1])
    name = plain[-1] if plain else "data"
    if whole:
        for ending in COMPRESSED:
            name = name.removesuffix(ending)
        name = PurePosixPath(name).stem
    return "".join(c for c in name if c.isprintable())[:200].strip() or "data"
