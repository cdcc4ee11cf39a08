import asyncio

import pytest

from mltui.cli.following import News
from mltui.stream import Live


@pytest.mark.parametrize("steps", range(6))
async def test_a_stop_that_comes_with_the_news_is_not_taken_for_news(steps):
    """Ctrl-C while a run's news arrive: before Python 3.12, asyncio.wait_for would go on as if nothing had been."""
    news = News(Live("http://127.0.0.1:1", "test"), {"run:one"})
    following = asyncio.create_task(_follow(news))
    await asyncio.sleep(0.01)
    news.reconnected()
    for _ in range(steps):
        await asyncio.sleep(0)
    following.cancel()
    done, _ = await asyncio.wait([following], timeout=5)
    assert done and following.cancelled()


async def _follow(news: News) -> None:
    while True:
        await news.next()
