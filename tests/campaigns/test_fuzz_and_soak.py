"""A small size of `campaigns/fuzz.py` and `campaigns/soak.py`, and what they would tell."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Campaign = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def fuzz(campaign: Campaign) -> ModuleType:
    return campaign("fuzz")


@pytest.mark.fault("F2", "F16", "F18", "F28")
def test_damaged_input_has_its_answer_at_every_door(fuzz: ModuleType) -> None:
    seen = fuzz.run(4000, 20261128)
    assert sum(seen.values()) == 4000
    assert set(seen) == {"webhook", "bill", "file", "list", "barcode", "scanner", "scale"}


def test_the_good_samples_are_taken_as_what_they_are(fuzz: ModuleType, tmp_path: Path) -> None:
    with fuzz.doors(tmp_path) as doors:
        assert fuzz.parse_paid(fuzz.ORDER).order_no == "2450000000000001001"
        assert fuzz.parse_refunded(fuzz.REFUND).kind == "refunded"
        assert [one.kind for one in doors["file"][1](fuzz.EXPORT)] == ["taobao"]
        assert len(doors["bill"][1](fuzz.BILL).lines) == 2
        assert doors["barcode"][1](b"PBCMD-HELP") == "prompt.idle"


def test_damage_is_the_same_for_the_same_seed(fuzz: ModuleType) -> None:
    first, second = (fuzz.damaged(random.Random(5), fuzz.ORDER) for _ in range(2))
    assert first == second != fuzz.ORDER


@pytest.mark.parametrize(("take", "said"), [
    (lambda data: data.decode("ascii"), "UnicodeDecodeError"),
    (lambda data: [n + len(data) for n in range(12_000_000)], "took"),
])
def test_a_traceback_and_a_hang_are_findings(
    fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch, take: Callable[[bytes], Any], said: str
) -> None:
    monkeypatch.setattr(fuzz, "SLOW_S", 0.2)
    with pytest.raises(fuzz.Violation, match=f"seed 1, input 7 at door.*{said}"):
        fuzz._one("door", (["测".encode() * 20], take), 1, 7)


@pytest.mark.fault("F34")
def test_a_thousand_scans_leave_memory_and_descriptors_as_they_were(campaign: Campaign) -> None:
    seen = campaign("soak").run(1200)
    assert seen["descriptors"] <= 0
    assert seen["late_ms"] > 0


def test_memory_that_grows_is_a_finding(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    soak = campaign("soak")
    monkeypatch.setattr(soak, "GROWTH", -1 << 40)
    with pytest.raises(soak.Violation, match="memory grew"):
        soak.run(60)
