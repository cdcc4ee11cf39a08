"""Artifacts.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "artifact",
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("stage_run_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("artifact_type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("file_path", sa.String(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("storage_type", sa.String(), nullable=False),
        sa.Column("storage_config", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("artifact_metadata", postgresql.JSONB(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_artifact_run_id_run"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["stage_run_id"], ["stage_run.id"], name=op.f("fk_artifact_stage_run_id_stage_run"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifact")),
    )
    op.create_index("ix_artifact_run_id", "artifact", ["run_id", "name"])
    op.create_index("ix_artifact_stage_run_id", "artifact", ["stage_run_id"])
    op.create_index("ix_artifact_sha256", "artifact", ["sha256", "storage_type"])
    op.create_index("ix_artifact_created_at", "artifact", ["created_at", "id"])
    op.create_index(
        "uq_artifact_run_id_name", "artifact", ["run_id", "name"], unique=True,
        postgresql_where=sa.text("is_active AND status = 'ready'"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("artifact")
