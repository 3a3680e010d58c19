"""Where parcels are after they left, as their carriers tell.

Revision 0011 follows 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parcel_track",
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey(
            "parcel.id", name="fk_parcel_track_parcel_id"), primary_key=True),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposal", sa.String(length=16), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
    )
    for column, which in (("due_at", "due_at IS NOT NULL"), ("proposal", "proposal <> ''")):
        op.create_index(
            f"ix_parcel_track_{column}", "parcel_track", [column],
            sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    op.create_index("ix_parcel_track_carrier_told_at", "parcel_track", ["carrier", "told_at"])


def downgrade() -> None:
    op.drop_table("parcel_track")
