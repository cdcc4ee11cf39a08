"""`mltui runs code`: from which code, packages and environment a run's commands ran."""

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from mltui.cli.diff_gaps import gaps
from mltui.cli.output import clock, print_json
from mltui.cli.session import add_json, converse
from mltui.naming import run_id

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.code import CodeVersion

LABEL = 13
UNKNOWN = "nobody has told; `mltui exec`, pipelines and the SDK do so from this version on"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--diff", action="store_true", help="only what differed from the commit, for `git apply`")
    parser.add_argument("--packages", action="store_true", help="list every package with its version")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "list[CodeVersion]":
        return await client.code(await run_id(client, args.run))

    versions = converse(args, talk)
    if args.json:
        print_json(versions)
    elif args.diff:
        _print_diffs(versions)
    elif not versions:
        print(UNKNOWN)
    for version in [] if args.json or args.diff else versions:
        print_version(version, args.packages)
    return 0


def _print_diffs(versions: "list[CodeVersion]") -> None:
    """Stages of one run mostly ran from one folder: the same is printed once."""
    for version in {version.diff: version for version in versions if version.diff}.values():
        print(version.diff, end="")
        if version.diff_cut:
            print(f"mltui: {version.scope}: the diff is longer; the rest was not kept", file=sys.stderr)
        for sentence in gaps(version.diff):
            print(f"mltui: {version.scope}: {sentence}", file=sys.stderr)


def print_version(code: "CodeVersion", packages: bool) -> None:
    print(f"{code.scope}  {clock(code.captured_at)}")
    facts = {
        "commit": code.commit,
        "branch": code.branch,
        "remote": code.remote,
        "changed": changed(code),
        "untracked": _listed(code.untracked, code.untracked_more),
        "git": code.trouble,
        "command": shlex.join(code.command),
        "directory": code.directory,
        "host": f"{code.host}  {code.os}".strip(),
        "python": f"{code.python}  {code.executable}".strip(),
        "packages": f"{len(code.packages)}" if code.packages else "",
    }
    for label, fact in facts.items():
        if fact:
            print(f"  {label:<{LABEL}}{fact}")
    for name, value in code.environment.items():
        print(f"  {name}={value}")
    for name, value in code.packages.items() if packages else ():
        print(f"  {name}=={value}")


def changed(code: "CodeVersion") -> str:
    """Whether and how much tracked files differed from the commit."""
    if not code.dirty:
        return ""
    lines = code.diff.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    more = " and more, which was not kept" if code.diff_cut else ""
    return f"+{added:,} -{removed:,} lines{more}; --diff shows them"


def _listed(names: list[str], more: int) -> str:
    few, left = names[:5], len(names[5:]) + more
    return ", ".join(few) + (f" and {left} more" if left else "")
