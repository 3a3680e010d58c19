"""An article's newest parcels, found in the index alone.

Revision 0012 follows 0011. The lines of one article lie all over a table of millions: reading two
thousand of them, only to learn their parcels, took longer than the whole search may.
"""

from __future__ import annotations

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_parcel_line_sku_id_parcel_id", "parcel_line", ["sku_id", "parcel_id"])
    op.drop_index("ix_parcel_line_sku_id", "parcel_line")


def downgrade() -> None:
    op.create_index("ix_parcel_line_sku_id", "parcel_line", ["sku_id"])
    op.drop_index("ix_parcel_line_sku_id_parcel_id", "parcel_line")
