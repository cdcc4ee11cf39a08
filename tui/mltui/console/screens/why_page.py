"""The lines of the page that says why a run failed: the cause in front, then what bears it out."""

from itertools import groupby

from rich.text import Text

from mltui.console import format
from mltui.console.screens.text_page import fact, heading
from mltui.console.state.long_line import shortened
from mltui.console.widgets.ansi import parse
from mltui.wire.counting import counted
from mltui.wire.logs import LogLine
from mltui.wire.why import AtDeath, Difference, Why

KINDS = {
    "code": "Code", "parameter": "Parameters", "config": "Configuration", "pipeline": "Pipeline", "data": "Data",
    "environment": "Environment",
}  # fmt: skip
SHORT_COMMIT = 10
NAME = 24
NUMBER = 10
LATER = {"failed, too": "later", "did not begin": "because of it"}


def why_page(why: Why) -> list[Text]:
    lines = [Text().append("✗ ", "error").append(_sentence(why.words), "bold"), _where(why)]
    for verb, names in (("failed, too", why.also_failed), ("did not begin", why.skipped)):
        if names:
            lines.append(Text(f"{LATER[verb]} {', '.join(names)} {verb}", "muted"))
    if why.error is not None:
        at = Text(f"   line {format.count(why.error.n + 1)} of {format.count(why.log_lines)}", "muted")
        lines += [Text(), heading("First error").append_text(at), Text(_plain(why.error), "error")]
    lines += [*_nonfinite(why), *_differences(why), *_at_death(why.resources)]
    if why.tail:
        lines += [Text(), heading("Last lines"), *(Text(_plain(line), "secondary") for line in why.tail)]
    return lines


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _where(why: Why) -> Text:
    text = Text(style="secondary")
    if why.stage is not None:
        text.append(f"in {why.stage}  ")
        if why.max_attempts is not None and why.max_attempts > 1:
            text.append(f"attempt {why.attempt_number} of {why.max_attempts}  ", "muted")
    text.append(f"on {why.host}  ", "muted") if why.host else None
    return text.append(format.moment(why.failed_at), "muted")


def _plain(line: LogLine) -> str:
    return shortened("".join(text for text, _ in parse(line.text)))


def _nonfinite(why: Why) -> list[Text]:
    if not why.nonfinite:
        return []
    lines = [Text(), heading("NaN or infinite")]
    for one in why.nonfinite:
        since = "" if one.step is None else f"from step {format.count(one.step)} on, "
        lines.append(fact(one.key, Text(f"{since}{counted(one.count, 'value')}", "error"), max(NAME, len(one.key) + 2)))
    if why.nonfinite_more:
        lines.append(Text(f"and {counted(why.nonfinite_more, 'more metric')}", "muted"))
    return lines


def _differences(why: Why) -> list[Text]:
    good = why.good
    lines = [Text(), heading("What differs")]
    if good is not None:
        lines[1].append(f"   from {good.name}, the last good run, {format.moment(good.completed_at)}", "muted")
    width = max((len(one.name) + 4 for one in why.differences), default=NAME)
    for kind, some in groupby(why.differences, key=lambda one: one.kind):
        lines.append(Text(KINDS[kind], "secondary"))
        lines += [_difference(one, min(width, NAME)) for one in some]
    if why.differences_more:
        lines.append(Text(f"and {why.differences_more} more", "muted"))
    if good is not None and not why.differences and not why.unknown:
        lines.append(Text("nothing that is recorded", "muted"))
    return [*lines, *(Text(_sentence(sentence), "muted") for sentence in why.unknown)]


def _difference(one: Difference, width: int) -> Text:
    before, after = (_value(one.name, value) for value in (one.before, one.after))
    text = fact(f"  {one.name}", "", width).append(" " * (len(one.name) + 2 >= width))
    return text.append(before, "muted").append("  →  ", "muted").append(after, "accent")


def _value(name: str, value: str | None) -> str:
    if value is None:
        return format.ABSENT
    return value[:SHORT_COMMIT] if name == "commit" else " ".join(value.split())


def _at_death(resources: list[AtDeath]) -> list[Text]:
    if not resources:
        return []
    lines = [
        Text(),
        heading("At death").append(" " * (NAME - 8)).append(f"{'last':>{NUMBER}}{'peak':>{NUMBER}}", "muted"),
    ]
    for one in resources:
        words = format.size if one.field.endswith("_bytes") else format.percent
        name = one.field.removesuffix("_bytes").removesuffix("_percent").replace("_", " ")
        line = fact(f"{one.device} {name}", f"{words(one.last):>{NUMBER}}", NAME)
        line.append(f"{words(one.peak):>{NUMBER}}", "muted")
        lines.append(line.append(f"  of {words(one.limit)}" if one.limit is not None else "", "muted"))
    return lines
