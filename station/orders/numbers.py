"""Waybill numbers a carrier gave out: single numbers, or segments (号段) from first to last.

Both come as CSV with 承运商 and either 单号, or 起号 and 止号, in one file or in several.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from station.domain import s10
from station.domain.orders import NeedsReview
from station.domain.vocabulary import CarrierCode
from station.orders.lists import Fields, ListReading, read_list
from station.orders.people_and_packaging import carrier_in

COLUMNS = {
    "carrier": ("承运商", "carrier"),
    "number": ("单号", "运单号", "快递单号", "number"),
    "first": ("起号", "first"),
    "last": ("止号", "last"),
}
MOST_NUMBERS = 200_000
Doubts = Callable[[CarrierCode, str], str | None]

_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,39}")


@dataclass(frozen=True, slots=True)
class NumberRow:
    """The numbers of one row, in order; one for a single number."""

    carrier: CarrierCode | None
    numbers: tuple[str, ...]
    where: str = ""


def read_numbers(
    name: str, data: bytes, doubts: Doubts = lambda _carrier, _number: None
) -> ListReading[NumberRow]:
    """The numbers in a CSV file, at most 200,000 in all, none twice.

    ``doubts`` is the carriers' opinion of a number (station.carriers.number_doubts): a wrong check
    digit refuses it, an unusual shape only warns, once per row.
    """
    budget = [MOST_NUMBERS]
    reading = read_list(
        name, data, COLUMNS, ("carrier",), lambda fields: _row(fields, budget, doubts)
    )
    twins = tuple(_twins(name, reading.rows))
    return replace(reading, rows=(), review=twins) if twins else reading


def expand(first: str, last: str, most: int = MOST_NUMBERS) -> tuple[str, ...]:
    """Every number from ``first`` to ``last``, both included.

    The digits at the end count up; postal S10 numbers get their own check digits. Raises ValueError
    with a word code: "segment_differs", "segment_backwards", "segment_too_long",
    "segment_check_digit".
    """
    if s10.is_s10(first) and s10.is_s10(last):
        return tuple(_expand_s10(first, last, most))
    head, tail = _digits_at_end(first)
    head_of_last, tail_of_last = _digits_at_end(last)
    if head != head_of_last or len(tail) != len(tail_of_last) or not tail:
        raise ValueError("segment_differs")
    _check_length(int(tail), int(tail_of_last), most)
    return tuple(f"{head}{n:0{len(tail)}d}" for n in range(int(tail), int(tail_of_last) + 1))


def _expand_s10(first: str, last: str, most: int) -> Iterator[str]:
    if first[:2] != last[:2] or first[-2:] != last[-2:]:
        raise ValueError("segment_differs")
    if s10.fault(first) or s10.fault(last):
        raise ValueError("segment_check_digit")
    count = int(last[2:10]) - int(first[2:10])
    _check_length(0, count, most)
    return (s10.number_after(first, steps) for steps in range(count + 1))


def _check_length(first: int, last: int, most: int) -> None:
    if last < first:
        raise ValueError("segment_backwards")
    if last - first + 1 > most:
        raise ValueError("segment_too_long")


def _digits_at_end(number: str) -> tuple[str, str]:
    match = re.search(r"[0-9]*$", number)
    start = match.start() if match else len(number)
    return number[:start], number[start:]


def _row(fields: Fields, budget: list[int], doubts: Doubts) -> NumberRow:
    carrier = carrier_in(fields)
    numbers = _numbers(fields, budget[0])
    budget[0] -= len(numbers)
    if carrier is not None:
        _ask(fields, carrier, numbers, doubts)
    return NumberRow(carrier, numbers, fields.row.where)


def _numbers(fields: Fields, most: int) -> tuple[str, ...]:
    single = _one(fields, "number")
    first, last = _one(fields, "first"), _one(fields, "last")
    if single and not (first or last):
        if most < 1:
            fields.fault("number", "too_many_numbers", most=str(MOST_NUMBERS))
        return (single,)
    if single or not (first and last):
        if not fields.faults:
            fields.fault("number", "number_or_segment")
        return ()
    try:
        return expand(first, last, most)
    except ValueError as error:
        fields.fault("first", str(error), most=str(MOST_NUMBERS))
        return ()


def _one(fields: Fields, field: str) -> str:
    """A number in capitals without blanks; "" if the cell is empty or holds none."""
    text = "".join(fields.code(field, 60).upper().split())
    if text and not fields.faults and not _NUMBER.fullmatch(text):
        fields.fault(field, "not_a_number")
    return text


def _ask(fields: Fields, carrier: CarrierCode, numbers: tuple[str, ...], doubts: Doubts) -> None:
    """Asks the carrier about the ends of a row's numbers; those between have the same shape."""
    for number in dict.fromkeys((*numbers[:1], *numbers[-1:])):
        doubt = doubts(carrier, number)
        if doubt == "unusual":
            return fields.warn("number", "unusual_number", number=number)
        if doubt:
            return fields.fault("number", doubt, number=number)
    return None


def _twins(name: str, rows: tuple[NumberRow, ...]) -> Iterator[NeedsReview]:
    """One entry per row that holds a number which stood in the file before."""
    seen: dict[str, str] = {}
    for row in rows:
        twin = next((number for number in row.numbers if number in seen), None)
        if twin:
            facts = {"column": "单号", "number": twin, "first": seen[twin]}
            yield NeedsReview("twice", name, row.where, facts)
        seen.update(dict.fromkeys(row.numbers, row.where))
