"""Every exception becomes one RFC 9457 problem, here and nowhere else."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import msgspec
import psycopg
import psycopg_pool
import sqlalchemy.exc
import structlog
import uuid_utils
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, SerializationException, ValidationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.typing import FieldDefinition

from mltui.wire.base import Problem, in_words
from mltui.wire.states import IllegalTransition
from mltui_server.lib.disk_full import disk_full, is_disk_full
from mltui_server.lib.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooLarge, Unavailable
from mltui_server.lib.request_id import HEADER

logger = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"
NO_CHOICE = "Invalid enum value "
"""What msgspec says of a word that is none of some."""
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    422: "Invalid input",
    500: "Internal error",
    503: "Unavailable",
}
CANNOT_BE_STORED = (psycopg.DataError, sqlalchemy.exc.DataError)
"""What came in is fine for us and not for Postgres: above all text with the character NUL."""
DATABASE_AWAY = (
    psycopg.OperationalError,
    psycopg_pool.PoolTimeout,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
)
"""Raised while Postgres is stopped, restarting or out of connections: the client should try again."""


Parameters = Mapping[str, FieldDefinition]
"""Of the handler, by the names that they have there."""


def problem_of(error: Exception, parameters: Parameters) -> tuple[Problem, dict[str, str]]:
    """The problem that explains `error`, and headers to send with it."""
    status, detail, errors, headers = _explain(error, parameters)
    return Problem(title=TITLES.get(status, "Error"), status=status, detail=detail, errors=errors), headers


def _explain(error: Exception, parameters: Parameters) -> tuple[int, str, list[dict[str, Any]], dict[str, str]]:
    match error:
        case NotFound():
            return 404, str(error), [], {}
        case Forbidden():
            return 403, str(error), [], {}
        case Conflict():
            return 409, str(error), [], {}
        case IllegalTransition():
            return 409, str(error), [], {}
        case Invalid():
            return 422, str(error), [{"path": f.path, "message": f.message} for f in error.faults], {}
        case TooLarge():
            return 413, str(error), [], {}
        case Unavailable():
            return 503, str(error), [], {"Retry-After": str(math.ceil(error.retry_after_s))}
        case DomainError():
            return 400, str(error), [], {}
        case msgspec.ValidationError():
            return 422, in_words(str(error)), [], {}
        case UnicodeDecodeError():
            wrong = f"the byte 0x{error.object[error.start]:02x} in it is no UTF-8; send text in UTF-8"
            return 400, f"the body cannot be decoded: {wrong}", [], {}
        case msgspec.DecodeError():
            return 400, f"the body cannot be decoded: {error}", [], {}
        case RecursionError():
            return 400, "the body cannot be decoded: it is nested too deep", [], {}
        case ValidationException():
            faults = _validation_errors(error, parameters)
            return 422, "; ".join(f"{f['path']}: {f['message']}" for f in faults) or error.detail, faults, {}
        case HTTPException() if isinstance(error.__cause__, SerializationException):
            return 400, f"the body cannot be decoded: {error.__cause__.detail}", [], {}
        case NotFoundException():
            return 404, "there is nothing at this address; /schema describes the API", [], {}
        case HTTPException():
            return error.status_code, error.detail, [], dict(error.headers or {})
        case _ if isinstance(error, CANNOT_BE_STORED):
            return 422, _why_not_stored(error), [], {}
        case _ if is_disk_full(error):
            words = disk_full("Postgres has no room for this", "its disk")
            return 503, f"{words}; nothing was stored", [], {"Retry-After": "5"}
        case _ if isinstance(error, DATABASE_AWAY):
            return 503, "the database cannot be reached; nothing was stored, try again", [], {"Retry-After": "1"}
        case _:
            return 500, "something went wrong on the server; its log has the details under this request id", [], {}


def _why_not_stored(error: Exception) -> str:
    reason = str(getattr(error, "orig", error)).splitlines()[0]
    if "NUL" in reason or "Unicode escape" in reason:
        return "text cannot have the character NUL (\\u0000) in it; nothing was stored"
    return f"this cannot be stored: {reason}"


def _validation_errors(error: ValidationException, parameters: Parameters) -> list[dict[str, Any]]:
    extra = error.extra if isinstance(error.extra, list) else []
    return [_fault(fault, parameters) for fault in extra if isinstance(fault, dict)]


def _fault(fault: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    """`$.stages[0].name` for a body, as in our own faults; for a parameter the name that it has in the address."""
    key, message = str(fault.get("key", "")), in_words(str(fault.get("message", "")))
    if fault.get("source") in (None, "body"):
        if message == "'data'":  # all that Litestar says about a body that is not there
            message = "the body is missing; send a JSON object"
        return {"path": "$" if key == "data" else f"$.{key}".rstrip("."), "message": message}
    if (parameter := parameters.get(key)) is not None:
        key = getattr(parameter.kwarg_definition, "name", None) or key
        if message.startswith(NO_CHOICE):
            message = f"{message.removeprefix(NO_CHOICE)} is none of {', '.join(_choices(parameter))}"
    return {"path": key, "message": message}


def _choices(parameter: FieldDefinition) -> list[str]:
    """The words that it takes, if there are just some."""
    found: list[str] = []
    for kind in get_args(parameter.annotation) if parameter.is_optional else [parameter.annotation]:
        if get_origin(kind) is Literal:
            found += get_args(kind)
        elif isinstance(kind, type) and issubclass(kind, Enum):
            found += [member.value for member in kind]
    return found


def respond(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything. Logs what the client cannot be told."""
    signed = request.route_handler.parsed_fn_signature if isinstance(error, ValidationException) else None
    problem, headers = problem_of(error, signed.parameters if signed else {})
    problem.instance = request.url.path
    if isinstance(error, RequestEntityTooLarge):
        problem.detail = f"the body has more than {request.route_handler.resolve_request_max_body_size():,} bytes"
    # Where no route was found, no middleware has run.
    problem.request_id = headers[HEADER] = request.scope.get("state", {}).get("request_id") or uuid_utils.uuid7().hex
    if problem.status == 503:
        # Expected, and just then there are many of them.
        logger.warning("request not served", path=request.url.path, reason=problem.detail)
    elif problem.status >= 500:
        logger.error("request failed", path=request.url.path, status=problem.status, exc_info=error)
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)
