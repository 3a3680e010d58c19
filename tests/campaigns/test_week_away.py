"""`campaigns/week_away.py`: seven days without a line, then everything at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text

Campaign = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def week(campaign: Campaign) -> ModuleType:
    return campaign("week_away")


@pytest.mark.fault("F15", "F32")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_offline_loses_nothing_and_doubles_nothing(
    week: ModuleType, tmp_path: Path, seed: int
) -> None:
    happened = week.one_week(seed, str(tmp_path)).happened
    for wanted in ("messages of the week", "ship calls made after the week", "pieces packed",
                   "webhooks", "restarts"):
        assert happened[wanted] > 0, f"{wanted} never happened: {happened}"


@pytest.fixture(scope="module")
def over(week: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A week that is over, and whose records are right."""
    return week.one_week(3, str(tmp_path_factory.mktemp("week")))


@pytest.mark.parametrize(("lie", "said"), [
    ("UPDATE outbox SET state = 'given_up' WHERE id = (SELECT min(id) FROM outbox)", "calls"),
    ("UPDATE outbox SET key = 'x' WHERE id = (SELECT min(id) FROM outbox WHERE state = 'done')",
     "never heard"),
    ("UPDATE shop_order SET paid_at = NULL WHERE id = (SELECT min(id) FROM shop_order)", "lost"),
])
def test_a_planted_loss_is_seen(week: ModuleType, over: Any, lie: str, said: str) -> None:
    class Undo(Exception):
        """Takes the lie back again."""

    def tell(session: Any) -> None:
        session.execute(text(lie))
        session.flush()
        over.read = lambda look, *args, **facts: look(session, *args, **facts)
        try:
            over.told()
        finally:
            del over.read
        raise Undo

    over._build()  # the same shop, opened once more
    try:
        with pytest.raises(week.Violation, match=said):
            over.db.write(tell)
        over.told()
    finally:
        over.close()
