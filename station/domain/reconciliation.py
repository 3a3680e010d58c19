"""The carrier's monthly statement against what was handed over (D12): every line gets its finding.

Money is told so that it adds up: ``fen`` of a finding is what the statement asks for minus what we
owe for it, and the sum over all findings is the stated total minus what the month should cost.
A parcel that is charged in another month than it was handed over in is not owed in this one: it was
missing from its own month's statement by the same amount, so that the months together agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from station.domain.bill_findings import Finding, FindingKind
from station.domain.bill_prices import Atlas, PlaceNames, Prices, share, their_place
from station.domain.statements import Shipment, StatementLine, Trouble
from station.domain.vocabulary import Fen, Grams
from station.domain.written_numbers import lost_digits, mother

_LATE_DAYS = 3
_CHANCE = 1  # a zero that stands behind a long number by chance, once in ten
_NO_EVIDENCE = Finding(0, "", "matched", 0, 0, 0)[6:-1]
_Part = tuple[FindingKind, str, Fen]
_WEIGHTY: tuple[FindingKind, ...] = (
    "other_destination", "heavier_step", "price_not_by_tariff", "lighter_step",
)  # fmt: skip
BUT_BILLED: dict[Trouble, FindingKind] = {
    "lost": "lost_but_billed", "damaged": "damaged_but_billed",
    "unreachable": "unreachable_but_billed", "returned": "returned_but_billed",
}  # fmt: skip
"""What the freight of a parcel in trouble is found to be."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a statement is checked against. ``carrier`` "" checks each parcel by its own carrier.

    ``known`` are the first and last month that our records cover; what is dated outside them
    cannot be called a stranger's. ("", "") covers everything.
    """

    month: str
    prices: Prices
    carrier: str = ""
    known: tuple[str, str] = ("", "")
    atlas: Atlas = field(default_factory=Atlas)

    def covers(self, day: str) -> bool:
        """Whether our records reach the day; a day that nobody knows counts as reached."""
        first, last = self.known
        return not day or not first or first <= day[:7] <= last


def match(
    lines: Iterable[StatementLine], shipments: Iterable[Shipment], terms: Terms
) -> Iterator[Finding]:
    """Every line's finding, number by number, then the parcels that no line charges for.

    Each number's lines must come in the order of the statement, and all lines and the shipment of
    one number must be in the same call; otherwise a month may be cut into calls by number.
    """
    book = {shipment.waybill_no: shipment for shipment in shipments}
    asked: dict[str, list[StatementLine]] = {}
    for line in lines:
        number = line.return_of or line.waybill_no
        if number not in book and mother(number) in book:
            number = mother(number)
        asked.setdefault(number, []).append(line)
    charged: set[str] = set()
    for number, together in asked.items():
        shipment = book.get(number) if number else None
        if any(line.kind == "freight" for line in together):
            charged.add(number)
        yield from (_whole(found, number) for found in _judge(together, shipment, terms))
    yield from _missing_from(book, charged, terms)


def _whole(found: Finding, number: str) -> Finding:
    """A finding about a part of a shipment (773…-1) told by the shipment's own number."""
    written = found.waybill_no
    if written == number or mother(written) != number:
        return found
    return found._replace(waybill_no=number, remark=f"{written} {found.remark}".strip()[:200])


def _missing_from(
    book: dict[str, Shipment], charged: set[str], terms: Terms
) -> Iterator[Finding]:
    for number, shipment in book.items():
        if number not in charged:
            absent = missing(shipment, terms)
            if absent is not None:
                yield absent


def missing(shipment: Shipment, terms: Terms) -> Finding | None:
    """The finding about a parcel whose freight no line charges for; None where that is right."""
    if not _due_here(shipment, terms) or shipment.trouble:
        return None
    price = _price(shipment, terms)
    reason = "end_of_month" if _last_day(shipment.handed_on) else "not_billed"
    return _about(
        None, shipment, "missing_from_bill", price, 0, reason, fen=-price if price else 0
    )


def rightly_unbilled(shipment: Shipment, terms: Terms) -> bool:
    """Whether a parcel of the month rightly has no freight: lost, damaged, returned (D8, D9)."""
    return bool(shipment.trouble) and _due_here(shipment, terms)


