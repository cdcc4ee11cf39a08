"""Models and versions in words: columns of their lists, and the lines of their pages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.text import Text

from mltui.console import format
from mltui.console.screens.text_page import fact, heading
from mltui.console.widgets.columns import Column
from mltui.wire.models import ApprovalRow, ModelRow, ModelStage, VersionRow, VersionStatus

Clock = Callable[[], datetime]
STATUS_COLOURS = {
    VersionStatus.PENDING: "status-waiting", VersionStatus.READY: "success", VersionStatus.FAILED: "error",
    VersionStatus.ARCHIVED: "muted",
}  # fmt: skip
STAGE_COLOURS = {
    ModelStage.NONE: "muted", ModelStage.STAGING: "warning", ModelStage.PRODUCTION: "success",
    ModelStage.ARCHIVED: "muted",
}  # fmt: skip


def model_columns(now: Clock) -> list[Column[ModelRow]]:
    return [
        Column("name", "Name", lambda m: m.name, min_width=12, max_width=50, sortable=True),
        Column("latest", "Latest", lambda m: _number(m.latest), min_width=6, align="right", sortable=True),
        Column("aliases", "Aliases", aliases_of_model, min_width=8, max_width=40),
        Column("stages", "Stages", stages_of_model, min_width=8, max_width=40, rank=2),
        Column("pending", "Waiting", waiting, min_width=7, align="right", rank=3),
        Column("updated_at", "Changed", lambda m: Text(format.age(m.updated_at, now()), "muted"), min_width=7,
               align="right", sortable=True, rank=1, moves=True),
        Column("version_count", "Versions", lambda m: format.count(m.version_count), min_width=8, align="right",
               sortable=True, rank=5),
        Column("description", "Description", lambda m: Text(m.description, "muted"), min_width=10, max_width=120,
               sortable=True, rank=4, grows=True),
    ]  # fmt: skip


def version_columns(now: Clock) -> list[Column[VersionRow]]:
    return [
        Column("version", "Version", lambda v: str(v.version), min_width=7, align="right", sortable=True),
        Column("status", "Status", lambda v: status(v.status), min_width=8, sortable=True),
        Column("stage", "Stage", lambda v: stage(v.stage), min_width=10, sortable=True),
        Column("aliases", "Aliases", lambda v: aliases(v.aliases), min_width=8, max_width=30),
        Column("run", "Run", lambda v: Text(v.run or format.ABSENT, "secondary"), min_width=8, max_width=30, rank=1),
        Column("metrics", "Metrics", metrics, min_width=10, max_width=200, rank=2, grows=True),
        Column("algorithm", "Algorithm", lambda v: v.algorithm, max_width=16, sortable=True, rank=4),
        Column("framework", "Framework", lambda v: v.framework, max_width=16, sortable=True, rank=5),
        Column("created_by", "Who", lambda v: Text(v.created_by, "muted"), max_width=12, sortable=True, rank=6),
        Column("created_at", "Age", lambda v: Text(format.age(v.created_at, now()), "muted"), min_width=5,
               align="right", sortable=True, rank=3, moves=True),
    ]  # fmt: skip


def status(value: VersionStatus) -> Text:
    return Text(value.value, STATUS_COLOURS[value])


def stage(value: ModelStage) -> Text:
    return Text(value.value, STAGE_COLOURS[value])


def aliases(names: Sequence[str]) -> Text:
    return Text(" ".join(f"@{name}" for name in names), "accent")


def aliases_of_model(model: ModelRow) -> Text:
    return Text(" ").join(Text().append(f"@{alias}", "accent").append(f" {version}")
                          for alias, version in sorted(model.aliases.items()))  # fmt: skip


def stages_of_model(model: ModelRow) -> Text:
    return Text(" ").join(
        stage(name).append(" " + ",".join(map(str, model.stages[name])), "")
        for name in (ModelStage.PRODUCTION, ModelStage.STAGING) if name in model.stages
    )  # fmt: skip


def waiting(model: ModelRow) -> Text:
    return Text(str(model.pending), "warning") if model.pending else Text("")


def metrics(version: VersionRow) -> Text:
    return Text("  ").join(Text().append(f"{key} ", "muted").append(format.number(value))
                           for key, value in version.metrics.items())  # fmt: skip


def move(approval: ApprovalRow) -> Text:
    """`@champion 2 → 3`, or `3 Staging → Production`."""
    what = f"@{approval.alias}" if approval.alias else f"version {approval.version}"
    text = Text().append(what, "accent").append(f" {approval.before or 'none'}", "muted")
    return text.append(" → ", "muted").append(approval.after or "none")


def asked(approval: ApprovalRow) -> Text:
    """The move, and who asked for it and why."""
    return move(approval).append(f"  {approval.requested_by}: {approval.reason}", "muted")


def about_model(model: ModelRow, waiting: Sequence[ApprovalRow]) -> list[Text]:
    """The lines beside its versions."""
    lines = [
        fact("Aliases", aliases_of_model(model) if model.aliases else Text("none; press a on a version", "muted")),
        fact("Moves", "somebody else approves them" if model.approval else "made at once"),
    ]
    for one in waiting:
        lines.append(fact("Waits", asked(one)))
    lines.append(fact("Tags", _pairs(model.tags)))
    return lines


def is_about(approval: ApprovalRow, version: VersionRow) -> bool:
    """Whether the move would change it: its stage, or an alias that it has or is to have."""
    has = approval.kind == "alias" and approval.before == str(version.version)
    return has or approval.version == version.version


def about_version(version: VersionRow, waiting: Sequence[ApprovalRow]) -> list[Text]:
    """The lines of its page."""
    lines = [
        heading("Version"),
        fact("Status", status(version.status)),
        fact("Stage", stage(version.stage)),
        fact("Aliases", aliases(version.aliases) if version.aliases else Text("none; press a to give one", "muted")),
        *(fact("Waits", asked(one)) for one in waiting),
        fact("Type", version.model_type or format.ABSENT),
        fact("Algorithm", version.algorithm or format.ABSENT),
        fact("Framework", version.framework or format.ABSENT),
        fact("Format", version.model_format or format.ABSENT),
        fact("Registered", f"{format.moment(version.created_at)}  by {version.created_by}"),
        fact("Tags", _pairs(version.tags)),
        fact("Id", version.id),
        Text(),
        heading("Came from"),
        fact("Run", f"{version.run or format.ABSENT}{' (deleted)' * version.run_deleted}"),
        fact("Artifact", version.artifact or format.ABSENT),
        *([fact("URI", version.uri)] if version.uri else []),
        fact("Trained on", version.training_dataset or format.ABSENT),
        fact("Ingestion", ", ".join(job.name for job in version.ingestion_jobs) or format.ABSENT),
        Text(),
        heading("Metrics"),
        *_values({key: format.number(value, 6) for key, value in version.metrics.items()}),
        Text(),
        heading("Config"),
        *_values(version.training_config),
    ]
    if version.description:
        lines += [Text(), heading("Description"), *(Text(line) for line in version.description.splitlines())]
    return lines


def _values(values: Mapping[str, Any]) -> list[Text]:
    width = min(30, max([14, *(len(name) + 2 for name in values)]))
    lines = [fact(format.shortened(name, width - 1), shown(value), width) for name, value in values.items()]
    return lines or [Text("none", "muted")]


def shown(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return format.ABSENT if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _pairs(tags: Mapping[str, str]) -> str:
    return "  ".join(f"{key}={value}" for key, value in tags.items()) or format.ABSENT


def _number(value: int | None) -> str:
    return format.ABSENT if value is None else str(value)
