"""Signed heads of the history: what every chain was at one moment, also kept outside the database.

A hash chain shows that a row was changed, but whoever may write to the database can cut its tail
and write the chain's length anew, or compute all hashes again. So the heads of all chains that
moved are signed every hour and whenever a courier leaves (Ed25519, key outside the database), each
signed head covers the one before, and every one is appended to a file beside the database. The
hand-over's list prints the newest one's digest: paper in the courier's hand binds all of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.db.models import Chain, History, SignedHead
from station.db.sealed import keys_for
from station.services.history import GENESIS, Break, Claims, canonical

HEADS = "heads"
"""The subject under which troubles of the heads themselves are named."""

_EVERY = timedelta(hours=1)
_ROWS_TOGETHER = 2_000  # a head of more would hold the writes up
_LATE_ROWS = 500  # PostgreSQL: rows that may be committed after others with a higher id
SHORT = 16
AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Head:
    """One signed head, as it stands in the database and, a line each, in the file."""

    seq: int
    at: datetime
    occasion: str
    upto: int
    chains: tuple[tuple[str, int, str], ...]
    previous: str
    digest: str
    signature: str
    public: str

    @property
    def line(self) -> str:
        """The head as a line of the file."""
        signed = {"digest": self.digest, "signature": self.signature, "public": self.public}
        return canonical({**_facts(self), **signed})


def sign_if_due(session: Session, *, now: datetime) -> bool:
    """Sign one head if an hour has gone since the last, or enough rows wait for one; False if not.

    One head a transaction: many rows at once (a station upgraded after years) stay a little work
    many times, with the scans in between.
    """
    when = select(SignedHead.at, SignedHead.upto).order_by(SignedHead.seq.desc()).limit(1)
    at, upto = session.execute(when).one_or_none() or (None, 0)
    newest = _newest_row(session)
    waiting = newest - upto
    # A head from the future was signed by a clock that was wrong: nobody waits until it was right.
    fresh = at is not None and timedelta(0) <= now - at < _EVERY
    if waiting <= 0 or (fresh and waiting < _ROWS_TOGETHER):
        return False
    _sign_some(session, _last(session), newest, "hour", now)
    return True


def sign(session: Session, occasion: str, *, now: datetime) -> list[SignedHead]:
    """Sign the heads of all chains that moved; none if nothing happened since the last time."""
    signed: list[SignedHead] = []
    last = _last(session)
    newest = _newest_row(session)
    while _upto(last) < newest:
        last = _sign_some(session, last, newest, occasion, now)
        signed.append(last)
    return signed


def _last(session: Session) -> SignedHead | None:
    return session.scalar(select(SignedHead).order_by(SignedHead.seq.desc()).limit(1))


def _newest_row(session: Session) -> int:
    return session.scalar(select(func.max(History.id))) or 0


def _upto(last: SignedHead | None) -> int:
    return last.upto if last is not None else 0


def _sign_some(
    session: Session, last: SignedHead | None, newest: int, occasion: str, now: datetime
) -> SignedHead:
    keys = keys_for(session)
    upto = min(_upto(last) + _ROWS_TOGETHER, newest)
    facts: dict[str, Any] = {
        "seq": last.seq + 1 if last is not None else 1, "at": now, "occasion": occasion[:64],
        "upto": upto, "chains": _moved(session, last, upto),
        "previous": last.digest if last is not None else GENESIS,
    }
    digest = _digest(facts)
    head = SignedHead(
        **facts, digest=digest, signature=keys.signer.sign(digest.encode()).hex(),
        public=keys.signer.public_key().public_bytes_raw().hex(),
    )
    session.add(head)
    session.flush()
    return head


def _moved(session: Session, last: SignedHead | None, upto: int) -> list[Any]:
    """The chains of the rows since the last head, each with its length and hash now."""
    since, said = (last.upto, last.chains) if last is not None else (0, [])
    if session.connection().dialect.name != "sqlite":
        since = max(0, since - _LATE_ROWS)
    names = select(History.chain).where(History.id > since, History.id <= upto).distinct()
    rows = session.execute(
        select(Chain.name, Chain.length, Chain.head).where(Chain.name.in_(names))
        .order_by(Chain.name)
    )
    before = {tuple(one) for one in said}
    return [list(row) for row in rows if tuple(row) not in before]


def _facts(head: Head | SignedHead) -> dict[str, Any]:
    return {
        "seq": head.seq, "at": head.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "occasion": head.occasion, "upto": head.upto, "chains": [list(one) for one in head.chains],
        "previous": head.previous,
    }


def _digest(facts: Mapping[str, Any]) -> str:
    at = facts["at"]
    text = at.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(at, datetime) else at
    return hashlib.sha256(canonical({**facts, "at": text}).encode()).hexdigest()


# --- Beside the database --------------------------------------------------------------------------


def since(session: Session, seq: int) -> list[Head]:
    """The heads after number ``seq``, oldest first, at most ``AT_ONCE``."""
    rows = session.scalars(
        select(SignedHead).where(SignedHead.seq > seq).order_by(SignedHead.seq).limit(AT_ONCE))
    return [_head(row) for row in rows]


def newest(session: Session) -> int:
    """The number of the newest head; 0 if nothing was signed yet."""
    return session.scalar(select(func.max(SignedHead.seq))) or 0


def short_digest(session: Session, occasion: str) -> str:
    """The newest head signed on this occasion, as paper shows it: "#12 ab12cd34…"; "" if none."""
    head = session.execute(
        select(SignedHead.seq, SignedHead.digest).where(SignedHead.occasion == occasion)
        .order_by(SignedHead.seq.desc()).limit(1)
    ).one_or_none()
    return f"#{head.seq} {head.digest[:SHORT]}" if head is not None else ""


def read_line(line: str) -> Head:
    """A line of the file as a head. ValueError if it is none; it need not be true."""
    try:
        tree = json.loads(line)
        chains = tuple((str(name), int(length), str(head)) for name, length, head in tree["chains"])
        return Head(
            int(tree["seq"]), datetime.fromisoformat(tree["at"]), str(tree["occasion"]),
            int(tree["upto"]), chains, str(tree["previous"]), str(tree["digest"]),
            str(tree["signature"]), str(tree["public"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a signed head: {type(error).__name__}") from None


def _head(row: SignedHead) -> Head:
    chains = tuple((str(name), int(length), str(head)) for name, length, head in row.chains)
    return Head(row.seq, row.at, row.occasion, row.upto, chains, row.previous, row.digest,
                row.signature, row.public)


# --- Proof ----------------------------------------------------------------------------------------


@dataclass
class Proven:
    """What the signed heads say: where they do not hold, and what they claim of each chain."""

    breaks: list[Break] = field(default_factory=list)
    claims: Claims = field(default_factory=dict)
    count: int = 0


def prove(session: Session, outside: Iterable[str], *, printed: str = "") -> Proven:
    """Check every head in the database and in the file's lines against each other and the key.

    ``printed`` is a digest from paper, at least its first 8 digits: a head must begin so.
    """
    public = keys_for(session).signer.public_key().public_bytes_raw().hex()
    inside = {row.seq: _head(row) for row in session.scalars(
        select(SignedHead).order_by(SignedHead.seq).execution_options(yield_per=100))}
    found = Proven()
    kept = dict(_outside(outside, found))
    last = max((*inside, *kept), default=0)
    previous = GENESIS
    for seq in range(1, last + 1):
        head = inside.get(seq) or kept.get(seq)
        problem = _wrong(inside.get(seq), kept, seq, previous, public)
        if problem:
            found.breaks.append(Break(HEADS, seq, problem))
        for trusted in (kept.get(seq), inside.get(seq)):
            if trusted is not None and _is_signed(trusted, public):
                _claim(found.claims, trusted)
                break
        previous = head.digest if head is not None else previous
        found.count += 1
    if printed and not any(one.digest.startswith(printed.lower()) for one in
                           (*inside.values(), *kept.values())):
        found.breaks.append(Break(HEADS, last + 1, "not_printed"))
    return found


def _outside(lines: Iterable[str], found: Proven) -> Iterator[tuple[int, Head]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            head = read_line(line)
        except ValueError:
            found.breaks.append(Break(HEADS, number, "head_unreadable"))
        else:
            yield head.seq, head


def _wrong(
    inside: Head | None, kept: Mapping[int, Head], seq: int, previous: str, public: str
) -> str:
    """What is wrong with the head of this number; "" if nothing."""
    outside = kept.get(seq)
    if inside is None and outside is None:
        return "head_missing"
    if inside is None:
        return "head_cut"  # the file remembers what the database has lost
    if outside is None and any(number > seq for number in kept):
        return "head_not_in_file"
    if outside is not None and outside != inside:
        return "head_differs"
    if not _is_signed(inside, public) or inside.previous != previous:
        return "head_changed"
    return ""


def _is_signed(head: Head, public: str) -> bool:
    if head.public != public or head.digest != _digest(_facts(head)):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.public))
        key.verify(bytes.fromhex(head.signature), head.digest.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _claim(claims: Claims, head: Head) -> None:
    for name, length, digest in head.chains:
        claims.setdefault(name, {})[length] = digest
