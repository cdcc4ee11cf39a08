"""The lines of the page that says from which code a part of a run ran, its changes last."""

import shlex

from rich.text import Text

from mltui.console import format
from mltui.console.screens.text_page import fact, heading
from mltui.wire.code import CodeVersion
from mltui.wire.counting import counted

NOBODY = """Nobody has told from which code this ran.

The agent and mltui.start_run() do so, from the version on that has this page."""
COLOURS = {"+": "success", "-": "error", "@": "accent", "d": "bold", "i": "muted", "\\": "muted"}
"""Of a diff's lines by what they begin with; headers of files are `diff …` and `index …`."""
LABEL = 14
TAB = 4


def code_page(code: CodeVersion | None) -> list[Text]:
    if code is None:
        return [Text(line, "muted") for line in NOBODY.splitlines()]
    lines = [heading("Code"), *_git(code), Text(), heading("Run by"), *_run_by(code)]
    if code.environment:
        width = max(LABEL, *(len(name) + 2 for name in code.environment))
        lines += [Text(), heading("Environment")]
        lines += [fact(name, value, width) for name, value in code.environment.items()]
    if code.packages:
        named = "  ".join(f"{name} {version}" for name, version in code.packages.items())
        lines += [Text(), heading(counted(len(code.packages), "package")), Text(named, "secondary")]
    if code.diff:
        lines += [Text(), heading("Changes since the commit"), *map(_coloured, code.diff.splitlines())]
        if code.diff_cut:
            lines.append(Text("There was more; only this much is kept.", "warning"))
    return lines


def _git(code: CodeVersion) -> list[Text]:
    if code.trouble:
        return [Text(f"git could not tell: {code.trouble}", "muted")]
    state = Text("changed since, see below", "warning") if code.dirty else Text("nothing changed since", "success")
    lines = [
        fact("Commit", code.commit or "none yet", LABEL),
        fact("Branch", code.branch or Text("none; HEAD is detached", "muted"), LABEL),
        fact("Remote", code.remote or Text("none", "muted"), LABEL),
        fact("Files", state, LABEL),
    ]
    if code.untracked:
        more = f"  and {code.untracked_more} more" if code.untracked_more else ""
        lines.append(fact("Untracked", f"{'  '.join(code.untracked)}{more}", LABEL))
    return lines


def _run_by(code: CodeVersion) -> list[Text]:
    facts = {
        "Command": shlex.join(code.command),
        "Folder": code.directory,
        "Python": f"{code.python}  {code.executable}".strip(),
        "Host": code.host,
        "System": code.os,
        "Looked at": format.moment(code.captured_at),
    }
    return [fact(name, value or format.ABSENT, LABEL) for name, value in facts.items()]


def _coloured(line: str) -> Text:
    colour = "muted" if line.startswith(("+++", "---")) else COLOURS.get(line[:1], "")
    return Text(line.expandtabs(TAB), colour)
