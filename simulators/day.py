"""A whole day in the simulated shop: buyers pay, labels come out, a robot packs, couriers come.

``Day`` plays everybody but the station: the platform that tells orders (twice, out of order, with
refunds), the packer, the person who mends the printer, the keeper and the couriers. ``work``
returns an account of what was planted and what the station made of it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from simulators.caller import Caller, until
from simulators.catalogue import Item
from simulators.courier import Courier
from simulators.hands import Hands
from simulators.keeper import Keeper
from simulators.robot import Packed, Packer, Trick
from simulators.shop import (
    SHANGHAI,
    Event,
    Order,
    deliver,
    make_orders,
    paid_event,
    refund_of,
)

PATIENCE_S = 30.0
LABEL_BYTES = 70_000
"""Into the picture of a label: the number at its head is on paper by then, its end is not."""
DECK = (
    Trick.WAIST_OFF, Trick.WRONG_SIZE, Trick.LEFT_OUT, Trick.WRONG_COLOUR, Trick.BADGE,
    Trick.TOO_MANY, Trick.REFUNDED, Trick.WRONG_ITEM, Trick.UNKNOWN, Trick.GIFT,
    Trick.WRONG_SIZE, Trick.TOO_MANY, Trick.LEFT_OUT, Trick.WRONG_COLOUR,
)  # fmt: skip


class Trouble(StrEnum):
    """What happens to the printer in the course of a day."""

    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CABLE = "cable"


@dataclass(frozen=True, slots=True)
class Places:
    """URLs of station and control door, the bench's name, and the key to the hand-over."""

    station: str
    control: str
    bench: str = "1"
    key: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """Something that happens in the shop: messages to the station, and trouble before them."""

    messages: tuple[Event, ...]
    trouble: Trouble | None = None


class Day:
    """One day. ``exported`` are orders that the station has already; ``orders`` more are told.

    From the deck of mistakes ``each`` parcel is dealt so many.
    """

    def __init__(
        self, places: Places, secret: str, *, exported: Sequence[str] = (), orders: int = 12,
        seed: int = 0, deck: Sequence[Trick] = DECK, each: int = 1, courier_wrong: float = 0.25,
        troubles: Sequence[Trouble] = tuple(Trouble),
    ) -> None:
        self._places, self._secret = places, secret
        self._control = Caller(places.control)
        self._items = [Item(**facts) for facts in self._control.get("/items")]
        self._hands = Hands(places.station, places.control, places.bench)
        self._packer = Packer(self._hands, self._items, refund=self._refund, seed=seed)
        self._keeper = Keeper(
            places.station, Courier(seed=seed, wrong=courier_wrong), key=places.key
        )
        self._deck, self._each = list(deck), each
        told = told_orders(self._items, orders, seed)
        self.held, self.gone = _planted(told)
        self.expected = {*exported, *(order.order_no for order in told)} - self.held - self.gone
        self.paid = len(exported) + len(told)
        self._news = news_of(told, self.gone, troubles, seed=seed)
        self._pages_seen = 0
        self._packed: dict[str, Packed] = {}
        self._surprises: list[str] = []

    def work(self) -> dict[str, Any]:
        """Pack everything that is paid, hand it over, and give the account of the day."""
        began = time.monotonic()
        self._packer.sign_in()
        self._pack_all()
        signed = [one for one in self._packed.values() if one.outcome == "signed"]
        account = self._keeper.hand_over(signed)
        diary = self._packer.diary
        return {
            "paid": self.paid, "held": len(self.held), "refunded_before": len(self.gone),
            "planted": {str(trick): count for trick, count in diary.planted.items()},
            "caught": {str(trick): count for trick, count in diary.caught.items()},
            "signed": len(signed), "apart": self._count("apart"),
            "reprints": sum(one.reprinted for one in self._packed.values()),
            "handed_over": len(account.handed_over), "missing": len(account.missing),
            "courier_mismatches": account.mismatches, "courier_caught": account.caught,
            "manifests": account.manifests, "seconds": round(time.monotonic() - began, 1),
            "surprises": [*diary.surprises, *account.surprises, *self._surprises],
        }  # fmt: skip

    # --- At the bench ---------------------------------------------------------------------------

    def _pack_all(self) -> None:
        """One label after another; the shop goes on selling in between."""
        while True:
            page = self._next_page(0.0)
            if page is not None:
                self._take(page)
            if self._news:
                self._happen(self._news.pop(0))
            elif page is None:
                if self._all_packed():
                    return
                page = self._next_page(PATIENCE_S)
                if page is None:
                    self._give_up()
                    return
                self._take(page)

    def _next_page(self, seconds: float) -> dict[str, Any] | None:
        """The next page with a number on it that came out of the printer, None if none comes."""
        def fresh() -> dict[str, Any] | None:
            pages = self._control.get("/printer/pages")[self._pages_seen :]
            for page in pages:
                self._pages_seen += 1
                if page["codes"]:
                    return dict(page)
            return None

        try:
            return until(fresh, "a label", seconds)
        except TimeoutError:
            return None

    def _take(self, page: dict[str, Any]) -> None:
        """Pack a label's parcel, unless this number has been dealt with."""
        code, torn = str(page["codes"][0]), bool(page["torn"])
        before = self._packed.get(code)
        if before is not None and (torn or before.outcome != "reprinted"):
            return
        self._packer.tricks += [] if torn else self._dealt()
        ended = self._packer.pack(int(page["number"]), code, torn=torn)
        reprinted = ended.reprinted or (before is not None and before.reprinted)
        self._packed[code] = replace(ended, reprinted=reprinted)
        if ended.outcome not in ("signed", "apart", "reprinted", "waybill.void"):
            self._surprises.append(f"a label on paper was refused: {ended.outcome}")

    def _dealt(self) -> list[Trick]:
        """The next mistakes for the coming parcel."""
        dealt, self._deck = self._deck[: self._each], self._deck[self._each :]
        return dealt

    def _all_packed(self) -> bool:
        numbers = {no: told["waybill_no"] for no, told in self._shipped().items()}
        return all(
            order_no in numbers and self._is_done(numbers[order_no]) for order_no in self.expected
        )

    def _is_done(self, waybill_no: str) -> bool:
        packed = self._packed.get(waybill_no)
        return packed is not None and packed.outcome in ("signed", "apart")

    def _give_up(self) -> None:
        shipped = self._shipped()
        never = [no for no in self.expected if no not in shipped]
        self._surprises.append(
            f"{len(never)} orders were never printed, others printed and never packed;"
            f" nothing came for {PATIENCE_S:g} s"
        )

    def _shipped(self) -> dict[str, dict[str, str]]:
        """What the platform was told: order number to its carrier and waybill number."""
        return dict(self._control.get("/platform/shipped"))

    def _count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self._packed.values())

    # --- In the shop ----------------------------------------------------------------------------

    def _happen(self, news: News) -> None:
        mend = self._begin(news.trouble) if news.trouble else None
        for message in news.messages:
            self._tell(message)
        if mend is not None:
            mend()

    def _tell(self, message: Event) -> None:
        stamp = int(time.time())
        status, _ = deliver(message, self._places.station, self._secret, stamp)
        if status != 200:
            self._surprises.append(f"{message.path} was answered with {status}")

    def _refund(self, waybill_no: str) -> None:
        """The buyer behind this number is refunded, while his parcel is on the bench."""
        order_no = next(
            no for no, told in self._shipped().items() if told["waybill_no"] == waybill_no
        )
        self._tell(refund_of(order_no, "cancelled", datetime.now(SHANGHAI)))

    # --- The printer's troubles -----------------------------------------------------------------

    def _begin(self, trouble: Trouble) -> Callable[[], None]:
        """Let the printer get into trouble; what is returned notices and mends it."""
        if trouble is Trouble.PAPER_OUT:
            self._control.post("/printer/paper", {"mm": 0})
            return lambda: self._mend("paper_out", "/printer/paper", {"reload": True})
        if trouble is Trouble.COVER_OPEN:
            self._control.post("/printer/cover", {"open": True})
            return lambda: self._mend("cover_open", "/printer/cover", {"open": False})
        self._control.post("/printer/vanish", {"after_bytes": LABEL_BYTES})
        return lambda: self._mend("gone", "/faults", {"printer": None})

    def _mend(self, seen: str, action: str, body: dict[str, object]) -> None:
        """Wait until the bench's screen says what is wrong, then do what a person does."""
        def said() -> bool:
            state, detail = self._hands.look().device("printer")
            return seen in (state, detail)

        until(said, f"the screen to say that the printer is {seen}")
        self._control.post(action, body)
        until(lambda: self._hands.look().device("printer")[0] == "ready", "the printer to be ready")


