"""A few thousand damaged frames of every protocol: no wrong weight, and quickly right again.

The same trials run a million times by ``python benchmarks/fuzz_scale.py --frames 1000000``.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from drivers.registry import SCALES

FUZZ = Path(__file__).parents[3] / "benchmarks" / "fuzz_scale.py"
TRIALS = 9000


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


def test_every_serial_protocol_is_damaged_here(fuzz: dict[str, Any]) -> None:
    serial = {name for name, protocol in SCALES.items() if protocol.is_serial}
    assert {protocol for protocol, _, _ in fuzz["ENCODERS"].values()} == serial
