"""Every exception becomes one RFC 9457 problem, here and nowhere else."""

import math
from typing import Any

import msgspec
import psycopg
import psycopg_pool
import sqlalchemy.exc
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, SerializationException, ValidationException

from mltui.wire.base import Problem
from mltui.wire.states import IllegalTransition
from mltui_server.lib.errors import Conflict, DomainError, Invalid, NotFound, Unavailable

logger = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    500: "Internal error",
    503: "Unavailable",
}
DATABASE_AWAY = (
    psycopg.OperationalError,
    psycopg_pool.PoolTimeout,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
)
"""Raised while Postgres is stopped, restarting or out of connections: the client should try again."""


def problem_of(error: Exception) -> tuple[Problem, dict[str, str]]:
    """The problem that explains `error`, and headers to send with it."""
    status, detail, errors, headers = _explain(error)
    return Problem(title=TITLES.get(status, "Error"), status=status, detail=detail, errors=errors), headers


def _explain(error: Exception) -> tuple[int, str, list[dict[str, Any]], dict[str, str]]:
    match error:
        case NotFound():
            return 404, str(error), [], {}
        case Conflict():
            return 409, str(error), [], {}
        case IllegalTransition():
            return 409, str(error), [], {}
        case Invalid():
            return 422, str(error), [{"path": f.path, "message": f.message} for f in error.faults], {}
        case Unavailable():
            return 503, str(error), [], {"Retry-After": str(math.ceil(error.retry_after_s))}
        case DomainError():
            return 400, str(error), [], {}
        case msgspec.ValidationError():
            return 422, str(error), [], {}
        case msgspec.DecodeError():
            return 400, f"the body cannot be decoded: {error}", [], {}
        case ValidationException():
            return 422, _validation_detail(error), _validation_errors(error), {}
        case HTTPException() if isinstance(error.__cause__, SerializationException):
            return 400, f"the body cannot be decoded: {error.__cause__.detail}", [], {}
        case NotFoundException():
            return 404, "there is nothing at this address; /schema describes the API", [], {}
        case HTTPException():
            return error.status_code, error.detail, [], dict(error.headers or {})
        case _ if isinstance(error, DATABASE_AWAY):
            return 503, "the database cannot be reached; nothing was stored, try again", [], {"Retry-After": "1"}
        case _:
            return 500, "something went wrong on the server; its log has the details under this request id", [], {}


def _validation_detail(error: ValidationException) -> str:
    faults = _validation_errors(error)
    return "; ".join(f"{f['path']}: {f['message']}" for f in faults) or error.detail


def _validation_errors(error: ValidationException) -> list[dict[str, Any]]:
    extra = error.extra if isinstance(error.extra, list) else []
    return [{"path": _path(e), "message": str(e.get("message", ""))} for e in extra if isinstance(e, dict)]


def _path(fault: dict[str, Any]) -> str:
    """`$.stages[0].name` for a body, as in our own faults; a parameter's plain name otherwise."""
    key = str(fault.get("key", ""))
    return f"$.{key}".rstrip(".") if fault.get("source") in (None, "body") else key


def respond(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything. Logs what the client cannot be told."""
    problem, headers = problem_of(error)
    problem.instance = request.url.path
    problem.request_id = request.scope.get("state", {}).get("request_id", "")  # none where no route was found
    if problem.status >= 500:
        logger.error("request failed", path=request.url.path, status=problem.status, exc_info=error)
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)
