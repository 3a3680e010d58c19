"""Stock-takes: the goods counted place by place, and what was found.

Revision 0016 follows 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stock_take",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
    )
    for column in ("month", "state"):
        op.create_index(f"ix_stock_take_{column}", "stock_take", [column])
    op.create_table(
        "count_sheet",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("take_id", sa.Integer(), sa.ForeignKey(
            "stock_take.id", name="fk_count_sheet_take_id"), nullable=False),
        sa.Column("location", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("digits", sa.String(length=4), nullable=False),
        sa.Column("last_line_id", sa.Integer(), nullable=True),
        sa.Column("last_pieces", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_by", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("take_id", "location", name="uq_count_sheet_take_id_location"),
    )
    op.create_index("ix_count_sheet_take_id", "count_sheet", ["take_id"])
    op.create_table(
        "count_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sheet_id", sa.Integer(), sa.ForeignKey(
            "count_sheet.id", name="fk_count_line_sheet_id"), nullable=False),
        sa.Column("sku_id", sa.Integer(), sa.ForeignKey(
            "sku.id", name="fk_count_line_sku_id"), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.UniqueConstraint("sheet_id", "sku_id", name="uq_count_line_sheet_id_sku_id"),
    )
    for column in ("sheet_id", "sku_id"):
        op.create_index(f"ix_count_line_{column}", "count_line", [column])


def downgrade() -> None:
    for table in ("count_line", "count_sheet", "stock_take"):
        op.drop_table(table)
