"""What is wrong with a line whose bytes make no sense: its parity, its speed, or the protocol.

A wrong setting leaves its own trace in the bytes. Read at 8N1, a 7E1 or 7O1 line shows text whose
eighth bit is the parity. A wrong speed shows bits of several characters run together: zeros, a
few patterns, and bytes that are text nowhere. Clean text is at the right speed already and only
another protocol, and a byte that never changes is a line held still.
"""

from __future__ import annotations

from enum import StrEnum

ENOUGH = 12
"""Fewer bytes tell nothing."""

MOSTLY = 0.9
CONTROLS = frozenset(b"\r\n\t\x02\x03\x04\x05\x06\x11\x15\x1b")


class Fault(StrEnum):
    """What to look at first."""

    PROTOCOL = "protocol"  # clean text, of another make
    PARITY = "parity"  # 7 bits with parity, read as 8 without
    SPEED = "speed"  # no text at any reading of the eighth bit
    STILL = "still"  # one byte over and over: a line held low, or by a wrong cable


def fault_of(data: bytes) -> Fault | None:
    """Say what the bytes look like; None if there are too few to tell."""
    if len(data) < ENOUGH:
        return None
    if len(set(data)) == 1:
        return Fault.STILL
    if _is_text(data):
        return Fault.PROTOCOL
    plain = bytes(byte & 0x7F for byte in data)
    odd = sum(byte.bit_count() % 2 for byte in data) / len(data)
    if _is_text(plain) and max(odd, 1 - odd) >= MOSTLY:
        return Fault.PARITY
    return Fault.SPEED


def _is_text(data: bytes) -> bool:
    readable = sum(0x20 <= byte < 0x7F or byte in CONTROLS for byte in data)
    return readable / len(data) >= MOSTLY
