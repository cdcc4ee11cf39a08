"""Objects to be deleted from the artifact store, and an index of the log chunks that are not there yet.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "object_deletion",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_object_deletion")),
    )
    op.create_index("ix_log_chunk_hot", "log_chunk", ["execution_id"], postgresql_where=sa.text("body IS NOT NULL"))
    # The bodies are compressed already.
    op.execute("ALTER TABLE log_chunk ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE log_chunk ALTER COLUMN body SET STORAGE EXTENDED")
    op.drop_index("ix_log_chunk_hot", table_name="log_chunk")
    op.drop_table("object_deletion")
