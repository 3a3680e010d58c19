"""What a bench remembers between two events. Everything that matters is in the database too."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from station.domain.screen import DeviceView, Verdict
from station.domain.vocabulary import Message
from station.services.contents import OpenParcel
from station.services.staff import Person

RECENT = 8
"""Verdicts kept for the screen's list."""


class Asking(StrEnum):
    """What the bench asks for beside the parcel's own next step."""

    REPRINT_REASON = "reprint_reason"
    ACCEPT_REASON = "accept_reason"
    MANAGER = "manager"
    CHECK = "check"


@dataclass(slots=True)
class Standing:
    """Where the bench stands: its parcel, its packer, and what was begun and not finished.

    ``busy_at`` is when (monotonic) somebody last did something here; ``signer`` is whose PIN is
    being entered; ``subject`` the parcel of a waybill that was refused last and can still be
    printed again or reopened; ``held`` the verdict that locked the screen; ``known_g`` the
    weight that the scale's check asks for; ``opened_at`` is when (monotonic) the parcel came.
    """

    parcel: OpenParcel | None = None
    opened_at: float = 0.0
    packer: Person | None = None
    locked: bool = False
    entry: str = ""
    counting: bool = False
    defecting: bool = False
    asking: Asking | None = None
    reason: str = ""
    known_g: int = 0
    signer: Person | None = None
    busy_at: float = 0.0
    subject: int | None = None
    explanation: tuple[Message, ...] = ()
    verdict: Verdict | None = None
    held: Verdict | None = None
    recent: deque[Verdict] = field(default_factory=lambda: deque(maxlen=RECENT))
    devices: dict[str, DeviceView] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The name of the packer at the bench, "" if nobody has signed in."""
        return self.packer.name if self.packer is not None else ""

    def forget(self) -> bool:
        """Drop what was begun: digits, a count, a question. True if there was anything."""
        begun = bool(
            self.entry or self.counting or self.defecting or self.asking or self.signer
        )
        self.entry, self.reason = "", ""
        self.counting = self.defecting = False
        self.asking = self.signer = None
        return begun
