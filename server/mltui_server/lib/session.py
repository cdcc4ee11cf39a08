"""One transaction per request: committed when the handler returns, rolled back when it raises."""

from collections.abc import AsyncGenerator

from litestar.datastructures import State
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

RequestSession = NamedDependency[AsyncSession]
"""A handler's `session` parameter."""


async def provide_session(state: State) -> AsyncGenerator[AsyncSession, None]:
    """The request's session. It closes when the response starts: a stream opens its own."""
    async with state.database.session() as session:
        yield session
