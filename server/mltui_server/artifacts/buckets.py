"""The artifact store in a bucket of S3, GCS or Azure, or of anything that speaks their protocols."""

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from mltui.wire.health import Component
from mltui_server.artifacts.object_store import ObstoreObjects, has_no_bucket

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

CLIENT: "ClientConfig" = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(minutes=5), "allow_http": True}
"""The time limit is one request's: a part of an object at most."""
RETRIES: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
PROBE = "mltui-probe"
PROBE_S = 2.5
"""Less than a check of health may take, so that the reason is heard."""
PROBE_CLIENT: "ClientConfig" = {"timeout": timedelta(seconds=2), "allow_http": True}
PROBE_RETRIES: "RetryConfig" = {"max_retries": 0}


class BucketArtifacts(ObstoreObjects):
    """`url` is s3://bucket/prefix, gs://bucket/prefix or az://container/prefix. Credentials, region and endpoint are
    the provider's own environment variables (AWS_…, GOOGLE_…, AZURE_…). Raises ValueError for an address that is none.
    """

    def __init__(self, url: str, type_: str) -> None:
        """`type_` is what health calls it: s3, gcs or azure."""
        self._url, self._component = url, f"artifacts-{type_}"
        try:
            super().__init__(from_url(url, client_options=CLIENT, retry_config=RETRIES))
            self._probed = from_url(url, client_options=PROBE_CLIENT, retry_config=PROBE_RETRIES)
        except BaseError as error:
            raise ValueError(f"{url}: {str(error).splitlines()[0]}") from None

    async def health(self) -> Component:
        began = time.perf_counter()
        try:
            # There is nothing, but who is let in, and into a bucket that is there, is told so.
            async with asyncio.timeout(PROBE_S):
                await anext(obstore.list(self._probed, PROBE, chunk_size=1), None)
        except TimeoutError:
            return self._degraded(f"no answer within {PROBE_S:g} s")
        except (BaseError, OSError) as error:
            bucket = urlsplit(self._url).netloc
            missing = f"bucket {bucket!r} does not exist; make it" if has_no_bucket(error) else None
            return self._degraded(missing or str(error).splitlines()[0])
        latency = round((time.perf_counter() - began) * 1000, 2)
        return Component(name=self._component, status="ok", latency_ms=latency, detail=self._url)

    def _degraded(self, why: str) -> Component:
        return Component(name=self._component, status="degraded", detail=f"{self._url}: {why}")
