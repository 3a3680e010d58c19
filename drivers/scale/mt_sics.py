"""MT-SICS of Mettler-Toledo, also spoken by Kern (KCP), Ohaus, Elicom and B-TEK; and their print.

An answer names its command: ``S S      1.234 kg`` is stable, ``S D`` is moving, ``S I`` could not
be executed now, ``S +`` and ``S -`` are out of range, ``ES``, ``ET`` and ``EL`` are errors.
Answers to zeroing, taring and identification carry no weight of the pan. Sources: Mettler AL/AT
operating instructions; Elicom S200 protocols (whose ``S X`` is an overload). The print line of
the MS balances (``     N       1.2345 g   ``) is known from captures only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import MODES, FieldDecoder
from drivers.scale.framing import HeadlessLines, Lines
from drivers.scale.measures import reading

ASK = b"SI\r\n"
COMMANDS: Mapping[str, bytes] = {
    "now": ASK, "stable": b"S\r\n", "repeat": b"SIR\r\n", "zero": b"Z\r\n", "tare": b"T\r\n",
    "clear tare": b"TAC\r\n", "identify": b"I4\r\n", "cancel": b"@\r\n",
}
"""What a host may send, by what it is for; ``cancel`` also ends a repeat."""

WEIGHT = re.compile(rb"S ([SD])( +[-+]? *[\d.,]+) {1,2}([A-Za-z]{1,4}|%) *")
MIXED = re.compile(rb"S ([SD])( +[-+]? *\d{1,3}:\d{1,2}\.\d{1,3} +lb:oz) *")
TARE = re.compile(rb"T[IA]? [SAD]( +-? *[\d.]+) ([A-Za-z]{1,4}) *")
ANSWER = re.compile(rb"(?:S I|(?:Z|ZI|T|TI|TA|TAC|K|D|DW|SR|PWR|M\d\d|U) [ABDILS+-](?: .{0,40})?)")
IDENTITY = re.compile(rb"(?:@|I\d{1,2}) [ABIL](?: \"?([^\"]*)\"?)?(?: .*)?")
ERRORS = re.compile(rb"E[STL]|S L|S S +Error .{1,8}")
RANGES: Mapping[bytes, ReadingStatus] = {
    b"S +": ReadingStatus.OVERLOAD, b"S -": ReadingStatus.UNDERLOAD, b"S X": ReadingStatus.OVERLOAD,
}
PRINT = re.compile(rb" {3,6}([GNT ])( +-? *[\d.,]+) ([A-Za-z]{1,3}) *")


def serial_number(line: bytes) -> str | None:
    """Return the serial number in an answer to ``I4`` or ``@``; None for any other line."""
    found = IDENTITY.fullmatch(line.strip())
    number = found[1] if found and line.startswith((b"@", b"I4")) else None
    return number.decode("ascii", "replace").strip() if number else None


class MtSicsDecoder(FieldDecoder):
    """Decodes answers; what is no weight of the pan is valid and no reading."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Lines(), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = WEIGHT.fullmatch(frame)
        if found is not None:
            return self.weight(frame, found[2], found[3], stable=found[1] == b"S")
        mixed = MIXED.fullmatch(frame)
        if mixed is not None:
            return self.ounces(frame, mixed[2], stable=mixed[1] == b"S", mode=None)
        if ERRORS.fullmatch(frame):
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        if frame[:3] in RANGES and not frame[3:].strip(b" -+.0123456789Kkg"):
            return [reading(None, frame, status=RANGES[frame[:3]])]
        found = TARE.fullmatch(frame)
        if found is not None:
            return self.weight(frame, found[1], found[2], mode=WeighingMode.TARE)
        return () if ANSWER.fullmatch(frame) or IDENTITY.fullmatch(frame) else None


class MettlerPrintDecoder(FieldDecoder):
    """Decodes the lines that a Mettler MS balance prints; they do not say whether it is stable."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(HeadlessLines(), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = PRINT.fullmatch(frame)
        if found is None:
            return None
        return self.weight(frame, found[2], found[3], mode=MODES.get(found[1]))
