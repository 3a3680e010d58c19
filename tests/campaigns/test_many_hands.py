"""A second or two of `campaigns/many_hands.py` on each kind of database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
Campaign = Callable[[str], ModuleType]


@pytest.mark.fault("F7", "F13")
@pytest.mark.pain("28")
def test_many_benches_of_one_process_share_a_file(campaign: Campaign, tmp_path: Path) -> None:
    hands = campaign("many_hands")
    seen = hands.run(f"sqlite:///{tmp_path / 'station.db'}", 12, 2.5)
    assert seen["turns"] > 12
    assert seen["packed"] > 0


@pytest.mark.postgres
@pytest.mark.fault("F7", "F13")
def test_many_benches_of_several_processes_share_a_postgresql(
    campaign: Campaign, postgres_cluster: Any
) -> None:
    hands = campaign("many_hands")
    name = postgres_cluster.create("template0")
    seen = hands.run(postgres_cluster.url(name), 6, 3.0, processes=2)
    assert seen["turns"] > 6
    postgres_cluster.drop(name)


def test_what_two_benches_got_is_seen(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = campaign("many_hands")

    def doubled(_url: str, names: list[str], _seconds: float) -> list[Any]:
        made = [hands.Hand(None, name) for name in names]
        for hand in made:
            hand.numbers, hand.opened = [hand.name], [7]
        return made

    monkeypatch.setattr(hands, "work", doubled)
    with pytest.raises(hands.Violation, match="opened: got by two"):
        hands.run(f"sqlite:///{tmp_path / 'station.db'}", 2, 0.0)
