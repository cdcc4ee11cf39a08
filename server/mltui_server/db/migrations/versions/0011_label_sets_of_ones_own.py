"""Ids of label sets that no other installation has: in InfluxDB they may lie beside another's.

Revision: 0011, after 0010.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Counted from somewhere below 2^52, so that each is a whole number for every client.
    op.execute(
        "SELECT setval(pg_get_serial_sequence('metric_label_set', 'id'), 1000000000 + floor(random() * 4.5e15)::bigint)"
    )


def downgrade() -> None:
    """Ids that are in use stay."""
