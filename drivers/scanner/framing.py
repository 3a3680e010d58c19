"""Bytes of a serial scanner to codes: suffix, AIM identifier, character set, length.

A code is what lies between two suffixes (CR, LF, CR LF, TAB), or what is followed by quiet for
scanners that send none: the owner of the clock then calls ``flush``. The AIM identifier ``]cm``
(ISO/IEC 15424) is taken off and kept, and so are STX and ETX around a code, a byte order mark, and
the letter of a maker's own code identifier where one is set. The GS1 separator 0x1D stays in the
data; any other control character means that bytes were damaged, and the code is refused rather
than repaired, as is one with signs that nobody can see.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum

from drivers.interfaces import NoRead, Scan

LONGEST = 4096
RAW_KEPT = 64
GS = "\x1d"
AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")

STX, ETX = b"\x02", b"\x03"
BYTE_ORDER_MARK = "\ufeff"
LONG_FORM = "\u0800"
JOINERS = "\u200c\u200d"
"""Invisible signs that belong to words and pictures; no other belongs into a code."""

NO_READ_WORDS = frozenset({"NOREAD", "NO READ", "NO_READ", "NO-READ", "ERROR", "\x18"})
"""What makers send for "nothing read" beside NR; CAN is Datalogic's. No code is called so."""

CODE_IDS = {
    "honeywell": re.compile(r"[abcdDeEghHiIjJlLmnNoOpPqQrRstTvVwxXyYz]"),
    "newland": re.compile(r"[abcdefghijkmnopqrsuvwxyzDHMPRSVZ]"),
    "zebra": re.compile(r"P0[0-9A-Z]|[A-HJKLMNRSTUVX]"),
}
"""A maker's own mark before each code for what it was printed in, as in its manual's table."""

NO_READ, TOO_LONG, UNDECODABLE = "no_read", "too_long", "undecodable"


class Suffix(Enum):
    """What the scanner is set to send after each code, as the bytes that end one.

    CR, LF and CR LF are one: neither byte is ever part of a code.
    """

    AUTO = b"\r\n\t"
    CRLF = b"\r\n"
    CR = CRLF
    LF = CRLF  # noqa: PIE796 - three names for one meaning, on purpose
    TAB = b"\t"
    NONE = b""


