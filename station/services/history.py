"""The append-only history: what happened, to which subject, in hash chains that can be verified.

A chain is named after its subject ("parcel:12", "handover:3", "station"). A row's hash is
SHA-256 over the previous hash and the row's own fields, so a changed, removed or inserted row
breaks every hash behind it, and a cut tail disagrees with the chain's recorded length.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, bindparam, cast, exists, insert, literal, select, update
from sqlalchemy.orm import Session

from station import log
from station.db.models import Base, Case, Chain, Parcel, WaybillNumber
from station.db.models.typed import is_code
from station.domain.sight import NOBODY_KNOWN, masked_words
from station.services.sight import known_of

GENESIS = "0" * 64

_DIGITS = 9  # of a parcel's number at most: ten might not fit the databases' integers

_TYPED = ("reason", "note", "how")  # facts that somebody may have typed
_SCANNED = ("code", "waybill_no")  # facts that a scanner filled, with whatever lay before it


# Built once and run on the connection: every scan writes history, and building statements anew
# for it cost more than the rest of the scan together.
_CHAIN, _HISTORY = Base.metadata.tables["chain"], Base.metadata.tables["history"]
_PARCEL = Base.metadata.tables["parcel"]
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
    raw = [field.encode() for field in fields]
    return hashlib.sha256(b"".join([b"%d:%b" % (len(part), part) for part in raw])).hexdigest()


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
    """Append one row to ``chain`` and return its hash. ``data`` must hold no personal data.

    What was scanned may be anything, so a phone among it is starred here; and so is the buyer in
    words that somebody typed.
    """
    connection = session.connection()
    head = connection.execute(_HEAD, {"chain_name": chain}).one_or_none()
    length, previous = head if head is not None else (0, GENESIS)
    text = canonical(_without_buyer(session, chain, _without_phones(data)))
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


def _without_phones(data: Mapping[str, Any]) -> Mapping[str, Any]:
    scanned = {name: log.without_phones(data[name]) for name in _SCANNED
               if isinstance(data.get(name), str)}
    return {**data, **scanned} if scanned else data


def _without_buyer(
    session: Session, chain: str, data: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The facts with the parcel's buyer starred out of a person's words; codes stay as they are."""
    words = {name: data[name] for name in _TYPED
             if isinstance(data.get(name), str) and not is_code(data[name])}
    if not words:
        return data
    with session.no_autoflush:
        parcel = _parcel_of(session, chain, str(data.get("waybill_no", "")))
        known = known_of(parcel) if parcel is not None else NOBODY_KNOWN
    return {**data, **{name: masked_words(text, known) for name, text in words.items()}}


def _parcel_of(session: Session, chain: str, waybill_no: str) -> Parcel | None:
    kind, _, key = chain.partition(":")
    found: int | None = None
    if kind == "parcel":
        found = int(key)
    elif kind == "case":
        found = session.scalar(select(Case.parcel_id).where(Case.id == int(key)))
    elif waybill_no:
        found = session.scalar(
            select(WaybillNumber.parcel_id).where(WaybillNumber.number == waybill_no))
    return None if found is None else session.get(Parcel, found)


Claims = dict[str, dict[int, str]]
"""What signed heads say of each chain: its hash at each of these lengths."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: the first bad row of it, and what is wrong there.

    ``problem``: changed, missing, cut, unknown_chain; rewritten if every hash was made anew since a
    signed head, in which case the rows from ``seq`` to ``until`` cannot be trusted.
    """

    chain: str
    seq: int
    problem: str
    until: int = 0


_ROW = select(
    _HISTORY.c.chain, _HISTORY.c.seq, _HISTORY.c.kind, _HISTORY.c.at, _HISTORY.c.who,
    _HISTORY.c.bench, _HISTORY.c.data, _HISTORY.c.previous, _HISTORY.c.hash,
).order_by(_HISTORY.c.chain, _HISTORY.c.seq).execution_options(yield_per=5000)


def verify(
    session: Session, chain: str | None = None, claims: Claims | None = None
) -> Iterator[Break]:
    """Walk all chains, or one, and name the first bad row of each that does not hold.

    ``claims`` of signed heads show a tail that was cut, and hashes that were all made anew. A
    parcel whose whole chain is gone is named too, whether a head was signed since or not.
    """
    heads = {
        name: (length, head)
        for name, length, head in session.execute(select(Chain.name, Chain.length, Chain.head))
        if chain in (None, name)
    }
    said = {name: told for name, told in (claims or {}).items() if chain in (None, name)}
    rows = _ROW if chain is None else _ROW.where(_HISTORY.c.chain == chain)
    yield from walk(session.connection().execute(rows), heads, said)
    yield from (Break(name, 1, "missing") for name in _without_chain(session, chain))


def _without_chain(session: Session, chain: str | None) -> Iterator[str]:
    """The chains, or the one, that must be there and are not even listed: every parcel has one."""
    name = literal("parcel:") + cast(_PARCEL.c.id, String)
    query = select(name).where(~exists().where(_CHAIN.c.name == name)).order_by(_PARCEL.c.id)
    if chain is not None:
        kind, _, number = chain.partition(":")
        if kind != "parcel" or not number.isdecimal() or len(number) > _DIGITS:
            return
        query = query.where(_PARCEL.c.id == int(number))
    yield from session.scalars(query)


def is_chain(session: Session, name: str) -> bool:
    """Whether a chain of this name was ever begun."""
    return session.get(Chain, name) is not None


def walk(
    rows: Iterable[Any], heads: dict[str, tuple[int, str]], said: Claims
) -> Iterator[Break]:
    """Walk rows that come chain by chain, in order; ``heads`` and ``said`` are used up."""
    state = _Walk()
    for row in rows:
        if row.chain != state.chain:
            yield from state.finish(heads)
            state = _Walk(row.chain, said.pop(row.chain, {}))
        yield from state.step(row)
    yield from state.finish(heads)
    yield from (Break(name, 1, "missing") for name in sorted({*heads, *said}))


class _Walk:
    """One chain while it is being walked: where it should be, and whether it broke already."""

    def __init__(self, chain: str = "", claims: Mapping[int, str] | None = None) -> None:
        self.chain = chain
        self.claims = claims or {}
        self.length = 0
        self.proven = 0
        self.previous = GENESIS
        self.broken = False

    def step(self, row: Any) -> Iterator[Break]:
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
        yield from self._compare_with_claim(row.seq)

    def _compare_with_claim(self, seq: int) -> Iterator[Break]:
        claim = self.claims.get(seq)
        if claim is None or self.broken:
            return
        if claim != self.previous:
            self.broken = True
            yield Break(self.chain, self.proven + 1, "rewritten", seq)
        self.proven = seq

    def finish(self, heads: dict[str, tuple[int, str]]) -> Iterator[Break]:
        """Compare the end with the recorded head; takes the chain out of ``heads``."""
        if not self.chain:
            return
        recorded = heads.pop(self.chain, None)
        if self.broken:
            return
        if any(seq > self.length for seq in self.claims):
            yield Break(self.chain, self.length + 1, "cut")
        elif recorded is None:
            yield Break(self.chain, 1, "unknown_chain")
        elif recorded != (self.length, self.previous):
            yield Break(self.chain, self.length + 1, "cut")
