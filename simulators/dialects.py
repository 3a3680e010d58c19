"""How three families of scales say what their display shows, each written from its manual.

* Mettler-Toledo 8217, "weight only": asked byte by byte (DIVA service manual, pp. 39-45).
* The ``ST,GS`` family: Excell 20key-6PS manual p. 14, Shanghai Bison RS-232 note, T-Scale
  captures.
* Yaohua XK3190 continuous output, tF = 0 (D9/A9+ protocol note, A26 manual pp. 12-13).
"""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import Protocol

from simulators.pan import Face, Pan

STX, ETX, CR = b"\x02", b"\x03", b"\r"
POUND = Decimal("453.59237")
THOUSAND = Decimal(1000)


class Dialect(Protocol):
    """A way of speaking. ``rate`` is frames per second said unasked; 0 speaks when asked."""

    rate: float

    def hear(self, data: bytes, pan: Pan, face: Face, now: float) -> bytes:
        """Obey the host's bytes; return the answer."""
        ...

    def frame(self, face: Face) -> bytes:
        """The frame for this display; empty where the dialect has no words for it."""
        ...


def in_unit(grams: Decimal, unit: str) -> Decimal:
    """Grams as the display would show them in g, kg or lb."""
    factor = {"g": Decimal(1), "kg": THOUSAND, "lb": POUND}[unit]
    return grams / factor


class Toledo8217:
    """Asked with ``W``: STX, the weight, CR; or STX, ``?``, a status byte, CR.

    Bits of the status: 0 motion, 1 over capacity, 2 under zero, 3 outside the zero range, 4 at
    the centre of zero, 5 net, 6 always 1, 7 even parity. ``parity`` puts that eighth bit on a
    wire that carries bytes (TCP); on a 7E1 line the port itself adds and removes it.
    """

    rate = 0.0

    def __init__(self, *, unit: str = "kg", parity: bool = False, say_once: bool = False) -> None:
        self.unit, self.parity, self.say_once = unit, parity, say_once
        self._preset: str | None = None
        self._echo = False
        self._last = b""

    def hear(self, data: bytes, pan: Pan, face: Face, now: float) -> bytes:
        """Obey commands, which have no terminator; a preset tare is T and five digits."""
        answer = b""
        for byte in data:
            answer += self._one(bytes([byte & 0x7F]), pan, face, now)
        return self._with_parity(answer)

    def frame(self, face: Face) -> bytes:
        """The answer to ``W``."""
        value = face.value
        if value is None or value < 0 or not face.stable:
            return STX + b"?" + bytes([self.status(face)]) + CR
        number = in_unit(value, self.unit)
        text = f"{number:06.3f}" if self.unit == "kg" else f"{number:05.2f}"
        frame = STX + text.encode() + (b"N" if face.net else b"") + CR
        if self.say_once and frame == self._last:
            return STX + b"?" + bytes([0x40]) + CR
        self._last = frame
        return frame

    def status(self, face: Face) -> int:
        """The status byte, without its parity bit."""
        below = face.under or (face.value is not None and face.value < 0)
        bits = (not face.stable, face.over, below, face.under, face.at_zero, face.net)
        return 0x40 | sum(1 << place for place, on in enumerate(bits) if on)

    def _one(self, byte: bytes, pan: Pan, face: Face, now: float) -> bytes:
        if self._echo:
            self._echo = byte != b"F"
            return byte if self._echo else b""
        if byte == b"E":
            self._echo = True
            return STX + b"E" + CR
        if byte == b"W":
            return self.frame(face)
        if byte == b"B":
            return STX + b"@" + CR
        if self._preset is not None and byte.isdigit():
            return self._preset_digit(byte, pan)
        self._preset = "" if byte == b"T" else None
        if byte == b"Z":
            pan.press_zero(now)
        elif byte == b"T":
            pan.press_tare(now)
        elif byte == b"C":
            pan.preset_tare(Decimal(0))
        return STX + b"?" + bytes([self.status(face)]) + CR if byte in b"ZTC" else b""

    def _preset_digit(self, digit: bytes, pan: Pan) -> bytes:
        self._preset = (self._preset or "") + digit.decode()
        if len(self._preset) == 5:
            pan.preset_tare(Decimal(self._preset))
            self._preset = None
        return b""

    def _with_parity(self, answer: bytes) -> bytes:
        if not self.parity:
            return answer
        return bytes(byte | (byte.bit_count() % 2) << 7 for byte in answer)