class ScannerFraming:
    """Eats any chunking and returns codes in order. ``Suffix.AUTO`` takes any of them, or none.

    ``prefix`` is what the scanner is set to send before each code: a code without it has lost
    its beginning and is refused. ``no_read`` is the text that some scanners send when they saw
    nothing, beside those that are known. ``code_id`` names the make whose own identifier stands
    before each code. ``frames`` counts the codes and no-reads, ``refused`` what could be neither.
    """

    def __init__(
        self, suffix: Suffix = Suffix.AUTO, *, prefix: str = "", no_read: str = "NR",
        code_id: str = "",
    ) -> None:
        self._code_id = CODE_IDS.get(code_id)
        self._suffix, self._prefix, self._no_read = suffix, prefix.encode(), no_read
        self._code = bytearray()
        self._too_long = False
        self._seen_suffix = False
        self.frames = 0
        self.refused = 0

    @property
    def waits_for_suffix(self) -> bool:
        """True if quiet does not end a code: a suffix is set, or has been seen."""
        return self._seen_suffix or self._suffix not in (Suffix.AUTO, Suffix.NONE)

    @property
    def is_unfinished(self) -> bool:
        """True while part of a code is held."""
        return bool(self._code) or self._too_long

    def feed(self, data: bytes) -> Sequence[Scan | NoRead]:
        """Take the next bytes; return the codes that they complete, oldest first."""
        ends = self._suffix.value
        if not ends:
            self._take(data)
            return []
        *ended, rest = re.split(rb"[" + ends + rb"]", data)
        self._seen_suffix = self._seen_suffix or bool(ended)
        codes: list[Scan | NoRead] = []
        for piece in ended:
            self._take(piece)
            codes.extend(self._finish())
        self._take(rest)
        return codes

    def flush(self) -> Sequence[Scan | NoRead]:
        """Take the quiet for the end of a code; nothing happens while a suffix is awaited."""
        return [] if self.waits_for_suffix else self._finish()

    def abandon(self) -> Sequence[Scan | NoRead]:
        """Give up a code whose suffix never came, so that it cannot grow into the next one."""
        if not self.is_unfinished:
            return []
        raw = bytes(self._code[:RAW_KEPT])
        self.reset()
        return [self._refuse(UNDECODABLE, raw)]

    def reset(self) -> None:
        """Forget a half-received code (after a reconnect)."""
        self._code.clear()
        self._too_long = False

    def _take(self, piece: bytes) -> None:
        room = LONGEST - len(self._code)
        self._too_long = self._too_long or len(piece) > room
        self._code += piece[:room]

    def _finish(self) -> Sequence[Scan | NoRead]:
        raw, too_long = bytes(self._code), self._too_long
        self.reset()
        if too_long:
            return [self._refuse(TOO_LONG, raw[:RAW_KEPT])]
        return [self._decode(raw)] if raw else []

    def _decode(self, raw: bytes) -> Scan | NoRead:
        if self._says_nothing_read(raw):
            self.frames += 1
            return NoRead(NO_READ, raw)
        text = _text(self._bare(raw)) if raw.startswith(self._prefix) else None
        if not text:
            return self._refuse(UNDECODABLE, raw[:RAW_KEPT])
        aim, data = self._parted(text)
        if not data:
            return self._refuse(UNDECODABLE, raw[:RAW_KEPT])
        self.frames += 1
        return NoRead(NO_READ, raw) if data == self._no_read else Scan(data, aim, raw)

    def _says_nothing_read(self, raw: bytes) -> bool:
        """True for the words of a no-read, with or without what is sent around a code."""
        words = self._bare(raw).decode("ascii", "replace")
        return words == self._no_read or words.upper() in NO_READ_WORDS

    def _bare(self, raw: bytes) -> bytes:
        """Take off the prefix, and STX and ETX if both are there."""
        bare = raw.removeprefix(self._prefix)
        if raw.startswith(STX) and bare.endswith(ETX):
            return bare.removeprefix(STX)[:-1]
        return bare

    def _parted(self, text: str) -> tuple[str | None, str]:
        """Part an identifier from the data; no data where the make's own one is missing."""
        found = AIM.match(text)
        if found is not None:
            return found[0], text[found.end():]
        if self._code_id is None:
            return None, text
        known = self._code_id.match(text)
        return None, text[known.end():] if known else ""

    def _refuse(self, reason: str, raw: bytes) -> NoRead:
        self.refused += 1
        return NoRead(reason, raw)


def _text(raw: bytes) -> str | None:
    """Decode as UTF-8, else as GB18030; None if it is neither, damaged, or likely to be noise.

    Some words of two-byte signs are both: 统一 in GBK are two letters of UTF-8. Letters of several
    scripts are then Chinese, a Latin word stays one, and the rest is refused.
    """
    chinese = _chinese_alike(raw)
    if chinese is not None:
        text = raw.decode("utf-8")
        scripts = {_script(sign) for sign in text if not sign.isascii()}
        if len(scripts) > 1:
            return chinese
        return text if scripts == {"LATIN"} and re.search("[A-Za-z]", text) else None
    for encoding, is_text in (("utf-8", _is_assigned), ("gb18030", _is_chinese)):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = text.removeprefix(BYTE_ORDER_MARK)
        return text if not any(map(_is_unseen, text)) and is_text(text) else None
    return None


def _chinese_alike(raw: bytes) -> str | None:
    """Return what bytes that are UTF-8 say in Chinese, if they may be that as well."""
    try:
        signs, chinese = raw.decode("utf-8"), raw.decode("gb2312")
    except UnicodeDecodeError:
        return None
    has_long = any(sign >= LONG_FORM for sign in signs)  # three bytes of UTF-8 are no accident
    return None if signs.isascii() or has_long or any(map(_is_unseen, chinese)) else chinese


def _script(sign: str) -> str:
    """Return the first word of a letter's name; of any other sign, its category."""
    return unicodedata.name(sign, "?").split()[0] if sign.isalpha() else unicodedata.category(sign)


def _is_assigned(text: str) -> bool:
    """True if every sign is one that somebody may have written."""
    return not any(unicodedata.category(sign) in ("Cn", "Co", "Cs") for sign in text)


def _is_chinese(text: str) -> bool:
    """True if most of what is not ASCII is in daily use (GB 2312).

    Any two bytes of noise are some rare character of GB18030; people write rare ones among others.
    """
    chinese = [sign for sign in text if not sign.isascii()]
    rare = len(chinese) - sum(map(_is_daily, chinese))
    return _is_assigned(text) and rare <= max(1, len(chinese) // 3)


def _is_daily(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") and sign not in GS + JOINERS
