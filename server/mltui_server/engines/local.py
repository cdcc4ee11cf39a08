"""Agents as processes on this machine, in sessions of their own: they outlive the server."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

Exited = Callable[[str, str], Awaitable[None]]
"""Called with the execution's id and how its agent process ended."""
LOOK_EVERY_S = 0.2
TAIL_BYTES = 500

logger = structlog.get_logger(__name__)


class LocalEngine:
    name = "local"

    def __init__(self, url: str, folder: Path, exited: Exited) -> None:
        """`url`: where agents find this server. `folder`: for what an agent itself prints. `exited`: see Exited."""
        self._url, self._folder, self._exited = url, folder, exited
        self._watching: set[asyncio.Task[None]] = set()

    async def launch(self, execution_id: str) -> int | None:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        output = self._folder / f"{execution_id}.log"
        command = [sys.executable, "-m", "mltui", "exec", "--execution", execution_id, "--url", self._url]
        try:
            process = await asyncio.to_thread(_spawn, command, output)
        except OSError as error:
            await self._exited(execution_id, f"the agent could not be started: {error}")
            return None
        task = asyncio.create_task(self._watch(execution_id, process, output))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)
        return process.pid

    async def _watch(self, execution_id: str, process: subprocess.Popen[bytes], output: Path) -> None:
        """Learn at once that an agent died, where waiting for its lease would take twenty seconds."""
        while (code := process.poll()) is None:
            await asyncio.sleep(LOOK_EVERY_S)
        said = await asyncio.to_thread(_tail, output)
        how = f"its process was killed by signal {-code}" if code < 0 else f"its process ended with exit code {code}"
        await self._exited(execution_id, f"{how}{': ' + said if said else ''}")
        output.unlink(missing_ok=True)


def _spawn(command: list[str], output: Path) -> subprocess.Popen[bytes]:
    # Not asyncio's subprocess: closing its event loop kills the children, and agents outlive the server.
    with output.open("ab") as sink:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=agent_environment(),
            start_new_session=True,
        )  # fmt: skip


def agent_environment() -> dict[str, str]:
    """The server's environment, with its own Python first on the path, so that a stage's `python` is that one.

    What configures the server itself, the database's password foremost, is none of the commands' business.
    """
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "MLTUI_CONFIG"}}
    return kept | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def _tail(path: Path) -> str:
    try:
        return path.read_bytes()[-TAIL_BYTES:].decode(errors="replace").strip().rpartition("\n")[2]
    except OSError:
        return ""
