"""What the commands of runs were run from; runs that are deleted and can still be restored.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_code",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_code_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "scope", name=op.f("pk_run_code")),
    )
    op.add_column("run", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_run_deleted_at", "run", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_run_deleted_at", table_name="run")
    # There they would come back to life.
    op.execute("DELETE FROM run WHERE deleted_at IS NOT NULL")
    op.drop_column("run", "deleted_at")
    op.drop_table("run_code")
