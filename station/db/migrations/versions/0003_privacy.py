"""Seal personal data, make it findable by keyed digests, and give the history signed heads.

Revision 0003 follows 0002. What stands in clear is sealed with the keys that `station.db.schema`
hands over, table by table, some rows at a time. On the way down everything is opened again; of
the digests of earlier tellings nothing can be brought back, so a person is asked once more about an
address that differs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from station.db.keys import Keyring, KeyTrouble
from station.db.models import findable

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

_TEXTS = {
    "shop_order": ("buyer", "name", "phone", "company", "street", "buyer_message", "seller_memo",
                   "shipping_wish"),
    "parcel": ("name", "phone", "company", "street", "note"),
    "courier": ("phone",),
    "handover": ("courier_phone",),
}
_JSONS = {"review": ("facts",), "outbox": ("payload",), "signature": ("strokes",)}
_BYTES = {"page_image": ("png",)}
_DIGESTS = {
    "shop_order": ("buyer_digest", "phone_digest"),
    "parcel": ("name_digest", "phone_digest", "phone4_digest"),
}
_TOGETHER = 500
_PLAIN = re.compile(r"[\s'省市（）()\-]|自治区|壮族|回族|维吾尔")


def upgrade() -> None:
    for table, names in _DIGESTS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.add_column(
                    sa.Column(name, sa.String(32), nullable=False, server_default=""))
                batch.create_index(f"ix_{table}_{name}", [name])
    for table, name in (("courier", "phone"), ("handover", "courier_phone")):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                name, existing_type=sa.String(64), type_=sa.Text(), existing_nullable=False)
    op.create_table(
        "signed_head",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occasion", sa.String(64), nullable=False),
        sa.Column("upto", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chains", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("public", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_signed_head"),
    )
    op.create_index("ix_signed_head_occasion", "signed_head", ["occasion"])
    op.create_table(
        "destruction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("parcels", sa.JSON(), nullable=False),
        sa.Column("orders", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_destruction"),
    )
    _convert(_seal, _sealed_digests)


def downgrade() -> None:
    _convert(_open, _plain_digests)
    op.drop_table("destruction")
    op.drop_table("signed_head")
    for table, name in (("courier", "phone"), ("handover", "courier_phone")):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                name, existing_type=sa.Text(), type_=sa.String(64), existing_nullable=False)
    for table, names in _DIGESTS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_index(f"ix_{table}_{name}")
                batch.drop_column(name)


# --- What stands in the rows ----------------------------------------------------------------------

_Turn = Callable[[Keyring, str, Any], Any]


def _convert(turn: _Turn, digests: Callable[[Keyring], None]) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    for columns, kind in ((_TEXTS, sa.Text()), (_JSONS, sa.JSON()), (_BYTES, sa.LargeBinary())):
        for table, names in columns.items():
            _convert_table(table, names, kind, turn)
    if _is_filled("parcel") or _is_filled("shop_order"):
        digests(_keys())


def _keys() -> Keyring:
    keys = context.config.attributes.get("keys")
    if not isinstance(keys, Keyring):
        raise KeyTrouble("没有给数据库指定密钥文件 / no key file was named for this database")
    return keys


def _is_filled(table: str) -> bool:
    return op.get_bind().execute(sa.text(f"SELECT 1 FROM {table} LIMIT 1")).first() is not None  # noqa: S608 - our own names


def _convert_table(table: str, names: tuple[str, ...], kind: Any, turn: _Turn) -> None:
    columns = sa.table(table, sa.column("id"), *(sa.column(name, kind) for name in names))
    change = sa.update(columns).where(columns.c.id == sa.bindparam("row")).values(
        {name: sa.bindparam(f"new_{name}", type_=kind) for name in names})
    for rows in _some_rows(columns):
        keys = _keys()
        op.get_bind().execute(change, [
            {"row": row.id, **{f"new_{name}": turn(keys, f"{table}.{name}", getattr(row, name))
                               for name in names}} for row in rows])


def _some_rows(columns: Any) -> Iterator[Any]:
    after = 0
    while rows := op.get_bind().execute(
        sa.select(columns).where(columns.c.id > after).order_by(columns.c.id).limit(_TOGETHER)
    ).all():
        yield rows
        after = rows[-1].id


def _seal(keys: Keyring, place: str, value: Any) -> Any:
    if not value:
        return value
    if isinstance(value, bytes | memoryview):
        return keys.seal_bytes(place, bytes(value))
    return keys.seal(place, value if isinstance(value, str)
                     else json.dumps(value, ensure_ascii=False))


def _open(keys: Keyring, place: str, value: Any) -> Any:
    if not value:
        return value
    if isinstance(value, bytes | memoryview):
        return keys.open_bytes(place, bytes(value))
    if not isinstance(value, str):
        return value
    opened = keys.open(place, value)
    return json.loads(opened) if place.split(".", maxsplit=1)[0] in _JSONS else opened


# --- Digests --------------------------------------------------------------------------------------


def _sealed_digests(keys: Keyring) -> None:
    """Key the digests that were plain, and write those by which rows are found."""
    parcel = _table("parcel", "name", "phone", "merge_key", *_DIGESTS["parcel"])
    for rows in _some_rows(parcel):
        _write(parcel, [{
            "row": row.id, "merge_key": keys.digest("merge", row.merge_key),
            "name_digest": findable.name_digest(keys, keys.open("parcel.name", row.name)),
            "phone_digest": findable.phone_digest(keys, keys.open("parcel.phone", row.phone)),
            "phone4_digest": findable.phone4_digest(keys, keys.open("parcel.phone", row.phone)),
        } for row in rows])
    order = _table("shop_order", "buyer", "phone", "seen", *_DIGESTS["shop_order"])
    for rows in _some_rows(order):
        _write(order, [{
            "row": row.id, "seen": [keys.digest("seen", digest)[:24] for digest in row.seen or ()],
            "buyer_digest": findable.buyer_digest(keys, keys.open("shop_order.buyer", row.buyer)),
            "phone_digest": findable.phone_digest(keys, keys.open("shop_order.phone", row.phone)),
        } for row in rows])
    _key_other(keys, "webhook_event", "event_id", "body_sha256", "webhook")
    _key_other(keys, "review", "id", "digest", "review")


def _plain_digests(_opened: Keyring) -> None:
    """Once everything is opened: the plain digests again, as far as they can be made."""
    order = _table("shop_order", "buyer", "seen", "parcel_id")
    buyers: dict[int, str] = {}
    for rows in _some_rows(order):
        buyers.update({row.parcel_id: row.buyer for row in reversed(rows) if row.parcel_id})
        _write(order, [{"row": row.id, "seen": []} for row in rows], only=("seen",))
    parcel = _table(
        "parcel", "name", "phone", "province", "city", "district", "street", "merge_key")
    for rows in _some_rows(parcel):
        _write(parcel, [{"row": row.id, "merge_key": _merge_key(buyers.get(row.id, ""), row)}
                        for row in rows], only=("merge_key",))


def _merge_key(buyer: str, row: Any) -> str:
    address = "".join(part for part in (row.province, row.city, row.district, row.street) if part)
    plain = _PLAIN.sub("", row.name + row.phone + address)
    return hashlib.sha256(f"{buyer}\0{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def _key_other(keys: Keyring, table: str, key: str, name: str, purpose: str) -> None:
    connection, columns = op.get_bind(), sa.table(table, sa.column(key), sa.column(name))
    rows = connection.execute(sa.select(columns)).all()
    change = sa.update(columns).where(columns.c[key] == sa.bindparam("row")).values(
        {name: sa.bindparam("new")})
    if rows:
        connection.execute(
            change, [{"row": row[0], "new": keys.digest(purpose, row[1])} for row in rows])


def _table(name: str, *columns: str) -> Any:
    kinds = {"seen": sa.JSON()}
    return sa.table(name, sa.column("id"), *(sa.column(one, kinds.get(one)) for one in columns))


def _write(table: Any, rows: list[dict[str, Any]], only: tuple[str, ...] = ()) -> None:
    names = only or tuple(name for name in rows[0] if name != "row")
    change = sa.update(table).where(table.c.id == sa.bindparam("row")).values(
        {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    op.get_bind().execute(change, [
        {"row": row["row"], **{f"new_{name}": row[name] for name in names}} for row in rows])
