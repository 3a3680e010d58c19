"""A keyboard scanner's key presses and releases to text: US layout, shift, caps, Alt and Ctrl.

Scanners set to "Alt mode" hold Alt and type each character's decimal number on the keypad, which
is how Chinese in a QR code gets through a keyboard: five digits are a Unicode number, up to 255
the code pages of Windows apply (a leading zero: 1252, else 437). What cannot be a scanner's text
becomes ``DAMAGE``, a control character that the framing refuses: a code is never made shorter.
Key codes are those of linux/input-event-codes.h.
"""

from __future__ import annotations

DAMAGE = "\x00"
"""Stands for a key that types nothing: the code it is in will be refused."""

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (86, "\\", "|"),
    (15, "\t", "\t"),
    (28, "\r", "\r"),
    (96, "\r", "\r"),
)
KEYS = {
    first + at: pair
    for first, plain, shifted in _ROWS
    for at, pair in enumerate(zip(plain, shifted, strict=True))
}
"""What each key types without and with shift."""

KEYPAD = {
    71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0",
    55: "*", 74: "-", 78: "+", 83: ".", 98: "/",
}
ALTS, SHIFTS, CONTROLS = frozenset({56, 100}), frozenset({42, 54}), frozenset({29, 97})
CAPS, NUM_LOCK, SCROLL_LOCK = 58, 69, 70
MOST_DIGITS = 7
CODE_PAGES = (256, "cp437", "cp1252")
SURROGATES = range(0xD800, 0xE000)


class Keyboard:
    """One scanner's keyboard: which keys are down, and what has been typed with them."""

    def __init__(self) -> None:
        self._down: set[int] = set()
        self._capitals = False
        self._number = ""

    def reset(self) -> None:
        """Forget all keys (after a reconnect)."""
        self._down.clear()
        self._capitals, self._number = False, ""

    def set_capitals(self, capitals: bool) -> None:
        """Take note of the caps lock lamp."""
        self._capitals = capitals

    def press(self, key: int) -> str:
        """Press a key; return what it types at once, mostly one character or none."""
        if key in ALTS | SHIFTS | CONTROLS:
            self._down.add(key)
            return ""
        if key in (CAPS, NUM_LOCK, SCROLL_LOCK):
            self._capitals ^= key == CAPS
            return ""
        if self._down & ALTS:
            return self._press_with_alt(key)
        return control(key) if self._down & CONTROLS else self._type(key)

    def release(self, key: int) -> str:
        """Release a key; letting go of Alt types the character whose number was given."""
        was_alt = key in self._down & ALTS
        self._down.discard(key)
        if not was_alt or self._down & ALTS or not self._number:
            return ""
        number, self._number = self._number, ""
        return character(number)

    def _press_with_alt(self, key: int) -> str:
        digit = KEYPAD.get(key, "")
        if not digit.isdecimal() or len(self._number) >= MOST_DIGITS:
            return DAMAGE
        self._number += digit
        return ""

    def _type(self, key: int) -> str:
        if key in KEYPAD:
            return KEYPAD[key]
        plain, shifted = KEYS.get(key, (DAMAGE, DAMAGE))
        shift = bool(self._down & SHIFTS)
        return shifted if shift ^ (self._capitals and plain.isalpha()) else plain


def control(key: int) -> str:
    """Return what a key types with Ctrl: Ctrl+] is the GS1 separator; damage where nothing is."""
    plain = KEYS.get(key, (DAMAGE, DAMAGE))[0].upper()
    return chr(ord(plain) & 0x1F) if "A" <= plain <= "]" else DAMAGE


def character(number: str) -> str:
    """Return the character of a decimal number typed with Alt."""
    value = int(number)
    below, oem, ansi = CODE_PAGES
    if value < below:
        if value < 0x80:
            return chr(value)
        page = ansi if number.startswith("0") else oem
        return bytes([value]).decode(page, errors="replace").replace("\ufffd", DAMAGE)
    return chr(value) if value < 0x110000 and value not in SURROGATES else DAMAGE
