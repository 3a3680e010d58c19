"""The short way through a month: whether a lone line is simply right, asked a million times.

It never says more than the long way (``reconciliation.match``) would; whatever needs a thought is
left to that one. It reads plain rows, because making names for their cells would take longer than
the question itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from station.domain.bill_prices import Atlas, Prices
from station.domain.statements import Shipment, StatementLine

Row = tuple[Any, ...]

LINE_FACTS, PARCEL_FACTS = 9, 7
"""The first cells of a line and of a parcel, which are all that nearly every one of them has."""
NO_MORE_OF_LINE: Row = StatementLine(0, "", 0)[LINE_FACTS:]
NO_MORE_OF_PARCEL: Row = Shipment("", "", "", "")[PARCEL_FACTS:]


def quick(
    month: str, carrier: str, prices: Prices, atlas: Atlas
) -> Callable[[Row, Row], bool]:
    """Tells of a line's and a parcel's first cells whether all is right between them.

    Only for a number with one line, where the cells behind the first ones say nothing more.
    """
    tables, differs = prices.tables, atlas.known

    def is_right(line: Row, parcel: Row) -> bool:
        _, _, fee, kind, day, province, city, charged, _ = line
        _, sent_by, our_province, our_city, district, grams, handed_on = parcel
        if (
            kind != "freight" or not grams or not charged or handed_on[:7] != month
            or (day and day[:7] != month) or (carrier and sent_by != carrier)
        ):
            return False
        table = tables[sent_by, handed_on, our_province, our_city, district]
        owed, asked = table[grams], table[charged]
        return (
            owed is not None and asked is not None and owed.fen == fee
            and asked.step <= owed.step
            and not differs[(our_province, our_city, district), province, city]
        )

    return is_right
