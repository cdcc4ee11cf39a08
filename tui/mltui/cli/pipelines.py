"""`mltui pipelines`: list, check, register and start pipelines."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.cli.output import Column, ago, coloured, duration, percent, print_json, print_table, size, state
from mltui.cli.session import CommandError, add_json, add_url, converse
from mltui.cli.words import add_parameters, add_tags, parameters_of, tags_of
from mltui.paging import read_rows
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.pipelines import PipelineDetail, PipelineRow, PipelineSpec
    from mltui.wire.runs import RunDetail

NOT_FOUND = 404


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, sentence: str, *, online: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=sentence, description=sentence)
        if online:
            add_url(made)
        return made

    listing = command("ls", "List the pipelines.")
    listing.add_argument("--text", help="only those whose name or description has this text")
    listing.add_argument("--sort", default="name", help="a column, with - in front for descending")
    add_json(listing)
    listing.set_defaults(call=run_ls)

    show = command("show", "Show a pipeline and its stages.")
    show.add_argument("pipeline", help="name or id")
    add_json(show)
    show.set_defaults(call=run_show)

    apply = command("apply", "Register the pipeline in a YAML file, or bring it up to date.")
    apply.add_argument("file", type=Path)
    add_json(apply)
    apply.set_defaults(call=run_apply)

    validate = command("validate", "Say everything that is wrong in a pipeline's YAML file.", online=False)
    validate.add_argument("file", type=Path)
    validate.set_defaults(call=run_validate)

    schema = command("schema", "Print the JSON schema of pipeline files, for editors.", online=False)
    schema.set_defaults(call=run_schema)

    delete = command("delete", "Delete a pipeline; its runs stay.")
    delete.add_argument("pipeline", help="name or id")
    delete.set_defaults(call=run_delete)

    restore = command("restore", "Bring a deleted pipeline back, as it was.")
    restore.add_argument("pipeline", help="name or id; of several of a name, the one that was deleted last")
    restore.set_defaults(call=run_restore)

    add_start(command("start", "Start a run of a pipeline."))


def add_start(parser: argparse.ArgumentParser) -> None:
    """The options of `pipelines start`, which is also `runs start`."""
    parser.add_argument("pipeline", help="name or id")
    add_parameters(parser)
    add_tags(parser)
    parser.add_argument("--name", help="the run's name; otherwise the pipeline's with a number")
    parser.add_argument("--environment", help="a label such as dev or prod; otherwise the pipeline's")
    parser.add_argument("--notes", default="", help="what this run is about")
    parser.add_argument("--watch", action="store_true", help="follow it to its end; the exit code is its outcome")
    add_json(parser)
    parser.set_defaults(call=run_start)


def run_ls(args: argparse.Namespace) -> int:
    async def everything(client: "Client") -> "list[PipelineRow]":
        return (await read_rows(partial(client.pipelines, text=args.text, sort=args.sort)))[0]

    rows = converse(args, everything)
    if args.json:
        print_json(rows)
    elif not rows:
        print("no pipelines; register one with `mltui pipelines apply FILE`")
    else:
        columns = [
            Column("NAME", flexible=True),
            Column("STATE"),
            Column("STAGES", right=True),
            Column("RUNS", right=True),
            Column("LAST RUN", right=True),
            Column("TIME", right=True),
            Column("DESCRIPTION", flexible=True),
        ]
        print_table(columns, [_row(row) for row in rows])
    return 0


def _row(row: "PipelineRow") -> list[str]:
    counts = [str(row.stage_count), str(row.run_count)]
    return [row.name, state(row.status), *counts, ago(row.started_at), duration(row.execution_time), row.description]


def run_show(args: argparse.Namespace) -> int:
    pipeline = converse(args, lambda client: client.pipeline(args.pipeline))
    if args.json:
        print_json(pipeline)
    else:
        _print_pipeline(pipeline)
    return 0


def _print_pipeline(pipeline: "PipelineDetail") -> None:
    print(f"{pipeline.name}  {coloured(state(pipeline.status), pipeline.status)}  {pipeline.description}")
    print(f"id           {pipeline.id}")
    last = (
        f", the last {ago(pipeline.started_at)}, {duration(pipeline.execution_time)} long" if pipeline.run_count else ""
    )
    print(f"runs         {pipeline.run_count}{last}")
    if pipeline.memory_usage is not None:
        print(f"peaks        {size(pipeline.memory_usage)}, {percent(pipeline.cpu_usage)} of one core")
    print(f"directory    {pipeline.directory or '-'}")
    if pipeline.parameters:
        print("parameters   " + "  ".join(f"{name}={value}" for name, value in pipeline.parameters.items()))
    if pipeline.stages:
        print()
        columns = [Column("STAGE"), Column("TYPE"), Column("AFTER", flexible=True), Column("COMMAND", flexible=True)]
        rows = []
        for stage in pipeline.stages:
            command = stage.command if isinstance(stage.command, str) else " ".join(stage.command)
            rows.append([stage.name, stage.custom_name or stage.stage_type, ", ".join(stage.dependencies), command])
        print_table(columns, rows)


def run_apply(args: argparse.Namespace) -> int:
    spec = _read(args.file)
    if spec is None:
        return 1
    pipeline, new = converse(args, lambda client: _apply(client, spec))
    if args.json:
        print_json(pipeline)
    else:
        print(f"{'registered' if new else 'updated'} {pipeline.name}: {counted(len(pipeline.stages), 'stage')}")
    return 0


async def _apply(client: "Client", spec: "PipelineSpec") -> "tuple[PipelineDetail, bool]":
    """The pipeline as registered, and whether it is new."""
    from mltui.client import ProblemError

    try:
        return await client.replace_pipeline(spec.name, spec), False
    except ProblemError as error:
        if error.problem.status != NOT_FOUND:
            raise
    return await client.create_pipeline(spec), True


def run_validate(args: argparse.Namespace) -> int:
    spec = _read(args.file)
    if spec is None:
        return 1
    print(f"{args.file}: {spec.name} is fine: {counted(len(spec.stages), 'stage')}")
    return 0


def _read(file: Path) -> "PipelineSpec | None":
    """The file's pipeline; None when it is faulty, and its faults are on stderr."""
    from mltui.cli.pipeline_file import FaultyPipeline, load

    try:
        return load(file)
    except FaultyPipeline as error:
        print(error, file=sys.stderr)
        return None
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None


