"""`mltui.start_run()`: what a training program says about its run.

`Run.log` puts values into memory and returns: no network, no disk. A thread moves them to the spool on disk
every 0.25 s, or sooner when a thousand wait, and another ships the spool. So a program that ends in
whatever way keeps all but its last quarter of a second, and a server that is away loses nothing: the spool
is shipped later, at the latest by `mltui sync`.

Under `mltui exec` the program joins the run it was started for, and the agent does the shipping.
"""

import atexit
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, SupportsFloat, SupportsIndex

import msgspec
import uuid_utils

from mltui.agent.complaint import complain
from mltui.agent.environment import check_settings, drain_s, server_url
from mltui.agent.frames import Record
from mltui.agent.server import JSON
from mltui.agent.shipper import Shipper, close_after_drain
from mltui.agent.spool import FIRST, MIDDLE, Group, Lane, append_last, is_held, open_group
from mltui.agent.telling import Telling
from mltui.agent.text import json_body, plain
from mltui.agent.writer import SampleWriter
from mltui.sdk_files import RunFiles
from mltui.sdk_values import Parameter, checked, for_json, number, parameter, step_number
from mltui.wire.base import in_words
from mltui.wire.datasets import AddInput
from mltui.wire.runs import CreateRun, FinishRun, RecordRun
from mltui.wire.samples import MAX_BATCH_SAMPLES
from mltui.wire.states import Status

_OUTCOMES = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}


def start_run(
    name: str,
    *,
    pipeline: str = "default",
    parameters: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    url: str | None = None,
) -> "Run":
    """Begin a run, or join the one that `mltui exec` or a pipeline's stage began for this program.

    Works while the server is away. Use it as a context manager: an exception makes the run failed,
    Ctrl-C makes it cancelled. `url` is the server's; else MLTUI_URL, else this machine's.
    Raises ValueError for a name that cannot be one, and for an MLTUI_ variable that says nothing sensible.
    """
    check_settings()
    given = {key: parameter(value) for key, value in (parameters or {}).items()}
    return Run(name, pipeline, given, dict(tags or {}), (url or server_url()).rstrip("/"))


