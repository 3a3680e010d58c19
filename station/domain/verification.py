"""Does this piece belong into this parcel? Decided from values alone, the same way every time (D4).

A scanned code has been looked up before; here its article is compared with what the open parcel
still needs. Every way of being wrong has its own answer, because the packer does something
different about each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from station.domain.orders import RefundKind
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Grams, Millimetres

WAIST_MIN_MM, WAIST_MAX_MM = 400, 1600
"""No waist of a grown person or a child in jeans lies outside; a number that does is a slip."""

STOPPING_REFUNDS = frozenset(
    {RefundKind.REFUND_REQUESTED, RefundKind.REFUNDED, RefundKind.CANCELLED}
)
"""What the platform may say about a line or an order so that it must not be packed."""


@dataclass(frozen=True, slots=True)
class Article:
    """One SKU as the packer knows it. ``sku_id`` is None where the order names an unknown code."""

    sku_id: int | None
    code: str
    item_no: str
    color: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the open parcel: what belongs in, and what is in already.

    ``measure``: every piece needs its waist measured; ``measured_mm`` has one value per piece.
    ``weight_g`` is of one piece, None while nobody weighed one.
    """

    id: int
    article: Article
    quantity: int
    packed: int = 0
    refunded: bool = False
    measure: bool = False
    waist_mm: Millimetres | None = None
    measured_mm: tuple[Millimetres, ...] = ()
    weight_g: Grams | None = None
    title: str = ""
    location: str = ""
    picture: str = ""
    batch_note: str = ""

    @property
    def needed(self) -> int:
        """Pieces that must be in when the parcel closes: none of a refunded line."""
        return 0 if self.refunded else self.quantity

    @property
    def missing(self) -> int:
        """Pieces still to be scanned."""
        return max(0, self.needed - self.packed)

    @property
    def unmeasured(self) -> int:
        """Pieces that are in and whose waist nobody has measured yet."""
        return max(0, self.packed - len(self.measured_mm)) if self.measure else 0


def judge(
    lines: Sequence[Line], article: Article | None, quantity: int = 1
) -> tuple[Line, ...] | Refusal:
    """The lines that take ``quantity`` more pieces of ``article``, filled; or why none does.

    Two orders that travel together, or two waists, are two lines of one article: what the first
    does not miss goes to the next. ``article`` None is a code that stands for nothing we sell.
    """
    if article is None:
        return Refusal(Code.ITEM_UNKNOWN)
    same = [line for line in lines if line.article.sku_id == article.sku_id]
    missing = sum(line.missing for line in same)
    if 0 < quantity <= missing:
        return tuple(_filled(same, quantity))
    if same:
        return _too_many(same, missing, quantity)
    return _not_ordered(lines, article)


def _filled(same: Sequence[Line], quantity: int) -> Iterator[Line]:
    """The lines that change, in their order, with ``quantity`` pieces more in them together."""
    for line in same:
        added = min(line.missing, quantity)
        if added:
            quantity -= added
            yield replace(line, packed=line.packed + added)


def _too_many(same: list[Line], missing: int, quantity: int) -> Refusal:
    article = same[0].article
    facts: dict[str, str | int] = {
        **_named(article), "quantity": sum(line.needed for line in same),
        "missing": missing, "scanned": quantity,
    }
    if all(line.refunded for line in same):
        facts["packed"] = sum(line.packed for line in same)
        return Refusal(Code.ITEM_REFUNDED, facts)
    return Refusal(Code.ITEM_TOO_MANY, facts)


def _not_ordered(lines: Sequence[Line], article: Article) -> Refusal:
    """The nearest thing that was ordered says what is wrong: colour, size, or the whole article."""
    wanted = [line for line in lines if line.missing] or [li for li in lines if not li.refunded]
    kin = [line.article for line in wanted if line.article.item_no == article.item_no]
    kin.sort(key=lambda other: (other.color != article.color, other.size != article.size))
    if not kin or not article.item_no:
        return Refusal(Code.ITEM_WRONG, _named(article))
    facts: dict[str, str | int] = {
        **_named(article), "wanted_color": kin[0].color, "wanted_size": kin[0].size,
    }
    if kin[0].color != article.color:
        return Refusal(Code.ITEM_WRONG_COLOR, facts)
    if kin[0].size != article.size:
        return Refusal(Code.ITEM_WRONG_SIZE, facts)
    return Refusal(Code.ITEM_WRONG, facts)


def _named(article: Article) -> dict[str, str | int]:
    return {
        "sku": article.code, "item_no": article.item_no,
        "color": article.color, "size": article.size,
    }


def complete(lines: Sequence[Line]) -> bool:
    """True when exactly what must be in is in, and every waist that must be measured is."""
    return any(line.needed for line in lines) and all(
        line.packed == line.needed and not line.unmeasured for line in lines
    )


def to_measure(lines: Sequence[Line]) -> Line | None:
    """The first line with a piece whose waist is still to be measured."""
    return next((line for line in lines if line.unmeasured), None)


def judge_waist(
    lines: Sequence[Line], line: Line, waist_mm: Millimetres, tolerance_mm: Millimetres
) -> Line | Refusal:
    """The line that the measured piece of ``line`` belongs to, or why the value is refused.

    Two lines of one SKU may have different confirmed waists: the value finds the one it fits. A
    line without a confirmed waist takes any plausible value.
    """
    if not WAIST_MIN_MM <= waist_mm <= WAIST_MAX_MM:
        return Refusal(Code.MEASURE_IMPLAUSIBLE, _implausible(line, waist_mm))
    open_lines = [
        other for other in lines
        if other.article.sku_id == line.article.sku_id and (other is line or other.missing)
    ]
    fitting = [other for other in open_lines if _off(other, waist_mm) <= tolerance_mm]
    if fitting:
        return min(fitting, key=lambda other: (
            other.waist_mm is None, _off(other, waist_mm), other is not line,
        ))
    facts = {**_named(line.article), "measured_mm": waist_mm, "tolerance_mm": tolerance_mm}
    if line.waist_mm is not None:
        facts["wanted_mm"] = line.waist_mm
    return Refusal(Code.MEASURE_OFF, facts)


def _off(line: Line, waist_mm: Millimetres) -> Millimetres:
    return 0 if line.waist_mm is None else abs(line.waist_mm - waist_mm)


def _implausible(line: Line, waist_mm: Millimetres) -> dict[str, str | int]:
    """A value that is the number on the size label was copied, not measured: say so."""
    return {
        **_named(line.article), "measured_mm": waist_mm, "low_mm": WAIST_MIN_MM,
        "high_mm": WAIST_MAX_MM, "copied": int(waist_mm in _labelled(line)),
    }


def typed_waist(number: int, line: Line) -> Millimetres:
    """The waist that a typed number means: millimetres, or whole centimetres from 40 to 160.

    No waist is plausible both ways. The number on the size label stays what it is, and is thereby
    refused: it was copied.
    """
    in_cm = WAIST_MIN_MM <= number * 10 <= WAIST_MAX_MM and number not in _labelled(line)
    return number * 10 if in_cm else number


def _labelled(line: Line) -> set[int]:
    return {int(number) for number in re.findall(r"[0-9]{1,6}", line.article.size)}
