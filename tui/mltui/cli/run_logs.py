"""`mltui runs logs`: the logs of a run's stages, now or as they grow."""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from mltui.cli.session import CommandError, converse
from mltui.naming import run_id
from mltui.wire.states import ENDED

if TYPE_CHECKING:
    from mltui.cli.following import News
    from mltui.client import Client
    from mltui.wire.executions import ExecutionRow
    from mltui.wire.logs import LogLine, LogPage
    from mltui.wire.runs import RunDetail

PAGE = 1_000
"""Lines a request."""
PIECES_BYTES = 1_048_576
"""An unfinished line longer than this is printed in parts, where stages share the terminal."""
SETTLE_S = 30.0
"""After a run's end, the last lines of an agent that lost its server may still come; so long they are waited for."""


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "One stage: its bytes as they are. Several: lines, each behind its stage's name."
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run has ended")
    parser.add_argument("--stage", help="only this stage")
    parser.add_argument("--tail", type=int, metavar="N", help="begin N lines before the end")


def run(args: argparse.Namespace) -> int:
    if args.tail is not None and args.tail < 1:
        raise CommandError("--tail must be at least 1", 2)

    async def talk(client: "Client") -> int:
        detail = await client.run(await run_id(client, args.run))
        names = _stage_names(detail, args.stage)
        if args.stage is not None:
            detail = await _where_it_ran(client, detail, args.stage)
        if args.follow:
            await _follow(client, detail, names, args.tail)
        elif len(names) == 1 and args.tail is None:
            await _print_bytes(client, _executions(detail, names))
        else:
            printer = _printer(names)
            for execution in _executions(detail, names):
                await Reader(client, execution, printer, args.tail).read()
                if printer is not None:
                    printer.close(execution)
            sys.stdout.buffer.flush()
        return 0

    return converse(args, talk)


def _stage_names(run: "RunDetail", wanted: str | None) -> list[str]:
    """Whose logs to print. Raises CommandError for a stage that the run does not have."""
    names = [stage.name for stage in run.stages]
    names += dict.fromkeys(e.scope for e in run.executions if e.scope not in names)
    if wanted is None:
        return names
    if wanted not in names:
        raise CommandError(f"the run has no stage {wanted!r}; its stages are {', '.join(names) or 'none'}")
    return [wanted]


async def _where_it_ran(client: "Client", run: "RunDetail", name: str) -> "RunDetail":
    """The run that a stage's log is of: an earlier one where a retry took the stage over from it."""
    from mltui.client import ProblemError

    asked = run
    while any(stage.name == name and stage.reused_from for stage in run.stages) and run.retry_of is not None:
        try:
            run = await client.run(run.retry_of)
        except ProblemError as error:
            raise CommandError(f"stage {name!r} was taken over from run {run.retry_of}: {error}") from None
    if run is not asked:
        print(f"mltui: stage {name!r} was taken over from run {run.id}; this is its log there", file=sys.stderr)
    return run


def _executions(run: "RunDetail", names: list[str]) -> "list[ExecutionRow]":
    """In the order of their stages, earlier attempts first."""
    chosen = [execution for execution in run.executions if execution.scope in names]
    return sorted(chosen, key=lambda execution: (names.index(execution.scope), execution.attempt_number))


async def _print_bytes(client: "Client", executions: "list[ExecutionRow]") -> None:
    for execution in executions:
        async for piece in client.raw_log(execution.id):
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


async def _follow(client: "Client", run: "RunDetail", names: list[str], tail: int | None) -> None:
    """Print what there is and what comes, until the run has ended and its logs are whole."""
    from mltui.cli.following import news_of
    from mltui.patience import patiently

    printer = _printer(names)
    readers: dict[str, Reader] = {}
    identity, run_topic = run.id, f"run:{run.id}"
    give_up: float | None = None
    async with news_of(client.url, run_topic) as news:
        fresh = {run_topic}
        while True:
            if run_topic in fresh:
                run = await patiently(lambda: client.run(identity))
                fresh |= _join(client, run, names, tail, readers, printer, news)
            for topic, reader in readers.items():
                if topic in fresh and not reader.finished and await patiently(reader.read):
                    news.drop(topic)
            sys.stdout.buffer.flush()
            if run.status in ENDED:
                give_up = give_up or time.monotonic() + SETTLE_S
                if all(reader.finished for reader in readers.values()) or time.monotonic() > give_up:
                    return
            fresh = await news.next()


