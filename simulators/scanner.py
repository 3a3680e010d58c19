"""A simulated barcode scanner on a serial line: it types what it reads.

Suffix, AIM prefix and character delay are the device's configuration (Honeywell, Zebra and Newland
manuals agree on them); bounce, no-read, misread and the rest are its faults.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from simulators.scanner_faults import ScannerFault
from simulators.wire import Device

SUFFIXES = {"cr": b"\r", "crlf": b"\r\n", "lf": b"\n", "tab": b"\t", "none": b""}
ACK, NAK, BEL = 0x06, 0x15, 0x07
HELD, BATCH = 10, 3  # how often a held trigger reads, how many scans a batch has
BOUNCE_AFTER = 0.12  # seconds after which a jittery trigger reads the same label again
NO_READ = "NR"


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
        self._kept = b""

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
        typed = self.typed(code)
        if ScannerFault.BATCHED in self.faults:
            self._kept += typed
            if len(self.scanned) % BATCH:
                return
            typed, self._kept = self._kept, b""
        self._type(typed, now)
        if ScannerFault.BOUNCE in self.faults:
            self._type(typed, now + BOUNCE_AFTER)
        if ScannerFault.HELD_TRIGGER in self.faults:
            for again in range(1, HELD):
                self._type(typed, now + again * 0.1)

    def burst(self, codes: list[str], now: float, *, within: float = 0.2) -> None:
        """Read several labels evenly spaced within so many seconds."""
        for number, code in enumerate(codes):
            self.scan(code, now + within * number / max(len(codes), 1))

    def typed(self, code: str) -> bytes:
        """The bytes for one label, faults included."""
        if ScannerFault.NO_READ in self.faults:
            return NO_READ.encode() + SUFFIXES[self.suffix]
        text = self._spoilt(code)
        aim = aim_of(code) if self.aim != (ScannerFault.AIM_SWITCHED in self.faults) else ""
        body = f"{aim}{text}".encode()
        for fault, spoil in BYTES.items():
            if fault in self.faults:
                body = spoil(body)
        noise = self._chance.randbytes(4) if ScannerFault.GARBAGE in self.faults else b""
        return noise + body + self._end()

    def _end(self) -> bytes:
        """What comes after the code."""
        end = SUFFIXES[self.suffix]
        if ScannerFault.OTHER_SUFFIX in self.faults:
            end = b"\n"
        if ScannerFault.TWO_SUFFIXES in self.faults:
            end *= 2
        glued = ScannerFault.GLUED in self.faults and len(self.scanned) % 2 == 1
        return b"" if glued or ScannerFault.NO_SUFFIX in self.faults else end

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
        for fault, spoil in TEXTS.items():
            if fault in self.faults:
                code = spoil(code)
        return code

    def _type(self, data: bytes, at: float) -> None:
        at = max(at, self._free_at)
        if ScannerFault.PAUSES in self.faults:
            self._queue += [(at, data[: len(data) // 2]), (at + 2.0, data[len(data) // 2 :])]
            at += 2.0
        elif ScannerFault.LATE_SUFFIX in self.faults:
            code = data.rstrip(b"\r\n\t")
            self._queue += [(at, code), (at + 0.5, data[len(code) :])]
            at += 0.5
        elif ScannerFault.SLOW_TYPING in self.faults:
            for byte in data:
                self._queue.append((at, bytes([byte])))
                at += 0.03
        else:
            self._queue.append((at, data))
        self._free_at = at


TEXTS: dict[ScannerFault, Callable[[str], str]] = {
    ScannerFault.TRUNCATED: lambda code: code[: max(1, len(code) // 2)],
    ScannerFault.LOWER_CASE: str.lower,
    ScannerFault.ZERO_ADDED: lambda code: "0" + code,
    ScannerFault.FIRST_LOST: lambda code: code[1:],
    ScannerFault.LAST_LOST: lambda code: code[:-1],
    ScannerFault.REVERSED: lambda code: code[::-1],
    ScannerFault.SPACED: lambda code: f" {code} ",
    ScannerFault.PREFIXED: lambda code: "#" + code,
}
"""What a fault makes of the code itself."""

BYTES: dict[ScannerFault, Callable[[bytes], bytes]] = {
    ScannerFault.NULS: lambda body: b"\0".join(bytes([byte]) for byte in body),
    ScannerFault.EIGHTH_BIT: lambda body: bytes(byte | 0x80 for byte in body),
    ScannerFault.FLOOD: lambda body: b"8" * 6000 + body,
    ScannerFault.BANNER: lambda body: b"SCANNER V2.17 READY\r" + body,
    ScannerFault.BELLS: lambda body: body + b"\x07",
}
"""What a fault makes of its bytes."""
