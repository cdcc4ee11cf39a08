"""The stores that a server has: its own folder always, and a bucket of each provider where one is set."""

import asyncio
from collections.abc import Mapping

from mltui.wire.artifacts import StorageType
from mltui.wire.health import Component
from mltui_server.artifacts.buckets import BucketArtifacts
from mltui_server.artifacts.local import FOLDER, LocalArtifacts
from mltui_server.artifacts.store import ArtifactStore
from mltui_server.lib.errors import Invalid
from mltui_server.settings import Settings, SettingsError


class Stores:
    """Raises SettingsError for an address that is none, and for a default that is not there."""

    def __init__(self, settings: Settings) -> None:
        self.local = LocalArtifacts(settings.data_path / FOLDER)
        addresses = {
            StorageType.S3: settings.artifacts_s3,
            StorageType.GCS: settings.artifacts_gcs,
            StorageType.AZURE: settings.artifacts_azure,
        }
        self._urls = {type_: url for type_, url in addresses.items() if url}
        try:
            buckets = {type_: BucketArtifacts(url, type_.lower()) for type_, url in self._urls.items()}
        except ValueError as error:
            raise SettingsError(f"artifact store: {error}") from None
        self._stores: Mapping[StorageType, ArtifactStore] = {StorageType.LOCAL: self.local, **buckets}
        self.default = StorageType(settings.artifact_store)
        if self.default not in self._stores:
            name = f"MLTUI_ARTIFACTS_{self.default}"
            raise SettingsError(f"MLTUI_ARTIFACT_STORE is {self.default}, but {name} names no bucket")

    def of(self, type_: StorageType) -> ArtifactStore:
        """Raises Invalid where the server has none of this type."""
        try:
            return self._stores[type_]
        except KeyError:
            there = ", ".join(self._stores)
            raise Invalid(f"this server has no artifact store of type {type_}; it has {there}") from None

    def config(self, type_: StorageType) -> dict[str, str]:
        """What an artifact says of where its store is. No secrets."""
        return {"url": self._urls[type_]} if type_ in self._urls else {}

    async def health(self) -> list[Component]:
        """Of each of them: what is in one that is away cannot be read, whichever new files go to."""
        return list(await asyncio.gather(*(store.health() for store in self._stores.values())))
