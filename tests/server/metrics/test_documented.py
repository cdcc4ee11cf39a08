"""Every curl command in docs/metrics.md does what the page says."""

import shlex
from pathlib import Path

import httpx

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
BASE = "localhost:8642"


async def curl(http: httpx.AsyncClient, words: list[str], piped: bytes) -> httpx.Response:
    """As much of curl as the page uses."""
    url, data, as_query, words = "", [], False, iter(words)
    for word in words:
        match word:
            case "-d" | "--data-binary":
                data.append(next(words))
            case "-G":
                as_query = True
            case "-s":
                pass
            case _:
                url = word.removeprefix(BASE)
    if as_query:
        return await http.get(url, params=[tuple(one.split("=", 1)) for one in data])
    if data:
        return await http.post(url, content=piped if data == ["@-"] else data[0].encode())
    return await http.get(url)


async def test_the_commands(http):
    lines = [line.strip() for line in PAGE.splitlines() if line.startswith("    curl ")]
    assert len(lines) == 14
    for line in lines:
        piped = b""
        for command in line.split(" | "):
            answer = await curl(http, shlex.split(command)[1:], piped)
            assert answer.is_success, (command, answer.text)
            piped = answer.content
