"""What a host can tell a scanner: to beep, to read, to stop; each make has bytes of its own.

Sources: Honeywell/HHP (Datalogic/HHP 7000 manual page 159, and rebrands): SYN T CR and SYN U CR;
CipherLab 1664 manual page 252; Metrologic MS9540: BEL is three beeps. Newland's are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Word(StrEnum):
    """What may be told, whatever the make."""

    BEEP = "beep"
    READ = "read"  # pull the trigger
    STOP = "stop"  # let go of it
    DISABLE = "disable"
    ENABLE = "enable"
    RESUME = "resume"  # settings as they were saved
    SAVE = "save"


COMMANDS: Mapping[str, Mapping[Word, bytes]] = {
    "honeywell": {Word.READ: b"\x16T\r", Word.STOP: b"\x16U\r"},
    "cipherlab": {
        Word.BEEP: b"#@////\r", Word.DISABLE: b"D", Word.ENABLE: b"E",
        Word.RESUME: b"#@....\r", Word.SAVE: b"#@109999\r",
    },
    "metrologic": {Word.BEEP: b"\x07"},
}
"""Make to what it understands."""

BEEPING = frozenset(make for make, known in COMMANDS.items() if Word.BEEP in known)


def command(make: str, word: Word) -> bytes | None:
    """The bytes that tell a scanner of this make, None if it has no such command."""
    return COMMANDS.get(make, {}).get(word)