def run_schema(_: argparse.Namespace) -> int:
    from mltui.cli.pipeline_file import schema

    print_json(schema())
    return 0


def run_delete(args: argparse.Namespace) -> int:
    converse(args, lambda client: client.delete_pipeline(args.pipeline))
    print(f"deleted {args.pipeline}; its runs stay; back with: mltui pipelines restore {args.pipeline}")
    return 0


def run_restore(args: argparse.Namespace) -> int:
    pipeline = converse(args, lambda client: client.restore_pipeline(args.pipeline))
    print(f"restored {pipeline.name}  {pipeline.id}")
    return 0


def run_start(args: argparse.Namespace) -> int:
    from mltui.cli.run_watch import announce_and_watch

    return announce_and_watch(args, lambda client: _start(client, args), "started")


async def _start(client: "Client", args: argparse.Namespace) -> "RunDetail":
    from msgspec import UNSET

    from mltui.wire.pipelines import StartRun

    defaults = (await client.pipeline(args.pipeline)).parameters if args.parameter else {}
    start = StartRun(
        name=args.name or UNSET,
        parameters=parameters_of(args, defaults),
        environment=UNSET if args.environment is None else args.environment,
        tags=tags_of(args),
        notes=args.notes,
    )
    return await client.start_run(args.pipeline, start)
