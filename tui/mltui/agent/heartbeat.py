"""Tells the server that an execution is alive, and hears whether it is to stop. Never waits behind the spool."""

import threading
from collections.abc import Callable
from datetime import datetime

import msgspec

from mltui.agent.server import Away, Refused, Server
from mltui.wire.executions import Heartbeat, Orders

TIMEOUT_S = 5.0


class Pulse:
    """A thread that beats until it is stopped or the execution is over for the server."""

    def __init__(self, url: str, execution_id: str, every_s: float, stop_command: Callable[[str], None]) -> None:
        """`stop_command` is called, from this thread and perhaps more than once, with the reason."""
        self._server = Server(url, timeout_s=TIMEOUT_S)
        self._path = f"/api/v1/executions/{execution_id}/heartbeat"
        self._every_s = every_s
        self._stop_command = stop_command
        self._beat = b""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mltui-heartbeat", daemon=True)

    def start(self, pid: int | None, started_at: datetime) -> None:
        self._beat = msgspec.json.encode(Heartbeat(pid=pid, started_at=started_at))
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                answer = self._server.send("POST", self._path, self._beat)
            except Away:
                # The command goes on; the next beat tells when the server is back.
                self._stopped.wait(self._every_s)
                continue
            except Refused as refusal:
                if refusal.status == 409:
                    self._stop_command(str(refusal))
                    return
                # 404: the spool has not yet told the server that this execution exists.
                self._stopped.wait(self._every_s)
                continue
            if msgspec.json.decode(answer, type=Orders).cancel:
                self._stop_command("cancelled")
            self._stopped.wait(self._every_s)
        self._server.close()
