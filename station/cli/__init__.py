"""The `station` command: one file for each family of its words."""

from __future__ import annotations

from station.cli.alone import alone
from station.cli.archives import COMMANDS as ARCHIVES
from station.cli.backups import COMMANDS as BACKUPS
from station.cli.bills import COMMANDS as BILLS
from station.cli.command import (
    FOUND,
    OK,
    USAGE,
    Command,
    Problem,
    bare,
    grammar,
    opened,
    refuse_strangers,
    run,
    settings_of,
    takes_config,
)
from station.cli.database import COMMANDS as DATABASE
from station.cli.database import make_ready
from station.cli.devices import COMMANDS as DEVICES
from station.cli.doctor import COMMANDS as DOCTOR
from station.cli.people import COMMANDS as PEOPLE
from station.cli.privacy import COMMANDS as PRIVACY
from station.cli.records import COMMANDS as RECORDS
from station.cli.setting_up import COMMANDS as SETTING_UP
from station.cli.support import COMMANDS as SUPPORT
from station.cli.tls import COMMANDS as TLS

__all__ = [
    "COMMANDS",
    "FOUND",
    "OK",
    "USAGE",
    "Command",
    "Problem",
    "alone",
    "bare",
    "grammar",
    "make_ready",
    "opened",
    "refuse_strangers",
    "run",
    "settings_of",
    "takes_config",
]

COMMANDS: tuple[Command, ...] = (
    *SETTING_UP, *RECORDS, *PEOPLE, *BILLS, *ARCHIVES, *DOCTOR, *SUPPORT, *DEVICES, *DATABASE,
    *PRIVACY, *BACKUPS, *TLS,
)
"""Every word that needs no web; `web.cli` adds the others."""
