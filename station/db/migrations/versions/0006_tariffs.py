"""Tariffs with their versions, couriers that are known, and every figure a courier gave.

A tariff's version is kept whole, as it was taken. A line of a hand-over remembers the version that
priced it, so that a version in use is never changed. Each weight and price that a courier gave is
a row of its own with what stood there before; what is corrected after the closing is a signed one.

Revision 0006 follows 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None

_SIZES = ("length_mm", "width_mm", "height_mm")


def upgrade() -> None:
    op.create_table(
        "tariff_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("valid_until", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.UniqueConstraint(
            "carrier", "valid_from", name="uq_tariff_version_carrier_valid_from"),
    )
    op.create_table(
        "carrier_contact",
        sa.Column("carrier", sa.String(length=8), primary_key=True),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
    )
    op.create_table(
        "courier_incident",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("courier_id", sa.Integer(), sa.ForeignKey(
            "courier.id", name="fk_courier_incident_courier_id"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("waybill_no", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_courier_incident_courier_id", "courier_incident", ["courier_id"])
    op.create_table(
        "courier_figure",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey(
            "parcel.id", name="fk_courier_figure_parcel_id"), nullable=False),
        sa.Column("handover_id", sa.Integer(), sa.ForeignKey(
            "handover.id", name="fk_courier_figure_handover_id"), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("charged_g", sa.Integer(), nullable=True),
        sa.Column("price_fen", sa.Integer(), nullable=True),
        sa.Column("before_weight_g", sa.Integer(), nullable=True),
        sa.Column("before_price_fen", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in _SIZES),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("list_name", sa.String(length=200), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_courier_figure_parcel_id", "courier_figure", ["parcel_id"])
    op.create_index("ix_courier_figure_handover_id", "courier_figure", ["handover_id"])
    op.create_table(
        "handover_correction",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("handover_id", sa.Integer(), sa.ForeignKey(
            "handover.id", name="fk_handover_correction_handover_id"), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey(
            "parcel.id", name="fk_handover_correction_parcel_id"), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=True),
        sa.Column("before_weight_g", sa.Integer(), nullable=True),
        sa.Column("before_price_fen", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("courier", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("signature_id", sa.Integer(), sa.ForeignKey(
            "signature.id", name="fk_handover_correction_signature_id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "ix_handover_correction_handover_id", "handover_correction", ["handover_id"])
    op.create_index("ix_handover_correction_parcel_id", "handover_correction", ["parcel_id"])

    with op.batch_alter_table("courier") as batch:
        batch.add_column(
            sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
    for table in ("packaging", "parcel"):
        with op.batch_alter_table(table) as batch:
            for name in _SIZES:
                batch.add_column(sa.Column(name, sa.Integer(), nullable=True))
    with op.batch_alter_table("handover") as batch:
        batch.add_column(sa.Column("courier_id", sa.Integer(), sa.ForeignKey(
            "courier.id", name="fk_handover_courier_id"), nullable=True))
    with op.batch_alter_table("handover_line") as batch:
        batch.add_column(sa.Column("tariff_id", sa.Integer(), sa.ForeignKey(
            "tariff_version.id", name="fk_handover_line_tariff_id"), nullable=True))
        batch.add_column(sa.Column("courier_charged_g", sa.Integer(), nullable=True))
    op.create_index("ix_handover_line_tariff_id", "handover_line", ["tariff_id"])


def downgrade() -> None:
    op.drop_index("ix_handover_line_tariff_id", "handover_line")
    with op.batch_alter_table("handover_line") as batch:
        batch.drop_constraint("fk_handover_line_tariff_id", type_="foreignkey")
        batch.drop_column("courier_charged_g")
        batch.drop_column("tariff_id")
    with op.batch_alter_table("handover") as batch:
        batch.drop_constraint("fk_handover_courier_id", type_="foreignkey")
        batch.drop_column("courier_id")
    for table in ("parcel", "packaging"):
        with op.batch_alter_table(table) as batch:
            for name in _SIZES:
                batch.drop_column(name)
    with op.batch_alter_table("courier") as batch:
        batch.drop_column("active")
    for table in ("handover_correction", "courier_figure", "courier_incident",
                  "carrier_contact", "tariff_version"):
        op.drop_table(table)
