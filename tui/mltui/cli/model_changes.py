"""What `mltui models` changes: registering, moving aliases and stages, deciding, deleting."""

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.cli.output import print_json
from mltui.cli.session import CommandError, converse
from mltui.cli.words import add_tags, pair
from mltui.naming import JOB_HELP, RUN_HELP, job_id, run_id, short_id
from mltui.wire.base import Number, to_number

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.models import ApprovalRow, MoveOutcome, VersionRow

VERSION_HELP = "a version: name/3 or name@alias"
STATUSES = ("pending", "ready", "failed", "archived")
STAGES = ("None", "Staging", "Production", "Archived")
OR_ELSE = "without it, what somebody else moved before this begins is moved on, and the answer says from where"
AddCommand = Callable[[str, str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]


def version_of(word: str, name: str = "") -> tuple[str, str]:
    """(model, number or @alias) of `name/3` or `name@alias`; with a `name`, `3` and `@alias` are enough."""
    if found := re.fullmatch(r"([^/@]*)(?:/(\d+)|(@[^/@]+))", word):
        model = found[1] or name
        if model and name in ("", model):
            return model, found[2] or found[3]
        if model:
            raise CommandError(f"{word!r} is of another model than {name!r}; versions of one model are compared", 2)
    if name and word.isdigit():
        return name, word
    raise CommandError(f"{word!r} is no version; write {VERSION_HELP.removeprefix('a version: ')}", 2)


def add(command: AddCommand) -> None:
    register = command("register", "Register a version of a model, which is made on first use.", _register)
    register.add_argument("model", metavar="NAME")
    register.add_argument("--run", metavar="RUN", help=RUN_HELP)
    register.add_argument("--artifact", metavar="ARTIFACT", help="a file or a folder here, which is sent as an "
                          "artifact of --run; the name of one of its artifacts; without --run an id")  # fmt: skip
    register.add_argument("--uri", help="where the model is, when it is no artifact")
    for option in ("model-type", "algorithm", "framework", "description"):
        register.add_argument(f"--{option}", default="")
    register.add_argument("--format", default="", dest="model_format")
    register.add_argument("--dataset", dest="training_dataset", metavar="ID", help="the dataset it was trained on")
    register.add_argument("--job", action="append", default=[], metavar="JOB",
                          help=f"an ingestion job that brought its data in: {JOB_HELP}; may be repeated")  # fmt: skip
    register.add_argument("--metric", type=pair, action="append", default=[], metavar="NAME=VALUE",
                          help="what the run does not know; may be repeated")  # fmt: skip
    add_tags(register)

    promote = command("promote", "Move a version to a stage.", _promote)
    promote.add_argument("version", metavar="VERSION", help=VERSION_HELP)
    promote.add_argument("stage", metavar="STAGE", type=_stage, help=", ".join(STAGES))
    promote.add_argument(
        "--expect", metavar="STAGE", type=_stage, help=f"only from this stage, as you saw it; {OR_ELSE}"
    )
    _add_reason(promote)

    alias = command("alias", "Have an alias point to a version.", _alias)
    alias.add_argument("version", metavar="VERSION", help=VERSION_HELP)
    alias.add_argument("alias", metavar="ALIAS", help="as in champion")
    away = alias.add_mutually_exclusive_group()
    away.add_argument("--remove", action="store_true", help="take the alias away from this version")
    away.add_argument("--expect", metavar="VERSION|none", type=_expected, default=argparse.SUPPRESS,
                      help=f"only from this version, as you saw it; {OR_ELSE}")  # fmt: skip
    _add_reason(alias)

    for verb, sentence in (("approve", "Make a move that waits."), ("reject", "Refuse a move that waits.")):
        decide = command(verb, sentence, _decide)
        decide.add_argument("model", metavar="NAME")
        decide.add_argument("id", metavar="ID", nargs="?", default="", help="part of its id, where several wait")
        _add_reason(decide)
        decide.set_defaults(approve=verb == "approve")

    change = command("set", "Change a model, or make one; or change a version.", _set)
    change.add_argument("model", metavar="MODEL", help="a model's name, name/3 or name@alias")
    change.add_argument("--description")
    change.add_argument("--status", type=_status, metavar="STATUS", help=f"of a version: {', '.join(STATUSES)}")
    change.add_argument(
        "--approval", choices=("on", "off"), help="of a model: whether somebody else must approve each move"
    )
    add_tags(change)

    for name, sentence in (("rm", "Delete a version."), ("restore", "Bring a deleted version back.")):
        made = command(name, sentence, _remove if name == "rm" else _restore)
        made.add_argument("version", metavar="VERSION", help=VERSION_HELP)


def _add_reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why; it is kept with the event")


def _stage(text: str) -> str:
    return _one_of(STAGES, text, "stage")


def _expected(text: str) -> int | None:
    """A version's number; None for `none`."""
    if text.lower() == "none":
        return None
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no version's number; write one, or none")
    return int(text)


def _status(text: str) -> str:
    return _one_of(STATUSES, text, "status")


def _one_of(words: Sequence[str], text: str, what: str) -> str:
    """In whatever case it was typed."""
    found = next((word for word in words if word.lower() == text.lower()), None)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no {what}; there are {', '.join(words)}")
    return found


def _register(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "VersionRow":
        from mltui.wire.models import CreateVersion

        run = await run_id(client, args.run) if args.run else None
        jobs = [await job_id(client, word) for word in args.job]
        artifact = args.artifact
        if run and artifact and Path(artifact).exists():
            artifact = await _sent(client, run, Path(artifact))
        plain = ("uri", "model_type", "algorithm", "framework", "description", "model_format", "training_dataset")
        version = CreateVersion(
            run=run, artifact=artifact, tags=dict(args.tag),
            ingestion_jobs=jobs,
            metrics={name: _number(name, value) for name, value in args.metric},
            **{name: getattr(args, name) for name in plain},
        )  # fmt: skip
        return await client.register_version(args.model, version)

    return _say(args, converse(args, talk), "registered")


async def _sent(client: "Client", run: str, path: Path) -> str:
    """Send a file, or a folder as one, as an artifact of the run; its name there."""
    if not path.is_dir():
        return (await client.upload(run, path, path.name)).name
    from mltui.wire.artifacts import ArtifactType, PatchArtifact

    with tempfile.TemporaryDirectory() as folder:
        packed = await asyncio.to_thread(_packed, path, Path(folder))
        row = await client.upload(run, packed, packed.name)
    return (await client.patch_artifact(row.id, PatchArtifact(artifact_type=ArtifactType.MODEL))).name


def _packed(path: Path, folder: Path) -> Path:
    """All files of `path` as one file in `folder`."""
    from mltui.agent.files import files_below, packed_name
    from mltui.agent.packing import pack

    files = list(files_below(path, left_out=lambda line: print(line, file=sys.stderr)))
    if not files:
        raise CommandError(f"{path}: there are no files in it", 2)
    packed = folder / packed_name(path)
    with packed.open("wb") as sink:
        pack(files, sink)
    return packed


def _number(name: str, text: str) -> Number:
    """As Python reads it: nan and inf, too, however they are spelt."""
    try:
        return to_number(float(text))
    except ValueError:
        raise CommandError(f"metric {name}: {text!r} is not a number", 2) from None


def _say(args: argparse.Namespace, version: "VersionRow", verb: str) -> int:
    if args.json:
        print_json(version)
    else:
        print(f"{verb} {version.model}/{version.version}  {version.id}")
    return 0


def _promote(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        from mltui.wire.models import ModelStage, MoveStage

        version = await client.model_version(*version_of(args.version))
        expected = version.stage if args.expect is None else ModelStage(args.expect)
        move = MoveStage(stage=ModelStage(args.stage), reason=args.reason, expected=expected)
        # By its number: what an alias points to may be another version by now.
        outcome = await client.move_stage(version.model, str(version.version), move)
        done = f"{version.model}/{version.version} is in {args.stage}, no longer in {expected.value}"
        return _tell(args, outcome, done)

    return converse(args, talk)


def _alias(args: argparse.Namespace) -> int:
    name, key = version_of(args.version)

    async def talk(client: "Client") -> int:
        from mltui.wire.models import MoveAlias

        # What it points to is asked first, and sent along: a move that comes between is not overwritten unseen.
        at = (await client.model(name)).aliases.get(args.alias)
        number = (await client.model_version(name, key)).version
        expected = number if args.remove else args.expect if "expect" in args else at
        move = MoveAlias(version=None if args.remove else number, reason=args.reason, expected=expected)
        outcome = await client.move_alias(name, args.alias, move)
        to = "none" if args.remove else f"{name}/{number}"
        before = "" if expected is None else f", no longer to {name}/{expected}"
        return _tell(args, outcome, f"{name}@{args.alias} points to {to}{before}")

    return converse(args, talk)


def _tell(args: argparse.Namespace, outcome: "MoveOutcome", done: str) -> int:
    if args.json:
        print_json(outcome)
    elif outcome.approval is None:
        print(done)
    else:
        model = outcome.approval.model
        print(f"it waits: somebody else must say `mltui models approve {model} {short_id(outcome.approval.id)}`")
    return 0


def _decide(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "ApprovalRow":
        page = await client.approvals(args.model, status="pending", limit=500)
        waiting = [one for one in page.items if args.id.lower() in one.id]
        if len(waiting) != 1:
            few = ", ".join(f"{short_id(one.id)} (by {one.requested_by})" for one in waiting[:5])
            which = f"{len(waiting)} moves wait: {few}; write the id of one" if waiting else "no such move waits"
            raise CommandError(f"{args.model}: {which}")
        return await client.decide(args.model, waiting[0].id, approve=args.approve, reason=args.reason)

    made = converse(args, talk)
    if args.json:
        print_json(made)
    else:
        what = f"@{made.alias} to {made.after or 'none'}" if made.alias else f"/{made.version} to {made.after}"
        print(f"{made.status.value}: {made.model}{what}")
    return 0


def _set(args: argparse.Namespace) -> int:
    is_version = "/" in args.model or "@" in args.model
    if is_version and args.approval is not None:
        raise CommandError("--approval is of a model, not of a version", 2)
    if not is_version and args.status is not None:
        raise CommandError("--status is of a version: name/3 or name@alias", 2)
    return _set_version(args) if is_version else _set_model(args)


def _set_version(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "VersionRow":
        from msgspec import UNSET

        from mltui.wire.models import PatchVersion, VersionStatus

        patch = PatchVersion(
            description=UNSET if args.description is None else args.description,
            status=UNSET if args.status is None else VersionStatus(args.status),
            tags=dict(args.tag) if args.tag else UNSET,
        )
        return await client.patch_version(*version_of(args.model), patch)

    version = converse(args, talk)
    return _say(args, version, version.status.value)


def _set_model(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        from msgspec import UNSET

        from mltui.client import ProblemError
        from mltui.wire.models import CreateModel, PatchModel

        patch = PatchModel(
            description=UNSET if args.description is None else args.description,
            approval=UNSET if args.approval is None else args.approval == "on",
            tags=dict(args.tag) if args.tag else UNSET,
        )
        try:
            model = await client.patch_model(args.model, patch)
        except ProblemError as error:
            if error.problem.status != 404:
                raise
            made = CreateModel(name=args.model, description=args.description or "", tags=dict(args.tag),
                               approval=args.approval == "on")  # fmt: skip
            model = await client.create_model(made)
        if args.json:
            print_json(model)
        else:
            print(f"{model.name}  approval {'on' if model.approval else 'off'}  {model.description}".rstrip())
        return 0

    return converse(args, talk)


def _remove(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> None:
        await client.delete_version(*version_of(args.version))

    converse(args, talk)
    print(f"deleted {args.version}; `mltui models restore {args.version}` brings it back")
    return 0


def _restore(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "VersionRow":
        return await client.restore_version(*version_of(args.version))

    return _say(args, converse(args, talk), "restored")
