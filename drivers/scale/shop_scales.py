"""Shop scales that are asked and answer in bare digits: Dibal G-310, Elicom S200, Toledo P05.

None of them sends a unit or a point: the last three digits are decimals, and the weight is in
kilograms unless the configuration says otherwise.

Dibal: ``98``, price, check, CR LF is answered by ``99 status weight(5) 0 amount(6) check``; the
check is the XOR of what is before it; the digits are ``X`` when there is no weight to give.
Elicom: AA is answered by three bytes of BCD, high first, and the sum of them, or BB while it
moves; CC zeroes. Toledo of Brazil, P05: ENQ is answered by STX, five digits, ETX; ``IIIII``
moving, ``NNNNN`` below zero, ``SSSSS`` overload. Sources: Dibal G-310 protocol at sbzsystems.com;
Elicom S200 protocols v1; Prix P05 protocol as in ACBr. A Dibal DPOS400 answers an overload with
00.000, which nothing tells from an empty pan: it is not supported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import xor

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import signed
from drivers.scale.framing import Envelopes, FrameDecoder, Lines
from drivers.scale.measures import reading

KILOGRAMS = "kg"
DECIMALS = 3

DIBAL_ASK = b"98000001\r\n"
DIBAL = re.compile(rb"99(\d)(\d{5}|X{5})\d[\dX]{6}[0-\x7f]")

ELICOM_ASK, ELICOM_ZERO = b"\xaa", b"\xcc"
ELICOM_MOVING = b"\xbb"
ELICOM_LENGTH = 4

P05_ASK = b"\x05"
P05 = re.compile(rb"\x02(?:(\d{5})|(I{5}|N{5}|S{5}))\x03")
P05_STATES = {
    b"I": (ReadingStatus.MOTION, False), b"N": (ReadingStatus.UNDERLOAD, None),
    b"S": (ReadingStatus.OVERLOAD, None),
}


class DibalDecoder(FrameDecoder):
    """Decodes answers of the G-310; crossed out digits mean moving, empty, over or below."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Lines())
        self._unit = unit or KILOGRAMS

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one answer without its line end."""
        found = DIBAL.fullmatch(frame)
        if found is None or frame[-1] != reduce(xor, frame[:-1]):
            return None
        if found[2].startswith(b"X"):
            return [reading(None, frame, status=ReadingStatus.MOTION)]
        if found[1] != b"0":
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        return [reading(signed(found[2], DECIMALS, minus=False), frame, unit=self._unit)]


class ElicomCutter:
    """Cuts Elicom's answers, which have neither start nor end, by their digits and their sum.

    After bytes that are no answer, an answer counts when another one follows it: a window over two
    halves can have a right sum by chance, two in a row hardly.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._sure = True

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return whole answers."""
        self._buffer += data
        frames = []
        while self._buffer and (length := self._next_length()) is not None:
            self._sure = length > 0
            if length:
                frames.append(self._buffer[:length])
            self._buffer = self._buffer[length or 1:]
        return frames

    def reset(self) -> None:
        """Forget a half-received answer."""
        self._buffer, self._sure = b"", True

    def quiet(self) -> None:
        """Take note of a pause: an answer comes in one piece, so the next byte begins one.

        Without it a lost byte of a steady weight may turn the window for good: if two of its
        digits' bytes sum to 80 hex, the turned bytes have a right sum, too.
        """
        self._buffer, self._sure = b"", True

    def _next_length(self) -> int | None:
        """Return the length of the next answer: 0 for none here, None to wait for more."""
        length = answer_length(self._buffer)
        if not length or self._sure:
            return length
        following = answer_length(self._buffer[length:])
        return length if following else following


def answer_length(stream: bytes) -> int | None:
    """Return how many bytes the answer at the start has: 0 if none is there, None if cut off."""
    if stream[:1] == ELICOM_MOVING:
        return 1
    digits, check = stream[:3], stream[3:4]
    if digits and not digits.hex().isdecimal():
        return 0
    if not check:
        return None
    return ELICOM_LENGTH if sum(digits) & 0xFF == check[0] else 0


class ElicomDecoder(FrameDecoder):
    """Decodes answers of the S200 and EVL; a weight is sent only when it is stable."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(ElicomCutter())
        self._unit = unit or KILOGRAMS

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one answer of one or four bytes."""
        if frame == ELICOM_MOVING:
            return [reading(None, frame, stable=False, status=ReadingStatus.MOTION)]
        value = signed(frame[:3].hex().encode(), DECIMALS, minus=False)
        return [reading(value, frame, unit=self._unit, stable=True)]


class ToledoP05Decoder(FrameDecoder):
    """Decodes answers of Brazilian Toledo scales; moving ones answer with letters."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Envelopes(b"\x02", b"\x03", 7))
        self._unit = unit

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one answer from STX to ETX."""
        found = P05.fullmatch(frame)
        if found is None:
            return None
        if found[2]:
            status, stable = P05_STATES[found[2][:1]]
            return [reading(None, frame, stable=stable, status=status)]
        value = signed(found[1], DECIMALS, minus=False)
        return [reading(value, frame, unit=self._unit)]
