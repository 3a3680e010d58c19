"""The station's health as codes: what `/api/v1/health` answers and `/metrics` counts.

```
database_…     the records cannot be read or written: station.services.trouble says how
disk_low       little room where the station writes
device_…       a device is silent, gone, busy, misconfigured, or wants a person
print_late     a label that may be printed has waited for a quarter of an hour
platform_late  a call to the platform has
traces_left    what was destroyed or sealed still lingers in the database's files
```
"""

from __future__ import annotations

from collections.abc import Callable

from station.services import health
from station.services.trouble import Trouble, trouble_of
from web.door import StationDoor

_DATABASE = "database_"

DEVICE_TROUBLES = ("silent", "gone", "busy", "misconfigured", "attention")
"""The states of a device that somebody should look at."""

REASONS = (
    *(f"{_DATABASE}{trouble}" for trouble in Trouble), "disk_low",
    *(f"device_{state}" for state in DEVICE_TROUBLES), "print_late", "platform_late",
    "traces_left",
)
"""Every code there is."""


def reasons(station: StationDoor) -> tuple[str, ...]:
    """Why the station is not wholly well, in the order of the list above; empty if it is."""
    found = {*_records(station), *_devices(station)}
    if free_bytes(station) < health.LITTLE_ROOM:
        found.add("disk_low")
    return tuple(code for code in REASONS if code in found)


def status_of(found: tuple[str, ...]) -> str:
    """"ok", "degraded" (work goes on), or "down" (the records cannot be read or written)."""
    if any(code.startswith(_DATABASE) for code in found):
        return "down"
    return "degraded" if found else "ok"


def free_bytes(station: StationDoor) -> int:
    """The room left where the station writes."""
    config = station.config
    return health.free_bytes((config.data_dir, config.backup_dir, config.base_dir))


def _records(station: StationDoor) -> set[str]:
    return {*_tried(lambda: _late(station)), *_tried(lambda: _pen(station))}


def _tried(look: Callable[[], set[str]]) -> set[str]:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - whatever stops the records is what was asked for
        return {f"{_DATABASE}{trouble_of(error)}"}


def _late(station: StationDoor) -> set[str]:
    return set(station.read(health.late, now=station.now()))


def _pen(station: StationDoor) -> set[str]:
    health.pen(station.db)
    return set()


def _devices(station: StationDoor) -> set[str]:
    return {f"device_{each.state}" for bench in station.benches.values()
            for each in bench.view().devices if each.state in DEVICE_TROUBLES}
