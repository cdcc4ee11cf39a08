"""Points of operational metrics: their label sets, the inbox they wait in, and what is to be deleted.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.add_column("metric", sa.Column("version", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "metric_label_set",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("labels", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("points", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first_time", sa.BigInteger(), nullable=True),
        sa.Column("last_time", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["metric.id"], name=op.f("fk_metric_label_set_metric_id_metric"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_label_set")),
    )
    # A hash: labels may be longer than an index takes.
    op.create_index(
        "uq_metric_label_set_labels", "metric_label_set", ["metric_id", sa.text("md5(labels::text)")], unique=True
    )
    op.create_table(
        "point_inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["metric.id"], name=op.f("fk_point_inbox_metric_id_metric"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_inbox")),
    )
    op.create_index(op.f("ix_point_inbox_metric_id"), "point_inbox", ["metric_id"], unique=False)
    op.create_table(
        "point_refused",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_refused")),
    )
    op.create_table(
        "metric_deletion",
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("label_sets", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("metric_id", name=op.f("pk_metric_deletion")),
    )


def downgrade() -> None:
    op.drop_table("metric_deletion")
    op.drop_table("point_refused")
    op.drop_table("point_inbox")
    op.drop_table("metric_label_set")
    op.drop_column("metric", "version")
