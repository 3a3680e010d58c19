"""The first tables

Say here what changes for the shop, and what happens to the rows that are there.
Both ways are tested on SQLite and PostgreSQL, on empty tables and on a day's rows.

Revision: 0001
Follows: 
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = '0001'
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alarm',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alarm'))
    )
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alarm_acknowledged_at'), ['acknowledged_at'], unique=False)

    op.create_table('chain',
    sa.Column('name', sa.String(length=48), nullable=False),
    sa.Column('length', sa.Integer(), nullable=False),
    sa.Column('head', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_chain'))
    )
    op.create_table('courier',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('carrier', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('phone', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_courier'))
    )
    with op.batch_alter_table('courier', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_courier_carrier'), ['carrier'], unique=False)

    op.create_table('handover',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('carrier', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by', sa.String(length=64), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('courier', sa.String(length=64), nullable=False),
    sa.Column('courier_phone', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover')),
    sa.UniqueConstraint('number', name=op.f('uq_handover_number'))
    )
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.create_index('ix_handover_carrier_opened_at', ['carrier', 'opened_at'], unique=False)

    op.create_table('history',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chain', sa.String(length=48), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('who', sa.String(length=64), server_default=sa.text("('')"), nullable=False),
    sa.Column('bench', sa.String(length=32), server_default=sa.text("('')"), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history')),
    sa.UniqueConstraint('chain', 'seq', name=op.f('uq_history_chain_seq'))
    )
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.create_index('ix_history_at', ['at'], unique=False)

    op.create_table('imported_file',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_imported_file'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=128), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('trouble', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_state_due_at', ['state', 'due_at'], unique=False)

    op.create_table('packaging',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('weight_g', sa.Integer(), nullable=False),
    sa.Column('stock', sa.Integer(), nullable=False),
    sa.Column('low_at', sa.Integer(), nullable=False),
    sa.Column('carrier', sa.String(length=8), nullable=False),
    sa.Column('contact', sa.String(length=64), nullable=False),
    sa.Column('phone', sa.String(length=64), nullable=False),
    sa.Column('checklist', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_packaging')),
    sa.UniqueConstraint('code', name=op.f('uq_packaging_code'))
    )
    op.create_table('review',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('place', sa.String(length=64), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review')),
    sa.UniqueConstraint('digest', name=op.f('uq_review_digest'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_settled_at'), ['settled_at'], unique=False)

    op.create_table('sku',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('item_no', sa.String(length=64), nullable=False),
    sa.Column('color', sa.String(length=64), nullable=False),
    sa.Column('size', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('category', sa.String(length=64), nullable=False),
    sa.Column('measure_waist', sa.Boolean(), nullable=False),
    sa.Column('weight_g', sa.Integer(), nullable=True),
    sa.Column('location', sa.String(length=32), nullable=False),
    sa.Column('picture', sa.String(length=200), nullable=False),
    sa.Column('batch_note', sa.String(length=200), nullable=False),
    sa.Column('on_hand', sa.Integer(), nullable=False),
    sa.Column('reserved', sa.Integer(), nullable=False),
    sa.Column('defect', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sku')),
    sa.UniqueConstraint('code', name=op.f('uq_sku_code'))
    )
    op.create_table('staff',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('badge', sa.String(length=64), nullable=False),
    sa.Column('pin_hash', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('badge', name=op.f('uq_staff_badge')),
    sa.UniqueConstraint('name', name=op.f('uq_staff_name'))
    )
    op.create_table('webhook_event',
    sa.Column('event_id', sa.String(length=128), nullable=False),
    sa.Column('body_sha256', sa.String(length=64), nullable=False),
    sa.Column('answer', sa.JSON(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_webhook_event'))
    )
    op.create_table('parcel',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('carrier', sa.String(length=8), nullable=False),
    sa.Column('carrier_reason', sa.String(length=32), nullable=False),
    sa.Column('waybill_no', sa.String(length=40), nullable=True),
    sa.Column('merge_key', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('phone', sa.String(length=64), nullable=False),
    sa.Column('company', sa.String(length=128), nullable=False),
    sa.Column('province', sa.String(length=64), nullable=False),
    sa.Column('city', sa.String(length=64), nullable=False),
    sa.Column('district', sa.String(length=64), nullable=False),
    sa.Column('street', sa.String(length=500), nullable=False),
    sa.Column('postcode', sa.String(length=16), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('flag', sa.Integer(), nullable=False),
    sa.Column('note_read_by', sa.String(length=64), nullable=False),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deadline', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('held_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('split', sa.Boolean(), nullable=False),
    sa.Column('bench', sa.String(length=32), nullable=False),
    sa.Column('copies', sa.Integer(), nullable=False),
    sa.Column('packaging_id', sa.Integer(), nullable=True),
    sa.Column('checklist_by', sa.String(length=64), nullable=False),
    sa.Column('expected_g', sa.Integer(), nullable=True),
    sa.Column('weight_g', sa.Integer(), nullable=True),
    sa.Column('packer', sa.String(length=64), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('packed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('weighed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_over_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('intercept', sa.String(length=24), nullable=False),
    sa.Column('intercept_acknowledged_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['packaging_id'], ['packaging.id'], name=op.f('fk_parcel_packaging_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_parcel')),
    sa.UniqueConstraint('waybill_no', name=op.f('uq_parcel_waybill_no'))
    )
    with op.batch_alter_table('parcel', schema=None) as batch_op:
        batch_op.create_index('ix_parcel_carrier_state', ['carrier', 'state'], unique=False)
        batch_op.create_index('ix_parcel_merge_key_state', ['merge_key', 'state'], unique=False)
        batch_op.create_index('ix_parcel_state_deadline', ['state', 'deadline'], unique=False)

    op.create_table('sku_barcode',
    sa.Column('barcode', sa.String(length=128), nullable=False),
    sa.Column('sku_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['sku_id'], ['sku.id'], name=op.f('fk_sku_barcode_sku_id')),
    sa.PrimaryKeyConstraint('barcode', name=op.f('pk_sku_barcode'))
    )
    with op.batch_alter_table('sku_barcode', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sku_barcode_sku_id'), ['sku_id'], unique=False)

    op.create_table('handover_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handover_id', sa.Integer(), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('scanned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('courier_weight_g', sa.Integer(), nullable=True),
    sa.Column('courier_price_fen', sa.Integer(), nullable=True),
    sa.Column('our_fee_fen', sa.Integer(), nullable=True),
    sa.Column('finding', sa.String(length=40), nullable=False),
    sa.Column('accepted_by', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['handover_id'], ['handover.id'], name=op.f('fk_handover_line_handover_id')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_handover_line_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover_line')),
    sa.UniqueConstraint('handover_id', 'parcel_id', name=op.f('uq_handover_line_handover_id_parcel_id'))
    )
    with op.batch_alter_table('handover_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_handover_line_parcel_id'), ['parcel_id'], unique=False)

    op.create_table('hold',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('released_by', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_hold_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hold'))
    )
    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hold_parcel_id'), ['parcel_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_hold_released_at'), ['released_at'], unique=False)

    op.create_table('packaging_move',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('packaging_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=True),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['packaging_id'], ['packaging.id'], name=op.f('fk_packaging_move_packaging_id')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_packaging_move_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_packaging_move'))
    )
    with op.batch_alter_table('packaging_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_packaging_move_packaging_id'), ['packaging_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_packaging_move_parcel_id'), ['parcel_id'], unique=False)

    op.create_table('print_job',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=True),
    sa.Column('handover_id', sa.Integer(), nullable=True),
    sa.Column('waybill_no', sa.String(length=40), nullable=False),
    sa.Column('bench', sa.String(length=32), nullable=False),
    sa.Column('printer', sa.String(length=64), nullable=False),
    sa.Column('copy', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('pages', sa.Integer(), nullable=False),
    sa.Column('pages_sent', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('proof', sa.String(length=16), nullable=False),
    sa.Column('trouble', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sending_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['handover_id'], ['handover.id'], name=op.f('fk_print_job_handover_id')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_print_job_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_print_job'))
    )
    with op.batch_alter_table('print_job', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_print_job_handover_id'), ['handover_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_print_job_parcel_id'), ['parcel_id'], unique=False)
        batch_op.create_index('ix_print_job_state_id', ['state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_print_job_waybill_no'), ['waybill_no'], unique=False)

    op.create_table('shop_order',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform', sa.String(length=16), nullable=False),
    sa.Column('order_no', sa.String(length=64), nullable=False),
    sa.Column('buyer', sa.String(length=128), nullable=False),
    sa.Column('shop', sa.String(length=128), nullable=False),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ship_after', sa.DateTime(timezone=True), nullable=True),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('phone', sa.String(length=64), nullable=False),
    sa.Column('company', sa.String(length=128), nullable=False),
    sa.Column('province', sa.String(length=64), nullable=False),
    sa.Column('city', sa.String(length=64), nullable=False),
    sa.Column('district', sa.String(length=64), nullable=False),
    sa.Column('street', sa.String(length=500), nullable=False),
    sa.Column('postcode', sa.String(length=16), nullable=False),
    sa.Column('buyer_message', sa.Text(), nullable=False),
    sa.Column('seller_memo', sa.Text(), nullable=False),
    sa.Column('shipping_wish', sa.String(length=200), nullable=False),
    sa.Column('flag', sa.Integer(), nullable=False),
    sa.Column('refund', sa.String(length=24), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_shop_order_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shop_order')),
    sa.UniqueConstraint('platform', 'order_no', name=op.f('uq_shop_order_platform_order_no'))
    )
    with op.batch_alter_table('shop_order', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_shop_order_parcel_id'), ['parcel_id'], unique=False)

    op.create_table('signature',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=True),
    sa.Column('handover_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('how', sa.String(length=16), nullable=False),
    sa.Column('strokes', sa.JSON(), nullable=False),
    sa.Column('signed_hash', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['handover_id'], ['handover.id'], name=op.f('fk_signature_handover_id')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_signature_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signature'))
    )
    with op.batch_alter_table('signature', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_signature_handover_id'), ['handover_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signature_parcel_id'), ['parcel_id'], unique=False)

    op.create_table('stock_move',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sku_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=True),
    sa.Column('waybill_no', sa.String(length=40), nullable=False),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_stock_move_parcel_id')),
    sa.ForeignKeyConstraint(['sku_id'], ['sku.id'], name=op.f('fk_stock_move_sku_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_move'))
    )
    with op.batch_alter_table('stock_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stock_move_parcel_id'), ['parcel_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stock_move_sku_id'), ['sku_id'], unique=False)

    op.create_table('stub',
    sa.Column('parcel_id', sa.Integer(), nullable=False),
    sa.Column('handover_id', sa.Integer(), nullable=False),
    sa.Column('carrier', sa.String(length=8), nullable=False),
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('waybill_no', sa.String(length=40), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['handover_id'], ['handover.id'], name=op.f('fk_stub_handover_id')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_stub_parcel_id')),
    sa.PrimaryKeyConstraint('parcel_id', name=op.f('pk_stub'))
    )
    with op.batch_alter_table('stub', schema=None) as batch_op:
        batch_op.create_index('ix_stub_carrier_day', ['carrier', 'day'], unique=False)
        batch_op.create_index(batch_op.f('ix_stub_handover_id'), ['handover_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stub_waybill_no'), ['waybill_no'], unique=False)

    op.create_table('waybill_number',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('carrier', sa.String(length=8), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=True),
    sa.Column('batch', sa.String(length=64), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_waybill_number_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waybill_number')),
    sa.UniqueConstraint('number', name=op.f('uq_waybill_number_number'))
    )
    with op.batch_alter_table('waybill_number', schema=None) as batch_op:
        batch_op.create_index('ix_waybill_number_carrier_state_id', ['carrier', 'state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_waybill_number_parcel_id'), ['parcel_id'], unique=False)

    op.create_table('weighing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=False),
    sa.Column('grams', sa.Integer(), nullable=False),
    sa.Column('expected_g', sa.Integer(), nullable=True),
    sa.Column('tolerance_g', sa.Integer(), nullable=True),
    sa.Column('agrees', sa.Boolean(), nullable=False),
    sa.Column('frames', sa.JSON(), nullable=False),
    sa.Column('scale', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_by', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_weighing_parcel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weighing'))
    )
    with op.batch_alter_table('weighing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_weighing_parcel_id'), ['parcel_id'], unique=False)

    op.create_table('page_image',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('page', sa.Integer(), nullable=False),
    sa.Column('png', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['print_job.id'], name=op.f('fk_page_image_job_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_page_image')),
    sa.UniqueConstraint('job_id', 'page', name=op.f('uq_page_image_job_id_page'))
    )
    op.create_table('shop_order_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('line_no', sa.String(length=64), nullable=False),
    sa.Column('sku_code', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('item_no', sa.String(length=64), nullable=False),
    sa.Column('color', sa.String(length=64), nullable=False),
    sa.Column('size', sa.String(length=64), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('price_fen', sa.Integer(), nullable=False),
    sa.Column('waist_mm', sa.Integer(), nullable=True),
    sa.Column('refund', sa.String(length=24), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['shop_order.id'], name=op.f('fk_shop_order_line_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shop_order_line')),
    sa.UniqueConstraint('order_id', 'line_no', name=op.f('uq_shop_order_line_order_id_line_no'))
    )
    op.create_table('parcel_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parcel_id', sa.Integer(), nullable=False),
    sa.Column('order_line_id', sa.Integer(), nullable=True),
    sa.Column('sku_id', sa.Integer(), nullable=True),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('packed', sa.Integer(), nullable=False),
    sa.Column('reserved', sa.Integer(), nullable=False),
    sa.Column('waist_mm', sa.Integer(), nullable=True),
    sa.Column('measured_mm', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['order_line_id'], ['shop_order_line.id'], name=op.f('fk_parcel_line_order_line_id')),
    sa.ForeignKeyConstraint(['parcel_id'], ['parcel.id'], name=op.f('fk_parcel_line_parcel_id')),
    sa.ForeignKeyConstraint(['sku_id'], ['sku.id'], name=op.f('fk_parcel_line_sku_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_parcel_line'))
    )
    with op.batch_alter_table('parcel_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_parcel_line_order_line_id'), ['order_line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_parcel_line_parcel_id'), ['parcel_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_parcel_line_sku_id'), ['sku_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('parcel_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_parcel_line_sku_id'))
        batch_op.drop_index(batch_op.f('ix_parcel_line_parcel_id'))
        batch_op.drop_index(batch_op.f('ix_parcel_line_order_line_id'))

    op.drop_table('parcel_line')
    op.drop_table('shop_order_line')
    op.drop_table('page_image')
    with op.batch_alter_table('weighing', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_weighing_parcel_id'))

    op.drop_table('weighing')
    with op.batch_alter_table('waybill_number', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_waybill_number_parcel_id'))
        batch_op.drop_index('ix_waybill_number_carrier_state_id')

    op.drop_table('waybill_number')
    with op.batch_alter_table('stub', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stub_waybill_no'))
        batch_op.drop_index(batch_op.f('ix_stub_handover_id'))
        batch_op.drop_index('ix_stub_carrier_day')

    op.drop_table('stub')
    with op.batch_alter_table('stock_move', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stock_move_sku_id'))
        batch_op.drop_index(batch_op.f('ix_stock_move_parcel_id'))

    op.drop_table('stock_move')
    with op.batch_alter_table('signature', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_signature_parcel_id'))
        batch_op.drop_index(batch_op.f('ix_signature_handover_id'))

    op.drop_table('signature')
    with op.batch_alter_table('shop_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_shop_order_parcel_id'))

    op.drop_table('shop_order')
    with op.batch_alter_table('print_job', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_print_job_waybill_no'))
        batch_op.drop_index('ix_print_job_state_id')
        batch_op.drop_index(batch_op.f('ix_print_job_parcel_id'))
        batch_op.drop_index(batch_op.f('ix_print_job_handover_id'))

    op.drop_table('print_job')
    with op.batch_alter_table('packaging_move', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_packaging_move_parcel_id'))
        batch_op.drop_index(batch_op.f('ix_packaging_move_packaging_id'))

    op.drop_table('packaging_move')
    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hold_released_at'))
        batch_op.drop_index(batch_op.f('ix_hold_parcel_id'))

    op.drop_table('hold')
    with op.batch_alter_table('handover_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handover_line_parcel_id'))

    op.drop_table('handover_line')
    with op.batch_alter_table('sku_barcode', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sku_barcode_sku_id'))

    op.drop_table('sku_barcode')
    with op.batch_alter_table('parcel', schema=None) as batch_op:
        batch_op.drop_index('ix_parcel_state_deadline')
        batch_op.drop_index('ix_parcel_merge_key_state')
        batch_op.drop_index('ix_parcel_carrier_state')

    op.drop_table('parcel')
    op.drop_table('webhook_event')
    op.drop_table('staff')
    op.drop_table('sku')
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_settled_at'))

    op.drop_table('review')
    op.drop_table('packaging')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_state_due_at')

    op.drop_table('outbox')
    op.drop_table('imported_file')
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.drop_index('ix_history_at')

    op.drop_table('history')
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.drop_index('ix_handover_carrier_opened_at')

    op.drop_table('handover')
    with op.batch_alter_table('courier', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_courier_carrier'))

    op.drop_table('courier')
    op.drop_table('chain')
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alarm_acknowledged_at'))

    op.drop_table('alarm')
