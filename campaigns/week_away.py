"""A week without the network, then everything at once: nothing lost, nothing twice, all of it told.

The platform goes on selling and paying back while the shop hears nothing; the benches pack what
they have, and couriers take it. After seven days every message of the week comes, in any order and
some of them twice, then the export, and every ship call that waited is made. The shop, its benches
and its clock are those of ``warehouse_day``; the week is virtual.

    python campaigns/week_away.py --weeks 100 --seed 1
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from metal import PowerOff
from oracles import Violation, must, whole_history
from sqlalchemy import select
from sqlalchemy.orm import Session
from warehouse_day import Day, _template, listening

from station.db.models import Alarm, Case, Outbox, Parcel, ShopOrder
from station.domain.parcel import ParcelState
from station.services import outbox

SHOWS = ("F15", "F32")

DAYS, STEPS = 7, 40
BOUGHT_BEFORE = 25


class Week(Day):
    """A shop whose line to the platform is cut for a while."""

    away = False

    def platform_hears(self, call: outbox.Call) -> tuple[str, bool]:
        """Nobody answers while the line is cut."""
        if self.away:
            self.happened["calls that nobody heard"] += 1
            return "URLError", False
        return super().platform_hears(call)

    def cut(self) -> None:
        """What was bought until now is in; from here on nothing comes and nothing goes."""
        for _ in range(BOUGHT_BEFORE):
            self.office.goods()
            self.office.pay()
        while self.office.post:
            self.office.deliver()
        self.away = self.office.away = True

    def days_go_by(self) -> None:
        """A week of work: its messages lie at the platform."""
        for _ in range(DAYS):
            for _ in range(STEPS):
                self.step()
            self.wall += timedelta(hours=20)
            self.mono += 20 * 3600

    def back(self) -> None:
        """The line is there: the week's messages in any order, every other one twice."""
        self.away = self.office.away = False
        self.rare.clear()
        week = self.office.post[:]
        week += week[::2]
        self.chance.shuffle(week)
        self.happened["messages of the week"] += len(week)
        for post in week:
            self.office.tell_now(post)
            self.look()
        self.office.post.clear()
        self.office.catch_up()
        self.look()
        self.tell_everything()

    def tell_everything(self) -> None:
        """Make every call that waits, however often the line drops on the way."""
        for _ in range(2000):
            if not self.read(lambda s: s.scalar(
                    select(Outbox.id).where(Outbox.state == "waiting").limit(1))):
                return
            self.wall += timedelta(minutes=11)
            try:
                while self.outbox_loop.step():
                    continue
            except PowerOff:
                self.restart()
        raise Violation("calls are still waiting")

    def told(self) -> None:
        """Nothing is lost, nothing is twice, and what came too late lies before a person."""
        must(self.read(self.office.known) == set(self.office.orders), "an order was lost")
        calls = self.read(lambda s: list(s.scalars(select(Outbox))))
        ends = Counter(call.state for call in calls)
        must(set(ends) <= {"done", "withdrawn"}, f"calls: {ends}")
        for call in calls:
            heard = self.watch.heard.get(call.payload["order_no"], {})
            must(call.state != "done" or call.key in heard, f"{call.key}: done and never heard")
        self.happened["ship calls made after the week"] += ends["done"]
        self.read(self._late_refunds)
        self.read(whole_history)

    def _late_refunds(self, session: Session) -> None:
        """Money that went back for a parcel that had left: somebody is told of each."""
        gone = session.scalars(
            select(ShopOrder).join(Parcel, Parcel.id == ShopOrder.parcel_id)
            .where(ShopOrder.refund.in_(("refunded", "cancelled")))
            .where(Parcel.state == ParcelState.HANDED_OVER)).all()
        told = [str(alarm.facts) + alarm.subject for alarm in session.scalars(select(Alarm))]
        cases = {case.parcel_id for case in session.scalars(select(Case))}
        for order in gone:
            parcel = session.get(Parcel, order.parcel_id)
            must(parcel.id in cases or any(
                word in one for one in told
                for word in (order.order_no, str(parcel.waybill_no), f"parcel:{parcel.id}")),
                f"order {order.order_no} was paid back after it left, and nobody is told")
            self.happened["refunds too late, each told"] += 1


def one_week(seed: int, folder: str) -> Week:
    """Run the week of this seed. Raises Violation, its message beginning with the seed."""
    path = Path(folder) / "day.db"
    for old in Path(folder).glob("day.db*"):
        old.unlink()
    shutil.copy(_template(folder), path)
    with listening() as ears:
        week = Week(seed, path)
        try:
            ears.planted = week.office.planted
            week.open()
            week.cut()
            week.days_go_by()
            week.back()
            week.told()
            must(not ears.told, f"log: {ears.told[:1]}")
        except Exception as error:
            raise Violation(f"seed {seed}, step {len(week.trace)} ({', '.join(week.trace[-4:])}): "
                            f"{type(error).__name__}: {error}") from error
        finally:
            week.close()
    return week


def run(weeks: int, seed: int) -> Counter[str]:
    """So many weeks from this seed on; what happened in them. Raises Violation."""
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + weeks):
            total += one_week(number, folder).happened
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin, total, failed = time.monotonic(), Counter[str](), 0
    for number in range(options.seed, options.seed + options.weeks):
        try:
            total += run(1, number)
        except Violation as broken:
            failed += 1
            print(broken, flush=True)
    for what, many in sorted(total.items()):
        print(f"{many:8} {what}")
    print(f"{options.weeks} weeks: {failed} violations in {time.monotonic() - begin:.0f} s")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
