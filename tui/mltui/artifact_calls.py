"""The client's calls about artifacts, and whole files through them: resumed where they broke off, and checked."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx
import msgspec

from mltui.part_file import ContentError, part_file
from mltui.patience import say_waiting
from mltui.regular import open_regular, read_small
from mltui.transport import API, CONNECT_S, PATIENT_S, ProblemError, Query, Transport, path_part
from mltui.wire.artifact_previews import AnyPreview, ArtifactEntry
from mltui.wire.artifacts import (
    SMALL_BYTES,
    UPLOAD_OFFSET,
    ArtifactFootprint,
    ArtifactRow,
    ArtifactStatus,
    CreateArtifact,
    DeletedFolder,
    Garbage,
    PatchArtifact,
    RestoredFolder,
    SmallArtifact,
    SmallContent,
)
from mltui.wire.base import Page

PIECE_BYTES = 64 << 20
"""Of one request. What came of one that broke off stays there, too."""
WRITE_BYTES = 1 << 20
"""Read, sent and written at a time."""
CONFLICT = 409
LOOK_EVERY_S = 0.5
"""At an upload that somebody else sends."""
Progress = Callable[[int], None]
"""Told how many bytes of the file are there."""


class ArtifactCalls(Transport):
    async def artifacts(
        self,
        *,
        run: str | None = None,
        stage: str | None = None,
        type: str | None = None,
        text: str | None = None,
        name: str | None = None,
        under: str | None = None,
        everything: bool = False,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[ArtifactRow]:
        """Those that are there, in the folder `under`; with `everything`, deleted, replaced and unfinished, too."""
        query: Query = {
            "run": run, "stage": stage, "type": type, "text": text, "name": name,
            "under": under, "everything": everything or None, "sort": sort, "limit": limit, "cursor": cursor,
            "offset": offset,
        }  # fmt: skip
        return await self._call(Page[ArtifactRow], "GET", "/artifacts", query=query)

    async def artifact(self, artifact_id: str) -> ArtifactRow:
        return await self._call(ArtifactRow, "GET", f"/artifacts/{path_part(artifact_id)}")

    async def artifact_folder(
        self, run: str, folder: str = "", *, limit: int | None = None, cursor: str | None = None
    ) -> Page[ArtifactEntry]:
        """What lies in a folder of the run's artifacts, or beside all folders: folders first, then files, by name."""
        query: Query = {"folder": folder, "limit": limit, "cursor": cursor}
        return await self._call(Page[ArtifactEntry], "GET", f"/runs/{path_part(run)}/artifacts", query=query)

    async def artifact_preview(self, artifact_id: str) -> AnyPreview:
        """What can be seen of it without fetching it."""
        path = f"/artifacts/{path_part(artifact_id)}/preview"
        return await self._call(AnyPreview, "GET", path)  # type: ignore[arg-type]

    async def announce_artifact(self, run: str, artifact: CreateArtifact) -> ArtifactRow:
        return await self._call(ArtifactRow, "POST", f"/runs/{path_part(run)}/artifacts", artifact)

    async def patch_artifact(self, artifact_id: str, patch: PatchArtifact) -> ArtifactRow:
        return await self._call(ArtifactRow, "PATCH", f"/artifacts/{path_part(artifact_id)}", patch)

    async def delete_artifact(self, artifact_id: str) -> None:
        """It can be restored until its content is removed. Raises ProblemError where a version of a model cites it."""
        await self._send("DELETE", f"/artifacts/{path_part(artifact_id)}")

    async def restore_artifact(self, artifact_id: str) -> ArtifactRow:
        return await self._call(ArtifactRow, "POST", f"/artifacts/{path_part(artifact_id)}/restore")

    async def delete_artifacts(self, run: str, path: str) -> DeletedFolder:
        """All in the run's folder of that name, but for what models cite. Raises ProblemError where that is all."""
        return await self._call(DeletedFolder, "DELETE", f"/runs/{path_part(run)}/artifacts/{quote(path.strip('/'))}")

    async def restore_artifacts(self, deletion: str) -> RestoredFolder:
        """What went with that deletion, but for what something hinders. Raises ProblemError where that is all."""
        return await self._call(RestoredFolder, "POST", f"/artifacts/deletions/{path_part(deletion)}/restore")

    async def artifact_footprint(self, run: str, path: str) -> ArtifactFootprint:
        """What would be deleted with this artifact, or folder of them."""
        address = f"/runs/{path_part(run)}/artifacts/footprint"
        return await self._call(ArtifactFootprint, "GET", address, query={"path": path})

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
        """Make a file an artifact of the run. Broken off and called again, it goes on where it was. Where somebody else
        sends the same, it waits for them, which it says on stderr.

        Raises OSError for a file that cannot be read or is no regular one, ContentError for one that becomes shorter.
        """
        if file.stat().st_size <= SMALL_BYTES:
            [row] = await self.upload_small(run, [(file, name)], stage_run=stage_run)
            progress(row.file_size)
            return row
        size, sha256 = await asyncio.to_thread(_measured, file)
        request = CreateArtifact(name=name, file_size=size, sha256=sha256, stage_run=stage_run)
        row = await self.announce_artifact(run, request)
        with open_regular(file) as opened:
            while row.status == ArtifactStatus.UPLOADING:
                try:
                    row = await self._send_piece(row, opened, progress)
                except ProblemError as error:
                    if error.problem.status != CONFLICT:
                        raise
                    row = await self._after_others(row, progress)
        progress(size)
        return row

    async def upload_small(
        self, run: str, files: Sequence[tuple[Path, str]], *, stage_run: str | None = None
    ) -> list[ArtifactRow]:
        """Make files, each under its name, artifacts of the run: all or none, in one request, so up to SMALL_FILES of
        up to SMALL_BYTES. Raises as `upload`, and OSError for one that is larger by now.
        """
        body = await asyncio.to_thread(_small_body, files, stage_run)
        answer = await self._send("POST", f"/runs/{path_part(run)}/artifacts/small", body)
        return self._decode(answer.content, list[ArtifactRow])

    async def _send_piece(self, row: ArtifactRow, file: BinaryIO, progress: Progress) -> ArtifactRow:
        file.seek(row.received)
        length = min(PIECE_BYTES, row.file_size - row.received)
        request = self._http.build_request(
            "PATCH", f"{API}/artifacts/{row.id}/content", content=_read(file, length, progress),
            headers={UPLOAD_OFFSET: str(row.received), "Content-Length": str(length)},
            # With the last piece the server may have to fill a bucket.
            timeout=httpx.Timeout(PATIENT_S, connect=CONNECT_S),
        )  # fmt: skip
        async with self._answer(request) as response:
            if not response.is_success:
                self._refuse(response)
            return self._decode(response.content, ArtifactRow)

    async def _after_others(self, row: ArtifactRow, progress: Progress) -> ArtifactRow:
        """What there is of it once nothing more comes from others."""
        told = False
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            row, before = await self.artifact(row.id), row
            progress(row.received)
            if row.status != ArtifactStatus.UPLOADING or row.received == before.received:
                return row
            if not told:
                say_waiting(f"{row.name} is on its way already")
                told = True

    async def download(self, artifact: ArtifactRow, file: Path, progress: Progress = lambda _: None) -> None:
        """Write its content to a file, which is there once it is whole. Broken off and called again, it goes on.

        Raises ContentError where what came has another SHA-256, BlockingIOError where another program is writing the
        file just now, OSError where it cannot be written.
        """
        with part_file(file, artifact.id) as opened:
            if opened.tell() > artifact.file_size:
                opened.truncate(0)
            digest, got = await asyncio.to_thread(_digest, opened), opened.tell()
            if got < artifact.file_size:
                async for piece in _larger(self.artifact_content(artifact.id, got)):
                    await asyncio.to_thread(_keep, opened, digest, piece)
                    got += len(piece)
                    progress(got)
            if (got, digest.hexdigest()) != (artifact.file_size, artifact.sha256):
                raise ContentError(f"{artifact.name}: {got:,} bytes came that are not what was stored; fetch it again")

    async def download_small(self, places: Sequence[tuple[ArtifactRow, Path]]) -> None:
        """Write small artifacts, up to SMALL_FILES of SMALL_TOTAL_BYTES in all, to files: in one request.

        Raises as `download`.
        """
        query: Query = {"ids": ",".join(artifact.id for artifact, _ in places)}
        contents = await self._call(list[SmallContent], "GET", "/artifacts/small", query=query)
        await asyncio.to_thread(_write_small, places, contents)


