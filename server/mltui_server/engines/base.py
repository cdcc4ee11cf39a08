"""The port: an engine starts agents somewhere. It holds no pipe to them and learns their fate like everyone else."""

from typing import Protocol


class Engine(Protocol):
    name: str

    async def launch(self, execution_id: str) -> int | None:
        """Have an agent started that claims this execution. Failing to is told through `settle`, not raised.

        Its process id, if it is a process of this machine that was started.
        """
