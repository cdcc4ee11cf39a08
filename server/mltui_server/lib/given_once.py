"""Parameters in the address that may be there once."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.typing import FieldDefinition

from mltui_server.lib.errors import Invalid


def guard_given_once(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises Invalid for one that is there several times and has one value: another would be dropped in silence."""
    if not connection.scope["query_string"]:
        return
    given = connection.query_params
    for argument, parameter in handler.parsed_fn_signature.parameters.items():
        name = getattr(parameter.kwarg_definition, "name", None) or argument
        if not _takes_several(parameter) and len(values := given.getall(name, [])) > 1:
            raise Invalid(f"{name} is given {len(values)} times ({', '.join(values)}); give it once")


def _takes_several(parameter: FieldDefinition) -> bool:
    return any(one.is_non_string_collection for one in (parameter, *parameter.inner_types))
