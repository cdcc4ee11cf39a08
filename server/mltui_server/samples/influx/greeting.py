"""What answers at INFLUX_URL: an InfluxDB of some version, or why it is none, and what would be right."""

import re
import ssl
from urllib.parse import urlsplit

import httpx

from mltui_server.samples.influx.access import Access
from mltui_server.samples.store import StoreError, WrongAddress

VERSION = "X-Influxdb-Version"
"""In every answer of every version."""
RIGHT = "it looks like http://127.0.0.1:8086"


def version_of(access: Access, response: httpx.Response) -> str:
    """The version, like "1.6.7", of what answered a ping; "" of what may be a proxy before a server that is away.

    Raises WrongAddress where no InfluxDB can be.
    """
    version: str = response.headers.get(VERSION, "").removeprefix("v").partition("~")[0]
    if re.match(r"\d", version):
        if response.status_code == httpx.codes.NOT_FOUND:
            raise WrongAddress(f"InfluxDB {version} answers, but not under the path of {access.url}; "
                               f"INFLUX_URL has one only where a proxy needs it, {RIGHT}")  # fmt: skip
        return version
    if response.is_server_error or response.status_code in (401, 403, 429):
        return ""
    if response.has_redirect_location:
        there = response.headers["Location"].removesuffix("/ping")
        raise WrongAddress(f"what answers at {access.url} sends us to {there}; set INFLUX_URL to where InfluxDB is")
    if response.status_code == httpx.codes.BAD_REQUEST and "HTTPS" in response.text:
        raise WrongAddress(f"{access.url} takes TLS only; set INFLUX_URL to {_other(access.url)}")
    raise WrongAddress(f"what answers at {access.url} is no InfluxDB (/ping: HTTP {response.status_code}, "
                       f"without {VERSION}); check INFLUX_URL, {RIGHT}")  # fmt: skip


def why_not_reached(access: Access, error: httpx.HTTPError) -> StoreError:
    """One line for a request that got no answer."""
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return StoreError(f"the certificate of {access.url} is not trusted here ({cause.verify_message}); "
                          "have this machine trust who signed it, or check INFLUX_URL")  # fmt: skip
    if isinstance(cause, ssl.SSLError) and cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return WrongAddress(f"what answers at {access.url} does not speak TLS; set INFLUX_URL to {_other(access.url)}")
    why = access.without_secrets(str(error)) or type(error).__name__
    return StoreError(f"InfluxDB at {access.url} cannot be reached ({why}); start it, or check INFLUX_URL")


def _cause(error: BaseException) -> BaseException:
    """What all of it began with."""
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    return error


def _other(url: str) -> str:
    """With TLS where it had none, and without where it had."""
    parts = urlsplit(url)
    return parts._replace(scheme="http" if parts.scheme == "https" else "https").geturl()
