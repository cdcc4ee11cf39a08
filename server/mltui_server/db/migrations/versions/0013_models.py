"""Registered models, their versions, aliases and approvals; the newest readers of a dataset by an index.

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "registered_model",
        sa.Column("name", sa.String(), nullable=False),
        _words("description"),
        _json("tags"),
        sa.Column("approval", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("version_counter", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        *_entity("registered_model"),
    )
    op.create_index(
        "uq_registered_model_name", "registered_model", ["name"], unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "model_version",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), server_default="None", nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("artifact_id", sa.Uuid(), nullable=True),
        sa.Column("uri", sa.String(), nullable=True),
        *map(_words, ("model_type", "algorithm", "framework", "model_format")),
        sa.Column("training_dataset_id", sa.Uuid(), nullable=True),
        _json("training_config"),
        _json("metrics"),
        _words("description"),
        _json("tags"),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        *_entity("model_version"),
        _foreign("model_version", "model_id", "registered_model", "CASCADE"),
        _foreign("model_version", "run_id", "run", "SET NULL"),
        _foreign("model_version", "artifact_id", "artifact", None),
        _foreign("model_version", "training_dataset_id", "dataset", "SET NULL"),
    )
    op.create_index("uq_model_version_model_id_version", "model_version", ["model_id", "version"], unique=True)
    for column in ("run_id", "artifact_id", "training_dataset_id"):
        op.create_index(f"ix_model_version_{column}", "model_version", [column])
    op.create_table(
        "model_version_job",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "job_id", name=op.f("pk_model_version_job")),
        _foreign("model_version_job", "version_id", "model_version", "CASCADE"),
        _foreign("model_version_job", "job_id", "ingestion_job", "CASCADE"),
    )
    op.create_index("ix_model_version_job_job_id", "model_version_job", ["job_id"])
    op.create_table(
        "model_alias",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "alias", name=op.f("pk_model_alias")),
        _foreign("model_alias", "model_id", "registered_model", "CASCADE"),
        _foreign("model_alias", "version_id", "model_version", "CASCADE"),
    )
    op.create_index("ix_model_alias_version_id", "model_alias", ["version_id"])
    op.create_table(
        "model_approval",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.String(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        _words("decision"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *_entity("model_approval"),
        _foreign("model_approval", "model_id", "registered_model", "CASCADE"),
        _foreign("model_approval", "version_id", "model_version", "CASCADE"),
    )
    op.create_index("ix_model_approval_model_id", "model_approval", ["model_id", "created_at"])
    op.create_index("ix_model_approval_version_id", "model_approval", ["version_id"])
    op.drop_index("ix_run_input_dataset_id", "run_input")
    op.create_index("ix_run_input_dataset_id", "run_input", ["dataset_id", "run_id"])


def downgrade() -> None:
    op.drop_index("ix_run_input_dataset_id", "run_input")
    op.create_index("ix_run_input_dataset_id", "run_input", ["dataset_id"])
    for table in ("model_approval", "model_alias", "model_version_job", "model_version", "registered_model"):
        op.drop_table(table)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(none_as_null=True), server_default="{}", nullable=False)


def _entity(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _foreign(table: str, column: str, other: str, deleted: str | None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=deleted)
