"""The hub, one a server process: hears from Postgres that something changed and tells the connections that care.

Everything that it reads, it reads in one loop, so that a subscription and what is told to all never overtake each
other. While Postgres is away the loop tries again, and nothing that was to be told is forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from mltui.wire.live import Command, Notice, Topic
from mltui_server.db import notify
from mltui_server.db.database import Database
from mltui_server.events.queries import Cursor, parse_cursor
from mltui_server.lib.tasks import stop
from mltui_server.live.changes import (
    EVENT_TOPICS,
    LOG,
    RUN,
    VERSIONS,
    Changes,
    Connection,
    changes_after,
    log_lines,
    newest,
    versions,
)
from mltui_server.live.mailbox import Mailbox
from mltui_server.live.topics import TopicError, check_topic

HELD_BACK_S = 0.05
"""How soon to look again for events that wait for a transaction to end."""
BETWEEN_S = 0.02
"""Least time between two rounds: a busy server's notifications are answered together."""
AWAY_S = 0.5
MAX_TOPICS = 500
"""That one connection may listen to."""

logger = structlog.get_logger(__name__)


class Hub:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._mailboxes: set[Mailbox] = set()
        self._wake = asyncio.Event()
        self._cursor: Cursor | None = None
        """Everything up to here has been told."""
        self._events_due = True
        self._logs_due: set[str] = set()
        self._versions_due: dict[str, set[str]] = {kind: set() for kind in VERSIONS}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Hub"]:
        """Listen in the background for as long as the block; connections are closed at its end."""
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._loop())]
        try:
            yield self
        finally:
            for mailbox in self._mailboxes:
                mailbox.close()
            await stop(tasks)

    @contextmanager
    def connection(self) -> Iterator[Mailbox]:
        """A mailbox for as long as the block."""
        mailbox = Mailbox()
        self._mailboxes.add(mailbox)
        try:
            yield mailbox
        finally:
            mailbox.close()
            self._mailboxes.discard(mailbox)

    def obey(self, mailbox: Mailbox, command: Command) -> None:
        """Subscribe and unsubscribe. What is wrong with it, the client is told as a notice."""
        for name in command.unsubscribe:
            mailbox.drop(name)
        for topic in command.subscribe:
            try:
                self._subscribe(mailbox, topic)
            except TopicError as error:
                mailbox.put(Notice(type="problem", detail=str(error)))

    def _subscribe(self, mailbox: Mailbox, topic: Topic) -> None:
        name = check_topic(topic.name)
        # Nothing of it is told before the answer to this: a later cursor would hide what was missed.
        mailbox.drop(name)
        if len(mailbox.topics) + len(mailbox.asked) >= MAX_TOPICS:
            raise TopicError(f"{MAX_TOPICS} topics are subscribed to; unsubscribe from some first")
        mailbox.asked[name] = topic.cursor
        self._wake.set()

    async def _listen(self) -> None:
        async for payload in notify.notifications(self._database.dsn):
            if payload == notify.EVENTS:
                self._events_due = True
            elif payload.startswith(LOG):
                self._logs_due.add(payload.removeprefix(LOG))
            elif kind := next((kind for kind in VERSIONS if payload.startswith(kind)), None):
                self._versions_due[kind].add(payload.removeprefix(kind))
            elif payload == notify.RESYNC:
                self._everything_is_due()
            else:
                continue
            self._wake.set()

    def _everything_is_due(self) -> None:
        self._events_due = True
        for mailbox in self._mailboxes:
            self._logs_due |= _ids(LOG, mailbox.topics)
            for kind, due in self._versions_due.items():
                due |= _ids(kind, mailbox.topics)

    async def _loop(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            pause = BETWEEN_S
            try:
                async with self._database.pool.connection() as connection:
                    if await self._round(connection):
                        pause = HELD_BACK_S
                        self._wake.set()
            except (psycopg.Error, PoolTimeout) as error:
                logger.warning("notices wait for the database", error=str(error).strip(), delay_s=AWAY_S)
                pause = AWAY_S
                # What was due in the round that failed may have been told or not.
                self._everything_is_due()
                self._wake.set()
            await asyncio.sleep(pause)

    async def _round(self, connection: Connection) -> bool:
        """Tell everything that is due. True: events were held back, look again soon."""
        if self._cursor is None:
            self._cursor = await newest(connection)
        self._cursor, held_back = await self._tell_events(connection, self._cursor)
        await self._tell_logs(connection)
        await self._tell_versions(connection)
        await self._answer_subscriptions(connection, self._cursor)
        return held_back

    async def _tell_events(self, connection: Connection, cursor: Cursor) -> tuple[Cursor, bool]:
        held_back = False
        while self._events_due:
            # Cleared before reading: what is said meanwhile is read the next time.
            self._events_due = False
            changes = await changes_after(connection, cursor)
            cursor = self._cursor = changes.cursor
            for topic, ids in changes.ids.items():
                self._tell(topic, str(cursor), ids)
            self._logs_due |= changes.logs
            self._events_due |= changes.more
            held_back = changes.held_back
        self._events_due |= held_back
        return cursor, held_back

    async def _tell_logs(self, connection: Connection) -> None:
        due, self._logs_due = self._wanted(LOG, self._logs_due), set()
        if due:
            for id_, (lines, _) in (await log_lines(connection, due)).items():
                self._tell(LOG + id_, str(lines))

    async def _tell_versions(self, connection: Connection) -> None:
        for kind in VERSIONS:
            due, self._versions_due[kind] = self._wanted(kind, self._versions_due[kind]), set()
            if due:
                for id_, version in (await versions(connection, kind, due)).items():
                    self._tell(kind + id_, str(version))

    def _wanted(self, prefix: str, due: set[str]) -> set[str]:
        """Those of `due` that somebody listens to."""
        return {one for one in due if any(prefix + one in mailbox.topics for mailbox in self._mailboxes)}

    def _tell(self, topic: str, cursor: str, ids: Iterable[str] = ()) -> None:
        for mailbox in self._mailboxes:
            if topic in mailbox.topics:
                mailbox.put(Notice(topic=topic, cursor=cursor, ids=list(ids)))

    async def _answer_subscriptions(self, connection: Connection, now: Cursor) -> None:
        """Tell who subscribed what it missed, up to what all have been told; from here on it is told with them."""
        asked = [(mailbox, name, cursor) for mailbox in self._mailboxes for name, cursor in mailbox.asked.items()]
        if not asked:
            return
        known = {place for _, name, cursor in asked if (place := _event_cursor(name, cursor)) and place < now}
        missed = {cursor: await changes_after(connection, cursor) for cursor in known}
        names = {name for _, name, _ in asked}
        logs = await log_lines(connection, _ids(LOG, names))
        newest_versions = {
            kind + id_: version
            for kind in VERSIONS
            for id_, version in (await versions(connection, kind, _ids(kind, names))).items()
        }
        for mailbox, name, cursor in asked:
            if mailbox.asked.get(name, _GONE) != cursor:
                continue  # Unsubscribed, or subscribed again, meanwhile.
            del mailbox.asked[name]
            mailbox.topics.add(name)
            notice: Notice | None
            if name.startswith(LOG):
                lines, ended = logs.get(name.removeprefix(LOG), (0, False))
                # The number of lines does not tell that there will be no more.
                notice = Notice(topic=name, cursor=str(lines)) if ended or cursor != str(lines) else None
            elif name.startswith(tuple(VERSIONS)):
                version = str(newest_versions.get(name, 0))
                notice = Notice(topic=name, cursor=version) if cursor != version else None
            else:
                notice = _resumed(name, cursor, now, missed)
            if notice is not None:
                mailbox.put(notice)


_GONE = object()


def _ids(prefix: str, names: Iterable[str]) -> set[str]:
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def _event_cursor(name: str, cursor: str | None) -> Cursor | None:
    """The cursor of a topic that is about events, where it is one."""
    return parse_cursor(cursor or "") if name in EVENT_TOPICS or name.startswith(RUN) else None


def _resumed(name: str, cursor: str | None, now: Cursor, missed: dict[Cursor, Changes]) -> Notice | None:
    """What a subscriber missed since `cursor`; None: nothing."""
    known = parse_cursor(cursor or "")
    if known == now:
        return None
    if known is None or known > now or missed[known].more:
        return Notice(topic=name, cursor=str(now))
    ids = missed[known].ids.get(name)
    return None if ids is None else Notice(topic=name, cursor=str(now), ids=ids)
