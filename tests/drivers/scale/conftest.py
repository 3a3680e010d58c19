"""What every scale decoder's test needs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Facts = tuple[Decimal | None, str | None, bool | None, str | None, str]


@pytest.fixture
def facts() -> Callable[[Any], list[Facts]]:
    """Readings as (value, unit, stable, mode, status), the shape of a golden frame's line."""

    def _facts(readings: Any) -> list[Facts]:
        return [
            (r.value, r.unit, r.stable, r.mode.value if r.mode else None, r.status.value)
            for r in readings
        ]

    return _facts
