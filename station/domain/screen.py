"""What the bench's screen shows, as values: one thing to do next, and what just happened.

The bench builds a ``BenchView`` after every event; the web gives it words, colour, sound, speech.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from station.domain.vocabulary import Message


class Step(StrEnum):
    """What the packer has to do now."""

    IDLE = "idle"  # scan a waybill
    NOTE = "note"  # read the note aloud and acknowledge it
    ITEMS = "items"  # scan the next item
    MEASURE = "measure"  # measure the waist of the item just scanned
    MATERIAL = "material"  # choose the packaging
    CHECKLIST = "checklist"  # confirm the packing checklist
    WEIGH = "weigh"  # put the parcel on the scale
    WEIGHT_OFF = "weight_off"  # the weight does not agree: repack, weigh again or accept
    SIGN = "sign"  # sign: draw, or scan badge and PIN
    REASON = "reason"  # scan a reason (reprint, accept)
    MANAGER = "manager"  # a manager's badge and PIN are asked for
    CHECK = "check"  # put the known weight on the scale
    APART = "apart"  # the parcel was stopped: take it apart, put the goods back, confirm


class Mood(StrEnum):
    """The kind of answer a scan got; gives colour, sign and sound together."""

    GOOD = "good"  # right
    DONE = "done"  # a whole step is finished
    INFO = "info"  # noted, nothing to do
    WARN = "warn"  # look, but work goes on
    BAD = "bad"  # wrong: the screen holds until acknowledged
    ALARM = "alarm"  # stop everything: refunded, duplicate label


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to the last event: mood and message; ``seq`` makes sounds play once."""

    mood: Mood
    message: Message
    seq: int


@dataclass(frozen=True, slots=True)
class ItemView:
    """One line of the open parcel."""

    sku: str
    item_no: str
    color: str
    size: str
    title: str
    location: str
    picture: str
    quantity: int
    packed: int
    waist_mm: int | None
    measured_mm: tuple[int, ...]
    batch_note: str = ""

    @property
    def missing(self) -> int:
        """Pieces still to be scanned."""
        return self.quantity - self.packed


@dataclass(frozen=True, slots=True)
class ParcelView:
    """The open parcel as the packer needs it: no phone, no street."""

    id: int
    waybill_no: str
    carrier: str
    state: str
    receiver: str  # masked name and city
    note: str
    flag: int
    orders: int
    deadline: datetime
    items: tuple[ItemView, ...]
    packaging: str = ""
    checklist: tuple[str, ...] = ()
    expected_g: int | None = None
    tolerance_g: int | None = None
    weight_g: int | None = None
    explanation: tuple[Message, ...] = ()  # what would explain a weight that is off


@dataclass(frozen=True, slots=True)
class WeightView:
    """The scale as it is now. ``grams`` is None unless the reading is fresh and a number."""

    state: str  # a Refusal code of weight.*, or "ok" (stable), "settling", "none" (no scale)
    grams: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device's health on the screen."""

    name: str
    kind: str
    state: str
    detail: str = ""
    port: str = ""
    hint: str = ""  # what is likely wrong with a line that makes no sense: parity, speed …


@dataclass(frozen=True, slots=True)
class LessonView:
    """A scanner that is learning what it sends around each code: how many scans of how many.

    ``rows`` are its lines for station.toml, ``trouble`` says why there are none.
    """

    heard: int
    wanted: int
    rows: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class BenchView:
    """Everything the bench's screen shows. ``revision`` grows with every change.

    ``held`` is the verdict that locked the screen, None while it is not locked.
    """

    bench: str
    revision: int
    step: Step
    prompt: Message
    locked: bool
    verdict: Verdict | None
    parcel: ParcelView | None
    packer: str
    entry: str  # digits typed so far by barcode or touch
    weight: WeightView
    devices: tuple[DeviceView, ...] = ()
    recent: tuple[Verdict, ...] = field(default_factory=tuple)
    held: Verdict | None = None
