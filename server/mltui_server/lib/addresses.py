"""Addresses that are kept, and shown to everybody."""

from mltui.wire.sources import check_secrets
from mltui_server.lib.errors import Invalid


def check_no_secret(uri: str | None, where: str) -> None:
    """Raises Invalid for one with a secret in it; `where` is its place in the request, as `$.uri`."""
    try:
        check_secrets(uri or "")
    except ValueError as error:
        raise Invalid(f"{where}: {error}") from None
