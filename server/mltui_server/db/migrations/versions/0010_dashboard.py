"""What the dashboard asks by: when runs and stages ended, what was retried, what has NaN, when something was logged.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("execution", sa.Column("logged_at", sa.DateTime(timezone=True), nullable=True))
    # Or what is under way would look stalled until its next line.
    op.execute(
        "UPDATE execution SET logged_at = clock_timestamp() WHERE status IN ('pending', 'queued', 'running', 'cancelling')"
    )
    op.create_index("ix_run_completed_at", "run", ["completed_at"])
    op.create_index("ix_run_retry_of", "run", ["retry_of"], postgresql_where=sa.text("retry_of IS NOT NULL"))
    op.create_index("ix_stage_run_completed_at", "stage_run", ["completed_at"])
    op.create_index("ix_run_series_nonfinite", "run_series", ["run_id"], postgresql_where=sa.text("nonfinite > 0"))


def downgrade() -> None:
    op.drop_index("ix_run_series_nonfinite", table_name="run_series")
    op.drop_index("ix_stage_run_completed_at", table_name="stage_run")
    op.drop_index("ix_run_retry_of", table_name="run")
    op.drop_index("ix_run_completed_at", table_name="run")
    op.drop_column("execution", "logged_at")
