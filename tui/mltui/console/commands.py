"""The language of the `:` line: what can be typed, what it means, and how a half-typed line goes on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from mltui.console.faults import Fault, quoted
from mltui.console.theme import THEMES

Kind = Literal[
    "", "pipeline", "run", "metric", "model", "id", "theme", "filter", "event filter", "job filter"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    description: str
    argument: Kind = ""
    """What kind of word follows, for its completion."""
    needed: bool = False
    also: tuple[str, ...] = ()
    """Other names."""


COMMANDS = (
    Command("home", "What needs attention, and how things go"),
    Command("runs", "All runs, or those that match a filter", "filter"),
    Command("pipelines", "All pipelines", also=("pl",)),
    Command("metrics", "All metrics, or one of them", "metric", also=("metric",)),
    Command("models", "All models, or one of them", "model", also=("model",)),
    Command("lineage", "What it came from and led to", "id", needed=True),
    Command("ingest", "Ingestion jobs, or those that match a filter", "job filter", also=("jobs",)),
    Command("events", "Who did what, or what matches a filter", "event filter"),
    Command("run", "One run, by its name or id", "run", needed=True),
    Command("pipeline", "One pipeline", "pipeline", needed=True),
    Command("start", "Start a run of a pipeline", "pipeline", needed=True),
    Command("theme", "Other colours", "theme", needed=True),
    Command("help", "What the keys do", also=("h",)),
    Command("quit", "Leave the console", also=("q", "q!", "exit")),
)
BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.also)}
MANY = 8
"""Completions that are offered at once."""


class CommandFault(Fault):
    """What is wrong with a line, and what would be right."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that makes sense."""

    command: Command
    argument: str


def parse(text: str) -> Line:
    """What `text` (without its colon) says. Raises CommandFault."""
    word, _, argument = text.strip().partition(" ")
    argument = argument.strip()
    command = BY_NAME.get(word) or _only_one(word)
    if command is None:
        near = get_close_matches(word, BY_NAME, n=1)
        names = ", ".join(command.name for command in COMMANDS)
        instead = f"did you mean {near[0]!r}?" if near else f"there are {names}"
        raise CommandFault(f"no command {quoted(word)}; {instead}")
    if command.needed and not argument:
        raise CommandFault(f":{command.name} needs a {command.argument}, as in :{command.name} {_example(command)}")
    if argument and not command.argument:
        raise CommandFault(f":{command.name} takes nothing after it, so {quoted(argument)} is too much")
    return Line(command, argument)


def asks_for(text: str) -> Kind:
    """What kind of word stands at the end of the half-typed `text`; empty for a command's name."""
    word, space, _ = text.lstrip().partition(" ")
    command = BY_NAME.get(word)
    return command.argument if space and command else ""


def completions(text: str, words: Sequence[str] = ()) -> list[str]:
    """Whole lines that `text` may become. `words` are the arguments there are, of the kind that `asks_for` names."""
    head, space, typed = text.lstrip().partition(" ")
    if not space:
        return [command.name for command in COMMANDS if command.name.startswith(head)]
    typed = typed.lstrip().lower()
    if asks_for(text) == "theme":
        words = [theme.name for theme in THEMES]
    starting = [word for word in words if word.lower().startswith(typed)]
    inside = [word for word in words if typed in word.lower() and word not in starting]
    return [f"{head} {word}" for word in (starting + inside)[:MANY]]


def _only_one(beginning: str) -> Command | None:
    found = [command for command in COMMANDS if beginning and command.name.startswith(beginning)]
    return found[0] if len(found) == 1 else None


def _example(command: Command) -> str:
    return {"theme": THEMES[0].name, "run": "digits-1", "id": "digits/1"}.get(command.argument, "digits")
