"""A proxy in front of a server on this machine: hangs up in the middle of an answer, once; has changes meet."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

PIECE = 65_536
MEET_WITHIN_S = 60.0


class CuttingProxy:
    def __init__(self) -> None:
        self.port = 0
        self.cut_after: int | None = None
        """Bytes of one connection's answers; None once it has hung up."""
        self.meeting: threading.Barrier | None = None
        """Where requests that change something wait for each other."""

    def forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                if self.meeting is not None and piece.startswith((b"PUT ", b"POST ")):
                    self.meeting.wait(MEET_WITHIN_S)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def cutting(port: int) -> Iterator[CuttingProxy]:
    """In front of what listens on `port`."""
    proxy = CuttingProxy()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as behind:
                asking = threading.Thread(target=proxy.forward, args=(self.request, behind), daemon=True)
                asking.start()
                given = 0
                with contextlib.suppress(OSError):
                    while piece := behind.recv(PIECE):
                        self.request.sendall(piece)
                        given += len(piece)
                        if proxy.cut_after is not None and given > proxy.cut_after:
                            proxy.cut_after = None
                            return

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        proxy.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()
