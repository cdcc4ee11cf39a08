"""/api/v1/artifacts, and those of a run."""

import re
from typing import Annotated, Any

from litestar import Controller, Request, delete, get, patch, post, put
from litestar.datastructures import Headers, State
from litestar.exceptions import HTTPException
from litestar.params import Body, FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Response, Stream

from mltui.wire.artifact_previews import AnyPreview, ArtifactEntry
from mltui.wire.artifacts import (
    CONTENT_DIGEST,
    SMALL_FILES,
    UPLOAD_OFFSET,
    ArtifactFootprint,
    ArtifactName,
    ArtifactRow,
    ArtifactType,
    CreateArtifact,
    DeletedFolder,
    Digest,
    Garbage,
    PatchArtifact,
    RestoredFolder,
    SmallArtifact,
    SmallContent,
    StorageType,
)
from mltui.wire.base import Page
from mltui_server.artifacts import deletion, folder_deletion, queries, service, small_files
from mltui_server.artifacts.folders import list_folder
from mltui_server.artifacts.models import Artifact
from mltui_server.lib.checked import checked
from mltui_server.lib.http import attachment
from mltui_server.lib.ids import parse_id
from mltui_server.lib.pagination import Window
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.runs import service as runs

StateRequest = Request[Any, Any, State]
Type = Annotated[ArtifactType | None, QueryParameter(name="type")]
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class ArtifactController(Controller):
    path = "/artifacts"
    tags = ("artifacts",)

    @get()
    async def index(
        self,
        session: RequestSession,
        state: State,
        run: FromQuery[str | None] = None,
        stage: FromQuery[str | None] = None,
        type_: Type = None,
        text: FromQuery[str | None] = None,
        sha256: FromQuery[str | None] = None,
        name: FromQuery[str | None] = None,
        under: FromQuery[str | None] = None,
        everything: FromQuery[bool] = False,
        sort: FromQuery[str] = "name",
        limit: FromQuery[int] = 100,
        cursor: FromQuery[str | None] = None,
        offset: FromQuery[int] = 0,
    ) -> Page[ArtifactRow]:
        """Artifacts that are there, of a folder with `under`; with `everything`, what was deleted or replaced, too."""
        chosen = queries.ArtifactFilter(
            run=parse_id("run", run) if run else None, stage=stage, type=type_, text=text, sha256=sha256,
            name=name, under=under, everything=everything,
        )  # fmt: skip
        return await queries.list_artifacts(
            session, state.contents.uploads, Window(limit, cursor, offset), sort, chosen
        )

    @get("/garbage")
    async def garbage(self, state: State) -> Garbage:
        """What nothing refers to: what a POST would remove."""
        return await state.collector.look()  # type: ignore[no-any-return]

    @post("/garbage", status_code=200)
    async def collect(self, state: State, principal: RequestPrincipal) -> Garbage:
        """Remove what nothing refers to; the answer says what that was."""
        return await state.collector.collect(principal)  # type: ignore[no-any-return]

    @get("/small")
    async def give_small(self, state: State, ids: FromQuery[str]) -> list[SmallContent]:
        """Contents of small files, several with commas and up to 4 MiB in all, in the order asked for."""
        return await state.contents.small(ids.split(","))  # type: ignore[no-any-return]

    @get("/{artifact_id:str}")
    async def show(self, session: RequestSession, state: State, artifact_id: FromPath[str]) -> ArtifactRow:
        artifact = await service.find(session, artifact_id)
        return await queries.artifact_row(session, state.contents.uploads, artifact.id)

    @patch("/{artifact_id:str}")
    async def change(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        state: State,
        artifact_id: FromPath[str],
        data: JSONBody[PatchArtifact],
    ) -> ArtifactRow:
        artifact = await service.patch(session, principal, artifact_id, data)
        return await queries.artifact_row(session, state.contents.uploads, artifact.id)

    @delete("/{artifact_id:str}")
    async def remove(self, session: RequestSession, principal: RequestPrincipal, artifact_id: FromPath[str]) -> None:
        """It is not listed any more, and can be restored until `mltui gc` removes its content. 409 where a version of a
        model cites it.
        """
        await deletion.remove(session, principal, artifact_id)

    @post("/{artifact_id:str}/restore", status_code=200)
    async def restore(
        self, session: RequestSession, principal: RequestPrincipal, state: State, artifact_id: FromPath[str]
    ) -> ArtifactRow:
        """Bring back what was deleted or replaced. 409 where its name is taken, or its content was removed."""
        artifact = await deletion.restore(session, principal, artifact_id)
        return await queries.artifact_row(session, state.contents.uploads, artifact.id)

    @post("/deletions/{deletion_id:str}/restore", status_code=200)
    async def restore_folder(
        self, state: State, principal: RequestPrincipal, deletion_id: FromPath[str]
    ) -> RestoredFolder:
        """Bring back what went with a folder, but for what something hinders: `staying` says which, and why. 409 where
        nothing comes back.
        """
        return await folder_deletion.restore(state.database, principal, deletion_id)

    @patch("/{artifact_id:str}/content", request_max_body_size=None)
    async def receive(
        self,
        request: StateRequest,
        principal: RequestPrincipal,
        artifact_id: FromPath[str],
        offset: Annotated[int, HeaderParameter(name=UPLOAD_OFFSET)],
    ) -> ArtifactRow:
        """The next piece of an upload, of any size. 409: it does not begin where the upload is, which `received` says.
        422: what came is not what was announced, and it begins anew.
        """
        return await request.app.state.contents.receive(principal, artifact_id, offset, request.stream())  # type: ignore[no-any-return]

    @get("/{artifact_id:str}/content")
    async def content(self, request: StateRequest, artifact_id: FromPath[str]) -> Response[Any]:
        """The file, or what a Range header of one range asks for. Its ETag is its SHA-256."""
        contents = request.app.state.contents
        artifact = await contents.readable(artifact_id)
        headers = _headers(artifact)
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(None, status_code=304, headers=headers)
        start, stop, status = _range(request.headers, artifact)
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{artifact.file_size}"
        headers["Content-Length"] = str(stop - start)
        body = await contents.read(artifact, start, stop)
        return Stream(body, status_code=status, media_type=artifact.media_type, headers=headers)

    @get("/{artifact_id:str}/preview")
    async def preview(self, state: State, artifact_id: FromPath[str]) -> AnyPreview:
        """What can be seen of it without fetching it: the beginning, as text, JSON or a table; `kind` says which."""
        return await state.previews.of(artifact_id)  # type: ignore[no-any-return]