def _due_here(shipment: Shipment, terms: Terms) -> bool:
    return (
        shipment.handed_on[:7] == terms.month
        and (not terms.carrier or shipment.carrier == terms.carrier)
        and not shipment.billed_in
    )


def _last_day(day: str) -> bool:
    year, month, number = (int(part) for part in day.split("-"))
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return number == 28 + leap
    return number == (30 if month in (4, 6, 9, 11) else 31)


def _judge(
    lines: list[StatementLine], shipment: Shipment | None, terms: Terms
) -> Iterator[Finding]:
    """The findings of all lines of one number."""
    stranger = _stranger(shipment, terms)
    if stranger or shipment is None:
        for line in lines:
            yield _of_a_stranger(line, shipment, stranger, terms)
        return
    freight = [line for line in lines if line.kind == "freight"]
    if len(freight) > 1 and _adds_up(freight, shipment, terms):
        for line in freight:
            yield _about(line, shipment, "matched", line.fee_fen, line.fee_fen, "split")
        freight = []
    elif freight:
        yield _first(freight[0], shipment, terms)
    for line in freight[1:]:
        theirs = _theirs(line, shipment, terms)
        yield _about(line, shipment, "billed_twice", 0, theirs, "again")
    for line in lines:
        if line.kind != "freight":
            yield _beside(line, shipment, terms)


def _stranger(shipment: Shipment | None, terms: Terms) -> str:
    """Why no line of this number can be right; "" where the parcel was handed to this carrier."""
    if shipment is None:
        return "unknown_number"
    if terms.carrier and shipment.carrier != terms.carrier:
        return "other_carrier"
    return "" if shipment.handed_on else "never_handed_over"


def _of_a_stranger(
    line: StatementLine, shipment: Shipment | None, reason: str, terms: Terms
) -> Finding:
    theirs = line.fee_fen or 0
    if line.kind == "credit":
        return _about(line, shipment, "credit", 0, theirs, "money_back")
    if line.damaged:
        reason = "damaged_number"
    elif not line.waybill_no:
        reason = "no_number"
    elif shipment is None and lost_digits(line.waybill_no) > _CHANCE:
        reason = "damaged_number"
    elif shipment is None and not terms.covers(line.day):
        return _about(line, shipment, "other_month", 0, theirs, "before_our_records")
    return _about(line, shipment, "not_ours", 0, theirs, reason)


def _beside(line: StatementLine, shipment: Shipment, terms: Terms) -> Finding:
    """A line that is not the freight itself."""
    theirs = line.fee_fen or 0
    if line.kind == "credit":
        return _about(line, shipment, "credit", 0, theirs, "money_back")
    if line.kind == "return":
        return _about(line, shipment, "returned_but_billed", 0, theirs, "return_trip")
    if line.kind == "insurance":
        return _about(line, shipment, "insurance_line", 0, theirs, "insurance")
    elsewhere = _not_now(line, shipment, terms)
    if elsewhere is not None:
        return _about(line, shipment, elsewhere[0], 0, theirs, elsewhere[1])
    return _about(line, shipment, "price_not_by_tariff", 0, theirs, "surcharge")


def _adds_up(freight: list[StatementLine], shipment: Shipment, terms: Terms) -> bool:
    """Whether several lines are one price in parts; equal lines are always a second charge.

    Parts of a shipment with numbers of their own (773…-1, 773…-2) are not equal.
    """
    fees = [line.fee_fen for line in freight]
    alike = len({(line.waybill_no, line.fee_fen) for line in freight}) == 1
    if None in fees or alike or _not_now(freight[0], shipment, terms):
        return False
    return sum(fee or 0 for fee in fees) == _price(shipment, terms)


def _first(line: StatementLine, shipment: Shipment, terms: Terms) -> Finding:
    """The finding of the line that charges a parcel's freight."""
    elsewhere = _not_now(line, shipment, terms)
    if elsewhere is None:
        return _compared(line, shipment, terms)
    theirs = _theirs(line, shipment, terms)
    return _about(line, shipment, elsewhere[0], 0, theirs, elsewhere[1])


