"""`mltui runs why`: why a run failed."""

import argparse
import re
from typing import TYPE_CHECKING

from mltui.cli.output import Column, clock, coloured, percent, print_json, print_table, size
from mltui.cli.session import converse
from mltui.naming import run_id
from mltui.wire.counting import counted
from mltui.wire.states import Status

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.logs import LogLine
    from mltui.wire.why import AtDeath, Why

_COLOURS = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]")


def run(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "Why":
        return await client.why(await run_id(client, args.run))

    why = converse(args, talk)
    if args.json:
        print_json(why)
    else:
        print_why(why)
    return 0


def print_why(why: "Why") -> None:
    """The cause in front; then what bears it out, as far as it is known."""
    print(coloured(f"{why.run_name} failed{_where(why)}: {why.words}", Status.FAILED))
    if why.also_failed:
        print(f"later {', '.join(why.also_failed)} failed, too")
    if why.skipped:
        print(f"because of it {', '.join(why.skipped)} did not begin")
    if why.error is not None:
        print(f"\nFIRST ERROR, line {why.error.n + 1} of {why.log_lines}\n  {_plain(why.error)}")
    if why.tail:
        print("\nLAST LINES")
        for line in why.tail:
            print(f"  {_plain(line)}")
    if why.resources:
        print()
        columns = [Column("AT DEATH"), *(Column(title, right=True) for title in ("LAST", "PEAK", "OF"))]
        print_table(columns, [_resource(one) for one in why.resources])
    _print_nonfinite(why)
    _print_differences(why)


def _plain(line: "LogLine") -> str:
    """Without colours, and nothing that would move the terminal's cursor; `--json` and the log have all of it."""
    from mltui.console.state.long_line import shortened

    return shortened("".join(c if c.isprintable() else " " for c in _COLOURS.sub("", line.text)).rstrip())


def _where(why: "Why") -> str:
    attempt = f" (attempt {why.attempt_number} of {why.max_attempts})" if (why.max_attempts or 1) > 1 else ""
    stage = f" in {why.stage}{attempt}" if why.stage else ""
    return f"{stage}{f' on {why.host}' if why.host else ''}{f' at {clock(why.failed_at)}' if why.failed_at else ''}"


def _resource(one: "AtDeath") -> list[str]:
    words = size if one.field.endswith("_bytes") else percent
    name = one.field.removesuffix("_bytes").removesuffix("_percent").replace("_", " ")
    return [f"{one.device} {name}", words(one.last), words(one.peak), words(one.limit)]


def _print_nonfinite(why: "Why") -> None:
    if not why.nonfinite:
        return
    print("\nNAN OR INFINITE")
    for one in why.nonfinite:
        since = "" if one.step is None else f" from step {one.step} on"
        print(f"  {one.key}{since}: {counted(one.count, 'value')}")
    if why.nonfinite_more:
        print(f"  and {counted(why.nonfinite_more, 'more metric')}")


def _print_differences(why: "Why") -> None:
    print()
    if why.good is not None:
        print(f"SINCE {why.good.name}, the last good run ({clock(why.good.completed_at)})")
        rows = [[one.kind, one.name, one.before or "-", one.after or "-"] for one in why.differences]
        if rows:
            what = [Column("WHAT"), Column("NAME", flexible=True)]
            print_table([*what, Column("THEN", flexible=True), Column("NOW", flexible=True)], rows)
        elif not why.unknown:
            print("  nothing that is recorded differs")
        if why.differences_more:
            print(f"  and {why.differences_more} more; --json has 200 of them")
    for sentence in why.unknown:
        print(f"  {sentence}" if why.good else sentence)
