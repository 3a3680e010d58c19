"""A few thousand damaged frames of every protocol: no wrong weight, and quickly right again.

The same trials run a million times by ``python benchmarks/fuzz_scale.py --frames 1000000``.
"""

from __future__ import annotations

import random
import runpy
from pathlib import Path
from typing import Any

import pytest

from drivers.registry import SCALES

FUZZ = Path(__file__).parents[3] / "benchmarks" / "fuzz_scale.py"
TRIALS = 9000
LIGHT = {"ms-print", "ohaus"}
"""Balances whose weights here are below 90 g: some are as good as empty, or as the last one."""


@pytest.fixture(scope="module")
def fuzz() -> dict[str, Any]:
    return runpy.run_path(str(FUZZ))


@pytest.mark.rule("D6")
@pytest.mark.pain("20")
@pytest.mark.fault("F2")
def test_damaged_frames_give_no_wrong_weight_and_the_next_but_one_is_read(
    fuzz: dict[str, Any],
) -> None:
    scores = fuzz["run"](TRIALS, seed=20240501)
    assert sum(score.trials for score in scores.values()) == TRIALS
    assert {case: score.wrong for case, score in scores.items() if score.wrong} == {}
    assert {case: score.late for case, score in scores.items() if score.late} == {}


@pytest.mark.fault("F2")
def test_with_a_check_or_parity_not_even_a_flipped_digit_passes(fuzz: dict[str, Any]) -> None:
    scores = fuzz["run"](TRIALS, seed=20240502)
    for (name, kind), score in scores.items():
        checked = fuzz["ENCODERS"][name][1]
        if checked:
            assert score.unseen == 0, (name, kind)


@pytest.mark.rule("D6")
@pytest.mark.fault("F2")
def test_the_stable_weight_rule_accepts_no_wrong_weight_of_a_damaged_stream(
    fuzz: dict[str, Any],
) -> None:
    weighings = accepted = 0
    for name in fuzz["ENCODERS"]:
        settled = fuzz["settle"](name, 120, random.Random(f"20240503 {name}"))
        assert settled.wrong == 0, name
        assert settled.most_held <= 256, name
        if name not in LIGHT:
            assert settled.accepted >= settled.weighings * 0.7, name
            weighings, accepted = weighings + settled.weighings, accepted + settled.accepted
    assert accepted >= weighings * 0.95


def test_a_lost_byte_does_not_turn_an_elicom_answer_for_good() -> None:
    """28 + 58 hex are 80: read from the second byte on, the sum is right, too."""
    frame = bytes.fromhex("012858") + bytes([0x01 + 0x28 + 0x58])
    decoder = SCALES["elicom"].build({})
    read = [decoder.feed(frame)[0].value]
    for said in (frame[1:], frame, frame, frame):
        read += [reading.value for reading in decoder.feed(said)]
        decoder.quiet()
    assert set(read) == {read[0]}
    assert len(read) >= 4


def test_every_serial_protocol_is_damaged_here(fuzz: dict[str, Any]) -> None:
    serial = {name for name, protocol in SCALES.items() if protocol.is_serial}
    assert {protocol for protocol, _, _ in fuzz["ENCODERS"].values()} == serial
