"""A robot packer: packs one parcel after another as a person would, mistakes included.

It sees what the screen and the paper show and nothing else. The mistakes are planted: dealt out by
the day, made where a parcel allows them, counted, and compared with what the station said.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from simulators.catalogue import Item
from simulators.hands import Hands, Screen, pen_strokes
from simulators.household import GRAMS_OF, MANAGER, PACKER

OK, DONE, REPACK = "PBCMD-OK", "PBCMD-DONE", "PBCMD-REPACK"
GIFT_GRAMS = 240
USUAL_WAIST_MM = 780
RESCANS = 20


class Trick(StrEnum):
    """A mistake, or a less usual way, that a parcel may be packed with."""

    WRONG_ITEM = "wrong_item"
    WRONG_COLOUR = "wrong_colour"
    WRONG_SIZE = "wrong_size"
    TOO_MANY = "too_many"
    UNKNOWN = "unknown"
    WAIST_OFF = "waist_off"
    LEFT_OUT = "left_out"  # scanned, but not put in: only the scale can tell
    GIFT = "gift"  # something was added, and a manager accepts the weight
    BADGE = "badge"  # signs with badge and PIN
    REFUNDED = "refunded"  # the buyer is refunded while the parcel is being packed


ANSWERS = {
    Trick.WRONG_ITEM: "item.wrong",
    Trick.WRONG_COLOUR: "item.wrong_color",
    Trick.WRONG_SIZE: "item.wrong_size",
    Trick.TOO_MANY: "item.too_many",
    Trick.UNKNOWN: "item.unknown",
    Trick.WAIST_OFF: "measure.off",
    Trick.LEFT_OUT: "weight.off",
    Trick.GIFT: "weight.off",
    Trick.REFUNDED: "waybill.stopped",
}
"""What a station must say to each mistake."""
WRONG_SCANS = (Trick.WRONG_ITEM, Trick.WRONG_COLOUR, Trick.WRONG_SIZE, Trick.UNKNOWN)


@dataclass(slots=True)
class Diary:
    """What the robot did: planted mistakes by kind, and how many of them were answered rightly."""

    planted: Counter[Trick] = field(default_factory=Counter)
    caught: Counter[Trick] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)

    def note(self, trick: Trick, said: str) -> None:
        """A planted mistake was answered with the code ``said``."""
        self.planted[trick] += 1
        if said == ANSWERS[trick]:
            self.caught[trick] += 1
        else:
            self.surprises.append(f"{trick}: {said or 'nothing'} instead of {ANSWERS[trick]}")


@dataclass(frozen=True, slots=True)
class Packed:
    """How a scanned label ended: "signed", "apart", or the code with which it was refused.

    ``grams`` is what the scale showed.
    """

    waybill_no: str
    outcome: str
    carrier: str = ""
    grams: int = 0
    reprinted: bool = False


Refund = Callable[[str], None]
"""The shop refunds the order behind a waybill number."""


class Packer:
    """Packs at one bench. ``tricks`` are made one by one, each in the first parcel that allows it.

    ``refund`` is called for the trick REFUNDED with the number of the parcel in hand.
    """

    def __init__(
        self, hands: Hands, items: Sequence[Item], *, tricks: Sequence[Trick] = (),
        refund: Refund | None = None, seed: int = 0,
    ) -> None:
        self.hands = hands
        self.diary = Diary()
        self.tricks = list(tricks)
        self._items = {item.sku: item for item in items}
        self._refund = refund
        self._chance = random.Random(seed)

    def sign_in(self) -> None:
        """Begin the day at a free bench."""
        self.hands.scan(PACKER.code)

    def pack(self, page: int, code: str, *, torn: bool = False) -> Packed:
        """Pack the parcel of the label on this page; a torn label is asked for again instead."""
        screen = self._open(page, code)
        if screen.verdict not in ("waybill.opened", "waybill.resumed"):
            self._acknowledge(screen)
            return Packed(code, screen.verdict)
        carrier = str(screen.parcel["carrier"])
        if torn:
            self._reprint()
            return Packed(code, "reprinted", carrier, reprinted=True)
        screen = self._read_note(screen)
        if self._takes(Trick.REFUNDED, self._may_be_refunded(screen)):
            return self._stopped(code, carrier)
        self._fill_with_mistakes(screen)
        grams = self._wrap_and_weigh(code)
        self._sign()
        self.hands.clear()
        return Packed(code, "signed", carrier, grams)

    def _open(self, page: int, code: str) -> Screen:
        """Scan the label. While the printer has not yet said that it is out, scan it again."""
        screen = self.hands.scan_page(page, code)
        for _ in range(RESCANS):
            if screen.verdict != "waybill.not_printed":
                break
            self._acknowledge(screen)
            screen = self.hands.scan_page(page, code)
        return screen

    # --- Items ----------------------------------------------------------------------------------

    def _read_note(self, screen: Screen) -> Screen:
        return self.hands.scan(OK) if screen.step == "note" else screen

    def _may_be_refunded(self, screen: Screen) -> bool:
        """One buyer alone behind it, and not the parcel whose waist is still to be measured wrong.

        A day has one such parcel: taken apart before it is measured, that mistake is never made.
        """
        if self._refund is None or screen.parcel["orders"] != 1:
            return False
        measured = any(self._items[str(line["sku"])].measured for line in screen.items)
        return not (measured and Trick.WAIST_OFF in self.tricks)

    def _fill_with_mistakes(self, screen: Screen) -> None:
        for trick in WRONG_SCANS:
            wrong = self._wrong_code(screen, trick)
            if wrong and self._takes(trick):
                self._make(trick, wrong)
        self._fill(with_mistakes=True)
        last = self._items[str(screen.items[-1]["sku"])]
        if self._takes(Trick.TOO_MANY):
            self._make(Trick.TOO_MANY, last.barcode)

    def _fill(self, *, with_mistakes: bool = False) -> None:
        """Scan and measure until nothing is missing."""
        screen = self.hands.wait_for("items", "measure", "material", "checklist")
        while screen.step in ("items", "measure"):
            if screen.step == "measure":
                screen = self._measure(screen, with_mistakes=with_mistakes)
                continue
            wanted = next(line for line in screen.items if line["packed"] < line["quantity"])
            screen = self.hands.scan(self._items[str(wanted["sku"])].barcode)

    def _measure(self, screen: Screen, *, with_mistakes: bool) -> Screen:
        waist = int(screen.prompt.get("waist_mm") or 0)
        if waist and with_mistakes and self._takes(Trick.WAIST_OFF):
            said = self.hands.digits(waist + 30)
            self.diary.note(Trick.WAIST_OFF, said.verdict)
            self._acknowledge(said)
        return self.hands.digits(waist or USUAL_WAIST_MM)

    def _wrong_code(self, screen: Screen, trick: Trick) -> str:
        """A barcode that is wrong in this way for this parcel; empty if there is none."""
        if trick is Trick.UNKNOWN:
            return "6909999999992"
        wanted = {str(line["sku"]) for line in screen.items}
        fitting = [item for item in self._items.values() if is_wrong(item, wanted, trick, screen)]
        return self._chance.choice(fitting).barcode if fitting else ""

    def _make(self, trick: Trick, code: str) -> None:
        said = self.hands.scan(code)
        self.diary.note(trick, said.verdict)
        self._acknowledge(said)

    # --- Wrapping, weight, signature ------------------------------------------------------------

    def _wrap_and_weigh(self, code: str) -> int:
        left_out = self._takes(Trick.LEFT_OUT)
        gift = not left_out and self._takes(Trick.GIFT)
        self._wrap()
        goods = self._goods_grams()
        if left_out:
            self._weigh_short(code, goods)
        if gift:
            return self._weigh_with_gift(code, goods)
        self._weigh(code, goods + self._wrapping_grams())
        return self.hands.shown_grams()

    def _wrap(self) -> None:
        """Take the material that the screen proposes, and tick the checklist."""
        screen = self.hands.wait_for("material", "checklist")
        if screen.step == "material":
            self.hands.scan(f"PBMAT-{screen.prompt['proposed']}")
        self.hands.scan(DONE)

    def _goods_grams(self) -> int:
        lines = self.hands.look().items
        return sum(self._items[str(line["sku"])].grams * int(line["packed"]) for line in lines)

    def _wrapping_grams(self) -> int:
        return GRAMS_OF[str(self.hands.look().parcel["packaging"])] + self._chance.randint(-2, 2)

    def _weigh(self, code: str, grams: int) -> Screen:
        self.hands.put(code, grams)
        screen = self.hands.wait_for("sign", "weight_off")
        if screen.step == "weight_off" and screen.verdict != "weight.off":
            self.diary.surprises.append(f"the weight is off, but the screen says {screen.verdict}")
        return screen

    def _weigh_short(self, code: str, goods: int) -> None:
        """A piece was scanned and left on the table: the scale tells, and all is packed again."""
        lines = self.hands.look().items
        forgotten = min(self._items[str(line["sku"])].grams for line in lines)
        screen = self._weigh(code, goods - forgotten + self._wrapping_grams())
        self.diary.note(Trick.LEFT_OUT, screen.verdict)
        self.hands.clear()
        self.hands.scan(REPACK)
        self._read_note(self.hands.look())
        self._fill()
        self._wrap()

    def _weigh_with_gift(self, code: str, goods: int) -> int:
        """A present lies in the parcel: a manager says so with badge, PIN and reason."""
        screen = self._weigh(code, goods + GIFT_GRAMS + self._wrapping_grams())
        self.diary.note(Trick.GIFT, screen.verdict)
        grams = self.hands.shown_grams()
        for step in ("PBCMD-ACCEPT", "PBWHY-GIFT", MANAGER.code):
            self.hands.scan(step)
        self.hands.digits(MANAGER.pin)
        return grams

    def _sign(self) -> None:
        self.hands.wait_for("sign")
        if self._takes(Trick.BADGE):
            self.hands.scan(PACKER.code)
            self.hands.digits(PACKER.pin)
        else:
            self.hands.draw(pen_strokes(PACKER.name))
        self.hands.wait_for("idle")

    # --- What comes between ---------------------------------------------------------------------

    def _reprint(self) -> None:
        """The label came out torn: ask for another one, and leave the parcel until it is there."""
        self.hands.scan("PBCMD-REPRINT")
        self.hands.scan("PBWHY-TORN")
        self.hands.scan("PBCMD-CANCEL")
        self.hands.wait_for("idle")

    def _stopped(self, code: str, carrier: str) -> Packed:
        """The buyer was refunded: the station shouts, and the parcel is taken apart."""
        assert self._refund is not None  # noqa: S101 - the trick is taken only if it is set
        self._refund(code)
        screen = self.hands.wait_for("apart")
        self.diary.note(Trick.REFUNDED, screen.verdict)
        self._acknowledge(screen)
        self.hands.scan(OK)
        self.hands.wait_for("idle")
        return Packed(code, "apart", carrier)

    def _acknowledge(self, screen: Screen) -> None:
        if screen.locked:
            self.hands.scan(OK)

    def _takes(self, trick: Trick, possible: bool = True) -> bool:
        """True if this mistake is still to be made and can be made now."""
        if not possible or trick not in self.tricks:
            return False
        self.tricks.remove(trick)
        return True


def is_wrong(item: Item, wanted: set[str], trick: Trick, screen: Screen) -> bool:
    """True if ``item`` is wrong in this very way for what the screen asks for."""
    if item.sku in wanted:
        return False
    kin = [line for line in screen.items if line["item_no"] == item.item_no]
    if trick is Trick.WRONG_ITEM:
        return not kin
    colours = {str(line["color"]) for line in kin}
    if trick is Trick.WRONG_COLOUR:
        sizes = {str(line["size"]) for line in kin}
        return bool(kin) and item.colour not in colours and item.size in sizes
    return bool(kin) and item.colour in colours
