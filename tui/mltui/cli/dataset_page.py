"""What `mltui datasets` prints, and pages of jobs of what they made."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mltui.cli.output import Column, ago, number, print_table, size
from mltui.naming import short_id
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.wire.datasets import ColumnProfile, DatasetDetail, DatasetRow


def print_datasets(rows: "Sequence[DatasetRow]", total: int) -> None:
    if not rows:
        print("no datasets match; bring data in with `mltui ingest add URI --start`")
        return
    columns = [Column("ID"), Column("NAME", flexible=True), Column("FORMAT"), Column("ROWS", right=True),
               Column("COLUMNS", right=True), Column("SIZE", right=True), Column("CREATED", right=True),
               Column("SOURCE", flexible=True)]  # fmt: skip
    print_table(columns, [_cells(row) for row in rows])
    if total > len(rows):
        print(f"{len(rows)} of {total} datasets; --limit N shows more", file=sys.stderr)


def _cells(row: "DatasetRow") -> list[str]:
    return [
        short_id(row.id), row.name, row.format, _count(row.row_count), _count(row.column_count), size(row.file_size),
        ago(row.created_at), row.source_uri or "-",
    ]  # fmt: skip


def print_dataset(dataset: "DatasetDetail") -> None:
    print(f"{dataset.name}  {dataset.id}{'' if dataset.is_active else '  deleted'}")
    facts = {
        "source": dataset.source_uri,
        "holds": f"{counted(dataset.row_count, 'row')}, {counted(dataset.column_count, 'column')}",
        "file": f"{dataset.format}, {size(dataset.file_size)}",
        "artifact": dataset.artifact_id,
        "job": dataset.job_id,
        "run": dataset.run_id,
        "made by": dataset.created_by,
    }
    for name, fact in facts.items():
        if fact is not None:
            print(f"{name:<10} {fact}")
    if dataset.schema.columns:
        print()
        print_columns(dataset)
    if dataset.profile.sample:
        print()
        names = [Column(column.name, flexible=True) for column in dataset.schema.columns]
        print_table(names, [[_value(value) for value in row] for row in dataset.profile.sample])


def print_columns(dataset: "DatasetDetail") -> None:
    """Its columns with what is in them."""
    profiles = {profile.name: profile for profile in dataset.profile.columns}
    rows = [[column.name, column.type, *_profiled(profiles.get(column.name))] for column in dataset.schema.columns]
    print_table(
        [Column("COLUMN", flexible=True), Column("TYPE", flexible=True), Column("NULLS", right=True),
         Column("DISTINCT", right=True), Column("MIN", flexible=True), Column("MAX", flexible=True)], rows,
    )  # fmt: skip


def _profiled(profile: "ColumnProfile | None") -> list[str]:
    if profile is None:
        return ["-"] * 4
    return [f"{profile.nulls:,}", f"~{profile.distinct:,}", _value(profile.min), _value(profile.max)]


def _value(value: str | float | bool | None) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case float():
            return number(value)
        case _:
            return str(value)


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
