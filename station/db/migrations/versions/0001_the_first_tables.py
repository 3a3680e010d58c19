"""The first tables

Orders, parcels, goods, numbers, print jobs, weights, signatures, hand-overs, stubs and history.

Revision: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_alarm_acknowledged_at", "alarm", ["acknowledged_at"])
    op.create_index("ix_alarm_subject_code", "alarm", ["subject", "code"])
    op.create_index(
        "uq_alarm_open", "alarm", ["code", "subject"], unique=True,
        sqlite_where=sa.text("acknowledged_at IS NULL"),
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    )

    op.create_table(
        "chain",
        sa.Column("name", sa.String(length=48), primary_key=True),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
    )
    op.create_table(
        "courier",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_courier_carrier", "courier", ["carrier"])

    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("courier", sa.String(length=64), nullable=False),
        sa.Column("courier_phone", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("number", name="uq_handover_number"),
    )
    op.create_index("ix_handover_carrier_opened_at", "handover", ["carrier", "opened_at"])
    op.create_index(
        "uq_handover_open", "handover", ["carrier"], unique=True,
        sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("chain", sa.String(length=48), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("bench", sa.String(length=32), server_default=sa.text("''"), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("chain", "seq", name="uq_history_chain_seq"),
    )
    op.create_index("ix_history_at", "history", ["at"])

    op.create_table(
        "imported_file",
        sa.Column("sha256", sa.String(length=64), primary_key=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
    )
    op.create_table(
        "packaging",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("low_at", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.UniqueConstraint("code", name="uq_packaging_code"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("digest", name="uq_review_digest"),
    )
    op.create_index("ix_review_settled_at", "review", ["settled_at"])

    op.create_table(
        "sku",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("item_no", sa.String(length=64), nullable=False),
        sa.Column("color", sa.String(length=64), nullable=False),
        sa.Column("size", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("measure_waist", sa.Boolean(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("location", sa.String(length=32), nullable=False),
        sa.Column("picture", sa.String(length=200), nullable=False),
        sa.Column("batch_note", sa.String(length=200), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("defect", sa.Integer(), nullable=False),
        sa.UniqueConstraint("code", name="uq_sku_code"),
    )
    op.create_index("ix_sku_item_no", "sku", ["item_no"])
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("badge", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("badge", name="uq_staff_badge"),
        sa.UniqueConstraint("name", name="uq_staff_name"),
    )
    op.create_table(
        "webhook_event",
        sa.Column("event_id", sa.String(length=128), primary_key=True),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "parcel",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("carrier_reason", sa.String(length=32), nullable=False),
        sa.Column("waybill_no", sa.String(length=40), nullable=True),
        sa.Column("merge_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postcode", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("flag", sa.Integer(), nullable=False),
        sa.Column("note_read_by", sa.String(length=64), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("split", sa.Boolean(), nullable=False),
        sa.Column("bench", sa.String(length=32), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("packaging_id", sa.Integer(), sa.ForeignKey("packaging.id"), nullable=True),
        sa.Column("checklist_by", sa.String(length=64), nullable=False),
        sa.Column("expected_g", sa.Integer(), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("packer", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("weighed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intercept", sa.String(length=24), nullable=False),
        sa.Column("intercept_acknowledged_by", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("waybill_no", name="uq_parcel_waybill_no"),
    )
    op.create_index("ix_parcel_carrier_state", "parcel", ["carrier", "state"])
    op.create_index("ix_parcel_merge_key_state", "parcel", ["merge_key", "state"])
    op.create_index("ix_parcel_state_deadline", "parcel", ["state", "deadline"])

    op.create_table(
        "sku_barcode",
        sa.Column("barcode", sa.String(length=128), primary_key=True),
        sa.Column("sku_id", sa.Integer(), sa.ForeignKey("sku.id"), nullable=False),
    )
    op.create_index("ix_sku_barcode_sku_id", "sku_barcode", ["sku_id"])

    op.create_table(
        "handover_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("handover_id", sa.Integer(), sa.ForeignKey("handover.id"), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("courier_weight_g", sa.Integer(), nullable=True),
        sa.Column("courier_price_fen", sa.Integer(), nullable=True),
        sa.Column("our_fee_fen", sa.Integer(), nullable=True),
        sa.Column("finding", sa.String(length=40), nullable=False),
        sa.Column("accepted_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.UniqueConstraint(
            "handover_id", "parcel_id", name="uq_handover_line_handover_id_parcel_id"
        ),
    )
    op.create_index("ix_handover_line_parcel_id", "handover_line", ["parcel_id"])

    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
    )
    op.create_index("ix_hold_parcel_id", "hold", ["parcel_id"])
    op.create_index(
        "ix_hold_open", "hold", ["code", "parcel_id"],
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )

    op.create_table(
        "packaging_move",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("packaging_id", sa.Integer(), sa.ForeignKey("packaging.id"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=True),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_packaging_move_packaging_id", "packaging_move", ["packaging_id"])
    op.create_index("ix_packaging_move_parcel_id", "packaging_move", ["parcel_id"])

    op.create_table(
        "print_job",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=True),
        sa.Column("handover_id", sa.Integer(), sa.ForeignKey("handover.id"), nullable=True),
        sa.Column("waybill_no", sa.String(length=40), nullable=False),
        sa.Column("bench", sa.String(length=32), nullable=False),
        sa.Column("printer", sa.String(length=64), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("pages_sent", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("proof", sa.String(length=16), nullable=False),
        sa.Column("trouble", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_print_job_handover_id", "print_job", ["handover_id"])
    op.create_index("ix_print_job_parcel_id", "print_job", ["parcel_id"])
    op.create_index("ix_print_job_state_id", "print_job", ["state", "id"])
    op.create_index("ix_print_job_waybill_no", "print_job", ["waybill_no"])

    op.create_table(
        "shop_order",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postcode", sa.String(length=16), nullable=False),
        sa.Column("buyer_message", sa.Text(), nullable=False),
        sa.Column("seller_memo", sa.Text(), nullable=False),
        sa.Column("shipping_wish", sa.Text(), nullable=False),
        sa.Column("flag", sa.Integer(), nullable=False),
        sa.Column("refund", sa.String(length=24), nullable=False),
        sa.Column("refund_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=True),
        sa.UniqueConstraint("platform", "order_no", name="uq_shop_order_platform_order_no"),
    )
    op.create_index("ix_shop_order_parcel_id", "shop_order", ["parcel_id"])

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("order_id", sa.Integer(), sa.ForeignKey("shop_order.id"), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    op.create_index("ix_outbox_order_id", "outbox", ["order_id"])

    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=True),
        sa.Column("handover_id", sa.Integer(), sa.ForeignKey("handover.id"), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("strokes", sa.JSON(), nullable=False),
        sa.Column("signed_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_signature_handover_id", "signature", ["handover_id"])
    op.create_index("ix_signature_parcel_id", "signature", ["parcel_id"])

    op.create_table(
        "stock_move",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sku_id", sa.Integer(), sa.ForeignKey("sku.id"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=True),
        sa.Column("waybill_no", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_stock_move_parcel_id", "stock_move", ["parcel_id"])
    op.create_index("ix_stock_move_sku_id", "stock_move", ["sku_id"])

    op.create_table(
        "stub",
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), primary_key=True),
        sa.Column("handover_id", sa.Integer(), sa.ForeignKey("handover.id"), nullable=False),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("waybill_no", sa.String(length=40), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_stub_carrier_day", "stub", ["carrier", "day"])
    op.create_index("ix_stub_handover_id", "stub", ["handover_id"])
    op.create_index("ix_stub_waybill_no", "stub", ["waybill_no"])

    op.create_table(
        "waybill_number",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=True),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("number", name="uq_waybill_number_number"),
    )
    op.create_index(
        "ix_waybill_number_carrier_state_id", "waybill_number", ["carrier", "state", "id"]
    )
    op.create_index("ix_waybill_number_parcel_id", "waybill_number", ["parcel_id"])

    op.create_table(
        "weighing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=False),
        sa.Column("grams", sa.Integer(), nullable=False),
        sa.Column("expected_g", sa.Integer(), nullable=True),
        sa.Column("tolerance_g", sa.Integer(), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("frames", sa.JSON(), nullable=False),
        sa.Column("scale", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
    )
    op.create_index("ix_weighing_parcel_id", "weighing", ["parcel_id"])

    op.create_table(
        "page_image",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("job_id", sa.Integer(), sa.ForeignKey("print_job.id"), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("job_id", "page", name="uq_page_image_job_id_page"),
    )
    op.create_table(
        "shop_order_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order_id", sa.Integer(), sa.ForeignKey("shop_order.id"), nullable=False),
        sa.Column("line_no", sa.String(length=64), nullable=False),
        sa.Column("sku_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("item_no", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("waist_mm", sa.Integer(), nullable=True),
        sa.Column("refund", sa.String(length=24), nullable=False),
        sa.Column("refund_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("order_id", "line_no", name="uq_shop_order_line_order_id_line_no"),
    )
    op.create_table(
        "parcel_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("parcel.id"), nullable=False),
        sa.Column(
            "order_line_id", sa.Integer(), sa.ForeignKey("shop_order_line.id"), nullable=True
        ),
        sa.Column("sku_id", sa.Integer(), sa.ForeignKey("sku.id"), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("packed", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("waist_mm", sa.Integer(), nullable=True),
        sa.Column("measured_mm", sa.JSON(), nullable=False),
    )
    op.create_index("ix_parcel_line_order_line_id", "parcel_line", ["order_line_id"])
    op.create_index("ix_parcel_line_parcel_id", "parcel_line", ["parcel_id"])
    op.create_index("ix_parcel_line_sku_id", "parcel_line", ["sku_id"])


def downgrade() -> None:
    op.drop_table("parcel_line")
    op.drop_table("shop_order_line")
    op.drop_table("page_image")
    op.drop_table("weighing")
    op.drop_table("waybill_number")
    op.drop_table("stub")
    op.drop_table("stock_move")
    op.drop_table("signature")
    op.drop_table("outbox")
    op.drop_table("shop_order")
    op.drop_table("print_job")
    op.drop_table("packaging_move")
    op.drop_table("hold")
    op.drop_table("handover_line")
    op.drop_table("sku_barcode")
    op.drop_table("parcel")
    op.drop_table("webhook_event")
    op.drop_table("staff")
    op.drop_table("sku")
    op.drop_table("review")
    op.drop_table("packaging")
    op.drop_table("imported_file")
    op.drop_table("history")
    op.drop_table("handover")
    op.drop_table("courier")
    op.drop_table("chain")
    op.drop_table("alarm")