def _write_small(places: Sequence[tuple[ArtifactRow, Path]], contents: Sequence[SmallContent]) -> None:
    for (artifact, file), one in zip(places, contents, strict=True):
        if hashlib.sha256(one.content).hexdigest() != artifact.sha256:
            raise ContentError(f"{artifact.name}: what came is not what was stored; fetch it again")
        with part_file(file, artifact.id) as opened:
            opened.truncate(0)
            opened.write(one.content)


def _small_body(files: Sequence[tuple[Path, str]], stage_run: str | None) -> bytes:
    small = []
    for file, name in files:
        content = read_small(file)
        sha256 = hashlib.sha256(content).hexdigest()
        small.append(SmallArtifact(name=name, sha256=sha256, content=content, stage_run=stage_run))
    return msgspec.json.encode(small)


def _measured(file: Path) -> tuple[int, str]:
    with open_regular(file) as opened:
        digest = _digest(opened)
        return opened.tell(), digest.hexdigest()


def _digest(file: BufferedRandom | BufferedReader) -> Any:
    """SHA-256 of all of it; the file's position is at its end then."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256")


def _keep(file: BinaryIO, digest: Any, piece: bytes) -> None:
    file.write(piece)
    digest.update(piece)


async def _read(file: BinaryIO, length: int, progress: Progress) -> AsyncIterator[bytes]:
    """The next `length` bytes. Raises ContentError where the file became shorter than it was."""
    while length > 0:
        piece = await asyncio.to_thread(file.read, min(length, WRITE_BYTES))
        if not piece:
            raise ContentError(f"{file.name}: it became shorter while it was sent")
        progress(file.tell() - len(piece))
        yield piece
        length -= len(piece)


async def _larger(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces that are worth the way to a thread."""
    gathered, size = list[bytes](), 0
    async for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= WRITE_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
