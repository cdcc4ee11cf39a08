"""The demo's story: a server, the example pipelines, a run of digits, and the console or a report on it."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demonstration.own_server import MLTUI, DemoError, OwnServer, call
from demonstration.report import report, watch
from mltui.client import Client, ProblemError, Unreachable
from mltui.wire.pipelines import StartRun
from mltui.wire.runs import RunDetail
from mltui.wire.states import LIVE, Status

EXAMPLES = Path(__file__).resolve().parents[2] / "tui" / "mltui" / "examples"
CANCELLING_S = 2.0
"""What stopping the runs may take of the five seconds in which everything is down again."""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--headless", action="store_true")
    parser.add_argument("-p", dest="parameters", action="append", default=[], metavar="NAME=VALUE", type=parameter)
    return parser.parse_args()


def parameter(text: str) -> tuple[str, str | int | float]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


@contextmanager
def step(text: str) -> Iterator[None]:
    """One line, with the time that the block took."""
    print(f"  {text:<46}", end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print("stopped", file=sys.stderr)
        raise
    print(f"{time.monotonic() - start:6.1f} s", file=sys.stderr)


async def main(options: argparse.Namespace) -> int:
    async with OwnServer(Path(os.environ["MLTUI_DATA_DIR"])) as server:
        with step("server on its embedded Postgres"):
            await server.ready()
        found = ", ran already and stays" if server.reused else ""
        print(f"  {server.url}, data in {server.data}{found}", file=sys.stderr)
        try:
            return await play(server, options)
        finally:
            if not server.reused:
                await cancel_live(server.url)


async def play(server: OwnServer, options: argparse.Namespace) -> int:
    with step("pipelines digits and failing"):
        for name in ("digits", "failing"):
            await call(server.url, "pipelines", "apply", str(EXAMPLES / name / "pipeline.yaml"))
    async with Client(server.url) as client:
        with step("a run of digits"):
            run = await client.start_run("digits", StartRun(parameters=dict(options.parameters)))
        if options.headless:
            return await follow(client, run, server)
    code = await console(server.url, run.id)
    print(f"  everything is kept in {server.data}; scripts/demo goes on from there", file=sys.stderr)
    return code


async def follow(client: Client, run: RunDetail, server: OwnServer) -> int:
    print(f"  {run.name}  {run.id}\n", file=sys.stderr)
    ended = await watch(client, run.id)
    print(await report(client, ended, server.data))
    return 0 if ended.status is Status.COMPLETED else 1


async def console(url: str, run_id: str) -> int:
    process = await asyncio.create_subprocess_exec(MLTUI, "--url", url, "--run", run_id)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def cancel_live(url: str) -> None:
    """Cancel what still runs on our server, so that nothing that the demo started outlives it."""
    try:
        async with asyncio.timeout(CANCELLING_S), Client(url) as client:
            live = sorted(status.value for status in LIVE)
            for run in (await client.runs(status=live, limit=100)).items:
                print(f"  cancelling {run.name}", file=sys.stderr)
                await client.cancel_run(run.id, "the demo was closed")
            while (await client.runs(status=live, limit=1)).items:
                await asyncio.sleep(0.1)
    except (Unreachable, ProblemError, TimeoutError) as error:
        print(f"  runs may go on: {error or 'they did not stop in time'}", file=sys.stderr)


async def until_signalled(options: argparse.Namespace) -> int:
    """`main`, undone in order when SIGINT or SIGTERM comes."""
    task = asyncio.create_task(main(options))
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not received:
            task.cancel()
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        return 128 + received[0]


if __name__ == "__main__":
    chosen = parse()
    if not chosen.headless and not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.exit("The console needs a terminal, and this is none: run scripts/demo --headless")
    try:
        sys.exit(asyncio.run(until_signalled(chosen)))
    except (DemoError, Unreachable, ProblemError) as error:
        sys.exit(f"\n{error}")
