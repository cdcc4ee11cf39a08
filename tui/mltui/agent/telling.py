"""Tells the server from which code a program runs, beside the program: a thread that looks, and says it once."""

import threading

from mltui.agent.frames import Record
from mltui.agent.server import JSON
from mltui.agent.spool import Lane
from mltui.agent.text import json_body

PATIENCE_S = 2.0
"""For one that is still looking when the run ends."""


class Telling:
    def __init__(self, run_id: str, scope: str, lane: Lane, *, whole: bool) -> None:
        """`whole` unless an agent tells all but the interpreter."""
        self._path = f"/api/v1/runs/{run_id}/code"
        self._scope, self._lane, self._whole = scope, lane, whole
        self._over = False
        self._saying = threading.Lock()
        self._thread = threading.Thread(target=self._tell, name="mltui-code", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait a little for it; afterwards it says nothing more."""
        self._thread.join(PATIENCE_S)
        with self._saying:
            self._over = True

    def _tell(self) -> None:
        # Here and not above: programs that log do not wait for these imports.
        from mltui.agent.code import code_of_interpreter, code_of_program

        try:
            code = (code_of_program if self._whole else code_of_interpreter)(self._scope)
        except OSError:
            # The folder that the program ran in is gone, say. That is nothing to end a training for.
            return
        with self._saying:
            if not self._over:
                self._lane.append(Record("POST", self._path, JSON, json_body(code)))
