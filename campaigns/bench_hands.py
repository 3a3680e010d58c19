"""A packer at one simulated bench: mostly right, sometimes lazy, sometimes wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from metal import BARCODES, WEIGHTS, Bag, reading
from oracles import must
from sqlalchemy import select

from drivers.interfaces import DeviceState, Health
from station.db.models import ParcelLine, PrintJob, Sku
from station.domain.screen import BenchView, Step

if TYPE_CHECKING:
    from warehouse_day import Day

STROKES = [[[100, 100], [500, 400], [900, 100]]]
GARBAGE = ("6900000000000", "';--", "PBCMD-JUMP", "PBWHY-NONE", "\x1d01", "7731999", "好")


class BenchHands:
    """What happens at one bench, one move after the other."""

    def __init__(self, day: Day, name: str) -> None:
        self.day, self.name, self.scale = day, name, f"{name}-scale"
        self.chance = day.chance
        self.scanning = ""  # the article whose scan is under way

    @property
    def bench(self) -> Any:
        return self.day.benches[self.name]

    # --- One move ---------------------------------------------------------------------------------

    def move(self) -> None:
        """Do what the screen asks for, or something else."""
        if self.chance.random() < 0.3:
            self.bench.tick()
        view: BenchView = self.bench.view()
        if self.chance.random() < 0.04:
            self._nonsense()
        elif view.locked:
            self.scan("PBCMD-OK")
        else:
            _MOVES[view.step](self, view)
        self._compare()

    def _nonsense(self) -> None:
        word = self.chance.choice(("UNDO", "CANCEL", "NEXT", "REPACK", "DONE", "WEIGH", "HELP",
                                   "QTY", "5", "REPRINT", "OUT"))
        self.scan(self.chance.choice((*GARBAGE, *[f"PBCMD-{word}"] * 4)))

    def scan(self, code: str) -> BenchView:
        """One scan, and what its answer means for the bag."""
        self.day.mono += self.chance.uniform(0.35, 2.0)
        before = self.bench._flow._seq
        view: BenchView = self.bench.scan(code)
        self._heard(view, before)
        return view

    def _digits(self, digits: str) -> None:
        for digit in digits:
            self.scan(f"PBCMD-{digit}")
        self.scan("PBCMD-DONE")

    def _idle(self, view: BenchView) -> None:
        if not view.packer:
            self.scan(f"PBID-{int(self.name):04d}")
            return
        papers = [
            paper for printer in self.day.printers.values() for paper in printer.papers
            if paper.whole and paper.page == 1 and not paper.destroyed
            and (not paper.taken or self.chance.random() < 0.1)
        ]
        if papers:
            paper = self.chance.choice(papers)
            number = self.day.read(lambda s: s.get(PrintJob, paper.job_id).waybill_no)
            self.scan(number)
            paper.taken = self.chance.random() < 0.8
        else:
            self.bench.tick()

    def _note(self, _view: BenchView) -> None:
        self.scan("PBCMD-OK")

    def _items(self, view: BenchView) -> None:
        assert view.parcel is not None
        missing = [item.sku for item in view.parcel.items if item.missing > 0]
        if missing and self.chance.random() < 0.92:
            self._article(self.chance.choice(missing))
        elif self.chance.random() < 0.1:
            self.scan("PBCMD-DEFECT")
            self._article(self.chance.choice([item.sku for item in view.parcel.items]))
        else:
            self._article(self.chance.choice(list(self.day.skus)))

    def _article(self, sku: str) -> None:
        self.scanning = sku
        self.scan(BARCODES.get(sku, "6900000000000"))
        self.scanning = ""

    def _measure(self, _view: BenchView) -> None:
        self._digits(self.chance.choice(("820", "82", "82", "30", "900")))

    def _material(self, _view: BenchView) -> None:
        self.scan(self.chance.choice(("PBCMD-DONE", "PBMAT-BAG", "PBMAT-BAG", "PBMAT-NONE")))

    def _checklist(self, _view: BenchView) -> None:
        self.scan("PBCMD-DONE")

    def _sign(self, _view: BenchView) -> None:
        if self.chance.random() < 0.8:
            before = self.bench._flow._seq
            self._heard(self.bench.touch("sign", strokes=STROKES), before)
        else:
            self._badge(int(self.name))

    def _reason(self, _view: BenchView) -> None:
        view = self.bench.view()
        self.asked_for = view.parcel.id if view.parcel else self.bench._flow.standing.subject
        if self.asked_for:
            self.day.office.tear(self.asked_for)
            self.day.watch.asked_again[self.asked_for] += 1
        self.scan(self.chance.choice(("PBWHY-TORN", "PBWHY-GIFT", "PBCMD-CANCEL")))

    def _manager(self, _view: BenchView) -> None:
        self._badge(4)

    def _badge(self, number: int) -> None:
        self.scan(f"PBID-{number:04d}")
        self._digits("246810" if self.chance.random() < 0.9 else "1111")

    def _apart(self, _view: BenchView) -> None:
        self.scan("PBCMD-OK")

    # --- The pan ----------------------------------------------------------------------------------

    def _weigh(self, view: BenchView) -> None:
        assert view.parcel is not None
        bag = self.day.bags[view.parcel.id]
        bag.packaging_g = 20 if view.parcel.packaging else 0
        lies = self.day.pans[self.scale]
        if view.step is Step.WEIGHT_OFF and self.chance.random() < 0.5:
            if self.chance.random() < 0.5:
                self.scan("PBCMD-ACCEPT")
                return
            bag.gift_g = 0  # it did not belong in
        if self.chance.random() < 0.4 or (lies is bag and self.chance.random() < 0.5):
            self._frames()  # whatever lies there, as it lies there
            return
        self.day.pans[self.scale] = None
        self._frames()
        self.day.office.take_off_pans(bag.parcel_id)  # one bag lies on one pan
        self.day.pans[self.scale] = bag
        self._frames()

    def _frames(self) -> None:
        """The scale says what lies on it, ten frames at most, with its troubles."""
        bag = self.day.pans[self.scale]
        grams = 0 if bag is None else bag.grams(WEIGHTS)
        if self.chance.random() < 0.05:
            state = self.chance.choice((DeviceState.GONE, DeviceState.SILENT))
            self.bench.give(Health(self.scale, "scale", state, "virtual"))
            self.bench.give(Health(self.scale, "scale", DeviceState.READY, "virtual"))
        for _ in range(self.chance.randint(3, 6)):
            self.day.mono += self.chance.choice((0.4, 0.4, 0.4, 0.4, 0.4, 3.0))
            shown: int | None = grams + self.chance.randint(-1, 1) if grams else 0
            shown = self.chance.choice((*[shown] * 12, None))
            stable = self.chance.random() < 0.93
            if not stable:
                shown = self.chance.randint(0, 2000)
            before = self.bench._flow._seq
            self.bench.give(reading(shown, self.day.mono, stable=stable))
            self._heard(self.bench.view(), before)

    # --- What an answer means ---------------------------------------------------------------------

    def _heard(self, view: BenchView, before: int) -> None:
        for verdict in reversed(view.recent):
            if verdict.seq > before:
                self._answer(verdict.message.code, dict(verdict.message.facts or {}), view)

    def _answer(self, code: str, facts: dict[str, Any], view: BenchView) -> None:
        happened = self.day.happened
        if code in ("waybill.opened", "waybill.resumed") and view.parcel is not None:
            self._take_up(view.parcel.id)
            happened["opened"] += 1
        elif code in ("item.right", "parcel.complete") and "sku" in facts and view.parcel:
            self.day.bags[view.parcel.id].contents[facts["sku"]] += facts["count"]
            happened["pieces packed"] += facts["count"]
        elif code in ("item.undone", "item.defect", "parcel.put_back", "parcel.apart",
                      "parcel.repacked"):
            self.day.office.look_into_bags()
            happened[code] += 1
        elif code in ("weight.taken", "weight.off", "weight.accepted", "sign.signed",
                      "weight.not_cleared", "reprint.asked", "bench.trouble"):
            happened[code] += 1

    def _take_up(self, parcel_id: int) -> None:
        """Begin with the bag of this parcel; what the screen says is in it is in it."""
        if parcel_id not in self.day.bags:
            gift = 60 if self.chance.random() < 0.05 else 0
            self.day.bags[parcel_id] = Bag(parcel_id, gift_g=gift)
        self.day.bags[parcel_id].contents = self.day.read(packed, parcel_id)

    def _compare(self) -> None:
        """Every answered scan is in the records, and nothing else."""
        for bag in self.day.bags.values():
            stored = self.day.read(packed, bag.parcel_id)
            must(stored == +bag.contents,
                 f"scans: parcel {bag.parcel_id} holds {dict(bag.contents)}, stored {dict(stored)}")

    def find_again(self) -> None:
        """After a restart: at most the piece whose answer never came is in, or is not."""
        view: BenchView = self.bench.view()
        for bag in self.day.bags.values():
            stored = self.day.read(packed, bag.parcel_id)
            if self.scanning and view.parcel is not None and view.parcel.id == bag.parcel_id:
                with_it = bag.contents + Counter({self.scanning: 1})
                taken_out = +(bag.contents - Counter({self.scanning: 1}))
                must(stored in (+bag.contents, with_it, taken_out),
                     f"scans: lost in a power cut: {dict(bag.contents)} -> {dict(stored)}")
            bag.contents = stored
        self.scanning = ""
        if view.parcel is not None and view.parcel.id not in self.day.bags:
            self._take_up(view.parcel.id)


def packed(session: Any, parcel_id: int) -> Counter[str]:
    """What the records say is in a parcel."""
    rows = session.execute(
        select(Sku.code, ParcelLine.packed).join(Sku, Sku.id == ParcelLine.sku_id)
        .where(ParcelLine.parcel_id == parcel_id, ParcelLine.packed > 0)
    )
    found: Counter[str] = Counter()
    for code, count in rows:
        found[code] += count
    return found


_MOVES = {
    Step.IDLE: BenchHands._idle, Step.NOTE: BenchHands._note, Step.ITEMS: BenchHands._items,
    Step.MEASURE: BenchHands._measure, Step.MATERIAL: BenchHands._material,
    Step.CHECKLIST: BenchHands._checklist, Step.WEIGH: BenchHands._weigh,
    Step.WEIGHT_OFF: BenchHands._weigh, Step.SIGN: BenchHands._sign,
    Step.REASON: BenchHands._reason, Step.MANAGER: BenchHands._manager,
    Step.APART: BenchHands._apart,
}
