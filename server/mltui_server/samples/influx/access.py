"""Where InfluxDB is and how to get in: what the settings say, checked."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mltui_server.samples.influx.schema import Kind
from mltui_server.settings import Settings, SettingsError


@dataclass(frozen=True)
class Access:
    """One InfluxDB. Its secrets are in no repr."""

    url: str
    """Without a slash at the end."""
    database: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    org: str = ""

    @property
    def remote(self) -> bool:
        """Whether a network lies between."""
        host = urlsplit(self.url).hostname or ""
        return not (host in ("localhost", "::1") or host.startswith("127."))

    def without_secrets(self, text: str) -> str:
        """`text` with our secrets struck out: a server may say again what it was sent."""
        for secret in (self.password, self.token):
            text = text.replace(secret, "***") if secret else text
        return text


@dataclass(frozen=True)
class Retention:
    """How long samples are kept, as InfluxQL writes durations ("30d"). Empty: for ever."""

    metrics: str = ""
    resources: str = ""
    rollups: str = ""

    def of(self, kind: Kind) -> str:
        return {"metric": self.metrics, "resource": self.resources, "rollup": self.rollups}[kind]

    @property
    def words(self) -> str:
        """
        >>> Retention(metrics="30d").words, Retention().words
        ('metrics 30d, resources for ever, roll-ups for ever', 'all for ever')
        """
        kept = {"metrics": self.metrics, "resources": self.resources, "roll-ups": self.rollups}
        if not any(kept.values()):
            return "all for ever"
        return ", ".join(f"{what} {long or 'for ever'}" for what, long in kept.items())


def access_from(settings: Settings) -> Access:
    """Raises SettingsError for an address that cannot be one."""
    return Access(
        url=_checked(settings.influx_url),
        database=settings.influx_database,
        user=settings.influx_user,
        password=settings.influx_password,
        token=settings.influx_token,
        org=settings.influx_org,
    )


def _checked(url: str) -> str:
    right = "it looks like http://127.0.0.1:8086"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) and not re.search(r"\s", url)
    except ValueError:
        good, parts = False, urlsplit("")
    # What is wrong is not said again where a password may be in it.
    if "@" in url:
        raise SettingsError(f"INFLUX_URL has a user in it; put that into INFLUX_USER and INFLUX_PASSWORD, {right}")
    if not good or parts.query or parts.fragment:
        raise SettingsError(f"INFLUX_URL={url!r} is no address; {right}")
    return url.rstrip("/")
