"""What the station may know of a device: values, health, and the errors that say retry or stop.

The error tree, each naming device, port and, where there are any, the bytes::

    DeviceError
    ├── DeviceGone        the cable, the port or the peer went away       retry with back-off
    ├── PortBusy          another program holds the port                  retry, and say so in words
    ├── PortRefused       the port cannot be opened with these settings   stop until configured
    └── PrintError
        ├── NotSent       no byte of this page left the computer          the job may be sent again
        └── MaybeSent     some bytes left; nobody knows what is on paper  never sent again by itself
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class ReadingStatus(StrEnum):
    """What a scale says about its own weight."""

    OK = "ok"
    MOTION = "motion"
    OVERLOAD = "overload"
    UNDERLOAD = "underload"
    ZERO = "zero"  # the scale says "at zero" without sending a number
    ERROR = "error"
    AMBIGUOUS = "ambiguous"  # a number that a setting has to explain: 1,234 or 00820
    UNSUPPORTED = "unsupported"  # a frame we understand to be no usable weight (a catty, a count)


class WeighingMode(StrEnum):
    """Which of its numbers the scale sent."""

    GROSS = "gross"
    NET = "net"
    TARE = "tare"


@dataclass(frozen=True, slots=True)
class Reading:
    """One frame of a scale, decoded and not interpreted.

    ``value`` is the number as displayed in ``unit``; ``grams`` the exact conversion, or None when
    there is no number, or no unit is known. ``stable`` is None where the protocol has no flag.
    ``at`` is monotonic seconds at which the frame's last byte arrived; a decoder leaves 0.0 and
    the device's owner stamps it.
    """

    value: Decimal | None
    unit: str | None
    grams: Decimal | None
    stable: bool | None
    mode: WeighingMode | None
    status: ReadingStatus
    raw: bytes
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Scan:
    """One barcode as a scanner read it: the data, its AIM identifier if sent, and where from.

    ``beside`` is how many other codes came into a camera's sight in the same look.
    """

    data: str
    aim: str | None = None
    raw: bytes = b""
    device: str = ""
    at: float = 0.0
    beside: int = 0


SEVERAL = "several"
"""The reason of a ``NoRead`` for labels of which nobody can tell which one is meant."""


@dataclass(frozen=True, slots=True)
class NoRead:
    """The scanner says that it saw nothing readable, or sent what cannot be a barcode."""

    reason: str  # "no_read" | "too_long" | "undecodable" | SEVERAL
    raw: bytes = b""
    device: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Photograph:
    """A JPEG file, its size in pixels, and how many seconds old the picture was when asked for."""

    jpeg: bytes
    width: int
    height: int
    age: float


class DeviceState(StrEnum):
    """Whether a device can be used, as the screen tells it."""

    STARTING = "starting"
    READY = "ready"
    SILENT = "silent"  # the port is open and nothing valid has come for too long
    GONE = "gone"  # unplugged, refused or closed by the peer
    BUSY = "busy"  # another program holds the port
    MISCONFIGURED = "misconfigured"  # bytes come, but none make sense: baud rate, parity, protocol
    ATTENTION = "attention"  # a printer wants a person: paper, cover, heat


@dataclass(frozen=True, slots=True)
class Health:
    """A device's state with what the screen needs to say which cable or lid it is.

    ``detail`` is a word code such as "paper_out"; ``facts`` fill its sentence.
    """

    device: str
    kind: str  # "scale" | "scanner" | "printer" | "camera"
    state: DeviceState
    port: str
    detail: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    since: datetime | None = None


DeviceEvent = Reading | Scan | NoRead | Health
Emit = Callable[[DeviceEvent], None]


class PaperState(StrEnum):
    """A printer's own word about itself, the same for every language."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    HOT = "hot"
    JAM = "jam"
    PAUSED = "paused"
    PRINTING = "printing"
    OFFLINE = "offline"
    ERROR = "error"
    UNKNOWN = "unknown"  # silence is unknown, never ready


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer answered, worst first; ``raw`` keeps its bytes."""

    state: PaperState
    raw: bytes = b""

    @property
    def may_print(self) -> bool:
        """True unless the printer itself says that paper would not come out."""
        return self.state in (
            PaperState.READY, PaperState.PAPER_LOW, PaperState.PRINTING, PaperState.UNKNOWN,
        )


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a page, in dots."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text on a page: ``ink`` is the box of its dots, alone in it.

    ``room`` is what its em squares fill, ``room.height`` the size of its type.
    """

    text: str
    ink: Area
    room: Area


