"""The parcels that are at a bench, found without a walk through all there ever were.

Revision 0013 follows 0012. With statistics, SQLite holds an index by state for useless where nearly
every parcel is handed over, and read a million rows whenever an idle bench looked what is open.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    at_a_bench = sa.text("bench <> ''")
    op.create_index("ix_parcel_open_bench", "parcel", ["bench"],
                    sqlite_where=at_a_bench, postgresql_where=at_a_bench)


def downgrade() -> None:
    op.drop_index("ix_parcel_open_bench", "parcel")
