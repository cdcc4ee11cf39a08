"""Settings: from the environment and a TOML file, checked once at start, passed in. No module holds them.

The environment wins over the file. In the file each setting has its field's name:
`port = 8642`.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
import platformdirs
from msgspec import Meta

from mltui.wire.base import in_words, text

CONFIG_VARIABLE = "MLTUI_CONFIG"
LARGEST_REQUEST = 2_000_000
"""Samples of one request: 10,000 histograms of 200 buckets. An inbox must have room for it, if for no more."""


class SettingsError(Exception):
    """A setting is wrong. The message is one line: which one, where it came from, what would be right."""


ADDRESS = (
    r"^$|^postgres(ql)?://([^@/\s]*@)?(\[[^\]\s]*\]|[^@/\s:,]*)(:\d{1,5})?(,[^@/\s:,]*(:\d{1,5})?)*([/?]\S*)?$",
    "postgresql://user:password@host/name",
)
DURATION = (r"^([1-9]\d{0,4}[hdw])?$", "a number and h, d or w, as in 30d; empty for ever")
BUCKET = (r"^((s3|gs|az)://[^\s/]+(/\S*)?)?$", "s3://bucket/prefix, gs://bucket/prefix or az://container/prefix")
WORD = (r"^[A-Za-z0-9][A-Za-z0-9_-]{0,50}$", "letters, digits, _ and -, at most 51")


def _env(name: str, **limits: Any) -> Meta:
    return Meta(extra={"env": name}, **limits)


def _word(name: str, pattern: str, words: str, **extra: Any) -> Meta:
    return text(pattern, words, extra={"env": name, **extra})


def _secret(name: str) -> Meta:
    """A setting whose value is never said again."""
    return Meta(extra={"env": name, "secret": True})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: Annotated[str, _env("MLTUI_HOST")] = "127.0.0.1"
    """Address to listen on. Any but a loopback one is refused without `--insecure`, as there is no login yet."""
    port: Annotated[int, _env("MLTUI_PORT", ge=0, le=65535)] = 8642
    """TCP port; 0 takes a free one."""
    data_dir: Annotated[str, _env("MLTUI_DATA_DIR")] = ""
    """Folder for the embedded Postgres, samples, logs and run outputs. Default: the platform's user data folder."""
    database_url: Annotated[str, _word("DATABASE_URL", *ADDRESS, secret=True)] = ""
    """postgresql://user:password@host/name of an external Postgres 15 or newer. Unset: the embedded one."""
    max_concurrent_pipelines: Annotated[int, _env("MAX_CONCURRENT_PIPELINES", ge=1, le=1000)] = 5
    """Runs of pipelines at one time; further ones wait in order."""
    pipeline_timeout: Annotated[float, _env("PIPELINE_TIMEOUT", gt=0)] = 3600.0
    """Seconds a run may take unless its pipeline says otherwise."""
    duckdb_memory: Annotated[str, _word("MLTUI_DUCKDB_MEMORY", r"^\d+ ?[KMG]i?B$", "a number and MB or GB")] = "512MB"
    """Memory limit of the embedded sample store."""
    influx_url: Annotated[str, _env("INFLUX_URL")] = ""
    """http://host:8086 of an InfluxDB 1.6 to 3 for the samples. Unset: the embedded sample store."""
    influx_database: Annotated[str, _word("INFLUX_DATABASE", *WORD)] = "mltui"
    """Its database, or bucket; made when it is not there."""
    influx_token: Annotated[str, _secret("INFLUX_TOKEN")] = ""
    """API token of InfluxDB 2.x or 3."""
    influx_user: Annotated[str, _env("INFLUX_USER")] = ""
    """User of InfluxDB, where there is no token."""
    influx_password: Annotated[str, _secret("INFLUX_PASSWORD")] = ""
    """The user's password."""
    influx_org: Annotated[str, _env("INFLUX_ORG")] = ""
    """Organization; InfluxDB 2.x needs it."""
    influx_retention: Annotated[str, _word("INFLUX_RETENTION", *DURATION)] = ""
    """How long InfluxDB keeps run metrics: "36h", "30d", "52w". Empty: for ever."""
    influx_resource_retention: Annotated[str, _word("INFLUX_RESOURCE_RETENTION", *DURATION)] = ""
    """How long it keeps resource samples."""
    influx_rollup_retention: Annotated[str, _word("INFLUX_ROLLUP_RETENTION", *DURATION)] = ""
    """How long it keeps roll-ups, which charts of long series are made of."""
    inbox_max_samples: Annotated[int, _env("MLTUI_INBOX_MAX_SAMPLES", ge=LARGEST_REQUEST)] = 200_000_000
    """Samples that may wait for the sample store; past that, writers get 503 with Retry-After. At least 2,000,000,
    which one request may hold."""
    metric_label_sets: Annotated[int, _env("MLTUI_METRIC_LABEL_SETS", ge=1)] = 1000
    """Label sets that one operational metric may have; points that would bring more are refused."""
    artifact_store: Annotated[Literal["LOCAL", "S3", "GCS", "AZURE"], _env("MLTUI_ARTIFACT_STORE")] = "LOCAL"
    """Where artifacts go that name no store: LOCAL, S3, GCS or AZURE."""
    artifacts_s3: Annotated[str, _word("MLTUI_ARTIFACTS_S3", *BUCKET)] = ""
    """s3://bucket/prefix for artifacts. Credentials, region and endpoint: the provider's own variables, AWS_…"""
    artifacts_gcs: Annotated[str, _word("MLTUI_ARTIFACTS_GCS", *BUCKET)] = ""
    """gs://bucket/prefix; GOOGLE_…"""
    artifacts_azure: Annotated[str, _word("MLTUI_ARTIFACTS_AZURE", *BUCKET)] = ""
    """az://container/prefix; AZURE_STORAGE_…"""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _env("MLTUI_LOG_LEVEL")] = "info"
    """debug, info, warning or error."""
    log_format: Annotated[Literal["auto", "json", "text"], _env("MLTUI_LOG_FORMAT")] = "auto"
    """json, text, or auto: text on a terminal, JSON otherwise."""

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir or platformdirs.user_data_dir("mltui")).expanduser().absolute()


