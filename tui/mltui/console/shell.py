"""Shell commands that the console names: each works as it stands, against the server that the console is on."""

from importlib.resources import files

from mltui.config import DEFAULT_URL


def command(words: str, url: str) -> str:
    """`mltui` with these words; says which server, unless it is the one that is asked anyway.

    >>> command("runs ls", "http://127.0.0.1:8642"), command("runs ls", "http://127.0.0.1:9000")
    ('mltui runs ls', 'mltui --url http://127.0.0.1:9000 runs ls')
    """
    return f"mltui {words}" if url.rstrip("/") == DEFAULT_URL else f"mltui --url {url} {words}"


def example_file(name: str) -> str:
    """Where the pipeline file of an example lies that came with this installation."""
    return str(files("mltui") / "examples" / name / "pipeline.yaml")
