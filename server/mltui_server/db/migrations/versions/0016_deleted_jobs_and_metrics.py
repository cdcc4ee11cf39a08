"""Ingestion jobs and metrics that are deleted and can still be restored; addresses that lineage is asked for.

Revision: 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

RECOVERABLE = ("ingestion_job", "metric")
ADDRESSES = (("ingestion_job", "uri"), ("dataset", "source_uri"), ("model_version", "uri"))


def upgrade() -> None:
    for table in RECOVERABLE:
        op.add_column(table, sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_metric_name"), "metric", type_="unique")
    op.create_index("uq_metric_name", "metric", ["name"], unique=True, postgresql_where=sa.text("deleted_at IS NULL"))
    op.create_index(
        "ix_metric_deleted_at", "metric", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    for table, column in ADDRESSES:
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="hash")


def downgrade() -> None:
    for table, column in ADDRESSES:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    op.drop_index("ix_metric_deleted_at", table_name="metric")
    op.drop_index("uq_metric_name", table_name="metric")
    # There they would come back to life. The sample store forgets the points of metrics that are gone.
    op.execute(
        "INSERT INTO metric_deletion (metric_id, label_sets)"
        " SELECT m.id, ARRAY(SELECT l.id FROM metric_label_set l WHERE l.metric_id = m.id)"
        " FROM metric m WHERE m.deleted_at IS NOT NULL"
    )
    for table in RECOVERABLE:
        op.execute(f"DELETE FROM {table} WHERE deleted_at IS NOT NULL")
        op.drop_column(table, "deleted_at")
    op.create_unique_constraint(op.f("uq_metric_name"), "metric", ["name"])
