"""Samples that could not be read, runs whose samples are to be deleted, and blobs stored as they are.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_refused",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "refused_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_sample_refused_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_refused")),
    )
    op.create_index(op.f("ix_sample_refused_run_id"), "sample_refused", ["run_id"], unique=False)
    op.create_table(
        "sample_deletion",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_sample_deletion")),
    )
    # Compressing packed floats costs more than it saves, and it is paid while the writer waits.
    op.execute("ALTER TABLE sample_inbox ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE sample_inbox ALTER COLUMN body SET STORAGE EXTENDED")
    op.drop_table("sample_deletion")
    op.drop_index(op.f("ix_sample_refused_run_id"), table_name="sample_refused")
    op.drop_table("sample_refused")
