"""The `station` command with its pages: every word of `station.cli`, and `serve` and `demo`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from station.cli import COMMANDS, run


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(COMMANDS, arguments))
