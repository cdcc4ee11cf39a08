"""Which server to talk to: `--url`, else MLTUI_URL, else the config file, else this machine."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

URL_VARIABLE = "MLTUI_URL"
DEFAULT_URL = "http://127.0.0.1:8642"


class ConfigError(Exception):
    """What is wrong with the address of the server, and where it was said, in one line."""


def config_file() -> Path:
    """The client's config file, whether or not it exists: TOML with the one key `url`."""
    return Path(platformdirs.user_config_dir("mltui")) / "client.toml"


def server_url(
    option: str | None = None, *, environment: Mapping[str, str] | None = None, file: Path | None = None
) -> str:
    """The server's base URL, without a slash at its end. `option` is what `--url` said, None when it was not given.

    Raises ConfigError.
    """
    environment = os.environ if environment is None else environment
    if option is not None:
        return _checked(option, "--url")
    if variable := environment.get(URL_VARIABLE):
        return _checked(variable, URL_VARIABLE)
    file = file or config_file()
    if (said := _from_file(file)) is not None:
        return _checked(said, f"{file}: url")
    return DEFAULT_URL


def _from_file(file: Path) -> str | None:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from None
    for key in table:
        if key != "url":
            raise ConfigError(f"{file}: unknown key {key!r}; the only one is url")
    url = table.get("url")
    if url is not None and not isinstance(url, str):
        raise ConfigError(f'{file}: url must be a string, as in url = "{DEFAULT_URL}"')
    return url


def _checked(url: str, origin: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
        _ = parts.port  # Reading it is what checks it.
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{origin}={url!r} is not the address of a server; write it as {DEFAULT_URL}")
    return url.rstrip("/")
