"""Whatever is scanned in whatever order: no mistake of the program, and nothing wrong is closed."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine

from station.bench.shown import parcel_step
from station.db.models import Base, Packaging, PackagingMove, Parcel, Sku
from station.db.session import Database
from station.domain.commands import REASONS, Command
from station.domain.messages import MESSAGE_CODES
from station.domain.refusals import Code
from station.domain.screen import BenchView, Mood, Step
from station.services import contents, history, holds, issuing, signing

CODES = {str(code) for code in Code}
BAR = ["6900000000001", "6900000000003", "6900000000004", "6900000000006"]
GARBAGE = ["", "PBCMD-", "PBMAT-", "PBID-", "\x1d0104006381333931", "单号", "x" * 300]

scans = st.one_of(
    st.sampled_from(BAR),
    st.sampled_from([f"PBCMD-{command}" for command in Command]),
    st.sampled_from([f"PBWHY-{reason}" for reason in REASONS]),
    st.sampled_from(["PBID-0007", "PBID-0001", "PBMAT-BAG-STO", "PBMAT-BOX", "PBMAT-BAG-YTO"]),
    st.sampled_from(GARBAGE),
)


class Rooms:
    """Fresh houses, one after the other, copied from one furnished database."""

    def __init__(self, folder: Path, template: Path, make: Any) -> None:
        self.folder, self.template, self.make = folder, template, make
        self.house: Any = None
        self.count = 0

    def fresh(self) -> Any:
        self.count += 1
        path = self.folder / f"{self.count}.db"
        shutil.copy(self.template, path)
        self.house = self.make(Database(f"sqlite:///{path}"))
        return self.house

    def clear(self) -> None:
        if self.house is not None:
            self.house.db.close()
            self.house = None


class Morning(RuleBasedStateMachine):
    """A packer, a careless one, and people who interfere; ``rooms`` is set by the test."""

    rooms: Rooms

    @initialize()
    def open_the_room(self) -> None:
        self.rooms.clear()
        self.house = self.rooms.fresh()
        self.desk = self.house.flow()
        self.desk.clear_pan()
        self.parcels = [
            self.house.print_parcel(("TS-W-M", 2, None), ("HD-G-XL", 1, None)),
            self.house.print_parcel(("JN-B-31", 1, 740), note="易碎"),
            self.house.print_parcel(("TS-W-L", 1, None), orders=2),
        ]

    # --- what people do ---

    @rule(which=st.integers(0, 2))
    def scan_a_waybill(self, which: int) -> None:
        self.desk.scan(self.parcels[which].waybill_no)

    @rule(code=scans)
    def scan_anything(self, code: str) -> None:
        self.house.now += timedelta(seconds=1)
        self.desk.scan(code)

    @rule()
    def acknowledge(self) -> None:
        self.desk.ok()

    @rule(times=st.integers(1, 9))
    def do_what_the_screen_says(self, times: int) -> None:
        """Some steps on the right way, so that every corner is reached often."""
        for _ in range(times):
            self.do_right()

    @rule(times=st.integers(5, 14))
    def do_much_right(self, times: int) -> None:
        for _ in range(times):
            self.do_right()

    def do_right(self) -> None:
        view = self.desk.view()
        if view.locked or view.step in (Step.NOTE, Step.APART):
            self.desk.ok()
        elif view.step is Step.IDLE:
            printed = [p for p in self.parcels
                       if self.house.parcel(p).state in ("printed", "packing", "packed")]
            self.desk.scan(*[p.waybill_no for p in printed[:1]])
        elif view.step is Step.ITEMS:
            self.desk.scan(next(i.sku for i in view.parcel.items if i.missing > 0))
        elif view.step is Step.MEASURE:
            self.desk.scan("PBCMD-7", "PBCMD-4", "PBCMD-DONE")
        else:
            self.finish_right(view)

    def finish_right(self, view: BenchView) -> None:
        if view.step in (Step.MATERIAL, Step.CHECKLIST):
            self.desk.done()
        elif view.step in (Step.WEIGH, Step.WEIGHT_OFF):
            self.desk.clear_pan()
            self.desk.put(view.parcel.expected_g)
        elif view.step is Step.SIGN:
            self.desk.scan("PBID-0007")
            self.desk.flow.touch("sign", {"strokes": [[[0, 0], [900, 900]]]})
        else:
            self.desk.scan("PBCMD-CANCEL")

    @rule(grams=st.sampled_from([0, 180, 340, 580, 960, 3000]), moving=st.booleans())
    def put_on_the_scale(self, grams: int, moving: bool) -> None:
        self.desk.put(grams, 1.5, stable=not moving)

    @precondition(lambda self: self.house.now.second % 3 == 0)
    @rule(which=st.integers(0, 2))
    def refund(self, which: int) -> None:
        self.house.write(lambda s: issuing.stop(
            s, s.get(Parcel, self.parcels[which].id), kind="refunded", now=self.house.now))

    @precondition(lambda self: self.house.now.second % 3 == 1)
    @rule(which=st.integers(0, 2))
    def hold(self, which: int) -> None:
        self.house.write(lambda s: holds.hold(
            s, s.get(Parcel, self.parcels[which].id), Code.ORDER_BY_HAND, now=self.house.now))

    @rule(which=st.integers(0, 2))
    def release(self, which: int) -> None:
        self.house.write(lambda s: holds.release(
            s, s.get(Parcel, self.parcels[which].id), now=self.house.now))

    @rule()
    def look_again(self) -> None:
        self.desk.flow.look_again()

    @rule()
    def restart(self) -> None:
        self.desk = self.house.flow()

    # --- what must hold, always ---

    @invariant()
    def every_answer_has_words(self) -> None:
        view = self.desk.view()
        said = [view.prompt.code, *(verdict.message.code for verdict in view.recent)]
        assert set(said) <= MESSAGE_CODES | CODES
        assert "bench.trouble" not in said

    @invariant()
    def a_bad_answer_holds_the_screen(self) -> None:
        view = self.desk.view()
        if view.verdict and view.verdict.message.code != Code.WEIGHT_OFF:
            assert view.locked or view.verdict.mood not in (Mood.BAD, Mood.ALARM)

    @invariant()
    def the_screen_shows_what_is_stored(self) -> None:
        known = self.desk.flow.parcel
        stored = self.house.read(contents.open_at, "1")
        if known is None:
            assert stored is None
            return
        fresh = self.house.read(contents.read, known.id)
        if (fresh.state, fresh.held, fresh.bench) == (known.state, known.held, "1"):
            assert fresh == known
            if self.desk.flow.standing.asking is None:
                assert self.desk.view().step is parcel_step(fresh)

    @invariant()
    def nothing_wrong_is_ever_closed(self) -> None:
        for parcel in self.parcels:
            row = self.house.parcel(parcel)
            for line in row.lines:
                assert 0 <= line.packed <= line.quantity
                assert len(line.measured_mm) <= line.packed
            if row.state not in ("packed", "weighed", "signed"):
                continue
            assert all(line.packed == line.quantity for line in row.lines)
            assert all(len(line.measured_mm) == line.packed
                       for line in row.lines if line.sku.measure_waist)
            if row.state in ("weighed", "signed"):
                assert row.checklist_by
                assert abs(row.weight_g - row.expected_g) <= 19

    @invariant()
    def what_is_signed_stays_as_it_was_signed(self) -> None:
        assert self.house.read(lambda session: list(signing.broken_seals(session))) == []

    @invariant()
    def stock_and_consumables_add_up(self) -> None:
        def look(session: Any) -> None:
            for row in session.query(Packaging):
                moved = sum(m.quantity for m in session.query(PackagingMove)
                            .filter_by(packaging_id=row.id))
                assert row.stock == {"BOX": 20}.get(row.code, 100) + moved
            for sku in session.query(Sku):
                assert sku.reserved >= 0
                assert sku.on_hand + sku.defect == 50

        self.house.read(look)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            assert list(self.house.read(lambda s: list(history.verify(s)))) == []


@pytest.mark.rule("D4")
@pytest.mark.pain("40")
@pytest.mark.fault("F18")
@pytest.mark.timeout(300)
def test_whatever_is_scanned_nothing_wrong_is_ever_closed(house: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        engine = create_engine(f"sqlite:///{template}")
        Base.metadata.create_all(engine)
        engine.dispose()
        furnished = type(house)(Database(f"sqlite:///{template}"))
        furnished.furnish()
        furnished.db.close()

        def make(db: Database) -> Any:
            return type(house)(db, skus=dict(furnished.skus))

        rooms = Rooms(Path(folder), template, make)
        try:
            run_state_machine_as_test(
                type("Morning", (Morning,), {"rooms": rooms}),
                settings=settings(max_examples=40, stateful_step_count=25, deadline=None),
            )
        finally:
            rooms.clear()
