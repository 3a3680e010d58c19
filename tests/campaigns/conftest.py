"""How a test calls a campaign: by its script, as a person does, at a small size."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"


@pytest.fixture(scope="session")
def campaign() -> Callable[[str], ModuleType]:
    """The campaign of this name, imported once."""
    if str(CAMPAIGNS) not in sys.path:
        sys.path.insert(0, str(CAMPAIGNS))
    return importlib.import_module
