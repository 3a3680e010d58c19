"""Sealed archives, and stubs that are found by more than their number.

A stub learns who packed it, which courier took it, and its number backwards; what was filed before
is filled in from the parcel and the hand-over.

Revision 0009 follows 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

_TOGETHER = 5000
_STUB = sa.table(
    "stub", sa.column("parcel_id"), sa.column("handover_id"), sa.column("waybill_no"),
    sa.column("backwards"), sa.column("packer"), sa.column("courier"),
)
_PARCEL = sa.table("parcel", sa.column("id"), sa.column("packer"))
_HANDOVER = sa.table("handover", sa.column("id"), sa.column("courier"))


def upgrade() -> None:
    with op.batch_alter_table("stub") as batch:
        for name, length in (("backwards", 40), ("packer", 64), ("courier", 64)):
            batch.add_column(
                sa.Column(name, sa.String(length=length), nullable=False, server_default="")
            )
    _fill_in(op.get_bind())
    with op.batch_alter_table("stub") as batch:
        for name, length in (("backwards", 40), ("packer", 64), ("courier", 64)):
            batch.alter_column(
                name, existing_type=sa.String(length=length), existing_nullable=False,
                server_default=None,
            )
    op.create_index("ix_stub_backwards", "stub", ["backwards"])
    op.create_index("ix_stub_day", "stub", ["day"])
    op.create_index("ix_stub_packer_day", "stub", ["packer", "day"])
    op.create_index("ix_stub_courier_day", "stub", ["courier", "day"])
    op.create_table(
        "archive",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("carrier", sa.String(length=8), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_by", sa.String(length=64), nullable=False),
        sa.Column("signature_id", sa.Integer(), sa.ForeignKey("signature.id"), nullable=True),
        sa.UniqueConstraint("carrier", "day", "part", name="uq_archive_carrier_day_part"),
    )
    op.create_index("ix_archive_received_at", "archive", ["received_at"])
    op.create_table(
        "archived_stub",
        sa.Column("parcel_id", sa.Integer(), sa.ForeignKey("stub.parcel_id"), primary_key=True),
        sa.Column("archive_id", sa.Integer(), sa.ForeignKey("archive.id"), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_archived_stub_archive_id", "archived_stub", ["archive_id"])
    op.create_index(
        "ix_archived_stub_opens", "archived_stub", ["archive_id"],
        sqlite_where=sa.text("shredded_at IS NULL"),
        postgresql_where=sa.text("shredded_at IS NULL"),
    )


def _fill_in(connection: sa.Connection) -> None:
    packer = sa.select(_PARCEL.c.packer).where(_PARCEL.c.id == _STUB.c.parcel_id)
    courier = sa.select(_HANDOVER.c.courier).where(_HANDOVER.c.id == _STUB.c.handover_id)
    connection.execute(sa.update(_STUB).values(
        packer=sa.func.coalesce(packer.scalar_subquery(), ""),
        courier=sa.func.coalesce(courier.scalar_subquery(), ""),
    ))
    change = (
        sa.update(_STUB).where(_STUB.c.parcel_id == sa.bindparam("stub"))
        .values(backwards=sa.bindparam("number"))
    )
    last = 0
    while rows := connection.execute(
        sa.select(_STUB.c.parcel_id, _STUB.c.waybill_no).where(_STUB.c.parcel_id > last)
        .order_by(_STUB.c.parcel_id).limit(_TOGETHER)
    ).all():
        connection.execute(change, [{"stub": row[0], "number": row[1][::-1]} for row in rows])
        last = rows[-1][0]


def downgrade() -> None:
    op.drop_table("archived_stub")
    op.drop_table("archive")
    for name in ("courier_day", "packer_day", "day", "backwards"):
        op.drop_index(f"ix_stub_{name}", "stub")
    with op.batch_alter_table("stub") as batch:
        for column in ("courier", "packer", "backwards"):
            batch.drop_column(column)
