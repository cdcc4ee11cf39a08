"""`mltui db`: the server's database."""

import argparse

from mltui.cli.serve import missing, settings_of
from mltui.cli.session import CommandError

NEEDED = (
    "db upgrade needs DATABASE_URL (or --database-url), the external Postgres to migrate; "
    "the embedded one is migrated whenever the server starts"
)


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    sentence = "Migrate an external Postgres to the schema of this version."
    upgrade = commands.add_parser("upgrade", help=sentence, description=sentence)
    upgrade.add_argument("--database-url", help="postgresql://user:password@host/name; otherwise DATABASE_URL")
    upgrade.set_defaults(call=run_upgrade)


def run_upgrade(args: argparse.Namespace) -> int:
    settings = settings_of(database_url=args.database_url)
    if not settings.database_url:
        raise CommandError(NEEDED, 2)
    try:
        from sqlalchemy.exc import SQLAlchemyError

        from mltui_server.db.upgrade import upgrade
        from mltui_server.settings import SettingsError
    except ModuleNotFoundError as error:
        raise missing(error) from None
    try:
        revision = upgrade(settings.database_url)
    except SettingsError as error:
        raise CommandError(str(error), 2) from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise CommandError(f"the database cannot be migrated: {reason}") from None
    print(f"the database has schema {revision}")
    return 0
