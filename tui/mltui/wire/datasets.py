"""Datasets: artifacts with rows and columns, and the runs that read them."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from mltui.wire.base import Answer, Request
from mltui.wire.pipelines import Name, StageName

Count = Annotated[int, Meta(ge=0, le=2**62)]


class ColumnSchema(Struct, frozen=True):
    name: str
    type: str
    """As SQL has it: BIGINT, DOUBLE, VARCHAR, TIMESTAMP, …"""


class Schema(Struct, frozen=True):
    columns: list[ColumnSchema] = []
    """In order."""


class ColumnProfile(Struct, kw_only=True, frozen=True):
    """What is in one column."""

    name: str
    nulls: Count
    distinct: Count
    """Approximate: a few percent off where there are many."""
    min: str | int | float | bool | None = None
    """None where there are no values, or none that can be compared; texts are cut. NaN is the greatest."""
    max: str | int | float | bool | None = None


class Profile(Struct, frozen=True):
    columns: list[ColumnProfile] = []
    sample: list[list[Any]] = []
    """The first rows, some KiB at most; values that JSON has no word for, as texts."""


class DatasetRow(Answer, kw_only=True):
    id: str
    name: str
    artifact_id: str
    run_id: str | None
    """The run that made it."""
    job_id: str | None
    """The ingestion job that brought it in."""
    format: str
    row_count: int | None
    column_count: int | None
    file_size: int
    """Bytes."""
    source_uri: str | None
    is_active: bool
    """False: its artifact was deleted, or replaced. `mltui gc` removes its content in time."""
    created_by: str
    created_at: datetime
    updated_at: datetime


class DatasetDetail(DatasetRow, kw_only=True):
    schema: Schema
    profile: Profile


class CreateDataset(Request, kw_only=True):
    """Make an artifact that is a table known as a dataset. Sent again for the same artifact, it is the same one."""

    artifact: str
    """Its id."""
    name: Name | UnsetType = UNSET
    """The artifact's unless given."""
    format: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    """csv, parquet, …; told from the artifact's name unless given."""
    row_count: Count | None = None
    schema: Schema = field(default_factory=Schema)
    profile: Profile = field(default_factory=Profile)
    source_uri: str | None = None


class AddInput(Request, kw_only=True):
    """A run read a dataset."""

    dataset: Annotated[str, Meta(min_length=1)]
    """Id or name; of several of that name, the newest."""
    stage: StageName | None = None
    """The stage of the run that read it."""


class RunInputRow(Answer, kw_only=True):
    dataset: DatasetRow
    stage: str | None
    """The stage that read it first."""
