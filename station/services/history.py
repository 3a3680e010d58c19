"""The append-only history: what happened, to which subject, in hash chains that can be verified.

A chain is named after its subject ("parcel:12", "handover:3", "station"). A row's hash is
SHA-256 over the previous hash and the row's own fields, so a changed, removed or inserted row
breaks every hash behind it, and a cut tail disagrees with the chain's recorded length.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from station.db.models import Base, Chain, History

GENESIS = "0" * 64


# Built once and run on the connection: every scan writes history, and building statements anew
# for it cost more than the rest of the scan together.
_CHAIN, _HISTORY = Base.metadata.tables["chain"], Base.metadata.tables["history"]
_HEAD = (
    select(_CHAIN.c.length, _CHAIN.c.head)
    .where(_CHAIN.c.name == bindparam("chain_name")).with_for_update(key_share=True)
)
_APPEND = insert(_HISTORY)
_FIRST = insert(_CHAIN).values(
    name=bindparam("chain_name"), length=bindparam("new_length"), head=bindparam("new_head")
)
_FURTHER = (
    update(_CHAIN).where(_CHAIN.c.name == bindparam("chain_name"))
    .values(length=bindparam("new_length"), head=bindparam("new_head"))
)


def canonical(data: Mapping[str, Any]) -> str:
    """``data`` as JSON text with one spelling: sorted keys, no blanks, plain Unicode."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def row_hash(  # noqa: PLR0917 - the fields in the order in which they are hashed
    previous: str, chain: str, seq: int, kind: str, at: datetime, who: str, bench: str, data: str
) -> str:
    """The hash of one row: SHA-256 over its fields, each with its length before it."""
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = (previous, chain, str(seq), kind, stamp, who, bench, data)
    digest = hashlib.sha256()
    for field in fields:
        raw = field.encode()
        digest.update(b"%d:" % len(raw) + raw)
    return digest.hexdigest()


def record(
    session: Session,
    chain: str,
    kind: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
    who: str = "",
    bench: str = "",
) -> str:
    """Append one row to ``chain`` and return its hash. ``data`` must hold no personal data."""
    connection = session.connection()
    head = connection.execute(_HEAD, {"chain_name": chain}).one_or_none()
    length, previous = head if head is not None else (0, GENESIS)
    text = canonical(data)
    digest = row_hash(previous, chain, length + 1, kind, now, who, bench, text)
    connection.execute(_APPEND, {
        "chain": chain, "seq": length + 1, "kind": kind, "at": now, "who": who, "bench": bench,
        "data": text, "previous": previous, "hash": digest,
    })
    connection.execute(
        _FIRST if head is None else _FURTHER,
        {"chain_name": chain, "new_length": length + 1, "new_head": digest},
    )
    return digest


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: the first bad row of it, and what is wrong there."""

    chain: str
    seq: int
    problem: str  # "changed" | "missing" | "cut" | "unknown_chain"


def verify(session: Session, chain: str | None = None) -> Iterator[Break]:
    """Walk all chains, or one, and name the first bad row of each that does not hold."""
    heads = {
        name: (length, head)
        for name, length, head in session.execute(select(Chain.name, Chain.length, Chain.head))
        if chain in (None, name)
    }
    rows = select(History).order_by(History.chain, History.seq)
    if chain is not None:
        rows = rows.where(History.chain == chain)
    state = _Walk()
    for row in session.scalars(rows.execution_options(yield_per=1000)):
        if row.chain != state.chain:
            yield from state.finish(heads)
            state = _Walk(row.chain)
        yield from state.step(row)
        session.expunge(row)
    yield from state.finish(heads)
    yield from (Break(name, 1, "missing") for name in sorted(heads))


class _Walk:
    """One chain while it is being walked: where it should be, and whether it broke already."""

    def __init__(self, chain: str = "") -> None:
        self.chain = chain
        self.length = 0
        self.previous = GENESIS
        self.broken = False

    def step(self, row: History) -> Iterator[Break]:
        """Compare one row with what must follow."""
        if self.broken:
            return
        self.length += 1
        if row.seq != self.length:
            self.broken = True
            yield Break(self.chain, self.length, "missing")
            return
        expected = row_hash(
            self.previous, row.chain, row.seq, row.kind, row.at, row.who, row.bench, row.data
        )
        if row.previous != self.previous or row.hash != expected:
            self.broken = True
            yield Break(self.chain, row.seq, "changed")
        self.previous = row.hash

    def finish(self, heads: dict[str, tuple[int, str]]) -> Iterator[Break]:
        """Compare the end with the recorded head; takes the chain out of ``heads``."""
        if not self.chain:
            return
        length, head = heads.pop(self.chain, (-1, ""))
        if self.broken:
            return
        if length < 0:
            yield Break(self.chain, 1, "unknown_chain")
        elif (length, head) != (self.length, self.previous):
            yield Break(self.chain, self.length + 1, "cut")
