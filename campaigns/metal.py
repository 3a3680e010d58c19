"""What is made of metal, paper and cardboard in a simulated day, and how it fails.

The truth of a campaign lies here: which papers came out, what is in which bag, what lies on which
pan. The station's records are held against it.
"""

from __future__ import annotations

import queue
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import event, exc

from drivers.interfaces import (
    Bitmap,
    DeviceGone,
    MaybeSent,
    NotSent,
    PaperState,
    PrinterStatus,
    Proof,
    Reading,
    ReadingStatus,
    WeighingMode,
)
from station.bench import Bench
from station.db.session import Database

GOODS = {  # code: item, colour, size, grams, measured
    "JN-B-32": ("JN8801", "黑色", "32", 580, True),
    "JN-B-33": ("JN8801", "黑色", "33", 590, False),
    "TS-W-M": ("TS1103", "白色", "M", 160, False),
    "TS-W-L": ("TS1103", "白色", "L", 170, False),
    "HD-G-XL": ("HD2207", "灰色", "XL", 620, False),
}
BARCODES = {code: f"69{n:011d}" for n, code in enumerate(GOODS, 1)}
WEIGHTS = {code: facts[3] for code, facts in GOODS.items()}


class PowerOff(BaseException):
    """The process is gone at this very moment. No handler of errors may catch it."""


@dataclass
class Fuse:
    """Fails one database statement, or the moment after a commit; then it is spent."""

    kind: str = ""  # power | unheard | full
    after: int = 0
    commits: int = 0  # so far

    def arm(self, kind: str, after: int) -> None:
        """Let the ``after``-th statement from now fail."""
        self.kind, self.after = kind, after

    def wire(self, db: Database) -> None:
        """Watch every statement and every commit of this database's writer."""
        engine = db._writer._engine  # type: ignore[union-attr]  # a campaign cuts where it hurts
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)
        told = db.on_commit

        def heard(topics: Iterable[str]) -> None:
            if self.kind == "unheard":
                self.kind = ""
                raise PowerOff
            if told is not None:
                told(topics)

        db.on_commit = heard

    def _statement(self, *_: Any) -> None:
        self._step()

    def _commit(self, _connection: Any) -> None:
        self.commits += 1
        self._step()

    def _step(self) -> None:
        if self.kind not in ("power", "full"):
            return
        self.after -= 1
        if self.after > 0:
            return
        kind, self.kind = self.kind, ""
        if kind == "power":
            raise PowerOff
        full = sqlite3.OperationalError("database or disk is full")
        raise exc.OperationalError("(any statement)", {}, full)


@dataclass
class Paper:
    """One label that left a printer."""

    job_id: int
    page: int
    whole: bool
    taken: bool = False  # a packer has it in the hand, or it is stuck on a bag
    destroyed: bool = False


@dataclass
class PaperPrinter:
    """A printer that keeps every paper that came out of it, across the station's lives."""

    name: str
    chance: random.Random
    proof: Proof
    faults: float = 0.08
    planned: str = ""  # how the next page must fail
    state: PaperState = PaperState.READY
    papers: list[Paper] = field(default_factory=list)
    pages: Counter[int] = field(default_factory=Counter)  # begun, of the job in hand

    def status(self) -> PrinterStatus:
        """What it says of itself; now and then it is not there."""
        if self.chance.random() < self.faults / 4:
            raise DeviceGone(self.name, "virtual", "unplugged")
        if self.state is PaperState.READY and self.chance.random() < self.faults / 4:
            self.state = self.chance.choice((PaperState.PAPER_OUT, PaperState.COVER_OPEN))
        elif self.chance.random() < 0.5:
            self.state = PaperState.READY  # somebody looked after it
        return PrinterStatus(self.state)

    def print_page(self, page: Bitmap, *, job_id: int) -> Proof:
        """Print, or fail before, within or after the page; or the power goes."""
        assert page.height > 0
        how, self.planned = self.planned, ""
        if not how and self.chance.random() >= self.faults:
            self._out(job_id, whole=True)
            return self.proof
        how = how or self.chance.choice(
            ("not", "torn", "whole", "off", "off_torn", "off_whole"))
        if how == "not":
            raise NotSent(self.name, "virtual", "gone before the first byte")
        if how != "off":
            self._out(job_id, whole=how.endswith("whole"))
        if how.startswith("off"):
            raise PowerOff
        raise MaybeSent(self.name, "virtual", "gone in mid label")

    def _out(self, job_id: int, *, whole: bool) -> None:
        self.pages[job_id] += 1
        self.papers.append(Paper(job_id, self.pages[job_id], whole))

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class Bag:
    """A parcel as a thing: what lies in it, whatever the records say."""

    parcel_id: int
    contents: Counter[str] = field(default_factory=Counter)
    gift_g: int = 0  # something nobody told the station about
    packaging_g: int = 0

    def grams(self, weights: dict[str, int]) -> int:
        """What it really weighs."""
        goods = sum(weights[sku] * count for sku, count in self.contents.items())
        return goods + self.packaging_g + self.gift_g


def reading(grams: int | None, at: float, *, stable: bool | None = True) -> Reading:
    """A frame of a gross weight; None is an overload."""
    value = None if grams is None else Decimal(grams)
    status = ReadingStatus.OVERLOAD if grams is None else ReadingStatus.OK
    raw = f"ST,GS,{grams}g @{at:.1f}\r\n".encode()
    return Reading(value, "g", value, stable, WeighingMode.GROSS, status, raw, at)


class HandBench(Bench):
    """The real bench, served by whoever asks: nothing happens between two steps of a day."""

    def start(self) -> None:
        """Find the parcel that is open here; no thread."""
        self._heard: queue.Queue[str] = queue.Queue()
        self._thread = threading.current_thread()
        self._guarded(self._flow.resume)
        self._publish()

    def stop(self) -> None:
        """Nothing runs."""
        self._thread = None

    def give(self, event: Any) -> None:
        """What a device says, taken at once."""
        self.post(event)
        self._serve()

    def tick(self) -> None:
        """Look at clock, notices and weight, as the thread does ten times a second."""
        self._tick(self._heard)

    def tell(self, topic: str) -> None:
        """A notice after a commit; a bench that has not begun misses it."""
        if self._thread is not None:
            self._heard.put(topic)
