"""Product pictures and the measurements of garments.

Revision 0018 follows 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product_picture",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("item_no", sa.String(length=64), nullable=False),
        sa.Column("color", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marked", sa.JSON(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("copied", sa.Integer(), nullable=False),
        sa.Column("copied_to", sa.String(length=500), nullable=False),
        sa.Column("trouble", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("item_no", "number", name="uq_product_picture_item_no_number"),
        sa.UniqueConstraint("file_key", name="uq_product_picture_file_key"),
    )
    for column in ("item_no", "sha256"):
        op.create_index(f"ix_product_picture_{column}", "product_picture", [column])
    op.create_table(
        "garment_size",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("item_no", sa.String(length=64), nullable=False),
        sa.Column("size", sa.String(length=64), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("digits", sa.String(length=4), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("doubted", sa.Integer(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("measured_by", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("item_no", "size", name="uq_garment_size_item_no_size"),
    )


def downgrade() -> None:
    for table in ("garment_size", "product_picture"):
        op.drop_table(table)
