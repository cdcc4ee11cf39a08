"""Registering versions of models: as a record in the spool, behind the file that it is about, or at once."""

from collections.abc import Mapping
from typing import Any, SupportsFloat, TypedDict, Unpack
from urllib.parse import quote

import msgspec
import uuid_utils

from mltui.agent.environment import server_url
from mltui.agent.frames import Record
from mltui.agent.server import JSON, Away, Refused, Server
from mltui.agent.text import json_body, plain
from mltui.wire.base import in_words, to_number
from mltui.wire.models import CreateVersion, ModelName, VersionRow
from mltui.wire.sources import check_secrets


class Facts(TypedDict, total=False):
    """What may be said of a version. What its run knows, and what the file's name tells, need not be."""

    description: str
    tags: Mapping[str, str]
    model_type: str
    algorithm: str
    framework: str
    model_format: str
    training_dataset: str
    """A dataset's id."""
    training_config: Mapping[str, Any]
    metrics: Mapping[str, SupportsFloat]


def register_model(
    name: str,
    *,
    uri: str | None = None,
    artifact: str | None = None,
    run: str | None = None,
    url: str | None = None,
    **facts: Unpack[Facts],
) -> int:
    """Register a version of a model from anywhere; its number.

    It comes from a `uri`, or from an artifact (its id, or with `run`, a run's id, its name). `url` is the server's.
    Raises ValueError for what the server refuses, ConnectionError when it cannot be reached.
    """
    record = version_record(name, {"uri": uri, "artifact": artifact, "run": run}, facts)
    server = Server(url or server_url())
    try:
        answer = server.send(record.method, record.path, record.body, record.content_type)
    except Refused as refused:
        raise ValueError(f"register_model: {refused}") from None
    except Away as away:
        raise ConnectionError(f"register_model: {away}") from None
    return msgspec.json.decode(answer, type=VersionRow).version


def version_record(name: str, source: Mapping[str, str | None], facts: Facts) -> Record:
    """The request that registers it, which may be sent again. Raises ValueError for what the server would refuse."""
    metrics = {key: to_number(_number(key, value)) for key, value in facts.get("metrics", {}).items()}
    config = plain(facts.get("training_config", {}))
    said = {**source, **facts, "metrics": metrics, "training_config": config, "id": str(uuid_utils.uuid7())}
    try:
        msgspec.convert(name, ModelName)
        body = json_body(msgspec.convert(said, CreateVersion))
    except msgspec.ValidationError as error:
        raise ValueError(f"register_model: {in_words(str(error))}") from None
    try:
        check_secrets(source.get("uri") or "")
    except ValueError as error:
        raise ValueError(f"register_model: uri: {error}") from None
    return Record("POST", f"/api/v1/models/{quote(name, safe='')}/versions", JSON, body)


def _number(key: str, value: SupportsFloat) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"register_model: metric {key!r}: {value!r} is not a number") from None
