"""Parameters in the address: each is one that the handler knows, and there once unless it takes several values."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from mltui_server.lib.errors import Invalid

OPEN = "takes_any_parameter"
"""Option of a handler that reads, and checks, the others itself."""


def guard_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises Invalid for one that would be dropped in silence: unknown, or another value of one that has one."""
    if not connection.scope["query_string"]:
        return
    given, known = connection.query_params, _parameters(handler)
    for name, parameter in known.items():
        if not _takes_several(parameter) and len(values := given.getall(name, [])) > 1:
            raise Invalid(f"{name} is given {len(values)} times ({', '.join(values)}); give it once")
    unknown = [name for name in given if name not in known]
    if unknown and not handler.opt.get(OPEN):
        there = f"those are {', '.join(sorted(known))}" if known else "there are none"
        raise Invalid(f"there is no parameter {unknown[0]!r} here; {there}")


def _parameters(handler: BaseRouteHandler) -> dict[str, FieldDefinition]:
    """The handler's own, and those of the dependencies that it asks for, by the names that they have in the address."""
    own, there = handler.parsed_fn_signature.parameters, handler.resolve_dependencies()
    asked = [there[name].parsed_fn_signature.parameters for name in own if name in there]
    found = (pair for parameters in (own, *asked) for pair in parameters.items())
    return {
        getattr(parameter.kwarg_definition, "name", None) or argument: parameter
        for argument, parameter in found
        if isinstance(parameter.kwarg_definition, QueryParameter)
    }


def _takes_several(parameter: FieldDefinition) -> bool:
    return any(one.is_non_string_collection for one in (parameter, *parameter.inner_types))
