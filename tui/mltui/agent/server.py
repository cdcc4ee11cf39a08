"""One keep-alive HTTP connection to the server, for one thread.

The standard library's client, not httpx: the agent starts with every command and the SDK lives in the
user's program, and httpx costs them 0.4 s and 15 MB against 0.04 s and 2 MB.
"""

import http.client
import urllib.parse

import msgspec

import mltui
from mltui.wire.base import Problem
from mltui.wire.users import USER_HEADER, user_name

JSON = "application/json"
MSGPACK = "application/msgpack"
TIMEOUT_S = 30.0
_LATER = {408, 425, 429}
LONGEST_S = 60.0
"""To wait where the server says when to come back."""
Headers = dict[str, str | bytes]
Answer = tuple[int, bytes, float | None]
"""Status, body, seconds after which to come back."""


class Away(Exception):
    """The server cannot be reached, or says that it cannot answer now. Try later."""


class Full(Away):
    """The server is there and has no room for more just now (503): try again after `after_s`."""

    def __init__(self, reason: str, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Faulty(Away):
    """The server failed over this request (500): because of what is in it, or because of a fault of its own."""


class Busy(Away):
    """Somebody else sends the same file just now. Try soon."""


class Refused(Exception):
    """The server understood and said no: the same request would be refused again."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Server:
    """Sends requests. Not for several threads at once: each makes its own."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        """`url` such as `http://127.0.0.1:8642`; raises ValueError for what is no http(s) address."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not a server's address; write one like http://127.0.0.1:8642")
        self.url = url.rstrip("/")
        self._prefix = parts.path.rstrip("/")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._headers: Headers = {
            "User-Agent": f"mltui/{mltui.__version__}",
            USER_HEADER: user_name().encode(),
            "Accept": JSON,
        }

    def send(
        self, method: str, path: str, body: bytes, content_type: str = JSON, more: dict[str, str] | None = None
    ) -> bytes:
        """The body of a 2xx answer; `more` headers. Raises Away, which asks for another try, or Refused."""
        headers = self._headers | {"Content-Type": content_type} | (more or {})
        try:
            status, answer, after_s = self._exchange(method, self._prefix + path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Away(f"{self.url}: {error or type(error).__name__}") from error
        if 200 <= status < 300:
            return answer
        detail = _detail(status, answer)
        if status == 500:
            raise Faulty(f"{self.url} answered {status}: {detail}")
        if status == 503 and after_s is not None:
            raise Full(f"{self.url} answered {status}: {detail}", after_s)
        if status > 500 or status in _LATER:
            raise Away(f"{self.url} answered {status}: {detail}")
        raise Refused(status, detail)

    def is_well(self) -> bool:
        """Whether the server says that everything it needs is there."""
        try:
            status, *_ = self._exchange("GET", f"{self._prefix}/health", b"", self._headers)
        except (OSError, http.client.HTTPException):
            self.close()
            return False
        return status == 200

    def close(self) -> None:
        self._connection.close()

    def _exchange(self, method: str, path: str, body: bytes, headers: Headers) -> Answer:
        """One request. Everything we send is idempotent, so one that met a closed keep-alive goes out once more."""
        reused = self._connection.sock is not None
        try:
            return self._once(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()
            if not reused:
                raise
            return self._once(method, path, body, headers)

    def _once(self, method: str, path: str, body: bytes, headers: Headers) -> Answer:
        self._connection.request(method, path, body=body, headers=headers)
        with self._connection.getresponse() as response:
            after = response.headers.get("Retry-After", "")
            return response.status, response.read(), min(float(after), LONGEST_S) if after.isdecimal() else None


def _detail(status: int, answer: bytes) -> str:
    try:
        problem = msgspec.json.decode(answer, type=Problem)
    except msgspec.DecodeError:
        return answer[:200].decode(errors="replace") or http.client.responses.get(status, "no reason given")
    return problem.detail or problem.title