def _not_now(
    line: StatementLine, shipment: Shipment, terms: Terms
) -> tuple[FindingKind, str] | None:
    """Why nothing is owed in this month, whatever the price."""
    if shipment.billed_in:
        return "billed_twice", "billed_before"
    if shipment.trouble:
        return BUT_BILLED[shipment.trouble], "our_case"
    if line.trouble:
        return BUT_BILLED[line.trouble], "their_remark"
    if shipment.handed_on[:7] != terms.month:
        return "other_month", "handed_over_then"
    if line.day and _far_from(line.day, terms.month):
        return "other_month", "dated_then"
    return None


def _far_from(day: str, month: str) -> bool:
    """Whether a day lies outside the month; the carrier may date the last parcels late."""
    return day[:7] < month or (day[:7] > month and int(day[8:10]) > _LATE_DAYS)


def _theirs(line: StatementLine, shipment: Shipment, terms: Terms) -> Fen:
    """What the line asks for; by the tariff where the statement tells weights only."""
    if line.fee_fen is not None:
        return line.fee_fen
    grams = line.charged_g or line.actual_g or shipment.weight_g or 0
    price = terms.prices.of(shipment.carrier, shipment.handed_on, _place(shipment), grams)
    return price.fen if price else 0


def _place(shipment: Shipment) -> PlaceNames:
    return shipment.province, shipment.city, shipment.district


def _price(shipment: Shipment, terms: Terms) -> Fen | None:
    """The price of the parcel as we weighed it; None where no tariff tells."""
    price = terms.prices.of(
        shipment.carrier, shipment.handed_on, _place(shipment),
        shipment.weight_g or shipment.courier_g or 0, shipment.size_mm,
    )
    return None if price is None else price.fen


class _Weighed(NamedTuple):
    """Prices of one parcel in our zone: by our weight and by theirs, each with its step."""

    ours_fen: Fen
    ours_step: int
    theirs_fen: Fen
    theirs_step: int


def _weighed(
    line: StatementLine, shipment: Shipment, terms: Terms, theirs_g: Grams | None
) -> _Weighed | None:
    """Both prices; where one side has no weight, the other's stands for it."""
    place, carrier, day = _place(shipment), shipment.carrier, shipment.handed_on
    ours_g = shipment.weight_g or shipment.courier_g or theirs_g
    ours = terms.prices.of(carrier, day, place, ours_g or 0, shipment.size_mm)
    theirs = ours if theirs_g is None else terms.prices.of(carrier, day, place, theirs_g)
    if ours is None or theirs is None:
        return None
    if line.charged_g is None and theirs.step <= ours.step:
        theirs = ours  # a weight that nothing is charged for says little
    return _Weighed(ours.fen, ours.step, theirs.fen, theirs.step)


def _compared(line: StatementLine, shipment: Shipment, terms: Terms) -> Finding:
    """Weight, destination and price of a line that should be right, and what differs."""
    theirs_g = line.charged_g or line.actual_g
    both = _weighed(line, shipment, terms, theirs_g)
    theirs = _theirs(line, shipment, terms)
    if both is None:
        return _about(line, shipment, "price_not_by_tariff", None, theirs, "no_tariff")
    elsewhere = terms.atlas.differs(shipment, line)
    if both.ours_fen == theirs and both.theirs_step <= both.ours_step and not elsewhere:
        return _right(line, theirs)
    parts, note = _parts(line, shipment, terms, both, theirs)
    if not parts and not note:
        return _right(line, theirs)
    if not parts:
        return _about(line, shipment, "matched", theirs, theirs, note)
    parts.sort(key=lambda part: (-abs(part[2]), _WEIGHTY.index(part[0])))
    fen = sum(part[2] for part in parts)
    main, reason, _ = parts[0]
    also = tuple((kind, share_of) for kind, _, share_of in parts[1:])
    return _about(line, shipment, main, theirs - fen, theirs, reason, also=also)


def _right(line: StatementLine, fee: Fen) -> Finding:
    """A line that is right needs no evidence: in a good month that is nearly every line."""
    facts = (line.row, line.waybill_no, "matched", fee, fee, 0, *_NO_EVIDENCE, line.source)
    return Finding._make(facts)


