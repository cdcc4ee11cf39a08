"""Versions of models keep which run they came from when that is deleted.

Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FOREIGN = "fk_model_version_run_id_run"


def upgrade() -> None:
    op.add_column("model_version", sa.Column("run_name", sa.String(), nullable=True))
    op.execute("UPDATE model_version v SET run_name = r.name FROM run r WHERE r.id = v.run_id")
    op.drop_constraint(op.f(FOREIGN), "model_version", type_="foreignkey")


def downgrade() -> None:
    op.execute("UPDATE model_version v SET run_id = NULL WHERE NOT EXISTS (SELECT FROM run r WHERE r.id = v.run_id)")
    op.create_foreign_key(op.f(FOREIGN), "model_version", "run", ["run_id"], ["id"], ondelete="SET NULL")
    op.drop_column("model_version", "run_name")
