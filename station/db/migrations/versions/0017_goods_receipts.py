"""Goods that suppliers bring, counted before they are booked, and what they were paid.

Revision 0017 follows 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goods_receipt",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("supplier", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=64), nullable=False),
        sa.Column("brought_by", sa.String(length=64), nullable=False),
        sa.Column("freight_fen", sa.Integer(), nullable=False),
        sa.Column("digits", sa.String(length=4), nullable=False),
        sa.Column("last_line_id", sa.Integer(), nullable=True),
        sa.Column("last_pieces", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
    )
    for column in ("supplier", "state"):
        op.create_index(f"ix_goods_receipt_{column}", "goods_receipt", [column])
    op.create_table(
        "goods_receipt_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("receipt_id", sa.Integer(), sa.ForeignKey(
            "goods_receipt.id", name="fk_goods_receipt_line_receipt_id"), nullable=False),
        sa.Column("sku_id", sa.Integer(), sa.ForeignKey(
            "sku.id", name="fk_goods_receipt_line_sku_id"), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("faulty", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=True),
        sa.Column("batch_note", sa.String(length=200), nullable=False),
        sa.UniqueConstraint(
            "receipt_id", "sku_id", name="uq_goods_receipt_line_receipt_id_sku_id"),
    )
    for column in ("receipt_id", "sku_id"):
        op.create_index(f"ix_goods_receipt_line_{column}", "goods_receipt_line", [column])
    op.create_table(
        "supplier_payment",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("supplier", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_supplier_payment_supplier", "supplier_payment", ["supplier"])


def downgrade() -> None:
    for table in ("supplier_payment", "goods_receipt_line", "goods_receipt"):
        op.drop_table(table)
