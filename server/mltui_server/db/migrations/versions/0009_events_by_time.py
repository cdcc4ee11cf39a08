"""Events are read by time, whatever they are filtered by.

Revision: 0009, after 0008.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FILTERS = ("actor", "action", "object_type", "object_id", "run_id")


def upgrade() -> None:
    op.drop_index("ix_event_object", table_name="event")
    op.drop_index("ix_event_run_id", table_name="event")
    op.create_index("ix_event_time", "event", ["time", "id"])
    for name in FILTERS:
        op.create_index(f"ix_event_{name}", "event", [name, "time", "id"])


def downgrade() -> None:
    for name in ("time", *FILTERS):
        op.drop_index(f"ix_event_{name}", table_name="event")
    op.create_index("ix_event_object", "event", ["object_type", "object_id", "id"])
    op.create_index("ix_event_run_id", "event", ["run_id", "id"])
