"""Contents and names that are held until a transaction ends."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, Boolean, Text, case, column, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession


async def hold(session: AsyncSession, *paths: str, shared: Iterable[str] = ()) -> None:
    """Until the transaction ends, nobody else writes, replaces or deletes what is called so.

    What is `shared` others may share, but nobody has it alone. Contents are held before names, and of several the
    first by the alphabet first: then nobody waits in a circle.
    """
    alone = dict.fromkeys(shared, False) | dict.fromkeys(paths, True)
    ordered = sorted(alone)
    wanted = (
        func.unnest(literal(ordered, ARRAY(Text())), literal([alone[path] for path in ordered], ARRAY(Boolean())))
        .table_valued(column("path", Text()), column("alone", Boolean()))
        .render_derived()
    )
    key = func.hashtextextended(wanted.c.path, 0)
    await session.execute(
        select(
            case((wanted.c.alone, func.pg_advisory_xact_lock(key)), else_=func.pg_advisory_xact_lock_shared(key))
        ).select_from(wanted)
    )