class RunArtifactController(Controller):
    path = "/runs/{run_id:str}/artifacts"
    tags = ("artifacts",)

    @get()
    async def folder(
        self,
        session: RequestSession,
        run_id: FromPath[str],
        folder: FromQuery[str] = "",
        limit: FromQuery[int] = 100,
        cursor: FromQuery[str | None] = None,
        offset: FromQuery[int] = 0,
    ) -> Page[ArtifactEntry]:
        """What lies in a folder of the run's artifacts, or beside all folders: folders first, then files, by name."""
        run = await runs.find(session, run_id)
        return await list_folder(session, run.id, folder, Window(limit, cursor, offset))

    @get("/footprint")
    async def footprint(
        self, session: RequestSession, run_id: FromPath[str], path: FromQuery[str]
    ) -> ArtifactFootprint:
        """What would be deleted with the artifact, or all in the folder, of that name, and what models would keep."""
        return await queries.footprint(session, (await runs.find(session, run_id)).id, path)

    @post()
    async def announce(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        state: State,
        run_id: FromPath[str],
        data: JSONBody[CreateArtifact],
    ) -> ArtifactRow:
        """Announce a file. Its status is `ready` where the server has the content; otherwise send it, in pieces, to
        `PATCH /api/v1/artifacts/{id}/content`.
        """
        artifact = await service.announce(session, principal, state.contents.stores, run_id, data)
        return await queries.artifact_row(session, state.contents.uploads, artifact.id)

    @post("/small")
    async def take_small(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        state: State,
        run_id: FromPath[str],
        data: Annotated[list[SmallArtifact], Body(min_items=1, max_items=SMALL_FILES)],
    ) -> list[ArtifactRow]:
        """Files of up to 256 KiB, whole and several at once: all of them, or none. The answer has their order."""
        ids = await small_files.take(session, principal, state.contents, run_id, data)
        return await queries.artifact_rows(session, state.contents.uploads, ids)

    @delete("/{name:path}", status_code=200)
    async def remove(
        self, session: RequestSession, principal: RequestPrincipal, run_id: FromPath[str], name: FromPath[str]
    ) -> DeletedFolder:
        """Delete all in the folder of that name, or the file, but for what models cite. The answer's `id` brings it
        back. 409 where all of it is cited.
        """
        run = await runs.find(session, run_id)
        return await folder_deletion.remove(session, principal, run.id, name.removeprefix("/"))

    @put("/{name:path}", request_max_body_size=None)
    async def take(
        self,
        request: StateRequest,
        principal: RequestPrincipal,
        run_id: FromPath[str],
        name: FromPath[str],
        type_: Type = None,
        stage_run: FromQuery[str | None] = None,
        storage: FromQuery[StorageType | None] = None,
        digest: Annotated[str | None, HeaderParameter(name=CONTENT_DIGEST)] = None,
    ) -> ArtifactRow:
        """A whole file in one request: `curl -T model.pt …/runs/ID/artifacts/model.pt`."""
        more = {"artifact_type": type_, "stage_run": stage_run, "storage_type": storage}
        return await request.app.state.contents.take(  # type: ignore[no-any-return]
            principal, run_id, checked(name.removeprefix("/"), ArtifactName, "name"),
            checked(digest, Digest, CONTENT_DIGEST) if digest else None, request.stream(), more,
        )  # fmt: skip


def _headers(artifact: Artifact) -> dict[str, str]:
    return {
        "ETag": _etag(artifact),
        CONTENT_DIGEST: artifact.sha256,
        "Accept-Ranges": "bytes",
        "Content-Disposition": attachment(artifact.name.rpartition("/")[2]),
        # What people upload is theirs: no browser may take it for a page of ours.
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }


def _range(headers: Headers, artifact: Artifact) -> tuple[int, int, int]:
    """First byte, the one after the last, and the status. Several ranges, or other units: the whole file."""
    size, found = artifact.file_size, _RANGE.fullmatch(headers.get("Range", ""))
    if not found or not any(found.groups()) or headers.get("If-Range", _etag(artifact)) != _etag(artifact):
        return 0, size, 200
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        raise HTTPException(
            f"the file has {size:,} bytes; none of them are in this range",
            status_code=416, headers={"Content-Range": f"bytes */{size}"},
        )  # fmt: skip
    return start, stop, 206


def _etag(artifact: Artifact) -> str:
    return f'"{artifact.sha256}"'
