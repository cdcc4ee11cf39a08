"""The client's calls about artifacts, and whole files through them: resumed where they broke off, and checked."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from mltui.transport import API, Query, Transport, path_part
from mltui.wire.artifacts import UPLOAD_OFFSET, ArtifactRow, ArtifactStatus, CreateArtifact, Garbage, PatchArtifact
from mltui.wire.base import Page

PIECE_BYTES = 8 << 20
Progress = Callable[[int], None]
"""Told how many bytes of the file are there."""


class ContentError(Exception):
    """What came is not what the server said it would be."""


class ArtifactCalls(Transport):
    async def artifacts(
        self,
        *,
        run: str | None = None,
        stage: str | None = None,
        type: str | None = None,
        text: str | None = None,
        everything: bool = False,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[ArtifactRow]:
        """Those that are there; with `everything`, deleted, replaced and unfinished ones, too."""
        query: Query = {
            "run": run, "stage": stage, "type": type, "text": text, "everything": everything or None, "sort": sort,
            "limit": limit, "cursor": cursor, "offset": offset,
        }  # fmt: skip
        return await self._call(Page[ArtifactRow], "GET", "/artifacts", query=query)

    async def artifact(self, artifact_id: str) -> ArtifactRow:
        return await self._call(ArtifactRow, "GET", f"/artifacts/{path_part(artifact_id)}")

    async def announce_artifact(self, run: str, artifact: CreateArtifact) -> ArtifactRow:
        return await self._call(ArtifactRow, "POST", f"/runs/{path_part(run)}/artifacts", artifact)

    async def patch_artifact(self, artifact_id: str, patch: PatchArtifact) -> ArtifactRow:
        return await self._call(ArtifactRow, "PATCH", f"/artifacts/{path_part(artifact_id)}", patch)

    async def delete_artifact(self, artifact_id: str) -> None:
        await self._send("DELETE", f"/artifacts/{path_part(artifact_id)}")

    async def garbage(self) -> Garbage:
        """What `collect_garbage` would remove."""
        return await self._call(Garbage, "GET", "/artifacts/garbage")

    async def collect_garbage(self) -> Garbage:
        return await self._call(Garbage, "POST", "/artifacts/garbage")

    def artifact_content(self, artifact_id: str, start: int = 0) -> AsyncIterator[bytes]:
        """Bytes from `start` on, in pieces."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        return self._pieces(f"/artifacts/{path_part(artifact_id)}/content", {}, headers)

    async def upload(
        self, run: str, file: Path, name: str, *, stage_run: str | None = None, progress: Progress = lambda _: None
    ) -> ArtifactRow:
        """Make a file an artifact of the run. Broken off and called again, it goes on where it was.

        Raises OSError for a file that cannot be read.
        """
        size, sha256 = await asyncio.to_thread(_measured, file)
        request = CreateArtifact(name=name, file_size=size, sha256=sha256, stage_run=stage_run)
        row = await self.announce_artifact(run, request)
        with file.open("rb") as opened:
            while row.status == ArtifactStatus.UPLOADING:
                progress(row.received)
                opened.seek(row.received)
                piece = await asyncio.to_thread(opened.read, PIECE_BYTES)
                row = await self._send_piece(row, piece)
        progress(size)
        return row

    async def _send_piece(self, row: ArtifactRow, piece: bytes) -> ArtifactRow:
        request = self._http.build_request(
            "PATCH", f"{API}/artifacts/{row.id}/content", content=piece, headers={UPLOAD_OFFSET: str(row.received)}
        )
        async with self._answer(request) as response:
            if not response.is_success:
                self._refuse(response)
            return self._decode(response.content, ArtifactRow)

    async def download(self, artifact: ArtifactRow, file: Path, progress: Progress = lambda _: None) -> None:
        """Write its content to a file, which is there once it is whole. Broken off and called again, it goes on.

        Raises ContentError where what came has another SHA-256, OSError where the file cannot be written.
        """
        part = file.with_name(f"{file.name}.{artifact.sha256[:8]}.part")
        with part.open("ab") as opened:
            if opened.tell() > artifact.file_size:
                opened.truncate(0)
            got = opened.tell()
            if got < artifact.file_size:
                async for piece in self.artifact_content(artifact.id, got):
                    await asyncio.to_thread(opened.write, piece)
                    got += len(piece)
                    progress(got)
        size, sha256 = await asyncio.to_thread(_measured, part)
        if (size, sha256) != (artifact.file_size, artifact.sha256):
            part.unlink()
            raise ContentError(f"{artifact.name}: {size:,} bytes with SHA-256 {sha256} came, and not what was stored")
        part.replace(file)


def _measured(file: Path) -> tuple[int, str]:
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        return opened.tell(), sha256
