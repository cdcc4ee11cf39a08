"""Datasets, what runs read, and ingestion jobs.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "dataset",
        sa.Column("artifact_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=True),
        sa.Column("column_count", sa.Integer(), nullable=True),
        sa.Column("schema", postgresql.JSONB(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("profile", postgresql.JSONB(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("source_uri", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        *_entity("dataset"),
        _foreign("dataset", "artifact_id", "artifact", "CASCADE"),
    )
    op.create_index("uq_dataset_artifact_id", "dataset", ["artifact_id"], unique=True)
    op.create_index("ix_dataset_created_at", "dataset", ["created_at", "id"])
    op.create_index("ix_dataset_name", "dataset", ["name"])
    op.create_table(
        "run_input",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("stage_run_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "dataset_id", name=op.f("pk_run_input")),
        _foreign("run_input", "run_id", "run", "CASCADE"),
        _foreign("run_input", "dataset_id", "dataset", "CASCADE"),
        _foreign("run_input", "stage_run_id", "stage_run", "SET NULL"),
    )
    op.create_index("ix_run_input_dataset_id", "run_input", ["dataset_id"])
    op.create_table(
        "ingestion_job",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("runner", sa.String(), nullable=False),
        sa.Column("options", postgresql.JSONB(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("attempt_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("dataset_id", sa.Uuid(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("bytes_total", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("rows_set_aside", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("execution_time", sa.Float(), nullable=True),
        *_entity("ingestion_job"),
        _foreign("ingestion_job", "run_id", "run", "SET NULL"),
        _foreign("ingestion_job", "dataset_id", "dataset", "SET NULL"),
    )
    op.create_index("ix_ingestion_job_created_at", "ingestion_job", ["created_at", "id"])
    op.create_index("ix_ingestion_job_status", "ingestion_job", ["status", "created_at", "id"])
    op.create_index("ix_ingestion_job_run_id", "ingestion_job", ["run_id"])
    op.create_index("ix_ingestion_job_dataset_id", "ingestion_job", ["dataset_id"])


def downgrade() -> None:
    for table in ("ingestion_job", "run_input", "dataset"):
        op.drop_table(table)


def _entity(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _foreign(table: str, column: str, other: str, deleted: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=deleted)
