"""A server that does what the agent's calls need, on a real socket, with state that outlives its stops.

It checks bodies, seqs and repeats as the real one does, and remembers everything in order. The real server
is what tests/e2e uses; this one exists so that the agent can be tested against refusals, outages and claims
that a test decides on.
"""

import re
import socket
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from mltui.wire.base import Problem
from mltui.wire.code import RecordCode
from mltui.wire.executions import Claim, CreateExecution, Finish, Heartbeat, Orders, Work
from mltui.wire.logs import MAX_CHUNK_BYTES, LogChunk, LogRecord
from mltui.wire.runs import CreateRun, FinishRun, RecordRun
from mltui.wire.samples import Accepted, SampleBatch
from mltui.wire.states import Status


class Refusal(Exception):
    def __init__(self, status: int, detail: str, after_s: int | None = None) -> None:
        """`after_s`: what Retry-After says."""
        super().__init__(detail)
        self.status, self.after_s = status, after_s


@dataclass
class Stored:
    """What a server's database would hold."""

    works: dict[str, Work] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    executions: dict[str, CreateExecution] = field(default_factory=dict)
    runs: dict[str, CreateRun] = field(default_factory=dict)
    logs: dict[str, list[LogRecord]] = field(default_factory=lambda: defaultdict(list))
    chunk_seq: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    batches: list[tuple[str, SampleBatch]] = field(default_factory=list)
    writer_seq: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    records: list[tuple[str, RecordRun]] = field(default_factory=list)
    codes: list[tuple[str, RecordCode]] = field(default_factory=list)
    finishes: dict[str, Finish] = field(default_factory=dict)
    run_ends: dict[str, FinishRun] = field(default_factory=dict)
    heartbeats: dict[str, list[Heartbeat]] = field(default_factory=lambda: defaultdict(list))
    cancel: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Path and User header of all requests, in order."""

    def values(self, key: str) -> list[float]:
        """What was logged under a key, in order."""
        return [
            float(v) for _, batch in self.batches for series in batch.series if series.key == key for v in series.values
        ]

    def sample_keys(self) -> set[str]:
        return {series.key for _, batch in self.batches for series in batch.series}

    def log(self, execution_id: str, stream: int) -> bytes:
        """All bytes of one stream."""
        return b"".join(record.body for record in self.logs[execution_id] if record.stream == stream)


class RecordingServer:
    """Start and stop it as often as a test likes; the port stays."""

    def __init__(self) -> None:
        self.stored = Stored()
        self.refuse: Callable[[str, bytes], Refusal | None] = lambda path, body: None
        """Decides which requests to refuse."""
        self.well = True
        """What /health says."""
        self.lose_answers = 0
        """So many requests are stored, and their connection is cut before the answer."""
        self._lock = threading.Lock()
        self._http: _Http | None = None
        # Bound for ever, never listening: while the server is stopped, the port refuses and is nobody else's.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self._port: int = self._place.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._http = _Http(("127.0.0.1", self._port), self)
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.stop()
        self._place.close()

    def stop(self) -> None:
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http.cut_connections()
            self._http = None

    def answer(self, path: str, user: str, content_type: str, body: bytes) -> Any:
        with self._lock:
            self.stored.requests.append((path, user))
            if refusal := self.refuse(path, body):
                raise refusal
            for pattern, handle in _ROUTES:
                if match := re.fullmatch(pattern, path):
                    decode = msgspec.msgpack.decode if content_type == "application/msgpack" else msgspec.json.decode
                    return handle(self.stored, decode, body, *match.groups())
        raise Refusal(404, f"no {path}")


def _create_execution(stored: Stored, decode: Any, body: bytes) -> Work:
    create = decode(body, type=CreateExecution)
    stored.executions.setdefault(create.id, create)
    stored.works[create.id] = work(create.id, create.command, run_id=create.run_id)
    return stored.works[create.id]


def _claim(stored: Stored, decode: Any, body: bytes, execution_id: str) -> Work:
    claim = decode(body, type=Claim)
    if execution_id not in stored.works:
        raise Refusal(404, f"no execution {execution_id}")
    if stored.claims.setdefault(execution_id, claim).agent != claim.agent:
        raise Refusal(409, f"execution {execution_id} is claimed by another agent")
    return stored.works[execution_id]


def _heartbeat(stored: Stored, decode: Any, body: bytes, execution_id: str) -> Orders:
    if execution_id not in stored.works:
        raise Refusal(404, f"no execution {execution_id}")
    if execution_id in stored.finishes:
        raise Refusal(409, f"execution {execution_id} has ended")
    stored.heartbeats[execution_id].append(decode(body, type=Heartbeat))
    return Orders(cancel=execution_id in stored.cancel)


def _log(stored: Stored, decode: Any, body: bytes, execution_id: str) -> dict[str, bool]:
    if execution_id not in stored.works:
        raise Refusal(404, f"no execution {execution_id}")
    if len(body) > MAX_CHUNK_BYTES:
        raise Refusal(413, f"{len(body)} bytes; a chunk has at most {MAX_CHUNK_BYTES}")
    chunk = decode(body, type=LogChunk)
    if _is_repeat(chunk.seq, stored.chunk_seq[execution_id]):
        return {"duplicate": True}
    stored.chunk_seq[execution_id] = chunk.seq
    stored.logs[execution_id] += chunk.records
    return {"duplicate": False}


def _finish(stored: Stored, decode: Any, body: bytes, execution_id: str) -> dict[str, str]:
    stored.finishes.setdefault(execution_id, decode(body, type=Finish))
    return {}


def _create_run(stored: Stored, decode: Any, body: bytes) -> dict[str, str]:
    create = decode(body, type=CreateRun)
    stored.runs.setdefault(create.id, create)
    return {"id": create.id}


def _samples(stored: Stored, decode: Any, body: bytes, run_id: str) -> Accepted:
    known = stored.runs.keys() | {known.run_id for known in stored.works.values()}
    if run_id not in known:
        raise Refusal(404, f"no run {run_id}")
    batch = decode(body, type=SampleBatch)
    if _is_repeat(batch.seq, stored.writer_seq[batch.writer]):
        return Accepted(samples=0, duplicate=True)
    stored.writer_seq[batch.writer] = batch.seq
    stored.batches.append((run_id, batch))
    return Accepted(samples=sum(len(series.values) for series in batch.series))


def _record(stored: Stored, decode: Any, body: bytes, run_id: str) -> dict[str, str]:
    stored.records.append((run_id, decode(body, type=RecordRun)))
    return {}


def _code(stored: Stored, decode: Any, body: bytes, run_id: str) -> None:
    stored.codes.append((run_id, decode(body, type=RecordCode)))


def _end_run(stored: Stored, decode: Any, body: bytes, run_id: str) -> dict[str, str]:
    stored.run_ends.setdefault(run_id, decode(body, type=FinishRun))
    return {}


def _is_repeat(seq: int, last: int) -> bool:
    if seq > last + 1:
        raise Refusal(409, f"seq {seq} leaves a gap; expected {last + 1}")
    return seq <= last


_ID = "([0-9a-f-]+)"
_ROUTES: list[tuple[str, Callable[..., Any]]] = [
    ("/api/v1/executions", _create_execution),
    (f"/api/v1/executions/{_ID}/claim", _claim),
    (f"/api/v1/executions/{_ID}/heartbeat", _heartbeat),
    (f"/api/v1/executions/{_ID}/log", _log),
    (f"/api/v1/executions/{_ID}/finish", _finish),
    ("/api/v1/runs", _create_run),
    (f"/api/v1/runs/{_ID}/samples", _samples),
    (f"/api/v1/runs/{_ID}/record", _record),
    (f"/api/v1/runs/{_ID}/code", _code),
    (f"/api/v1/runs/{_ID}/finish", _end_run),
]


def work(execution_id: str, command: list[str], **changes: Any) -> Work:
    """Work as the engine would give it, with a short heartbeat."""
    usual: dict[str, Any] = {
        "run_id": "0199aaaa-0000-7000-8000-000000000001",
        "scope": "main",
        "attempt_number": 1,
        "directory": None,
        "env": {},
        "timeout_s": None,
        "grace_s": 1.0,
        "heartbeat_s": 0.1,
    }
    return Work(execution_id=execution_id, command=command, **(usual | changes))


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], owner: RecordingServer) -> None:
        super().__init__(address, _Handler)
        self.owner = owner
        self.open: set[Any] = set()

    def cut_connections(self) -> None:
        for connection in list(self.open):
            try:
                connection.shutdown(2)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._send(200 if self.path == "/health" and self.server.owner.well else 503, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        owner = self.server.owner
        after_s = None
        try:
            status = 201
            answer = owner.answer(self.path, self.headers["X-Mltui-User"], self.headers["Content-Type"], body)
        except Refusal as refusal:
            status, after_s = refusal.status, refusal.after_s
            answer = Problem(title="refused", status=status, detail=str(refusal))
        except msgspec.DecodeError as error:
            status, answer = 400, Problem(title="cannot be read", status=400, detail=str(error))
        if owner.lose_answers > 0:
            owner.lose_answers -= 1
            self.close_connection = True
            return
        self._send(status, answer, after_s)

    def _send(self, status: int, answer: Any, after_s: int | None = None) -> None:
        content = msgspec.json.encode(answer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if after_s is not None:
            self.send_header("Retry-After", str(after_s))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def ended(server: RecordingServer) -> tuple[Status, str | None]:
    """How the one run that did has ended, and why."""
    (end,) = server.stored.run_ends.values()
    return end.status, end.error_message