def _join(
    client: "Client",
    run: "RunDetail",
    names: list[str],
    tail: int | None,
    readers: "dict[str, Reader]",
    printer: "Printer | None",
    news: "News",
) -> set[str]:
    """Begin to read the executions that are new; their topics."""
    joined = set()
    for execution in _executions(run, names):
        topic = f"log:{execution.id}"
        if topic not in readers:
            readers[topic] = Reader(client, execution, printer, tail)
            news.add(topic)
            joined.add(topic)
    return joined


class Reader:
    """Reads one execution's log from where it is to where it ends now, each line once."""

    def __init__(
        self, client: "Client", execution: "ExecutionRow", printer: "Printer | None", tail: int | None
    ) -> None:
        """Without a printer, its bytes go to stdout as they are."""
        self._client, self._execution, self._printer = client, execution, printer
        self._tail = tail
        self._next = 0
        self.finished = False
        """Nothing more will come, and all was printed."""

    async def read(self) -> bool:
        """Print what there is. True when nothing more will come."""
        if self._tail is not None:
            self._next = (await self._client.log_tail(self._execution.id, self._tail)).first
            self._tail = None
        more = True
        while more:
            page = await (self._copy() if self._printer is None else self._show(self._printer))
            more = bool(page.lines) and self._next < page.total
        self.finished = page.finished
        if self.finished and self._printer is not None:
            self._printer.close(self._execution)
        return self.finished

    async def _copy(self) -> "LogPage":
        page = await self._client.log(self._execution.id, self._next, 1)
        end = min(page.total, self._next + PAGE)
        if self._next < end:
            # Whole before any of it is printed: a transfer that breaks is asked for again.
            pieces = [p async for p in self._client.raw_log(self._execution.id, first=self._next, end=end)]
            sys.stdout.buffer.write(b"".join(pieces))
            self._next = end
        return page

    async def _show(self, printer: "Printer") -> "LogPage":
        page = await self._client.log(self._execution.id, self._next, PAGE)
        for line in page.lines:
            printer.show(self._execution, line)
        self._next = page.first + len(page.lines)
        return page


class Printer:
    """Writes the lines of several stages to stdout, each behind its stage's name."""

    def __init__(self, names: list[str]) -> None:
        self._width = max(map(len, names), default=0)
        self._pieces: dict[tuple[str, str], list[str]] = {}
        """Beginnings of lines that go on, by execution and stream."""
        self._labels: dict[str, str] = {}

    def show(self, execution: "ExecutionRow", line: "LogLine") -> None:
        self._labels[execution.id] = _label(execution)
        pieces = self._pieces.setdefault((execution.id, line.stream), [])
        pieces.append(line.text)
        if not line.open or sum(map(len, pieces)) > PIECES_BYTES:
            self._end_line(execution.id, line.stream)

    def close(self, execution: "ExecutionRow") -> None:
        """Print what is left of a line that never ended."""
        for execution_id, stream in list(self._pieces):
            if execution_id == execution.id:
                self._end_line(execution_id, stream)

    def _end_line(self, execution_id: str, stream: str) -> None:
        # A progress bar's line holds all its states; the last one is what a terminal would show.
        text = "".join(self._pieces.pop((execution_id, stream))).rstrip("\r").rpartition("\r")[2]
        line = f"{self._labels[execution_id]:<{self._width}} │ {text}\n"
        sys.stdout.buffer.write(line.encode("utf-8", "replace"))


def _printer(names: list[str]) -> Printer | None:
    return Printer(names) if len(names) > 1 else None


def _label(execution: "ExecutionRow") -> str:
    return execution.scope if execution.attempt_number < 2 else f"{execution.scope}#{execution.attempt_number}"
