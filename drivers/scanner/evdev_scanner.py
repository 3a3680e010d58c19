"""Keyboard scanners read without a focused window: Linux input events, and HID boot reports.

``struct input_event`` is 24 bytes on 64-bit Linux: seconds, microseconds, type, code, value. An
event queue that has overflowed says so (SYN_DROPPED); the code it fell into is refused. A boot
report (hidraw) is eight bytes: modifiers, 0, and up to six keys that are down, in the order in
which they were pressed. Both end as text in the same framing as a serial scanner's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Protocol

from drivers.interfaces import DeviceEvent
from drivers.scanner.keyboard import DAMAGE, Keyboard
from drivers.scanner.serial_scanner import ScannerStream

EVENT = struct.Struct("@llHHi")
EV_SYN, EV_KEY, EV_LED = 0x00, 0x01, 0x11
SYN_DROPPED, LED_CAPS = 3, 1
RELEASED, PRESSED = 0, 1

BOOT_LENGTH = 8
ROLLOVER = 1
"""More keys are down than the report has room for: some are lost."""

USAGES = bytes((
    0, 0, 0, 0, 30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20,
    22, 47, 17, 45, 21, 44, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 28, 1, 14, 15, 57, 12, 13, 26, 27,
    43, 43, 39, 40, 41, 51, 52, 53, 58,
))
"""Linux key codes of the HID keyboard usages 0x00 to 0x39."""

KEYPAD_USAGES = {
    0x53: 69, 0x54: 98, 0x55: 55, 0x56: 74, 0x57: 78, 0x58: 96, 0x59: 79, 0x5A: 80, 0x5B: 81,
    0x5C: 75, 0x5D: 76, 0x5E: 77, 0x5F: 71, 0x60: 72, 0x61: 73, 0x62: 82, 0x63: 83, 0x64: 86,
}
MODIFIERS = (29, 42, 56, 125, 97, 54, 100, 126)
"""Key codes of the modifier byte's bits, lowest first."""

UNKNOWN_KEY = 240


class Typing(Protocol):
    """Bytes of a keyboard to the text that they type."""

    def feed(self, data: bytes) -> str:
        """Take the next bytes; return what they type."""
        ...

    def reset(self) -> None:
        """Forget a half-received event and all keys."""
        ...


class InputEvents:
    """Decodes ``struct input_event``, any chunking. A key held down repeats nothing."""

    def __init__(self) -> None:
        self._keyboard = Keyboard()
        self._rest = b""

    def feed(self, data: bytes) -> str:
        """Take the next bytes; return what they type."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        return "".join(
            self._typed(kind, code, value)
            for _, _, kind, code, value in EVENT.iter_unpack(data[:whole])
        )

    def reset(self) -> None:
        """Forget a half-received event and all keys."""
        self._keyboard.reset()
        self._rest = b""

    def _typed(self, kind: int, code: int, value: int) -> str:
        if kind == EV_KEY and value == PRESSED:
            return self._keyboard.press(code)
        if kind == EV_KEY and value == RELEASED:
            return self._keyboard.release(code)
        if kind == EV_LED and code == LED_CAPS:
            self._keyboard.set_capitals(bool(value))
        if kind == EV_SYN and code == SYN_DROPPED:
            self._keyboard.reset()
            return DAMAGE
        return ""


class BootReports:
    """Decodes HID boot keyboard reports of eight bytes, any chunking."""

    def __init__(self) -> None:
        self._keyboard = Keyboard()
        self._rest = b""
        self._down: list[int] = []

    def feed(self, data: bytes) -> str:
        """Take the next bytes; return what they type."""
        data = self._rest + data
        whole = len(data) - len(data) % BOOT_LENGTH
        self._rest = data[whole:]
        reports = (data[at:at + BOOT_LENGTH] for at in range(0, whole, BOOT_LENGTH))
        return "".join(self._typed(report) for report in reports)

    def reset(self) -> None:
        """Forget a half-received report and all keys."""
        self._keyboard.reset()
        self._rest, self._down = b"", []

    def _typed(self, report: bytes) -> str:
        if ROLLOVER in report[2:]:
            return DAMAGE
        down = keys_down(report)
        gone = [key for key in self._down if key not in down]
        new = [key for key in down if key not in self._down]
        self._down = down
        # Letting go comes first: Alt's release ends its character before the next key is pressed.
        return "".join([*map(self._keyboard.release, gone), *map(self._keyboard.press, new)])


def keys_down(report: bytes) -> list[int]:
    """Return the key codes that a boot report holds, modifiers first."""
    modifiers = [key for bit, key in enumerate(MODIFIERS) if report[0] >> bit & 1]
    return modifiers + [_key(usage) for usage in report[2:] if usage]


def _key(usage: int) -> int:
    known = USAGES[usage] if usage < len(USAGES) else KEYPAD_USAGES.get(usage)
    return known or UNKNOWN_KEY


class KeyboardStream:
    """A keyboard scanner for the device's owner thread: typed text, framed like any scanner's."""

    def __init__(self, typing: Typing, stream: ScannerStream) -> None:
        self._typing, self._stream = typing, stream
        self.teach = stream.teach

    @property
    def frames(self) -> int:
        """Codes and no-reads so far."""
        return self._stream.frames

    @property
    def refused(self) -> int:
        """What could be no code so far."""
        return self._stream.refused

    def feed(self, data: bytes, at: float) -> Sequence[DeviceEvent]:
        """Frame what was typed by what was read at monotonic second ``at``."""
        text = self._typing.feed(data)
        return self._stream.feed(text.encode(), at) if text else ()

    def quiet(self, at: float) -> Sequence[DeviceEvent]:
        """Take note that nothing came for the read timeout, which is the idle time set."""
        return self._stream.quiet(at)

    def reset(self) -> None:
        """Forget a half-received code and all keys (after a reconnect)."""
        self._typing.reset()
        self._stream.reset()
