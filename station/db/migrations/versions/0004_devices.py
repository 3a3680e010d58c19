"""What a scale's daily check showed.

Revision 0004 follows 0003. One table; rows are added and never changed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scale_check",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("scale", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("known_g", sa.Integer(), nullable=False),
        sa.Column("shown_g", sa.Integer(), nullable=False),
        sa.Column("tolerance_g", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("frames", sa.JSON(), nullable=False),
        sa.Column("bench", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_scale_check_scale_day", "scale_check", ["scale", "day"])


def downgrade() -> None:
    op.drop_index("ix_scale_check_scale_day", "scale_check")
    op.drop_table("scale_check")
