"""Who sees what of a buyer: masked words and, while a parcel is packed, its pictures; the rest is
shown by a reveal alone, which is a step with a reason and leaves a record.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from station.domain.parcel import ENDED, ParcelState
from station.domain.rights import Right
from station.domain.streets import without_addresses

AWAY = ENDED | {ParcelState.STOPPED}
"""States in which nobody packs the parcel any more: it left, or it must not leave."""


class RevealWhy(StrEnum):
    """Why somebody needs a buyer's data in clear."""

    CLAIM = "claim"  # evidence for the carrier
    ADDRESS = "address"  # is the address right, can it be reached
    CALL = "call"  # the buyer calls, or is called
    RETURN = "return"  # goods came back, or go out again
    AUTHORITY = "authority"  # the platform or an authority asks


def may_see_pictures(rights: Collection[Right], state: ParcelState) -> bool:
    """Whether labels, photographs and strokes are shown without a reveal: to who packs, while he
    does.
    """
    return Right.PACK in rights and Right.LOOK in rights and state not in AWAY


def may_see_words(rights: Collection[Right], state: ParcelState) -> bool:
    """Whether notes are shown, masked: while it is packed to all, then to who settles and helps."""
    if state not in AWAY:
        return True
    return Right.SETTLE in rights or Right.CASES in rights


# --- Words that may name somebody -----------------------------------------------------------------

STARS = "***"
_SHORTEST_NAME, _FRAGMENT = 2, 4
_PHONE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[- ]?)?[1１][3-9３-９]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"
    r"|(?<![\d-])0\d{2,3}-\d{7,8}(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a buyer: names and phones to be found whole, streets in parts too."""

    names: frozenset[str] = frozenset()
    streets: frozenset[str] = frozenset()

    @staticmethod
    def of(names: Iterable[str], streets: Iterable[str]) -> Known:
        """Without what is empty or too short to mean anybody."""
        return Known(*(
            frozenset(text.strip() for text in texts if len(text.strip()) >= _SHORTEST_NAME)
            for texts in (names, streets)
        ))

    @property
    def phones(self) -> frozenset[str]:
        """The phones among the names, as they are compared however they are grouped."""
        return frozenset(_digits(name) for name in self.names if _PHONE.fullmatch(name))

    def __or__(self, other: Known) -> Known:
        return Known(self.names | other.names, self.streets | other.streets)


NOBODY_KNOWN = Known()


def _digits(phone: str) -> str:
    """A phone without its country's code and without what stands between the digits."""
    return "".join(str(int(char)) for char in phone if char.isdecimal())[-11:]


def without_phones(text: str) -> str:
    """The text with every phone starred out; addresses stay, for who must put one right."""
    return _PHONE.sub(STARS, text)


def masked_words(text: str, known: Known = NOBODY_KNOWN) -> str:
    """Somebody's own words with every phone and address, and what is known of the buyer, starred.
    """
    return without_addresses(without_known(without_phones(text), known))


def without_known(text: str, known: Known) -> str:
    """The text with the buyer starred out and everybody else left as he is."""
    phones = known.phones
    text = _PHONE.sub(lambda found: STARS if _digits(found[0]) in phones else found[0], text)
    for name in sorted(known.names, key=len, reverse=True):
        text = text.replace(name, STARS)
    for street in sorted(known.streets, key=len, reverse=True):
        text = _without_parts(text, street)
    return text


def _without_parts(text: str, street: str) -> str:
    """The text without any run of characters that the street has, too."""
    size = min(_FRAGMENT, len(street))
    parts = {street[start : start + size] for start in range(len(street) - size + 1)}
    hidden = [False] * len(text)
    for start in range(len(text) - size + 1):
        if text[start : start + size] in parts:
            hidden[start : start + size] = [True] * size
    shown = "".join("\0" if gone else char for char, gone in zip(text, hidden, strict=True))
    return re.sub("\0+", STARS, shown)
