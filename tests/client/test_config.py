"""Which server the client talks to, and what it says when that cannot be told."""

import pytest

from mltui.config import DEFAULT_URL, ConfigError, server_url


def test_the_option_wins_over_the_environment_over_the_file_over_the_default(tmp_path):
    file = tmp_path / "client.toml"
    environment = {"MLTUI_URL": "http://env:1/"}
    assert server_url(None, environment={}, file=file) == DEFAULT_URL
    file.write_text('url = "https://file.example/mltui/"\n')
    assert server_url(None, environment={}, file=file) == "https://file.example/mltui"
    assert server_url(None, environment=environment, file=file) == "http://env:1"
    assert server_url("http://option:2", environment=environment, file=file) == "http://option:2"


@pytest.mark.parametrize("url", ["localhost:8642", "ftp://host", "http://", "http://host:port", "http://h:99999", ""])
def test_an_address_that_is_none_is_named_with_its_origin(url, tmp_path):
    with pytest.raises(ConfigError, match=r"--url=.* is not the address of a server; write it as http"):
        server_url(url, environment={}, file=tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [("urll = 'x'", "unknown key 'urll'"), ("url = 3", "must be a string"), ("url = ", "client.toml: ")],
)
def test_a_wrong_file_is_one_clear_line(text, message, tmp_path):
    file = tmp_path / "client.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        server_url(None, environment={}, file=file)
    assert "\n" not in str(caught.value)
