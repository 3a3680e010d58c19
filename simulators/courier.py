"""The courier: weighs each parcel his own way, writes weight and price, and sometimes errs.

The mistakes are planted by seed and listed in the truth, so that a day can count how many of them
the station caught.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Mistake(StrEnum):
    """What the courier may get wrong."""

    NONE = ""
    NEXT_STEP = "next_step"  # written into the next charging step
    TYPO = "typo"  # two digits changed places, or one too many
    SWAPPED = "swapped"  # two parcels' slips changed places
    PRICE = "price"  # the weight is right, the price is not


@dataclass(frozen=True, slots=True)
class Tariff:
    """First weight and steps, grams and fen; a part of a step is charged as a whole one."""

    first_grams: int = 1000
    first_fen: int = 600
    step_grams: int = 1000
    step_fen: int = 200

    def price(self, grams: int) -> int:
        """What a parcel of so many grams costs, in fen."""
        over = max(0, grams - self.first_grams)
        return self.first_fen + -(-over // self.step_grams) * self.step_fen

    def next_step(self, grams: int) -> int:
        """A weight just inside the next charging step."""
        if grams <= self.first_grams:
            return self.first_grams + 30
        steps = -(-(grams - self.first_grams) // self.step_grams)
        return self.first_grams + steps * self.step_grams + 30


@dataclass(frozen=True, slots=True)
class Parcel:
    """What lies in the pile: its number, its true weight and its tariff."""

    waybill_no: str
    grams: int
    tariff: Tariff = Tariff()


@dataclass(frozen=True, slots=True)
class Slip:
    """What the courier wrote, and the truth beside it."""

    waybill_no: str
    grams: int
    fen: int
    true_grams: int
    true_fen: int
    mistake: Mistake

    def as_json(self) -> dict[str, object]:
        """The slip with its truth."""
        return asdict(self)


class Courier:
    """A person with a spring scale of ``division`` grams; ``wrong`` is his chance of erring."""

    def __init__(self, *, seed: int = 0, wrong: float = 0.0, division: int = 10) -> None:
        self._chance = random.Random(seed)
        self.wrong, self.division = wrong, division
        self.truth: list[Slip] = []

    def write(self, pile: Sequence[Parcel]) -> list[Slip]:
        """Write a slip for each parcel of the pile, in its order."""
        slips = [self._slip(parcel, self._mistake()) for parcel in pile]
        self._swap(slips)
        self.truth += slips
        return slips

    def read(self, grams: int) -> int:
        """What his scale shows."""
        return max(self.division, round(grams / self.division) * self.division)

    def _mistake(self) -> Mistake:
        if self._chance.random() >= self.wrong:
            return Mistake.NONE
        return self._chance.choice(list(Mistake)[1:])

    def _slip(self, parcel: Parcel, mistake: Mistake) -> Slip:
        read, tariff = self.read(parcel.grams), parcel.tariff
        right = tariff.price(read)
        grams, fen = read, right
        if mistake is Mistake.NEXT_STEP:
            grams = tariff.next_step(read)
            fen = tariff.price(grams)
        elif mistake is Mistake.TYPO:
            grams = self._mistyped(read)
            fen = tariff.price(grams)
        elif mistake is Mistake.PRICE:
            fen = right + self._chance.choice((-100, 100, 200, 500))
        return Slip(parcel.waybill_no, grams, fen, parcel.grams, right, mistake)

    def _mistyped(self, grams: int) -> int:
        text = str(grams)
        places = [i for i in range(len(text) - 1) if text[i] != text[i + 1] and text[i + 1] != "0"]
        if not places or self._chance.random() < 0.3:
            return grams * 10
        place = self._chance.choice(places)
        return int(text[:place] + text[place + 1] + text[place] + text[place + 2 :])

    def _swap(self, slips: list[Slip]) -> None:
        """Each slip marked as swapped trades its writing with a right one of another weight."""
        marked = [place for place, slip in enumerate(slips) if slip.mistake is Mistake.SWAPPED]
        for place in marked:
            slip = slips[place]
            partners = [
                other
                for other, candidate in enumerate(slips)
                if candidate.mistake is Mistake.NONE and candidate.grams != slip.grams
            ]
            if not partners:
                slips[place] = _rewritten(slip, slip.grams, slip.fen, Mistake.NONE)
                continue
            other = self._chance.choice(partners)
            mate = slips[other]
            slips[place] = _rewritten(slip, mate.grams, mate.fen, Mistake.SWAPPED)
            slips[other] = _rewritten(mate, slip.grams, slip.fen, Mistake.SWAPPED)


def _rewritten(slip: Slip, grams: int, fen: int, mistake: Mistake) -> Slip:
    return Slip(slip.waybill_no, grams, fen, slip.true_grams, slip.true_fen, mistake)
