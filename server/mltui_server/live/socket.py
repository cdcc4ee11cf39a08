"""/ws/{client_id}: one connection of a client. Text frames of JSON, Commands in and Notices out."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.datastructures import State
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath

from mltui import __version__
from mltui.wire.base import in_words
from mltui.wire.live import Command, Notice
from mltui_server.live.hub import Hub
from mltui_server.live.mailbox import Mailbox

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAX_COMMAND_BYTES = 65_536
POLICY, RESTARTING = 1008, 1012
"""Close codes, https://www.iana.org/assignments/websocket: why the server hangs up."""

Socket = WebSocket[Any, Any, State]
_decode = msgspec.json.Decoder(Command).decode
_encode = msgspec.json.Encoder().encode


@websocket("/ws/{client_id:str}")
async def talk(socket: Socket, client_id: FromPath[str]) -> None:
    """Dead peers are found by uvicorn's pings."""
    await socket.accept()
    if not CLIENT_ID.fullmatch(client_id):
        detail = f"{client_id[:100]!r} is not a client id; use 1 to 64 of A-Z, a-z, 0-9, '_' and '-'"
        await _say(socket, Notice(type="problem", detail=detail))
        await socket.close(POLICY, "not a client id")
        return
    hub: Hub = socket.app.state.hub
    with hub.connection() as mailbox:
        await _say(socket, Notice(type="hello", detail=__version__))
        await _until_one_ends(_hear(socket, hub, mailbox), _speak(socket, mailbox))


async def _until_one_ends(*sides: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.create_task(side) for side in sides]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _hear(socket: Socket, hub: Hub, mailbox: Mailbox) -> None:
    while True:
        event: Any = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return
        text = event.get("text") or event.get("bytes") or ""
        try:
            if len(text) > MAX_COMMAND_BYTES:
                raise ValueError(f"{len(text)} characters; a command has at most {MAX_COMMAND_BYTES}")
            command = _decode(text)
        except ValueError as error:  # msgspec's errors are some, and so is text that is no UTF-8.
            mailbox.put(Notice(type="problem", detail=f"not a command: {in_words(str(error))}"))
            continue
        hub.obey(mailbox, command)


async def _speak(socket: Socket, mailbox: Mailbox) -> None:
    """One notice at a time: a slow reader holds up its own, and they merge in the mailbox."""
    try:
        while (notice := await mailbox.take()) is not None:
            await _say(socket, notice)
        await socket.close(RESTARTING, "the server stops")
    except (WebSocketDisconnect, OSError):
        return  # It hung up.


async def _say(socket: Socket, notice: Notice) -> None:
    await socket.send_text(_encode(notice).decode())