class Run(RunFiles):
    """One run as the program in it sees it. All methods may be called from any thread and from forked children."""

    def __init__(
        self, name: str, pipeline: str, parameters: dict[str, Parameter], tags: dict[str, str], url: str
    ) -> None:
        """Made by `start_run`."""
        joined = os.environ.get("MLTUI_RUN_ID")
        from_stage: dict[str, Parameter] = json.loads(os.environ.get("MLTUI_PARAMS") or "{}") if joined else {}
        self.name = name
        self.id: str = joined or str(uuid_utils.uuid7())
        self.url = url
        self.parameters: dict[str, Parameter] = parameters | from_stage
        """What it was started with; under a pipeline's stage, that run's parameters first."""
        self._joined = joined is not None
        self._finished = False
        self._owner = os.getpid()
        self._drain_s = drain_s()
        self._known_keys: set[str] = set()
        self._last_values: dict[str, float] = {}
        self._all_parameters = dict(self.parameters)
        # Reentrant: a signal handler may log in the middle of a log.
        self._step_lock = threading.RLock()
        self._next_step = 0
        self._group: Group | None = None
        self._shipper: Shipper | None = None
        self._telling: Telling | None = None
        self._begin(pipeline, {k: v for k, v in parameters.items() if k not in from_stage}, tags)
        _live.add(self)

    # -- what a program says -------------------------------------------------------------------------------

    def log(self, values: Mapping[str, SupportsFloat], step: SupportsIndex | None = None) -> None:
        """Log numbers of one step: `run.log({"loss": 0.3, "val/accuracy": 0.9}, step=7)`.

        Takes int, float, bool, NumPy scalars and 0-d tensors; NaN and infinities are kept. Without a
        step, it is one more than the last. Raises TypeError for what is no number, ValueError for a key that
        cannot be one, RuntimeError after the end.
        """
        now = time.time_ns()
        if self._finished:
            raise RuntimeError(f"run {self.name!r} has ended; it logs nothing more")
        if type(values) is not dict and not isinstance(values, Mapping):
            raise TypeError(f"log takes a mapping such as {{'loss': 0.3}}, not {type(values).__name__}")
        if len(values) > MAX_BATCH_SAMPLES:
            raise ValueError(f"{len(values)} values in one call; log at most {MAX_BATCH_SAMPLES}")
        numbers = [(key, value if type(value) is float else number(key, value)) for key, value in values.items()]
        for key, _ in numbers:
            if key not in self._known_keys:
                self._known_keys.add(checked(key))
        with self._step_lock:
            at = self._next_step if step is None else step_number(step)
            self._next_step = at + 1
        self._writer.add(now, at, numbers)
        self._last_values.update(numbers)

    def params(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Record parameters, by name or as a dict. A parameter is written once: the server refuses another value."""
        given = {key: parameter(value) for key, value in {**(values or {}), **named}.items()}
        self._record(RecordRun(parameters=given))
        self._all_parameters |= given

    def tags(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Record tags; a tag recorded again has the new value."""
        self._record(RecordRun(tags={key: str(value) for key, value in {**(values or {}), **named}.items()}))

    def output(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Record what came out: anything that JSON can say, merged into what is there."""
        self._record(RecordRun(output_data={key: plain(value) for key, value in {**(values or {}), **named}.items()}))

    def use_dataset(self, dataset: str) -> None:
        """Say that the run reads a dataset: its id, or its name, of several the newest there is by then.

        Where the server has no such dataset, that is a line on stderr once it is asked. Raises RuntimeError after the
        end.
        """
        if self._finished:
            raise RuntimeError(f"run {self.name!r} has ended; it reads nothing more")
        read = AddInput(dataset=dataset, stage=os.environ.get("MLTUI_STAGE") if self._joined else None)
        self._writer.lane.append(Record("POST", f"/api/v1/runs/{self.id}/inputs", JSON, json_body(read)))

    def finish(self, status: str = "completed", error_message: str | None = None) -> None:
        """End the run as `completed`, `failed` or `cancelled`; wait a little for the server to have it all.

        Under `mltui exec` only this program's part ends: the agent tells how the command did. Calls after the
        first do nothing. Raises ValueError for another status.
        """
        outcome = Status(status)
        if outcome not in _OUTCOMES:
            raise ValueError(f"a run ends as completed, failed or cancelled, not {status!r}")
        if self._finished:
            return
        self._finished = True
        _live.discard(self)
        if self._telling is not None:
            self._telling.finish()
        self._writer.close()
        self._close_files()
        if os.getpid() == self._owner and not self._joined:
            self._end(outcome, error_message)
        self._stop_shipping()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._finish_after(error)
        except Exception as fault:
            if error is None:
                raise
            # The program's own error is the one to be seen.
            complain(f"the end of run {self.name!r} could not be recorded ({fault})")

    # -- the spool -----------------------------------------------------------------------------------------

    def _begin(self, pipeline: str, parameters: dict[str, Parameter], tags: dict[str, str]) -> None:
        create = None if self._joined else self._create(pipeline, parameters, tags)
        writer = str(uuid_utils.uuid7())
        agents = _agents_spool()
        if not (self._joined and agents is not None and self._open_in(agents, writer)):
            self._group = open_group(self.url, complain)
            self._shipper = Shipper(self._group, self.url, complain)
            self._folder = self._group.path
            self._writer = self._open_writer(FIRST, writer)
        if create is not None and self._group is not None:
            self._writer.lane.append(create)
            died = FinishRun(status=Status.FAILED, error_message="the program ended without finishing the run")
            self._group.set_epitaph(self._finish_record(died))
        elif parameters or tags:
            self._record(RecordRun(parameters=parameters, tags=tags))
        if self._shipper is not None:
            self._shipper.start()
        scope = (os.environ.get("MLTUI_SCOPE") if self._joined else None) or "main"
        self._telling = Telling(self.id, scope, self._writer.lane, whole=not self._joined)

    def _open_in(self, agents: Path, writer: str) -> bool:
        self._folder = agents
        try:
            self._writer = self._open_writer(MIDDLE, writer)
        except FileNotFoundError:
            # The agent went away this very moment.
            return False
        return True

    def _open_writer(self, place: str, writer: str) -> SampleWriter:
        return SampleWriter(Lane(self._folder, place + writer, complain), self.id, writer)

    def _create(self, pipeline: str, parameters: dict[str, Parameter], tags: dict[str, str]) -> Record:
        """Raises ValueError where the server would refuse: now, rather than when nobody looks."""
        create = CreateRun(
            id=self.id,
            name=self.name,
            pipeline=pipeline,
            parameters=for_json(parameters),
            tags=tags,
            started_at=datetime.now(UTC),
        )
        body = json_body(create)
        try:
            msgspec.json.decode(body, type=CreateRun)
        except msgspec.ValidationError as error:
            raise ValueError(f"start_run: {in_words(str(error))}") from None
        return Record("POST", "/api/v1/runs", JSON, body)

    def _record(self, record: RecordRun) -> None:
        if self._finished:
            raise RuntimeError(f"run {self.name!r} has ended; it records nothing more")
        record.parameters = for_json(record.parameters)
        self._writer.lane.append(Record("POST", f"/api/v1/runs/{self.id}/record", JSON, json_body(record)))

    def _finish_record(self, finish: FinishRun) -> Record:
        return Record("POST", f"/api/v1/runs/{self.id}/finish", JSON, json_body(finish))

    def _end(self, outcome: Status, error_message: str | None) -> None:
        assert self._group is not None
        finish = FinishRun(status=outcome, error_message=error_message, completed_at=datetime.now(UTC))
        if append_last(self._folder, self._finish_record(finish), complain):
            self._group.set_epitaph(None)

    def _stop_shipping(self) -> None:
        if self._shipper is None or self._group is None:
            return
        close_after_drain(self._group, self._shipper, self._drain_s, complain)

    def _finish_after(self, error: BaseException | None) -> None:
        if error is None or (isinstance(error, SystemExit) and not error.code):
            self.finish()
        elif isinstance(error, KeyboardInterrupt):
            self.finish("cancelled")
        else:
            self.finish("failed", _one_line(error))

    def _after_fork(self) -> None:
        """In a forked child: a lane of its own beside the parent's, which the parent (or the agent) ships."""
        self._writer.close_in_child()
        self._close_files_in_child()
        if self._group is not None:
            self._group.close_in_child()
        self._group = self._shipper = self._telling = None
        self._step_lock = threading.RLock()
        if not self._finished:
            self._writer = SampleWriter.later(lambda writer: self._open_writer(MIDDLE, writer).lane, self.id)


def _after_fork_in_child() -> None:
    for run in list(_live):
        run._after_fork()


def _at_exit() -> None:
    """A program that ends without finishing its runs: what ended it tells how they ended."""
    # At a prompt or in a notebook, an error long ago is not what ended it.
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    for run in list(_live):
        run._finish_after(error)


_live: set[Run] = set()
atexit.register(_at_exit)
os.register_at_fork(after_in_child=_after_fork_in_child)


def _agents_spool() -> Path | None:
    """The spool of the agent that runs this program, if that agent lives on this machine."""
    told = os.environ.get("MLTUI_AGENT_SPOOL")
    return Path(told) if told and is_held(Path(told) / "lock") else None


def _one_line(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:
        # Its `__str__` is the program's own code; the run ends all the same.
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
