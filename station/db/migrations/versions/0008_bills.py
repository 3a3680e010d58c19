"""Bills

A carrier's monthly bills, what was found in their lines, layouts that people mapped, disputes and
their credits, and months closed by a signature.

Revision: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bill",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("asked_carrier", sa.String(length=8), nullable=False),
        sa.Column("asked_month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("review", sa.JSON(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brought_by", sa.String(length=64), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("sha256", name="uq_bill_sha256"),
    )
    op.create_index("ix_bill_carrier_month", "bill", ["carrier", "month"])
    op.create_index("ix_bill_state", "bill", ["state"])
    op.create_table(
        "bill_finding",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
        ),
        sa.Column(
            "bill_id", sa.Integer(),
            sa.ForeignKey("bill.id", name="fk_bill_finding_bill_id"), nullable=False,
        ),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("waybill_no", sa.String(length=40), nullable=False),
        sa.Column("finding", sa.String(length=24), nullable=False),
        sa.Column("ours", sa.BigInteger(), nullable=True),
        sa.Column("theirs", sa.BigInteger(), nullable=True),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
    )
    op.create_index(
        "ix_bill_finding_bill_id_finding", "bill_finding", ["bill_id", "finding", "id"]
    )
    op.create_index("ix_bill_finding_waybill_no", "bill_finding", ["waybill_no"])
    op.create_table(
        "bill_layout",
        sa.Column("fingerprint", sa.String(length=64), primary_key=True),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("unit_g", sa.Integer(), nullable=False),
        sa.Column("mapped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mapped_by", sa.String(length=64), nullable=False),
    )
    _disputes_and_closings()


def _disputes_and_closings() -> None:
    op.create_table(
        "bill_dispute",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("bill_finding.id", name="fk_bill_dispute_finding_id"), nullable=False,
        ),
        sa.Column(
            "bill_id", sa.Integer(),
            sa.ForeignKey("bill.id", name="fk_bill_dispute_bill_id"), nullable=False,
        ),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("waybill_no", sa.String(length=40), nullable=False),
        sa.Column("finding", sa.String(length=24), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("credited_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "credited_in", sa.Integer(),
            sa.ForeignKey("bill.id", name="fk_bill_dispute_credited_in"), nullable=True,
        ),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("finding_id", name="uq_bill_dispute_finding_id"),
    )
    op.create_index("ix_bill_dispute_carrier_state", "bill_dispute", ["carrier", "state"])
    op.create_index("ix_bill_dispute_bill_id", "bill_dispute", ["bill_id"])
    op.create_index("ix_bill_dispute_waybill_no", "bill_dispute", ["waybill_no"])
    op.create_table(
        "bill_closing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=64), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("strokes", sa.JSON(), nullable=False),
        sa.Column("signed_hash", sa.String(length=64), nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
    )
    op.create_index(
        "uq_bill_closing_held", "bill_closing", ["carrier", "month"], unique=True,
        sqlite_where=sa.text("reopened_at IS NULL"),
        postgresql_where=sa.text("reopened_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("bill_closing", "bill_dispute", "bill_layout", "bill_finding", "bill"):
        op.drop_table(table)
