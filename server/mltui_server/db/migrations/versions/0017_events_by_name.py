"""Events are found by what their objects were called.

Revision: 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HASH = "md5(coalesce(after ->> 'name', before ->> 'name'))"


def upgrade() -> None:
    op.create_index("ix_event_name", "event", [sa.text(HASH)], postgresql_where=sa.text(f"{HASH} IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_event_name", table_name="event")
