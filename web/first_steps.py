"""The first steps of a new shop as the first page lists them, until all are done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from station.domain.rights import Right
from station.services import first_steps
from web.door import station
from web.signin import person


@dataclass(frozen=True, slots=True)
class Todo:
    """One step: its words ``first.<name>``, where it is done, and whether it is.

    ``href`` is "" where it is written into ``station.toml``, or is somebody else's to do.
    """

    name: str
    href: str
    done: bool


def todo() -> tuple[Todo, ...]:
    """The steps in their order for whoever may bring lists in; none once all are done."""
    if not person().may(Right.IMPORT):
        return ()
    steps = tuple(Todo(name, _where(name), done) for name, done in _standing().items())
    return () if all(step.done for step in steps) else steps


def _standing() -> dict[str, bool]:
    door = station()
    there = door.read(first_steps.brought)
    benches = [bench.view() for bench in door.benches.values()]
    return {
        "devices": any(view.devices for view in benches),
        "sender": bool(door.config.paper.sender.name and door.config.paper.sender.address),
        "goods": there.goods, "numbers": there.numbers, "packaging": there.packaging,
        "people": there.people, "orders": there.orders,
    }


_PAGES = {"devices": ("devices.page", Right.PACK), "sender": None,
          "people": ("people.staff_page", Right.STAFF)}


def _where(name: str) -> str:
    page = _PAGES.get(name, ("imports.page", Right.IMPORT))
    return url_for(page[0]) if page and person().may(page[1]) else ""
