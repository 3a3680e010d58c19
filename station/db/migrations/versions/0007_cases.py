"""Claims, returns and exchanges.

Cases of parcels that were handed over, the money that came for them and the pieces that came back;
a signature may belong to a case: the courier signs for damage.

Revision 0007 follows 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    _cases()
    op.create_table(
        "after_sale_payment",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("after_sale.id"), nullable=False),
        sa.Column("fen", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_after_sale_payment_case_id", "after_sale_payment", ["case_id"])
    op.create_table(
        "after_sale_piece",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("after_sale.id"), nullable=False),
        sa.Column("sku_id", sa.Integer(), sa.ForeignKey("sku.id"), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("entry", sa.String(length=8), nullable=False),
        sa.Column("waist_mm", sa.Integer(), nullable=True),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_after_sale_piece_case_id", "after_sale_piece", ["case_id"])
    op.create_index("ix_after_sale_piece_sku_id", "after_sale_piece", ["sku_id"])
    with op.batch_alter_table("signature") as batch:
        batch.add_column(sa.Column("case_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_signature_case_id", "after_sale", ["case_id"], ["id"])
        batch.create_index("ix_signature_case_id", ["case_id"])


def _cases() -> None:
    op.create_table(
        "after_sale",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=False),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("waybill_no", sa.String(length=40), nullable=False),
        sa.Column("return_no", sa.String(length=40), nullable=False),
        sa.Column("courier", sa.String(length=64), nullable=False),
        sa.Column("packer", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("claimed_fen", sa.Integer(), nullable=False),
        sa.Column("promised_fen", sa.Integer(), nullable=True),
        sa.Column("paid_fen", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replacement_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=True),
    )
    for column in ("opened_at", "parcel_id", "replacement_id", "return_no", "waybill_no"):
        op.create_index(f"ix_after_sale_{column}", "after_sale", [column])
    op.create_index(
        "ix_after_sale_due", "after_sale", ["deadline"],
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )
    op.create_index(
        "uq_after_sale_open", "after_sale", ["parcel_id", "kind"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )


def downgrade() -> None:
    with op.batch_alter_table("signature") as batch:
        batch.drop_index("ix_signature_case_id")
        batch.drop_constraint("fk_signature_case_id", type_="foreignkey")
        batch.drop_column("case_id")
    op.drop_table("after_sale_piece")
    op.drop_table("after_sale_payment")
    op.drop_table("after_sale")
