"""Of which inbox rows the flush under way is made.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_flush",
        sa.Column("the_one", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("the_one", name=op.f("ck_sample_flush_one_row")),
        sa.PrimaryKeyConstraint("the_one", name=op.f("pk_sample_flush")),
    )


def downgrade() -> None:
    op.drop_table("sample_flush")
