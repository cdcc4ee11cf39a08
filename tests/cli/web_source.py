"""A web server with one file, which behaves as servers do: it knows ranges or none, breaks off, or never goes on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zlib import crc32


class WebSource:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.ranges = True
        self.break_at: int | None = None
        """Hang up after so many bytes, once."""
        self.most: int | None = None
        """Hang up after so many bytes of each answer."""
        self.proof = "ETag"
        """The header by which the file is known; empty: by none, so that If-Range is answered with what there is."""
        self.after_break: bytes | None = None
        """What the file has from then on."""
        self.claimed: int | None = None
        """How long it says that it is."""
        self.status = 200
        self.location = ""
        """Where it redirects to."""
        self.asked: list[str] = []
        """The Range of each request."""
        self.stall = threading.Event()
        self.stall.set()
        """Cleared: half of the file comes, then nothing."""


@contextmanager
def serving(source: WebSource) -> Iterator[str]:
    """Its address, without a path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            source.asked.append(wanted)
            if source.status != 200:
                self.send_response(source.status)
                self.send_header("Location", source.location)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            known = crc32(source.content)
            tag = f'"{known}"' if source.proof == "ETag" else formatdate(known, usegmt=True)
            same = self.headers.get("If-Range", tag) == tag
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and source.ranges and same else 0
            if start > len(source.content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(source.claimed or len(source.content) - start))
            if start:
                size = len(source.content)
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            if source.proof:
                self.send_header(source.proof, tag)
            self.end_headers()
            middle = len(source.content) // 2
            if source.break_at is not None:
                self.wfile.write(source.content[start : source.break_at])
                source.break_at, source.content = None, source.after_break or source.content
                self.close_connection = True
                return
            if source.most is not None:
                self.wfile.write(source.content[start : start + source.most])
                self.close_connection = True
                return
            if not source.stall.is_set():
                self.wfile.write(source.content[start:middle])
                source.stall.wait()
                start = middle
            self.wfile.write(source.content[start:])

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        source.stall.set()
        server.shutdown()
        server.server_close()
        thread.join()
