"""What an ESC/POS printer says back: told apart by fixed bits, whatever order it comes in.

Fixed bits (Epson ESC/POS reference: DLE EOT, GS a, GS r, GS ( H), bit 7 first:

* ``0xx1xx10`` an answer to DLE EOT
* ``0xx1xx00`` the first of four bytes of automatic status, the others ``0xx0xxxx``
* ``37 22 d1 d2 d3 d4 00`` a process id: everything before its request has been printed
* ``0xx0xxxx`` an answer to GS r

Anything else is noise and is dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from drivers.interfaces import PaperState

PROCESS_ID_HEAD = b"\x37\x22"
PROCESS_ID_LENGTH = 7
KEPT = 16
"""Answers nobody asked for are kept up to this many: a babbling printer costs no memory."""

MEANINGS: Mapping[int, tuple[tuple[int, PaperState], ...]] = {
    1: ((0x08, PaperState.OFFLINE),),
    2: (
        (0x04, PaperState.COVER_OPEN),
        (0x20, PaperState.PAPER_OUT),
        (0x40, PaperState.ERROR),
    ),
    3: (
        (0x08, PaperState.JAM),  # the cutter
        (0x20, PaperState.ERROR),  # unrecoverable
        (0x40, PaperState.HOT),  # recovers by itself: a hot head, or a cover opened while printing
    ),
    4: ((0x0C, PaperState.PAPER_LOW), (0x60, PaperState.PAPER_OUT)),
}
"""Bits of the answers to DLE EOT 1 to 4."""

AUTOMATIC: tuple[tuple[tuple[int, PaperState], ...], ...] = (
    ((0x08, PaperState.OFFLINE), (0x20, PaperState.COVER_OPEN)),
    ((0x08, PaperState.JAM), (0x20, PaperState.ERROR), (0x40, PaperState.HOT)),
    ((0x03, PaperState.PAPER_LOW), (0x0C, PaperState.PAPER_OUT)),
    (),
)
"""Bits of the four bytes of automatic status (GS a)."""


def is_status(value: int) -> bool:
    """True for a byte that may answer DLE EOT."""
    return value & 0x93 == 0x12


def is_automatic(value: int) -> bool:
    """True for a byte that may begin an automatic status."""
    return value & 0x93 == 0x10


def meaning(number: int, value: int) -> frozenset[PaperState]:
    """Return what the answer ``value`` to DLE EOT ``number`` says is wrong; empty if nothing."""
    return _set_bits(MEANINGS[number], value)


def _set_bits(bits: tuple[tuple[int, PaperState], ...], value: int) -> frozenset[PaperState]:
    return frozenset(state for mask, state in bits if value & mask)


class ReplyReader:
    """Sorts a printer's bytes, in any chunking, into status bytes, process ids and sensors."""

    def __init__(self) -> None:
        self.statuses: deque[int] = deque(maxlen=KEPT)
        self.sensors: deque[int] = deque(maxlen=KEPT)
        self.process_ids: deque[bytes] = deque(maxlen=KEPT)
        self.automatic: frozenset[PaperState] | None = None
        self._id = b""
        self._automatic = b""

    def feed(self, data: bytes) -> None:
        """Sort the next bytes."""
        for value in data:
            if self._id or value == PROCESS_ID_HEAD[0]:
                self._feed_process_id(value)
            else:
                self._sort(value)

    def _feed_process_id(self, value: int) -> None:
        self._id += bytes([value])
        if len(self._id) == PROCESS_ID_LENGTH and value == 0:
            self.process_ids.append(self._id[2:6])
            self._id = b""
        elif len(self._id) >= PROCESS_ID_LENGTH or not PROCESS_ID_HEAD.startswith(self._id[:2]):
            broken, self._id = self._id, b""
            # The head was noise, but what came after it may be a good answer.
            self.feed(broken[1:])

    def _sort(self, value: int) -> None:
        if is_status(value):
            self.statuses.append(value)
        elif is_automatic(value):
            self._automatic = bytes([value])
        elif value & 0x90 == 0:
            self._plain(value)
        else:
            self._automatic = b""

    def _plain(self, value: int) -> None:
        if not self._automatic:
            self.sensors.append(value)
            return
        self._automatic += bytes([value])
        if len(self._automatic) == len(AUTOMATIC):
            pairs = zip(AUTOMATIC, self._automatic, strict=True)
            self.automatic = frozenset().union(*(_set_bits(bits, byte) for bits, byte in pairs))
            self._automatic = b""

    def take_status(self, data: bytes) -> int | None:
        """Feed ``data``; return the oldest status byte, None if there is none yet."""
        self.feed(data)
        return self.statuses.popleft() if self.statuses else None

    def take_sensor(self, data: bytes) -> int | None:
        """Feed ``data``; return the oldest answer to GS r, None if there is none yet."""
        self.feed(data)
        return self.sensors.popleft() if self.sensors else None

    def take_process_id(self, data: bytes, wanted: bytes) -> bool | None:
        """Feed ``data``; return True once the wanted process id was reported."""
        self.feed(data)
        return wanted in self.process_ids or None
