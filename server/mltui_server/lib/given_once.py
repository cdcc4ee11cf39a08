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
    for argument, parameter in _parameters(handler).items():
        name = getattr(parameter.kwarg_definition, "name", None) or argument
        if not _takes_several(parameter) and len(values := given.getall(name, [])) > 1:
            raise Invalid(f"{name} is given {len(values)} times ({', '.join(values)}); give it once")


def _parameters(handler: BaseRouteHandler) -> dict[str, FieldDefinition]:
    """The handler's own, and those of the dependencies that it asks for."""
    own, there = handler.parsed_fn_signature.parameters, handler.resolve_dependencies()
    asked = [there[name].parsed_fn_signature.parameters for name in own if name in there]
    return {name: parameter for parameters in (own, *asked) for name, parameter in parameters.items()}


def _takes_several(parameter: FieldDefinition) -> bool:
    return any(one.is_non_string_collection for one in (parameter, *parameter.inner_types))
