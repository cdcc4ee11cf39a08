"""`mltui serve`: the server, in this process."""

import argparse
from typing import TYPE_CHECKING, Any

from mltui.cli.session import CommandError

if TYPE_CHECKING:
    from mltui_server.settings import Settings

EXTRA = "the server is not installed; install it with: pip install 'mltui[server]'"


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "What is not said here comes from the environment and from server.toml; docs/operating.md has all."
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="TCP port (8642); 0 takes a free one")
    parser.add_argument("--data-dir", help="folder for the embedded Postgres, samples, logs and run outputs")
    parser.add_argument("--database-url", help="an external Postgres; otherwise the embedded one")
    parser.add_argument(
        "--insecure", action="store_true", help="listen on an address that others can reach, unprotected"
    )
    parser.set_defaults(call=run)


def settings_of(**overrides: Any) -> "Settings":
    """The server's settings. Raises CommandError."""
    from mltui_server.settings import SettingsError, load_settings

    try:
        return load_settings(**overrides)
    except SettingsError as error:
        raise CommandError(str(error), 2) from None


def run(args: argparse.Namespace) -> int:
    settings = settings_of(host=args.host, port=args.port, data_dir=args.data_dir, database_url=args.database_url)
    try:
        from mltui_server.__main__ import serve
    except ModuleNotFoundError as error:
        raise missing(error) from None
    return serve(settings, insecure=args.insecure)


def missing(error: ModuleNotFoundError) -> Exception:
    """What to say of a module that is not there: our own would be a fault, another's is the extra not installed."""
    ours = (error.name or "").partition(".")[0] in ("mltui", "mltui_server")
    return error if ours else CommandError(EXTRA)
