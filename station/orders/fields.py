"""What a JSON body may hold: each field described once, for reading it and for its schema.

A description reads its value strictly (a string is a string, a whole number has no fraction and
stays below 2**53, where other programs lose digits) and gives the same rule as JSON Schema.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

MOST_EXACT = 2**53 - 1
_MASK = re.compile(r"\*{2,}|＊|^\*|\*$")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a body: where ("lines[0].sku") and what, as a word code with facts."""

    path: str
    what: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Description(Protocol):
    """How one value is read and described."""

    def read(self, value: object, path: str, errors: list[FieldError]) -> object:
        """The value as the station keeps it; notes what is wrong and returns a stand-in then."""

    def schema(self) -> dict[str, object]:
        """The same rule as JSON Schema (2020-12, as OpenAPI 3.1 uses it)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string. ``lines`` allows line breaks; asterisks of a mask may be refused."""

    longest: int
    shortest: int = 0
    lines: bool = False
    pattern: str = ""
    may_be_masked: bool = True
    about: str = ""

    def read(self, value: object, path: str, errors: list[FieldError]) -> str:
        """The string without blanks around it."""
        if not isinstance(value, str):
            errors.append(FieldError(path, "not_a_string"))
            return ""
        text = value.strip()
        fault = self._fault(text)
        if fault:
            errors.append(FieldError(path, fault))
        return text

    def schema(self) -> dict[str, object]:
        """Length and pattern; what a schema cannot say stands in the description."""
        schema: dict[str, object] = {"type": "string", "maxLength": self.longest}
        if self.shortest:
            schema["minLength"] = self.shortest
        if self.pattern:
            schema["pattern"] = f"^{self.pattern}$"
        return schema | ({"description": self.about} if self.about else {})

    def _fault(self, text: str) -> str | None:
        if len(text) < self.shortest:
            return "empty"
        if len(text) > self.longest:
            return "too_long"
        if any(self._refuses(char) for char in text):
            return "control_character"
        if not self.may_be_masked and _MASK.search(text):
            return "masked"
        fits = not (self.pattern and text) or re.fullmatch(self.pattern, text)
        return None if fits else "wrong_form"

    def _refuses(self, char: str) -> bool:
        """Control characters, halves of characters, and marks that reverse the reading order."""
        if self.lines and char in "\n\r\t":
            return False
        return unicodedata.category(char) in ("Cc", "Cs") or char in _BIDI


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``low`` to ``high``, both allowed."""

    low: int
    high: int
    about: str = ""

    def read(self, value: object, path: str, errors: list[FieldError]) -> int:
        """The number; 1.0, true and "1" are not whole numbers."""
        if not isinstance(value, int) or isinstance(value, bool):
            errors.append(FieldError(path, "not_a_whole_number"))
        elif abs(value) > MOST_EXACT:
            errors.append(FieldError(path, "number_too_large"))
        elif not self.low <= value <= self.high:
            facts = {"low": str(self.low), "high": str(self.high)}
            errors.append(FieldError(path, "out_of_range", facts))
        else:
            return value
        return self.low

    def schema(self) -> dict[str, object]:
        """An integer within limits."""
        schema: dict[str, object] = {
            "type": "integer",
            "minimum": self.low,
            "maximum": self.high,
        }
        return schema | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its zone: 2026-11-23T10:00:00+08:00."""

    about: str = ""

    def read(self, value: object, path: str, errors: list[FieldError]) -> datetime:
        """The time in UTC."""
        stand_in = datetime(2000, 1, 1, tzinfo=UTC)
        if not isinstance(value, str):
            errors.append(FieldError(path, "not_a_string"))
            return stand_in
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                errors.append(FieldError(path, "time_without_zone"))
                return stand_in
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            errors.append(FieldError(path, "not_a_time"))
            return stand_in
        if not 2000 <= moment.year <= 2100:
            errors.append(FieldError(path, "out_of_range"))
        return moment

    def schema(self) -> dict[str, object]:
        """A date-time of RFC 3339."""
        schema: dict[str, object] = {"type": "string", "format": "date-time"}
        return schema | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: Iterable[str]

    def read(self, value: object, path: str, errors: list[FieldError]) -> str:
        """The word."""
        words = tuple(self.words)
        if not isinstance(value, str):
            errors.append(FieldError(path, "not_a_string"))
        elif value not in words:
            errors.append(FieldError(path, "unknown_choice", {"known": ", ".join(words)}))
        else:
            return value
        return words[0]

    def schema(self) -> dict[str, object]:
        """An enumeration."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class YesNo:
    """true or false."""

    def read(self, value: object, path: str, errors: list[FieldError]) -> bool:
        """The truth; 1 and "true" are none."""
        if not isinstance(value, bool):
            errors.append(FieldError(path, "not_true_or_false"))
        return value is True

    def schema(self) -> dict[str, object]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Many:
    """A list of one to ``most`` values of one kind."""

    of: Description
    most: int

    def read(self, value: object, path: str, errors: list[FieldError]) -> list[object]:
        """The values; none is read of a list that is too long."""
        if not isinstance(value, list):
            errors.append(FieldError(path, "not_a_list"))
        elif not value:
            errors.append(FieldError(path, "empty"))
        elif len(value) > self.most:
            errors.append(FieldError(path, "too_many", {"most": str(self.most)}))
        else:
            return [self.of.read(v, f"{path}[{i}]", errors) for i, v in enumerate(value)]
        return []

    def schema(self) -> dict[str, object]:
        """An array with its limits."""
        items = self.of.schema()
        return {"type": "array", "minItems": 1, "maxItems": self.most, "items": items}


@dataclass(frozen=True, slots=True)
class Record:
    """An object. Fields that are ``optional`` may be missing or null; unknown ones are ignored.

    Producers add fields as they grow, and an order must not be lost for one more.
    """

    needed: Mapping[str, Description]
    optional: Mapping[str, Description] = field(default_factory=dict)

    def read(self, value: object, path: str, errors: list[FieldError]) -> dict[str, object]:
        """The fields that are there, read."""
        if not isinstance(value, dict):
            errors.append(FieldError(path or ".", "not_an_object"))
            return {}
        found: dict[str, object] = {}
        for name, description in {**self.needed, **self.optional}.items():
            inner = f"{path}.{name}".lstrip(".")
            if value.get(name) is not None:
                found[name] = description.read(value[name], inner, errors)
            elif name in self.needed:
                errors.append(FieldError(inner, "missing"))
        return found

    def schema(self) -> dict[str, object]:
        """An object with its required fields."""
        optional = {name: _or_null(d.schema()) for name, d in self.optional.items()}
        return {
            "type": "object",
            "required": list(self.needed),
            "properties": {name: d.schema() for name, d in self.needed.items()} | optional,
        }


def _or_null(schema: dict[str, object]) -> dict[str, object]:
    """The same schema that null satisfies too."""
    widened = schema | {"type": [schema["type"], "null"]}
    if isinstance(schema.get("enum"), list):
        widened["enum"] = [*schema["enum"], None]  # type: ignore[misc]
    return widened
