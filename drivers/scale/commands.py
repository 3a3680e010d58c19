"""What a scale can be told: zero and tare, by protocol, where its maker's manual has a command.

Makers of one family differ where the table is silent (``st-gs``: Bison wants MZ, Kern Z), and USB
scales have no portable zero; there the key on the scale is the only way. Sources: MT-SICS and
8217 manuals; IND445 p. 50 (input characters); NCI 6702; Keli mode 5; Elicom S200; Kern FKB p. 37;
Entris II; Shuangjie; Ranger and Scout manuals. The SMA and A&D commands are general knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from drivers.scale import kern, mt_sics, sartorius
from drivers.scale.chinese import SHUANGJIE_COMMANDS
from drivers.scale.shop_scales import ELICOM_ZERO


class Word(StrEnum):
    """What a person wants of the scale."""

    ZERO = "zero"  # what the empty pan shows is nothing
    TARE = "tare"  # what lies there now is not counted


def _both(zero: bytes, tare: bytes) -> Mapping[Word, bytes]:
    return {Word.ZERO: zero, Word.TARE: tare}


COMMANDS: Mapping[str, Mapping[Word, bytes]] = {
    "mt-sics": _both(mt_sics.COMMANDS["zero"], mt_sics.COMMANDS["tare"]),
    "toledo-8217": _both(b"Z", b"T"),
    "toledo-continuous": _both(b"Z", b"T"),
    "toledo-continuous-plain": _both(b"Z", b"T"),
    "nci-scp01": _both(b"Z\r", b"T\r"),
    "nci-ecr": {Word.ZERO: b"Z\r"},
    "sma": _both(b"\nZ\r", b"\nT\r"),
    "keli-asked": _both(b"D", b"E"),
    "elicom": {Word.ZERO: ELICOM_ZERO},
    "kern": {Word.TARE: kern.COMMANDS["tare"]},
    "sartorius-sbi22": {Word.TARE: sartorius.COMMANDS["tare"]},
    "sartorius-sbi16": {Word.TARE: sartorius.COMMANDS["tare"]},
    "shuangjie": {Word.TARE: SHUANGJIE_COMMANDS["tare"]},
    "ohaus-defender": _both(b"Z\r\n", b"T\r\n"),
    "ohaus-print": _both(b"Z\r\n", b"T\r\n"),
    "radwag": _both(b"Z\r\n", b"T\r\n"),
    "and-standard": _both(b"Z\r\n", b"T\r\n"),
    "and-csv": _both(b"Z\r\n", b"T\r\n"),
}
"""The bytes by protocol and wish."""


def command(protocol: str, word: Word) -> bytes | None:
    """Return the bytes that tell a scale this; None where it has no such command."""
    return COMMANDS.get(protocol, {}).get(word)
