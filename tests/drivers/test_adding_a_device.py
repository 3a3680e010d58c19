"""The worked example of docs/adding-a-device.md is run as it stands there."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drivers.scale.find import Outcome, judge
from drivers.scale.protocols import SCALES

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-device.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The page's blocks, run one after the other like the files they stand for."""
    names: dict[str, Any] = {"__name__": "linden"}
    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec", dont_inherit=True), names)  # noqa: S102 - our own page
    return names


def facts(readings: Any) -> list[tuple[Any, ...]]:
    return [(one.value, one.unit, one.stable, one.mode and str(one.mode), str(one.status))
            for one in readings]


def test_the_page_has_a_decoder_an_entry_and_frames() -> None:
    assert len(BLOCKS) == 3


def test_every_golden_frame_of_the_page_is_read_as_it_says(example: dict[str, Any]) -> None:
    for frame, value, *expected in example["GOLDEN"]:
        wanted = (None if value is None else Decimal(value), *expected)
        assert facts(example["ENTRY"].build({}).feed(frame)) == [wanted], frame


def test_what_the_page_says_is_refused_gives_nothing(example: dict[str, Any]) -> None:
    for frame in example["REFUSED"]:
        assert list(example["ENTRY"].build({}).feed(frame)) == [], frame


def test_any_chunking_gives_the_same_readings(example: dict[str, Any]) -> None:
    stream = b"0kg50\r" + b"".join(frame for frame, *_ in example["GOLDEN"]) * 5
    whole = facts(example["ENTRY"].build({}).feed(stream))
    chance = random.Random(4)
    for _ in range(50):
        decoder, rest, pieces = example["ENTRY"].build({}), stream, []
        while rest:
            size = chance.randrange(1, 20)
            pieces += decoder.feed(rest[:size])
            rest = rest[size:]
        assert facts(pieces) == whole


def test_no_flipped_bit_gives_a_weight(example: dict[str, Any]) -> None:
    frame = example["GOLDEN"][0][0]
    for at in range(len(frame)):
        for bit in range(8):
            damaged = frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1:]
            assert facts(example["ENTRY"].build({}).feed(damaged)) == []


def test_the_search_finds_it_among_all_others(example: dict[str, Any]) -> None:
    stream = b"".join(frame for frame, *_ in example["GOLDEN"][:1]) * 20
    verdict = judge(stream[4:], {**SCALES, "linden": example["ENTRY"]})
    assert verdict.outcome is Outcome.FOUND
    assert verdict.best is not None
    assert verdict.best.protocol == "linden"