class StGs:
    """``ST,GS,+000.876kg`` CR LF about ten times a second.

    ``maker`` chooses among the layouts that occur: excell (number of 8 with sign, unit glued),
    bison (21 bytes, unit of 4 at the right), tscale (two commas, no plus sign, unit after a
    blank).
    """

    def __init__(self, *, unit: str = "kg", maker: str = "excell", rate: float = 10.0) -> None:
        if maker not in ("excell", "bison", "tscale"):
            raise ValueError(f"no ST,GS maker {maker!r}; known are excell, bison, tscale")
        self.unit, self.maker, self.rate = unit, maker, rate

    def hear(self, data: bytes, pan: Pan, face: Face, now: float) -> bytes:
        """Obey Bison's MZ (zero), MT (tare), CT (clear tare) and RW (read once)."""
        text = data.decode("ascii", "replace").upper()
        if "MZ" in text:
            pan.press_zero(now)
        if "MT" in text:
            pan.press_tare(now)
        if "CT" in text:
            pan.preset_tare(Decimal(0))
        return self.frame(face) if "RW" in text else b""

    def frame(self, face: Face) -> bytes:
        """One line."""
        head = "OL" if face.value is None else "ST" if face.stable else "US"
        mode = "NT" if face.net else "GS"
        return f"{head},{mode},{self._data(face)}\r\n".encode()

    def _data(self, face: Face) -> str:
        value = face.value
        if value is None:
            return ("-" if face.under else "+") + " " * {"bison": 12}.get(self.maker, 9)
        sign = "-" if value < 0 else "+"
        number = abs(in_unit(value, self.unit))
        places = 1 if self.unit == "g" else 3
        if self.maker == "bison":
            return f"{sign}{number:8.{places}f}{self.unit:>4}"
        if self.maker == "tscale":
            return f"{number if value >= 0 else -number:8.{places}f} {self.unit}"
        return f"{sign}{number:07.{places}f}{self.unit}"


class YaohuaContinuous:
    """STX, sign, six digits, the number of decimals, two XOR characters, ETX: 12 bytes.

    The frame has no word for motion, unit or overload. While the display shows no number the
    indicator's output stops; the manuals say nothing, and silence cannot be taken for a weight.
    """

    def __init__(self, *, decimals: int = 3, rate: float = 10.0) -> None:
        if not 0 <= decimals <= 4:
            raise ValueError(f"{decimals} decimals; a Yaohua frame has 0 to 4")
        self.decimals, self.rate = decimals, rate

    def hear(self, data: bytes, pan: Pan, face: Face, now: float) -> bytes:  # noqa: ARG002
        """Continuous output listens to nobody."""
        return b""

    def frame(self, face: Face) -> bytes:
        """The weight in kilograms with as many decimals as the indicator is set to."""
        if face.value is None:
            return b""
        number = int(abs(face.value) / THOUSAND * 10**self.decimals)
        body = f"{'-' if face.value < 0 else '+'}{number:06d}{self.decimals}".encode()
        return STX + body + xor_characters(body) + ETX


def xor_characters(body: bytes) -> bytes:
    """The XOR of the body as two characters: nibble + 30h up to 9, else + 37h (A9+ note)."""
    check = reduce(lambda a, b: a ^ b, body, 0)
    return bytes(n + (0x30 if n <= 9 else 0x37) for n in (check >> 4, check & 0x0F))
