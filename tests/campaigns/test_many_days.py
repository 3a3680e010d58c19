"""Two hundred short days of `campaigns/warehouse_day.py`, each with faults of its own."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

DAYS, STEPS = 25, 50


@pytest.mark.fault("F5", "F8", "F9", "F10", "F11", "F15")
@pytest.mark.parametrize("first", range(1, 201, DAYS))
def test_short_days_full_of_faults_end_whole(
    campaign: Callable[[str], ModuleType], first: int
) -> None:
    happened = campaign("warehouse_day").run(DAYS, first, STEPS)
    for rare in ("clock jumps", "disk full", "doubts settled"):
        assert happened[rare] >= DAYS, f"{rare} did not come in every day: {happened}"
    for wanted in ("opened", "pieces packed", "weight.taken", "restarts"):
        assert happened[wanted] > 0, f"{wanted} never happened: {happened}"
