"""What a setting says of itself: its words in both languages, and what it may be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one setting beside its type: its words, and the values it may take."""

    zh: str
    en: str
    key: str = ""  # the name in station.toml where it differs from the field's
    choices: tuple[str | int, ...] = ()
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    filled: bool = False  # an empty text is refused; with an empty default the setting is required
    example: str = ""  # TOML shown by `station init` where the default says too little
