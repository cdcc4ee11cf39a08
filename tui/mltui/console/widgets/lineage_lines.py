"""Lines of lineage in the columns that there are: what kind of thing it is and its state stay, names give way. Pure."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from mltui.console.format import moment, printable
from mltui.console.state.lineage import Branch
from mltui.console.widgets.guides import narrowed
from mltui.console.widgets.names import distinct
from mltui.wire.lineage import NodeKind

KINDS = {
    NodeKind.SOURCE: "secondary", NodeKind.INGESTION_JOB: "series-5", NodeKind.DATASET: "series-2",
    NodeKind.RUN: "series-0", NodeKind.ARTIFACT: "series-1", NodeKind.MODEL_VERSION: "series-3",
}  # fmt: skip
STATES = {
    "completed": "success",
    "ready": "success",
    "failed": "error",
    "deleted": "error",
    "running": "status-running",
}
LEFT_OUT = "  …"
"""Stands at least where there was something to add and no room for it."""
READABLE, LEAST = 30, 12
"""Columns of a name for which guides are narrowed, and for which even those are only numbered."""


def fitted(branches: Sequence[Branch], width: int) -> list[Text]:
    """Each in at most `width` columns; what stands below one thing can be told apart where that is possible."""
    narrow = any(_room(one, len(one.guide), width) < min(READABLE, _name_width(one)) for one in branches)
    guides = [_guide(one, width) if narrow else one.guide for one in branches]
    rooms: dict[str, int] = {}
    siblings: dict[str, list[str]] = {}
    for one, guide in zip(branches, guides, strict=True):
        rooms[one.above] = min(rooms.get(one.above, width), _room(one, len(guide), width))
        siblings.setdefault(one.above, []).append(_name(one))
    short = {
        (above, name): cut
        for above, names in siblings.items()
        for name, cut in zip(names, distinct(tuple(names), max(2, rooms[above])), strict=True)
    }
    return [_line(one, guide, short[one.above, _name(one)], width) for one, guide in zip(branches, guides, strict=True)]


def whole(branch: Branch) -> list[Text]:
    """All that is known of it, below each other: its name, and the rest."""
    rest = _kind(branch).append_text(_more(branch))
    if branch.node.created_at is not None:
        rest.append(f"  {moment(branch.node.created_at)}", "muted")
    return [Text().append(_name(branch), "bold"), rest]


def _line(branch: Branch, guide: str, short: str, width: int) -> Text:
    rest, mark = _kind(branch), _mark(branch)
    line = Text().append(guide, "muted")
    as_it_is = len(guide) + _name_width(branch) + _beside(branch) + _more(branch).cell_len
    line.append(_name(branch) if as_it_is <= width else short, "bold").append("  ").append_text(rest)
    more = _more(branch)
    more.truncate(max(0, width - line.cell_len - mark.cell_len), overflow="ellipsis")
    return line.append_text(more).append_text(mark)


def _guide(branch: Branch, width: int) -> str:
    return narrowed(branch.guide, max(0, _room(branch, 0, width) - min(LEAST, _name_width(branch))))


def _room(branch: Branch, guide: int, width: int) -> int:
    """Columns for its name beside what must be seen, and a sign for what else there is."""
    return width - guide - _beside(branch) - min(len(LEFT_OUT), _more(branch).cell_len)


def _beside(branch: Branch) -> int:
    return 2 + _kind(branch).cell_len + _mark(branch).cell_len


def _name(branch: Branch) -> str:
    return printable(branch.node.name)


def _name_width(branch: Branch) -> int:
    return cell_len(_name(branch))


def _kind(branch: Branch) -> Text:
    node = branch.node
    text = Text().append(node.kind.value.replace("_", " "), KINDS[node.kind])
    return text.append(f"  {node.state}", STATES.get(node.state, "muted")) if node.state else text


def _more(branch: Branch) -> Text:
    stage = f"stage {branch.stage}" if branch.stage else ""
    return Text("".join(f"  {printable(words)}" for words in (branch.node.note, stage) if words), "muted")


def _mark(branch: Branch) -> Text:
    if branch.again:
        return Text("  ↑ as above", "muted")
    return Text("  … there is more", "warning") if branch.cut else Text()