def variables() -> dict[str, str]:
    """Environment variable of each field."""
    hints = get_type_hints(Settings, include_extras=True)
    return {field: hint.__metadata__[0].extra["env"] for field, hint in hints.items()}


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of this process. `overrides` (command-line options) win where they are not None.

    Raises SettingsError naming the first wrong setting.
    """
    environment = os.environ if environment is None else environment
    values, origins = _from_file(environment)
    for field, variable in variables().items():
        if (text := environment.get(variable, "")) != "":
            values[field], origins[field] = text, variable
    for field, value in overrides.items():
        if value is not None:
            values[field], origins[field] = value, f"--{field.replace('_', '-')}"
    return msgspec.convert({field: _checked(field, value, origins) for field, value in values.items()}, Settings)


def _from_file(environment: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    named = environment.get(CONFIG_VARIABLE)
    path = Path(named) if named else Path(platformdirs.user_config_dir("mltui")) / "server.toml"
    try:
        table = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if named:
            raise SettingsError(f"{CONFIG_VARIABLE}={named}: no such file") from None
        return {}, {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    for key in table:
        if key not in Settings.__struct_fields__:
            known = ", ".join(Settings.__struct_fields__)
            raise SettingsError(f"{path}: unknown setting {key!r}; the settings are {known}")
    return table, {key: f"{path}: {key}" for key in table}


def _checked(field: str, value: Any, origins: Mapping[str, str]) -> Any:
    hint = get_type_hints(Settings, include_extras=True)[field]
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        shown = "" if hint.__metadata__[0].extra.get("secret") else f"={value!r}"
        choices = get_args(get_args(hint)[0])  # of a Literal
        why = f"it is one of {', '.join(choices)}" if choices else in_words(str(error))
        raise SettingsError(f"{origins[field]}{shown} is wrong: {why}") from None


def check_address(settings: Settings, insecure: bool) -> None:
    """Refuse to listen where others could come in, while there is no login."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not insecure:
        raise SettingsError(
            f"MLTUI_HOST={settings.host} is not a loopback address, and the server has no login yet: anyone who "
            "reaches it could run commands. Use 127.0.0.1 (and ssh), or say --insecure"
        )
