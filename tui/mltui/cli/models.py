"""`mltui models`: the registry from a shell."""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from mltui.cli import model_changes
from mltui.cli.model_changes import VERSION_HELP, version_of
from mltui.cli.output import Column, ago, clock, number, print_json, print_table
from mltui.cli.session import add_json, add_url, converse
from mltui.naming import short_id
from mltui.paging import PAGE, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from mltui.client import Client
    from mltui.wire.models import ApprovalRow, Comparison, Difference, ModelRow, VersionRow

LABEL = 17


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)

    def command(name: str, sentence: str, call: "Callable[[argparse.Namespace], int]") -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(name, help=sentence, description=sentence)
        add_url(made)
        if name != "rm":
            add_json(made)
        made.set_defaults(call=call)
        return made

    ls = command("ls", "List the models.", _ls)
    ls.add_argument("--text", help="part of the name or the description")
    show = command("show", "Show a model with its versions, or one version.", _show)
    show.add_argument("model", metavar="MODEL", help="a model's name, name/3 or name@alias")
    diff = command("diff", "Compare two versions of a model.", _diff)
    diff.add_argument("left", metavar="VERSION", help=VERSION_HELP)
    diff.add_argument("right", metavar="VERSION", help="as the first one; its number or @alias is enough")
    diff.add_argument("--changed", action="store_true", help="only what differs")
    model_changes.add(command)


def _ls(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "list[ModelRow]":
        return (await read_rows(partial(client.models, text=args.text)))[0]

    models = converse(args, talk)
    if args.json:
        print_json(models)
    elif not models:
        print("no models; register a version with `mltui models register NAME --run RUN --artifact FILE`")
    else:
        columns = [Column("NAME", flexible=True), Column("VERSIONS", right=True), Column("LATEST", right=True),
                   Column("ALIASES", flexible=True), Column("STAGES", flexible=True), Column("WAITING", right=True),
                   Column("CHANGED", right=True), Column("", flexible=True)]  # fmt: skip
        print_table(columns, [_cells(model) for model in models])
    return 0


def _cells(model: "ModelRow") -> list[str]:
    stages = (f"{stage.value} {','.join(map(str, versions))}" for stage, versions in model.stages.items())
    return [
        model.name, str(model.version_count), "-" if model.latest is None else str(model.latest),
        " ".join(f"@{alias}={version}" for alias, version in model.aliases.items()) or "-", "  ".join(stages) or "-",
        str(model.pending or "-"), ago(model.updated_at), model.description,
    ]  # fmt: skip


def _show(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        if "/" in args.model or "@" in args.model:
            version = await client.model_version(*version_of(args.model))
            if args.json:
                print_json(version)
            else:
                _print_version(version)
            return 0
        model = await client.model(args.model)
        versions = (await client.model_versions(args.model, limit=PAGE)).items
        if args.json:
            print_json({"model": model, "versions": versions})
        else:
            waiting = (await client.approvals(args.model, status="pending")).items
            _print_model(model, versions, waiting)
        return 0

    return converse(args, talk)


def _print_model(model: "ModelRow", versions: "list[VersionRow]", waiting: "list[ApprovalRow]") -> None:
    print(model.name)
    _print_facts({
        "description": model.description,
        "aliases": "  ".join(f"@{alias} → {version}" for alias, version in model.aliases.items()),
        "approval": "somebody else approves each move" if model.approval else "",
        "tags": "  ".join(f"{key}={value}" for key, value in model.tags.items()),
        "created": f"{clock(model.created_at)}  by {model.created_by}",
    })  # fmt: skip
    for one in waiting:
        what = f"@{one.alias} → {one.after or 'none'}" if one.alias else f"{model.name}/{one.version} → {one.after}"
        print(f"{'waits':<{LABEL}}{what}  {short_id(one.id)}  asked by {one.requested_by}: {one.reason}")
    if versions:
        print()
        columns = [Column("VERSION", right=True), Column("STATUS"), Column("STAGE"), Column("ALIASES", flexible=True),
                   Column("RUN", flexible=True), Column("FRAMEWORK"), Column("ALGORITHM", flexible=True),
                   Column("CREATED", right=True)]  # fmt: skip
        print_table(columns, [_version_cells(version) for version in versions])


def _version_cells(version: "VersionRow") -> list[str]:
    return [
        str(version.version), version.status.value, version.stage.value,
        " ".join(f"@{alias}" for alias in version.aliases) or "-", version.run or "-", version.framework or "-",
        version.algorithm or "-", ago(version.created_at),
    ]  # fmt: skip


def _print_version(version: "VersionRow") -> None:
    print(f"{version.model}/{version.version}  {version.status.value}")
    _print_facts({
        "id": version.id,
        "stage": version.stage.value,
        "aliases": "  ".join(f"@{alias}" for alias in version.aliases),
        "run": f"{version.run}  {version.run_id}{'  deleted' * version.run_deleted}" if version.run else "",
        "artifact": f"{version.artifact}  {version.artifact_id}" if version.artifact else "",
        "uri": version.uri,
        "type": version.model_type,
        "algorithm": version.algorithm,
        "framework": version.framework,
        "format": version.model_format,
        "trained on": version.training_dataset,
        "ingestion jobs": "  ".join(job.name for job in version.ingestion_jobs),
        "config": "  ".join(f"{name}={value}" for name, value in version.training_config.items()),
        "metrics": "  ".join(f"{name}={number(value)}" for name, value in version.metrics.items()),
        "tags": "  ".join(f"{key}={value}" for key, value in version.tags.items()),
        "description": version.description,
        "created": f"{clock(version.created_at)}  by {version.created_by}",
    })  # fmt: skip


def _print_facts(facts: "dict[str, str | None]") -> None:
    for label, fact in facts.items():
        if fact:
            print(f"{label:<{LABEL}}{fact}")


def _diff(args: argparse.Namespace) -> int:
    name, left = version_of(args.left)
    right = version_of(args.right, name)[1]

    async def talk(client: "Client") -> "Comparison":
        return await client.compare_versions(name, left, right)

    found = converse(args, talk)
    if args.json:
        print_json(found)
        return 0
    shown = [line for line in found.differences if not (args.changed and line.same)]
    left_title, right_title = (f"{name}/{version.version}" for version in (found.left, found.right))
    columns = [Column("PART"), Column("", flexible=True), Column(left_title, flexible=True), Column(""),
               Column(right_title, flexible=True)]  # fmt: skip
    print_table(columns, [_difference(line) for line in shown])
    return 0


def _difference(line: "Difference") -> list[str]:
    return [line.part, line.name, _value(line.left), "=" if line.same else "≠", _value(line.right)]


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return number(value) if isinstance(value, float) else "-" if value is None else str(value)
