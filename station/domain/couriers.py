"""What is noted about a courier (D11): good relations are kept by knowing, not by guessing."""

from __future__ import annotations

from enum import StrEnum


class Incident(StrEnum):
    """What can be noted. ``HELPED`` is the one kind that is worth a thank-you."""

    LATE = "late"
    DID_NOT_COME = "did_not_come"
    WRONG_FIGURES = "wrong_figures"
    WOULD_NOT_SIGN = "would_not_sign"
    ROUGH = "rough"
    LOST = "lost"
    DAMAGED = "damaged"
    RUDE = "rude"
    HELPED = "helped"
    OTHER = "other"
