"""The `station` command: one file for each family of its words."""

from __future__ import annotations

from station.cli.command import Command, Problem, run
from station.cli.database import COMMANDS as DATABASE
from station.cli.doctor import COMMANDS as DEVICES
from station.cli.setting_up import COMMANDS as SETTING_UP

__all__ = ["COMMANDS", "Command", "Problem", "run"]

COMMANDS: tuple[Command, ...] = (*SETTING_UP, *DEVICES, *DATABASE)
"""Every word that needs no web; `web.cli` adds `serve` and `demo`."""
