"""Seal what people typed beside a parcel, and write down what must be done to the files themselves.

Revision 0014 follows 0013. Reasons, remarks and holds' facts stood in clear: newer ones had lost
the buyer before they were written, those of earlier versions had not. What stood in clear before
lingers in the files until they are written anew, which is a chore that a kill does not undo.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from station.db.keys import Keyring, KeyTrouble, is_sealed

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None

_WORDS = {
    ("hold", "reason"): 200, ("weighing", "reason"): 200, ("print_job", "reason"): 200,
    ("handover_line", "reason"): 200, ("handover_correction", "reason"): 200,
    ("after_sale_payment", "how"): 64, ("courier_incident", "note"): 400,
    ("bill_dispute", "reason"): 200, ("bill_closing", "reason"): 200,
}
_FACTS = ("hold", "facts")
_TOGETHER = 500


def upgrade() -> None:
    op.create_table(
        "chore",
        sa.Column("name", sa.String(24), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chore"),
    )
    for (table, name), length in _WORDS.items():
        _change_type(table, name, sa.String(length), sa.Text())
    if _convert(_seal):
        chore = sa.table("chore", sa.column("name"), sa.column("asked"),
                         sa.column("since", sa.DateTime(timezone=True)))
        op.get_bind().execute(
            sa.insert(chore).values(name="write_anew", asked=1, since=datetime.now(UTC)))


def downgrade() -> None:
    _convert(_open)
    for (table, name), length in _WORDS.items():
        _change_type(table, name, sa.Text(), sa.String(length))
    op.drop_table("chore")


def _change_type(table: str, name: str, before: Any, after: Any) -> None:
    with op.batch_alter_table(table) as batch:
        batch.alter_column(name, existing_type=before, type_=after, existing_nullable=False)


_Turn = Callable[[Keyring, str, Any, int], Any]


def _convert(turn: _Turn) -> int:
    """Turn every value that is there; how many rows were changed."""
    if op.get_bind().dialect.name == "sqlite":
        op.get_bind().exec_driver_sql("PRAGMA secure_delete=ON")
    words = sum(_convert_column(table, name, sa.Text(), length, turn)
                for (table, name), length in _WORDS.items())
    return words + _convert_column(*_FACTS, sa.JSON(), 0, turn)


def _convert_column(table: str, name: str, kind: Any, length: int, turn: _Turn) -> int:
    columns = sa.table(table, sa.column("id"), sa.column(name, kind))
    change = sa.update(columns).where(columns.c.id == sa.bindparam("row")).values(
        {name: sa.bindparam("new", type_=kind)})
    count = 0
    for rows in _some_rows(columns):
        turned = [{"row": row[0], "new": turn(_keys(), f"{table}.{name}", row[1], length)}
                  for row in rows if row[1]]
        if turned:
            op.get_bind().execute(change, turned)
        count += len(turned)
    return count


def _some_rows(columns: Any) -> Iterator[Any]:
    after = 0
    while rows := op.get_bind().execute(
        sa.select(columns).where(columns.c.id > after).order_by(columns.c.id).limit(_TOGETHER)
    ).all():
        yield rows
        after = rows[-1].id


def _keys() -> Keyring:
    keys = context.config.attributes.get("keys")
    if not isinstance(keys, Keyring):
        raise KeyTrouble("没有给数据库指定密钥文件 / no key file was named for this database")
    return keys


def _seal(keys: Keyring, place: str, value: Any, _length: int) -> Any:
    if is_sealed(value):
        return value
    return keys.seal(place, value if isinstance(value, str)
                     else json.dumps(value, ensure_ascii=False))


def _open(keys: Keyring, place: str, value: Any, length: int) -> Any:
    if not isinstance(value, str):
        return value
    opened = keys.open(place, value)
    return opened[:length] if length else json.loads(opened)
