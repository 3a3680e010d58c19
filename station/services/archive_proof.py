"""Proving an archive: its bytes, its seal, its list, and each parcel's history, row by row.

Needs nothing but the file, on any machine with this program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from station.archives.container import ArchiveError, prove, read
from station.services.archiving import ABOUT, FORMAT, INDEX
from station.services.history import GENESIS, row_hash


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven: whose stubs of which day, how many, and who signed them (the key, hex)."""

    carrier: str
    day: str
    part: int
    waybills: tuple[str, ...]
    sha256: str
    public_key: str

    @property
    def fingerprint(self) -> str:
        """The signing key in sixteen digits, as it is printed and read aloud."""
        digest = hashlib.sha256(bytes.fromhex(self.public_key)).hexdigest()
        return " ".join(digest[start : start + 4] for start in range(0, 16, 4))


def prove_archive(path: Path) -> Proof:
    """Everything about the file. Raises ArchiveError with the first thing that does not hold."""
    proven = prove(path)
    index = _index(path, proven.names)
    told = {entry["name"]: entry["sha256"] for stub in index["stubs"] for entry in stub["files"]}
    if sorted([*told, ABOUT, INDEX]) != sorted(proven.names):
        raise ArchiveError("index", INDEX)
    for stub in index["stubs"]:
        _prove_stub(path, stub)
    return Proof(
        str(index["carrier"]), str(index["day"]), int(index["part"]),
        tuple(str(stub["waybill_no"]) for stub in index["stubs"]),
        proven.sha256, proven.public_key,
    )


def _index(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    if INDEX not in names:
        raise ArchiveError("index", INDEX)
    try:
        index: dict[str, Any] = json.loads(read(path, [INDEX])[INDEX])
        known = index["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        raise ArchiveError("index", INDEX) from None
    if not known:
        raise ArchiveError("index", str(index["format"])[:40])
    return index


def _prove_stub(path: Path, stub: Mapping[str, Any]) -> None:
    for entry in stub["files"]:
        content = read(path, [entry["name"]])[entry["name"]]
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise ArchiveError("index", entry["name"])
        if entry["name"].endswith("/record.json"):
            _prove_history(json.loads(content), str(stub["waybill_no"]))


def _prove_history(record: Mapping[str, Any], waybill_no: str) -> None:
    """Each row's hash follows from the row before it (services/history.py)."""
    previous = GENESIS
    for seq, row in enumerate(record["history"], 1):
        digest = row_hash(
            previous, row["chain"], seq, row["kind"], datetime.fromisoformat(row["at"]),
            row["who"], row["bench"], row["data"],
        )
        if (row["seq"], row["previous"], row["hash"]) != (seq, previous, digest):
            raise ArchiveError("history", f"{waybill_no} {seq}")
        previous = digest


def stubs_of(path: Path, waybill_no: str) -> Iterator[tuple[str, bytes]]:
    """The members of one stub of a proven archive, as they lie in it; none if it is not there."""
    for stub in _index(path, (INDEX,))["stubs"]:
        if stub["waybill_no"] == waybill_no:
            for entry in stub["files"]:
                yield entry["name"], read(path, [entry["name"]])[entry["name"]]