def told_orders(items: Sequence[Item], count: int, seed: int) -> list[Order]:
    """The day's orders that come by webhook, each of another buyer.

    The first buyer names his waist, the second wants more than there is, and the third cancels
    before he is known to have paid.
    """
    now = datetime.now(SHANGHAI).replace(microsecond=0)
    made = make_orders(list(items), count, now, seed=seed + 500, every=1.0)
    orders = [
        replace(order, buyer=f"{order.buyer}_{place}", paid_at=now)
        for place, order in enumerate(made)
    ]
    if orders:
        jeans = next(item for item in items if item.measured)
        line = replace(orders[0].lines[0], item=jeans)
        orders[0] = replace(orders[0], lines=(line,), buyer_message="腰围要实量82cm，不要按尺码")
    if count > 2:
        lines = tuple(replace(line, quantity=line.item.stock + 2) for line in orders[1].lines)
        orders[1] = replace(orders[1], lines=lines)
    return orders


def _planted(told: Sequence[Order]) -> tuple[set[str], set[str]]:
    """The orders that must be held for want of stock, and those that end before they begin."""
    if len(told) <= 2:
        return set(), set()
    return {told[1].order_no}, {told[2].order_no}


def news_of(
    told: Sequence[Order], gone: set[str], troubles: Sequence[Trouble], *, seed: int
) -> list[News]:
    """The day's messages: every third order is told twice or more, some in another order."""
    chance = random.Random(seed)
    news: list[News] = []
    waiting = list(troubles)
    for place, order in enumerate(told):
        messages = [paid_event(order)]
        if place % 3 == 0:
            messages += [paid_event(order), paid_event(order, telling=2)]
            chance.shuffle(messages)
        if order.order_no in gone:
            messages.insert(0, refund_of(order.order_no, "cancelled", order.paid_at))
        troubled = waiting and place > 2 and order.order_no not in gone
        news.append(News(tuple(messages), waiting.pop(0) if troubled else None))
    return news
