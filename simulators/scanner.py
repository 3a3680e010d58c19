"""A simulated barcode scanner on a serial line: it types what it reads.

Suffix, AIM prefix and character delay are the device's configuration (Honeywell, Zebra and Newland
manuals agree on them); bounce, no-read, misread and the rest are its faults.
"""

from __future__ import annotations

import random
from collections import deque
from enum import StrEnum

from simulators.wire import Device

SUFFIXES = {"cr": b"\r", "crlf": b"\r\n", "lf": b"\n", "tab": b"\t", "none": b""}
ACK, NAK, BEL = 0x06, 0x15, 0x07
BOUNCE_AFTER = 0.12  # seconds after which a jittery trigger reads the same label again
NO_READ = "NR"


class ScannerFault(StrEnum):
    """What can be wrong with the scanner itself."""

    BOUNCE = "bounce"
    MISREAD = "misread"
    TRUNCATED = "truncated"
    NO_READ = "no_read"
    NO_SUFFIX = "no_suffix"
    GARBAGE = "garbage"
    SILENT = "silent"
    SLOW_TYPING = "slow_typing"
    GLUED = "glued"

    @property
    def sentence(self) -> str:
        """What it means, in the shop's words."""
        return SENTENCES[self]


SENTENCES = {
    ScannerFault.BOUNCE: "重复读 · every label is read twice within 120 ms",
    ScannerFault.MISREAD: "读错一位 · one character of the code is another",
    ScannerFault.TRUNCATED: "只读到一半 · the code's second half is missing",
    ScannerFault.NO_READ: "读不出 · the device types NR",
    ScannerFault.NO_SUFFIX: "没有回车 · the suffix was configured away",
    ScannerFault.GARBAGE: "乱码 · random bytes before the code",
    ScannerFault.SILENT: "没反应 · it beeps and sends nothing",
    ScannerFault.SLOW_TYPING: "打字很慢 · 30 ms between characters",
    ScannerFault.GLUED: "两条连在一起 · two scans arrive without a break",
}


def ean13_check(digits: str) -> str:
    """The thirteenth digit for the first twelve (GS1: weights 1 and 3 from the left)."""
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits[:12]))
    return str(-total % 10)


def aim_of(code: str) -> str:
    """The AIM identifier a scanner would send: EAN-13 if the check digit fits, else Code 128."""
    if len(code) == 13 and code.isdigit() and ean13_check(code) == code[-1]:
        return "]E0"
    return "]C0" if code.isascii() else "]Q0"


class Scanner(Device):
    """Types codes. ``suffix`` is one of cr, crlf, lf, tab, none."""

    def __init__(self, *, suffix: str = "cr", aim: bool = False, seed: int = 0) -> None:
        super().__init__()
        if suffix not in SUFFIXES:
            raise ValueError(f"no scanner suffix {suffix!r}; known are {', '.join(SUFFIXES)}")
        self.suffix, self.aim = suffix, aim
        self.faults: set[ScannerFault] = set()
        self.scanned: list[str] = []
        self.beeps: list[str] = []
        self._chance = random.Random(seed)
        self._queue: deque[tuple[float, bytes]] = deque()
        self._free_at = 0.0

    def set_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault. ValueError names the known ones."""
        try:
            fault = ScannerFault(name)
        except ValueError:
            known = ", ".join(ScannerFault)
            raise ValueError(f"no scanner fault {name!r}; known are {known}") from None
        if on:
            self.faults.add(fault)
        else:
            self.faults.discard(fault)

    def scan(self, code: str, now: float) -> None:
        """Pull the trigger on a label."""
        self.scanned.append(code)
        if ScannerFault.SILENT in self.faults:
            return
        self._type(self.typed(code), now)
        if ScannerFault.BOUNCE in self.faults:
            self._type(self.typed(code), now + BOUNCE_AFTER)

    def burst(self, codes: list[str], now: float, *, within: float = 0.2) -> None:
        """Read several labels evenly spaced within so many seconds."""
        for number, code in enumerate(codes):
            self.scan(code, now + within * number / max(len(codes), 1))

    def typed(self, code: str) -> bytes:
        """The bytes for one label, faults included."""
        if ScannerFault.NO_READ in self.faults:
            return NO_READ.encode() + SUFFIXES[self.suffix]
        text = self._spoilt(code)
        end = SUFFIXES[self.suffix]
        glued = ScannerFault.GLUED in self.faults and len(self.scanned) % 2 == 1
        if glued or ScannerFault.NO_SUFFIX in self.faults:
            end = b""
        noise = self._chance.randbytes(4) if ScannerFault.GARBAGE in self.faults else b""
        aim = aim_of(code) if self.aim else ""
        return noise + f"{aim}{text}".encode() + end

    def hear(self, data: bytes, now: float) -> bytes:  # noqa: ARG002
        """Note the host's handshake: ACK and NAK sound differently, BEL beeps."""
        sounds = {ACK: "good", NAK: "bad", BEL: "beep"}
        self.beeps += [sounds[byte] for byte in data if byte in sounds]
        return b""

    def speak(self, now: float) -> bytes:
        """What has been typed by now."""
        said = b""
        while self._queue and self._queue[0][0] <= now:
            said += self._queue.popleft()[1]
        return said

    def state(self) -> dict[str, object]:
        """Configuration, last scans and faults, for the control door."""
        return {
            "suffix": self.suffix,
            "aim": self.aim,
            "scanned": len(self.scanned),
            "last": self.scanned[-1] if self.scanned else None,
            "beeps": self.beeps[-5:],
            "faults": sorted(self.faults),
        }

    def _spoilt(self, code: str) -> str:
        if ScannerFault.MISREAD in self.faults and code:
            place = self._chance.randrange(len(code))
            other = self._chance.choice([c for c in "0123456789" if c != code[place]])
            code = code[:place] + other + code[place + 1 :]
        if ScannerFault.TRUNCATED in self.faults:
            code = code[: max(1, len(code) // 2)]
        return code

    def _type(self, data: bytes, at: float) -> None:
        at = max(at, self._free_at)
        if ScannerFault.SLOW_TYPING not in self.faults:
            self._queue.append((at, data))
            self._free_at = at
            return
        for byte in data:
            self._queue.append((at, bytes([byte])))
            at += 0.03
        self._free_at = at
