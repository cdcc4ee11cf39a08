"""Refused points are kept as the inbox has them, so that they can be tried again; as lines they could not.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.drop_table("point_refused")
    op.create_table(
        "point_refused",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["metric.id"], name=op.f("fk_point_refused_metric_id_metric"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_refused")),
    )
    op.create_index(op.f("ix_point_refused_metric_id"), "point_refused", ["metric_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_point_refused_metric_id"), table_name="point_refused")
    op.drop_table("point_refused")
    op.create_table(
        "point_refused",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_refused")),
    )
