"""Goods that go to a supplier: lists, and what became of each of their pieces.

Revision 0010 follows 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supplier_list",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("supplier", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey(
            "after_sale.id", name="fk_supplier_list_case_id"), nullable=True),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_by", sa.String(length=64), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_to", sa.String(length=64), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
    )
    for column in ("supplier", "state", "case_id"):
        op.create_index(f"ix_supplier_list_{column}", "supplier_list", [column])
    op.create_table(
        "supplier_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("list_id", sa.Integer(), sa.ForeignKey(
            "supplier_list.id", name="fk_supplier_line_list_id"), nullable=False),
        sa.Column("sku_id", sa.Integer(), sa.ForeignKey(
            "sku.id", name="fk_supplier_line_sku_id"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("exchanged", sa.Integer(), nullable=False),
        sa.Column("credited", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("credited_fen", sa.Integer(), nullable=False),
    )
    for column in ("list_id", "sku_id"):
        op.create_index(f"ix_supplier_line_{column}", "supplier_line", [column])


def downgrade() -> None:
    op.drop_table("supplier_line")
    op.drop_table("supplier_list")
