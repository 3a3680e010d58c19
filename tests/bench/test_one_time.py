"""The manager's one-time code at the bench, and a packer who has gone for a long rest."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from station.db.models import History, Staff
from station.domain.refusals import Code
from station.domain.screen import Step
from station.services import overrides, staff
from station.services.staff import Role

WHITE_M = ("TS-W-M", 1, None)


@pytest.fixture
def asked(desk: Any) -> Any:
    """A bench where a manager's word about a weight is asked for."""
    parcel = desk.house.print_parcel(WHITE_M)
    desk.scan("PBID-0007")
    desk.pack(parcel, "TS-W-M")
    desk.put(400)
    assert desk.scan("PBCMD-ACCEPT", "PBWHY-CHECKED").step is Step.MANAGER
    return desk


def code_of(desk: Any, badge: str = "0001") -> str:
    person = desk.house.read(staff.find, badge)
    return str(desk.house.read(overrides.shown, person.id, now=desk.house.now).barcode)


def kinds(desk: Any) -> list[str]:
    return list(desk.house.read(lambda s: s.scalars(select(History.kind)).all()))


def test_a_scanned_code_accepts_in_the_manager_s_name(asked: Any) -> None:
    asked.scan(code_of(asked))
    assert asked.code() == "weight.accepted"
    assert asked.view().step is Step.SIGN
    assert "override" in kinds(asked)


def test_the_digits_off_a_phone_do_as_well_and_are_not_shown(asked: Any) -> None:
    digits = code_of(asked).removeprefix("PBOTP-")
    asked.digits(digits)
    assert asked.view().entry == "••••••"
    assert asked.done().step is Step.SIGN


def test_a_wrong_code_accepts_nothing(asked: Any) -> None:
    good = code_of(asked).removeprefix("PBOTP-")
    wrong = f"{(int(good) + 1) % 10**6:06d}"
    asked.scan(f"PBOTP-{wrong}")
    assert asked.code() == Code.SIGN_WRONG_CODE
    assert asked.view().step is Step.MANAGER
    asked.scan(f"PBOTP-{good}")
    assert asked.view().step is Step.SIGN


def test_a_code_where_nobody_asks_for_it_is_refused_and_not_kept(desk: Any) -> None:
    code = code_of(desk)
    desk.scan(code)
    assert desk.code() == Code.BENCH_NOT_NOW
    rows = desk.house.read(lambda s: s.scalars(select(History.data)).all())
    assert not [row for row in rows if code in row]


def test_a_courier_does_not_pack_and_a_packer_does_not_accept(desk: Any, asked: Any) -> None:
    desk.house.write(lambda s: s.add(Staff(
        name="小快", role=str(Role.COURIER), badge="PBID-C1", pin_hash="x", active=True)))
    asked.scan("PBID-0007")
    assert asked.code() == Code.SIGN_MANAGER_NEEDED
    asked.scan("PBCMD-CANCEL", "PBCMD-NEXT", "PBCMD-OUT", "PBID-C1")
    assert asked.code() == Code.SIGN_NOT_ALLOWED
    assert asked.view().packer == ""
    assert kinds(asked).count("refused") == 2


def test_after_a_long_rest_the_packer_is_signed_off_and_the_parcel_stays(desk: Any) -> None:
    parcel = desk.house.print_parcel(WHITE_M)
    desk.scan("PBID-0007", parcel.waybill_no)
    desk.flow.rest(desk.house.seconds + 900)
    assert desk.view().packer == "阿明"
    desk.flow.rest(desk.house.seconds + 901)
    assert desk.code() == "sign.idle"
    assert desk.view().packer == ""
    assert desk.view().parcel is not None
    desk.scan("PBID-0007")
    assert desk.view().packer == "阿明"
    assert {"signed_in", "signed_out"} <= set(kinds(desk))


def test_nobody_is_signed_off_twice(desk: Any) -> None:
    desk.flow.rest(desk.house.seconds + 10_000)
    assert desk.code() == ""
