"""Who signs in, and what a repeated request was answered.

Sessions, programs' keys, guarded PINs, managers' rotating codes, and answers kept for requests
that carry an idempotency key. Nothing of the tables before is changed.

Revision 0002 follows 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=16), nullable=False),
        sa.UniqueConstraint("digest", name="uq_sign_in_digest"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_sign_in_staff_id_staff"),
    )
    op.create_index("ix_sign_in_staff_id", "sign_in", ["staff_id"])
    op.create_table(
        "program_key",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("name", name="uq_program_key_name"),
        sa.UniqueConstraint("digest", name="uq_program_key_digest"),
    )
    op.create_table(
        "pin_guard",
        sa.Column("key", sa.String(length=96), primary_key=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "override",
        sa.Column("staff_id", sa.Integer(), primary_key=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("used_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_override_staff_id_staff"),
    )
    op.create_table(
        "once_answer",
        sa.Column("key", sa.String(length=64), primary_key=True),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_once_answer_at", "once_answer", ["at"])


def downgrade() -> None:
    for table in ("once_answer", "override", "pin_guard", "program_key", "sign_in"):
        op.drop_table(table)
