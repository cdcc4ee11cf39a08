"""What the commands of runs were run from.

Revision: 0016, after 0012.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0012"
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


def downgrade() -> None:
    op.drop_table("run_code")
