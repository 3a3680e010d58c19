"""What was handed over, out of a JSON file: a list, or one object per line, read as a stream.

    {"waybill": "773000000000000", "carrier": "STO", "province": "江苏省", "city": "苏州市",
     "station_g": 720, "handed_at": "2026-11-01 17:30:00"}

Optional: district, courier_g, courier_fen, accepted, size_mm ([400, 300, 200]), trouble or status
(lost, damaged, unreachable, returned), billed_in ("2026-10"), weighed_at, packer, handover,
courier. A time without a zone is the shop's; a number that never left has no handed_at.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, TextIO, get_args

from station.bills.cells import BadCell, waybill_no
from station.bills.trouble import StatementError
from station.domain.statements import Shipment, Trouble
from station.domain.vocabulary import SHOP_ZONE

_CHUNK = 1 << 20
_LONGEST = 1 << 22  # characters that one entry may have
_SPACE = " \t\r\n,"
_DECODER = json.JSONDecoder()
_TROUBLES = frozenset(get_args(Trouble))
_BASIC = {"waybill", "carrier", "province", "city", "station_g", "handed_at"}
_IN_ORDER = itemgetter("waybill", "carrier", "province", "city", "station_g", "handed_at")
_TEXTS = ("district", "billed_in", "weighed_at", "packer", "handover", "courier")


ShortShipment = tuple[str, str, str, str, str, int, str]
"""The first facts of a Shipment, where the others are not told."""


def read_shipments(path: Path) -> Iterator[Shipment]:
    """Every parcel of the file. Raises StatementError with the number of the entry at fault."""
    for one in short_shipments(path):
        yield one if isinstance(one, Shipment) else Shipment(*one)


def short_shipments(path: Path) -> Iterator[ShortShipment | Shipment]:
    """The same, but the first facts alone where the others are not told: nearly all parcels."""
    with closing(_entries(path)) as entries:
        for row, entry in enumerate(entries, 1):
            try:
                yield _plain(entry) or shipment(entry)
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                what = f"{type(error).__name__} {_what(error)}"
                raise StatementError(
                    "bad_shipments", name=path.name, row=row, what=what
                ) from None


def shipment(entry: Mapping[str, Any]) -> Shipment:
    """One parcel out of an object; raises KeyError or ValueError naming the key."""
    number, carrier, grams = entry["waybill"], entry["carrier"], entry.get("station_g")
    if type(number) is not str or not (8 < len(number) < 41 and number.isdigit()):
        number = _number(number)
    if type(grams) is not int or not 0 < grams < 10**9:
        grams = _whole(entry, "station_g")
    sent = Shipment(
        number, str(carrier), str(entry.get("province") or ""), str(entry.get("city") or ""),
        "", grams, _day(entry.get("handed_at") or ""),
    )
    return sent if entry.keys() <= _BASIC else _with_evidence(sent, entry)


def _plain(entry: Mapping[str, Any]) -> ShortShipment | None:
    """The short way of nearly all entries: the basic facts, each as it should be written."""
    if len(entry) != len(_BASIC):
        return None
    try:
        number, carrier, province, city, grams, handed_at = _IN_ORDER(entry)
    except KeyError:
        return None
    if not (
        type(number) is str and 8 < len(number) < 41 and number.isdigit()
        and type(grams) is int and 0 < grams < 10**9 and type(handed_at) is str
        and len(handed_at) == 19 and handed_at[10] == " "
        and type(province) is type(city) is type(carrier) is str
    ):
        return None
    return number, carrier, province, city, "", grams, handed_at[:10]


def _with_evidence(sent: Shipment, entry: Mapping[str, Any]) -> Shipment:
    trouble: Trouble = entry.get("trouble") or ""
    if not trouble and entry.get("status") in _TROUBLES:
        trouble = entry["status"]
    if trouble not in _TROUBLES:
        raise ValueError("trouble")
    size = entry.get("size_mm")
    if size and (len(size) != 3 or min(map(int, size)) <= 0):
        raise ValueError("size_mm")
    text = {key: str(entry.get(key) or "") for key in _TEXTS}
    return sent._replace(
        courier_g=_whole(entry, "courier_g"), courier_fen=_whole(entry, "courier_fen"),
        accepted=bool(entry.get("accepted")), trouble=trouble,
        size_mm=(int(size[0]), int(size[1]), int(size[2])) if size else None,
        district=text["district"], billed_in=text["billed_in"], weighed_at=text["weighed_at"],
        packer=text["packer"], handover_no=text["handover"], courier=text["courier"],
    )


def _what(error: Exception) -> str:
    """The key at fault; the text of other errors may quote a value, which stays out."""
    return str(error.args[0]) if error.args and isinstance(error, KeyError) else (
        error.args[0] if error.args and error.args[0] in _KEYS else ""
    )


_KEYS = frozenset(
    {"trouble", "size_mm", "waybill", "station_g", "courier_g", "courier_fen", "handed_at"}
)


def _number(value: object) -> str:
    try:
        number = waybill_no(str(value))
    except BadCell:
        number = ""
    if not number:
        raise ValueError("waybill")
    return number


def _whole(entry: Mapping[str, Any], key: str) -> int | None:
    value = entry.get(key)
    if value is None or value == "":
        return None
    number = int(value)
    if isinstance(value, bool) or number != float(value) or not 0 <= number <= 10**9:
        raise ValueError(key)
    return number or None


def _day(text: str) -> str:
    """The day in the shop's zone of a time of day, with or without its own zone."""
    if len(text) == 19 and text[10] == " ":
        return text[:10]
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("handed_at") from None
    local = moment.astimezone(SHOP_ZONE) if moment.tzinfo else moment
    return local.date().isoformat()


def _entries(path: Path) -> Generator[Any, None, None]:
    """The objects of a list, or of lines, or of a list named "shipments", one after the other."""
    if not path.is_file():
        raise StatementError("no_file", name=path.name)
    with path.open(encoding="utf-8-sig") as file:
        try:
            yield from _stream(file)
        except ValueError:
            raise StatementError(
                "bad_shipments", name=path.name, row=0, what="JSON?"
            ) from None


def _by_lines(file: TextIO) -> Generator[Any, None, str]:
    """The entries of a file that has one object on each line; what is left, and is not so."""
    rest = ""
    while chunk := file.read(_CHUNK):
        buffer = rest + chunk
        end = buffer.rfind("\n") + 1
        if not end or buffer[:1] != "{" or buffer.startswith('{"shipments"'):
            return buffer
        try:
            # One question for thousands of lines: asked one by one they take twice the time.
            entries = json.loads(f"[{buffer[: end - 1].replace(chr(10), ',')}]")
        except ValueError:
            return buffer
        yield from entries
        rest = buffer[end:]
    return rest


def _stream(file: TextIO) -> Iterator[Any]:
    buffer = (yield from _by_lines(file)).lstrip()
    if buffer.startswith('{"shipments"'):
        buffer = buffer[buffer.index("[") :]
    at, listed = (1, True) if buffer.startswith("[") else (0, False)
    more = True
    while True:
        while at < len(buffer) and buffer[at] in _SPACE:
            at += 1
        if at < len(buffer) and listed and buffer[at] == "]":
            return
        try:
            entry, at = _DECODER.raw_decode(buffer, at)
        except ValueError:
            if at >= len(buffer) and not more and not listed:
                return
            if not more or len(buffer) - at > _LONGEST:
                raise
            chunk = file.read(_CHUNK)
            more = bool(chunk)
            buffer, at = buffer[at:] + chunk, 0
            continue
        yield entry
