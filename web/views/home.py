"""The first page: the shop at one glance, with a door to everything."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from station.domain.rights import Right
from station.services import alarms, screens, stock_take_watch
from web import first_steps
from web.door import station
from web.signin import doorkeeper, needs, person, refuse

blueprint = Blueprint("home", __name__)

LOUD = 5
"""Alarms that are shown at once; older ones are folded away."""

AT_THE_DOOR = frozenset({"stopped", "intercept"})
"""Alarms that concern a courier, too."""

DOORS: dict[str, tuple[str, dict[str, str]]] = {
    "no_stock": ("orders.page", {"tab": "held"}), "carrier_unclear": ("orders.page", {}),
    "print_waits": ("devices.page", {}), "scale_failed": ("devices.page", {}),
    "pool_low": ("couriers.page", {}), "pool_empty": ("couriers.page", {}),
    "consumable_low": ("couriers.page", {"_anchor": "consumables"}),
    "archive_waiting": ("stubs.archives", {}),
    "stock_take_missed": ("stock_takes.page", {}), "oversold": ("orders.page", {}),
    "batch_differs": ("receiving.page", {}), "pin_locked": ("people.staff_page", {}),
    "picture_failed": ("pictures.page", {}), "pictures_not_copied": ("pictures.page", {}),
    "reveals_many": ("privacy.page", {}),
}
"""Where an alarm that names no parcel is dealt with, by its code."""


@blueprint.get("/")
@needs(Right.HOME)
def page() -> str | Response:
    """Counts, alarms, numbers left, benches; the first start where nobody manages the station."""
    door = station()
    if person().role is None and not doorkeeper().is_claimed():
        return redirect(url_for("people.first_start"))
    shop = door.read(screens.home, now=door.now())
    benches = [bench.view() for bench in door.benches.values()]
    return render_template(
        "home.html", home=shop, alarms=list(filter(_is_for_reader, shop.alarms)), benches=benches,
        reserved=alarms.RESERVED, first=first_steps.todo(), loud=LOUD, doors=DOORS,
        count_due=_count_due(),
    )


def _count_due() -> str:
    """The month whose stock-take is due, for whoever makes it."""
    door = station()
    return door.read(stock_take_watch.reminder, now=door.now()) if person().may(Right.STOCK) else ""


def _is_for_reader(alarm: screens.AlarmView) -> bool:
    """Whether the reader can do something about it: a courier only leaves a parcel behind."""
    reader = person()
    return reader.role is None or reader.may(Right.ALARMS) or alarm.code in AT_THE_DOOR


@blueprint.post("/alarms/<int:alarm_id>")
@needs(Right.ALARMS)
def acknowledge(alarm_id: int) -> Response:
    """Somebody saw this alarm."""
    door = station()
    needed = door.read(alarms.right_to_acknowledge, alarm_id)
    if not person().may(needed):
        refuse(needed)
    door.write(alarms.acknowledge, alarm_id, who=person().name)
    return redirect(url_for("home.page"), 303)
