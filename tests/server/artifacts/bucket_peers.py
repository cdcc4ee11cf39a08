"""Servers that speak the buckets' protocols: moto for S3 and for GCS' XML interface, Azurite for Azure.

`MLTUI_TEST_MOTO` is a Python that has moto[s3] and flask, `MLTUI_TEST_AZURITE` the `azurite-blob` of npm's azurite, or
a .js file of its. `MLTUI_TEST_NEEDS_BUCKETS=1` turns a skip into a failure.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

START_S = 60.0
SERVER = Path(__file__).parent / "object_server.py"
BUCKET = "lab"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's, and everybody's."""
AZURE_VERSION = "2024-11-04"


class Peer:
    """One server on a port and, for Azure, in a folder of its own; it may be stopped and started again."""

    kind = ""
    url = ""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """What the server of mltui must be told to find it, with who is let in."""
        raise NotImplementedError

    def wrong_environment(self) -> dict[str, str]:
        """The same with somebody who is not."""
        raise NotImplementedError

    def make_bucket(self) -> None:
        httpx.put(f"{self.address}/{BUCKET}", trust_env=False).raise_for_status()

    def start(self, **more: str) -> None:
        with (self.folder / "peer.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.folder, env=os.environ | more
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                httpx.get(self.address, trust_env=False)
                break
            except httpx.TransportError:
                assert self._process.poll() is None, (self.folder / "peer.log").read_text()
                assert time.monotonic() < deadline, "the peer did not start in time"
                time.sleep(0.05)
        self.make_bucket()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_S)
            self._process = None


class S3(Peer):
    kind, url = "S3", f"s3://{BUCKET}/kept"

    def command(self) -> list[str]:
        python = os.environ.get("MLTUI_TEST_MOTO", sys.executable)
        if subprocess.run([python, "-c", "import moto, flask"], capture_output=True, check=False).returncode:
            missing("no Python with moto and flask: install them, or set MLTUI_TEST_MOTO")
        return [python, str(SERVER), str(self.port)]

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.address, "AWS_ACCESS_KEY_ID": "ada", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }  # fmt: skip

    def wrong_environment(self) -> dict[str, str]:
        # Without a key it takes so many requests: whether it is there, and for the bucket.
        self.stop()
        self.start(INITIAL_NO_AUTH_ACTION_COUNT="2")
        return self.environment()


class GCS(S3):
    kind, url = "GCS", f"gs://{BUCKET}/kept"

    def environment(self) -> dict[str, str]:
        account = self.folder / "account.json"
        nobody = {"client_email": "", "private_key": "", "private_key_id": ""}
        account.write_text(json.dumps({"gcs_base_url": self.address, "disable_oauth": True, **nobody}))
        return {"GOOGLE_SERVICE_ACCOUNT": str(account)}


class Azure(Peer):
    kind, url = "AZURE", f"az://{BUCKET}/kept"

    def command(self) -> list[str]:
        found = shutil.which(os.environ.get("MLTUI_TEST_AZURITE", "azurite-blob")) or os.environ.get(
            "MLTUI_TEST_AZURITE", ""
        )
        if not found or not Path(found).exists():
            missing("no azurite-blob on PATH: npm install azurite, or set MLTUI_TEST_AZURITE")
        command = ["node", found] if found.endswith(".js") else [found]
        return [*command, "--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(self.folder),
                "--skipApiVersionCheck", "--disableTelemetry", "--silent"]  # fmt: skip

    def environment(self, key: str = KEY) -> dict[str, str]:
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": key,
            "AZURE_STORAGE_ENDPOINT": f"{self.address}/{ACCOUNT}",
        }  # fmt: skip

    def wrong_environment(self) -> dict[str, str]:
        return self.environment(base64.b64encode(bytes(64)).decode())

    def make_bucket(self) -> None:
        date = formatdate(usegmt=True)
        headers = {"x-ms-date": date, "x-ms-version": AZURE_VERSION}
        said = "".join(f"{name}:{value}\n" for name, value in headers.items())
        asked = f"PUT{chr(10) * 12}{said}/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
        signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), asked.encode(), hashlib.sha256)).decode()
        answer = httpx.put(
            f"{self.address}/{ACCOUNT}/{BUCKET}", params={"restype": "container"}, trust_env=False,
            headers=headers | {"Authorization": f"SharedKey {ACCOUNT}:{signature}"},
        )  # fmt: skip
        assert answer.status_code in (201, 409), answer.text


PEERS = {peer.kind: peer for peer in (S3, GCS, Azure)}


def missing(reason: str) -> None:
    if os.environ.get("MLTUI_TEST_NEEDS_BUCKETS"):
        pytest.fail(reason)
    pytest.skip(reason)
