"""The doors at the top of every page: grouped, for this person only, with the present page marked.

The table names pages, not rights: what a view asks for decides who sees its door, so that no door
is shown that stays closed. A group of one door is that door; an empty group is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app, request, url_for

from web.door import station
from web.signin import person, right_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One page by its endpoint; ``covers`` are views and whole blueprints ("x.") that belong to it.

    Its words are ``nav.<endpoint>``.
    """

    endpoint: str
    covers: tuple[str, ...] = ()


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("today", (
        Entry("home.page"),
        Entry("orders.page", ("orders.", "parcel.", "changes.", "reveals.")),
        Entry("imports.page", ("imports.",)),
    )),
    ("door", (
        Entry("handover.page", ("handover.", "courier_list.")),
        Entry("couriers.page", ("couriers.",)),
        Entry("stubs.page", ("slips.",)),
        Entry("stubs.archives", ("stubs.receive",)),
    )),
    ("goods", (
        Entry("receiving.page", ("receiving.",)),
        Entry("stock_takes.page", ("stock_takes.",)),
        Entry("pictures.page", ("pictures.",)),
    )),
    ("after", (
        Entry("cases.page", ("cases.",)),
        Entry("case_statistics.page", ("case_statistics.",)),
        Entry("suppliers.page", ("suppliers.",)),
    )),
    ("money", (
        Entry("bills.page", ("bills.",)),
        Entry("bills.disputed"),
        Entry("tariffs.page", ("tariffs.",)),
        Entry("tariffs.what_if"),
        Entry("receiving.ledgers", ("receiving.ledger", "receiving.pay")),
    )),
    ("setup", (
        Entry("devices.page", ("devices.",)),
        Entry("finding.page", ("finding.",)),
        Entry("commands.page"),
        Entry("people.override", ("people.override_phone",)),
        Entry("people.staff_page", ("people.hire", "people.change")),
        Entry("privacy.page", ("privacy.",)),
    )),
)


@dataclass(frozen=True, slots=True)
class Door:
    """One link: its address, its words' code and fact, and how it stands to the present page.

    ``here`` is "page" for the present page itself, "true" for the page it belongs to, else "".
    """

    href: str
    code: str
    facts: dict[str, str] = field(default_factory=dict)
    here: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Doors under one name, ``nav.<name>``."""

    name: str
    doors: tuple[Door, ...]

    @property
    def is_here(self) -> bool:
        """True if the present page is behind one of the doors."""
        return any(door.here for door in self.doors)


def menu() -> tuple[Group, ...]:
    """What the present person can open, in groups; the benches come first."""
    groups = [("benches", _bench_doors()), *((name, _doors(entries)) for name, entries in GROUPS)]
    return tuple(Group(name, doors) for name, doors in groups if doors)


def title() -> str:
    """The words' code of the present page or of the one it belongs to; "" if it has no door."""
    exact, covering = _covering(request.endpoint or "")
    found = exact or covering
    return f"nav.{found.endpoint}" if found else ""


def _bench_doors() -> tuple[Door, ...]:
    if not opens("bench.page"):
        return ()
    return tuple(
        Door(url_for("bench.page", name=name), "nav.bench.page", {"bench": name})
        for name in station().benches
    )


def _doors(entries: tuple[Entry, ...]) -> tuple[Door, ...]:
    exact, covering = _covering(request.endpoint or "")
    return tuple(
        Door(url_for(entry.endpoint), f"nav.{entry.endpoint}",
             here="page" if entry is exact else "true" if entry is covering else "")
        for entry in entries if opens(entry.endpoint)
    )


def _covering(endpoint: str) -> tuple[Entry | None, Entry | None]:
    """The entry that is this page, and the one that it belongs to if it is none itself."""
    entries = [entry for _, group in GROUPS for entry in group]
    exact = next((entry for entry in entries if entry.endpoint == endpoint), None)
    blueprint = endpoint.partition(".")[0] + "."
    covering = next((entry for entry in entries
                     if endpoint in entry.covers or blueprint in entry.covers), None)
    return exact, None if exact else covering


def opens(endpoint: str, method: str = "GET") -> bool:
    """True if this station has the page and this person the right that it asks for."""
    view = current_app.view_functions.get(endpoint)
    if view is None:
        return False
    right = right_of(view, method)
    return right is None or person().may(right)
