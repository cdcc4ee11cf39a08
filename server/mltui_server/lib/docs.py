"""OpenAPI, and its page. The page's scripts come from a package: it works offline."""

from pathlib import Path

import swagger_ui
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.router import Router
from litestar.static_files import create_static_files_router

from mltui import __version__

STATIC = "/schema-static"


def openapi_config() -> OpenAPIConfig:
    """The page is /schema, the document /schema/openapi.json."""
    page = SwaggerRenderPlugin(
        js_url=f"{STATIC}/swagger-ui-bundle.js",
        css_url=f"{STATIC}/swagger-ui.css",
        standalone_preset_js_url=f"{STATIC}/swagger-ui-standalone-preset.js",
        favicon="<link rel='icon' href='data:,'>",
    )
    return OpenAPIConfig(title="mltui", version=__version__, render_plugins=[page], use_handler_docstrings=True)


def static_router() -> Router:
    folder = Path(swagger_ui.__file__).parent / "static"
    return create_static_files_router(path=STATIC, directories=[folder], include_in_schema=False)