@dataclass(frozen=True, slots=True)
class Bars:
    """A Code 128 on a page: its symbol values from start to stop, a module's width in dots.

    ``ink`` is the box of its bars, alone in it.
    """

    values: tuple[int, ...]
    module: int
    ink: Area


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A 1-bit page at 8 dots/mm: ``rows`` holds height x ceil(width/8) bytes, MSB first, 1 = black.

    Pad bits at the end of a row are 0. ``pieces`` says of some of the dots what they mean, for
    printers that are better told so; the dots are the whole page without it.
    """

    width: int
    height: int
    rows: bytes
    pieces: tuple[Words | Bars, ...] = field(default=(), compare=False, repr=False)

    @property
    def stride(self) -> int:
        """Bytes per row."""
        return (self.width + 7) // 8


@dataclass(frozen=True, slots=True)
class SlipLine:
    """A line of a slip in the printer's own type: ASCII fills a column, any other character two.

    A ``large`` line is twice as wide and twice as high.
    """

    text: str
    large: bool = False


@dataclass(frozen=True, slots=True)
class SlipBars:
    """A Code 128 in the middle of a slip: ``text`` of capitals, digits, hyphens; ``module`` dots.

    ``row`` is one row of its dots across the whole paper, for printers that must be told so.
    """

    text: str
    module: int
    row: bytes


SlipPart = SlipLine | SlipBars


class Proof(StrEnum):
    """How the printer itself vouched for a page, best first."""

    PRINTED = "printed"  # it says that this page came out
    CONSUMED = "consumed"  # it has read all the bytes and is ready again
    NONE = "none"  # the bytes were accepted; nothing more is known


class Printer(Protocol):
    """A label or slip printer, used by its one owner thread only. Every call is bounded in time."""

    name: str

    def status(self) -> PrinterStatus:
        """Ask the printer how it is. UNKNOWN if it does not answer; DeviceGone if unreachable."""
        ...

    def print_page(self, page: Bitmap, *, job_id: int) -> Proof:
        """Print one page. Raises NotSent or MaybeSent; never a bare OSError."""
        ...

    def print_slip(self, lines: Sequence[SlipPart], *, job_id: int) -> Proof:
        """Print text in the printer's own type. NotSent from a printer without any."""
        ...

    def close(self) -> None:
        """Let go of the port."""
        ...


class DeviceError(Exception):
    """Something is wrong with a device; the message names device, port and bytes."""

    def __init__(self, device: str, port: str, reason: str, raw: bytes = b"") -> None:
        tail = f" [{raw[:40].hex(' ')}]" if raw else ""
        super().__init__(f"{device} ({port}): {reason}{tail}")
        self.device, self.port, self.reason, self.raw = device, port, reason, raw


class DeviceGone(DeviceError):
    """The cable, the port or the peer went away. Retry with back-off."""


class PortBusy(DeviceError):
    """Another program holds the port. Retry, and tell the operator which port."""


class PortRefused(DeviceError):
    """The port exists but cannot be opened with these settings. Stop until configured."""


class PrintError(DeviceError):
    """A page did not certainly come out."""


class NotSent(PrintError):
    """No byte of the page left the computer: printing it again is safe."""


class MaybeSent(PrintError):
    """Some bytes left before the failure: a person must look; never repeat by itself."""
