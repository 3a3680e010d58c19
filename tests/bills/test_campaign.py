"""The campaign over generated statements, small: its large run is a command."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def campaign() -> ModuleType:
    """campaigns/statements.py, which is a script and no module of a package."""
    path = Path(__file__).parents[2] / "campaigns" / "statements.py"
    spec = importlib.util.spec_from_file_location("statements_campaign", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fifty_statements_hold_what_was_planted(
    campaign: ModuleType, capsys: pytest.CaptureFixture[str]
):
    assert campaign.main(["--statements", "50", "--seed", "77"]) == 0
    assert "50 statements" in capsys.readouterr().out


def test_a_finding_that_is_not_as_planted_ends_it(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(campaign, "match", lambda *_: [])
    assert campaign.main(["--statements", "5"]) == 1
    assert "STO seed 0" in capsys.readouterr().out
