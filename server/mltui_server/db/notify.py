"""Listening to Postgres: one connection, one channel, reconnecting for ever.

Payloads are topics with ids, never contents (Postgres caps them at 8,000 bytes):
`events`, `log:<execution id>`, `series:<run id>`, `points:<metric id>`, and `work` for the scheduler.
"""

import asyncio
import random
from collections.abc import AsyncIterator

import psycopg
import structlog

CHANNEL = "mltui"
EVENTS = "events"
WORK = "work"
RESYNC = "resync"
"""Yielded after a connection was made: whatever was said before it was missed."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0
QUIET_S = 30.0
"""Ask a quiet connection whether it lives: a dead peer sends nothing, not even an error."""

logger = structlog.get_logger(__name__)


async def notifications(dsn: str) -> AsyncIterator[str]:
    """Every payload on the channel, for ever. RESYNC comes first, and again after each reconnect."""
    delay = FIRST_DELAY_S
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=5) as connection:
                await connection.execute(f'LISTEN "{CHANNEL}"')
                delay = FIRST_DELAY_S
                yield RESYNC
                while True:
                    async for notification in connection.notifies(timeout=QUIET_S):
                        yield notification.payload
                    await connection.execute("SELECT 1")
        except psycopg.Error as error:
            logger.warning("listening to Postgres failed; trying again", error=str(error).strip(), delay_s=delay)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, LONGEST_DELAY_S)