def _parts(
    line: StatementLine, shipment: Shipment, terms: Terms, both: _Weighed, theirs: Fen
) -> tuple[list[_Part], str]:
    """What differs, each with its share of the money; nothing, and a note, where all is right."""
    accepted = _accepted(shipment, terms, both)
    ours_fen = both.theirs_fen if accepted else both.ours_fen
    note = "accepted_at_handover" if accepted else ""
    parts: list[_Part] = []
    base = ours_fen
    if not accepted:
        step, base = _by_weight(line, shipment, terms, both, theirs)
        parts += step
    if terms.atlas.differs(shipment, line):
        moved = _by_place(line, shipment, terms, base, theirs)
        parts.append(("other_destination", "other_place", moved))
        base += moved
    if _agrees(line, theirs, base):
        gross = line.gross_fen if theirs != base else None
        parts = [(kind, reason, share(fen, theirs, gross)) for kind, reason, fen in parts]
        note = note or ("discount" if theirs != base else "")
    else:
        parts.append(("price_not_by_tariff", "not_the_tariff", theirs - base))
    return parts, note


def _agrees(line: StatementLine, theirs: Fen, price: Fen) -> bool:
    """Whether the fee is this price, or this price less the discount that the line tells."""
    return theirs == price or (line.gross_fen == price and theirs < price)


def _by_weight(
    line: StatementLine, shipment: Shipment, terms: Terms, both: _Weighed, theirs: Fen
) -> tuple[list[_Part], Fen]:
    """What another step makes of the price, and the price it leads to."""
    heavier = both.theirs_step > both.ours_step
    if both.theirs_step == both.ours_step:
        return [], both.ours_fen
    if _agrees(line, theirs, both.ours_fen):
        return ([("heavier_step", "same_fee", 0)] if heavier else []), both.ours_fen
    more = both.theirs_fen - both.ours_fen
    if heavier:
        return [("heavier_step", _why_heavier(line, shipment, terms), more)], both.theirs_fen
    if _agrees(line, theirs, both.theirs_fen):
        return [("lighter_step", "below_the_step", more)], both.theirs_fen
    return [], both.ours_fen


def _why_heavier(line: StatementLine, shipment: Shipment, terms: Terms) -> str:
    grams, place = shipment.weight_g or 0, _place(shipment)
    if line.size_mm and not shipment.size_mm and grams:
        sized = terms.prices.of(
            shipment.carrier, shipment.handed_on, place, grams, line.size_mm)
        if sized is not None and sized.volumetric and sized.charged_weight_g >= (
            line.charged_g or 0
        ):
            return "by_their_size"
    if grams and terms.prices.is_near_edge(shipment.carrier, shipment.handed_on, place, grams):
        return "near_the_edge"
    return "above_the_step"


def _accepted(shipment: Shipment, terms: Terms, both: _Weighed) -> bool:
    """Whether the courier's heavier weight was accepted at the hand-over, and is charged now."""
    if not shipment.accepted or not shipment.courier_g or both.theirs_step <= both.ours_step:
        return False
    price = terms.prices.of(
        shipment.carrier, shipment.handed_on, _place(shipment), shipment.courier_g
    )
    return price is not None and price.step == both.theirs_step


def _by_place(
    line: StatementLine, shipment: Shipment, terms: Terms, price: Fen, theirs: Fen
) -> Fen:
    """What the other destination adds to the price; 0 where the fee is our destination's."""
    if _agrees(line, theirs, price):
        return 0
    grams = line.charged_g or line.actual_g or shipment.weight_g or 0
    there = terms.prices.of(
        shipment.carrier, shipment.handed_on, their_place(shipment, line), grams
    )
    return 0 if there is None else there.fen - price


def _about(  # noqa: PLR0917 - private, the one place where a finding is made
    line: StatementLine | None, shipment: Shipment | None, finding: FindingKind,
    ours: Fen | None, theirs: Fen | None, reason: str, *,
    also: tuple[tuple[FindingKind, Fen], ...] = (), fen: Fen | None = None,
) -> Finding:
    """A finding with all the evidence that line and shipment bring."""
    line = line or StatementLine(0, shipment.waybill_no if shipment else "", None)
    known = shipment or _NOBODY
    return Finding(
        line.row, line.waybill_no, finding, ours, theirs,
        (theirs or 0) - (ours or 0) if fen is None else fen, reason, also,
        known.weight_g, line.charged_g or line.actual_g,
        f"{known.province} {known.city}".strip(), f"{line.province} {line.city}".strip(),
        line.day, known.handed_on, known.weighed_at, known.packer, known.handover_no,
        known.courier, known.courier_g, line.remark, line.source,
    )


_NOBODY = Shipment("", "", "", "")
