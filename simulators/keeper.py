"""A robot keeper at the courier's door: scans the pile, enters the slips, has them corrected.

What the courier wrote is judged here once more, by the keeper's own reading of tariff and
tolerance, so that a day can say how many wrong slips there were and how many were caught.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.caller import Caller
from simulators.courier import Courier, Parcel, Slip, Tariff
from simulators.hands import pen_strokes
from simulators.household import COURIERS, KEEPER, MANAGER, TARIFFS
from simulators.robot import Packed

TOLERANCE_GRAMS, TOLERANCE_PERCENT = 50, 5
DOOR = "/api/v1/handover"
Desk = dict[str, Any]


@dataclass(slots=True)
class Account:
    """What came of handing over: numbers by what happened to them, and what was not as it ought."""

    handed_over: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    mismatches: int = 0
    caught: int = 0
    accepted: int = 0
    manifests: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)


def differs(slip: Slip, ours: int, tariff: Tariff) -> bool:
    """True if this slip must not pass: another charging step or price, or too far from ours."""
    if tariff.price(slip.grams) != tariff.price(ours) or slip.fen != tariff.price(ours):
        return True
    return abs(slip.grams - ours) > max(TOLERANCE_GRAMS, ours * TOLERANCE_PERCENT / 100)


class Keeper:
    """Hands the sealed parcels over, carrier by carrier.

    ``lose`` parcels cannot be found when the courier is there, and are named missing. The first
    wrong slip of the day is accepted by the manager; every other one is corrected by the courier.
    """

    def __init__(
        self, station: str, courier: Courier, *, lose: int = 1, key: str = ""
    ) -> None:
        self._station, self._courier, self._lose = Caller(station, key=key), courier, lose
        self.account = Account()

    def hand_over(self, packed: Sequence[Packed]) -> Account:
        """Hand everything over that was signed."""
        for carrier in dict.fromkeys(one.carrier for one in packed):
            self._carrier(carrier, [one for one in packed if one.carrier == carrier])
        return self.account

    def _carrier(self, carrier: str, pile: list[Packed]) -> None:
        desk: Desk = self._station.post(DOOR, {"carrier": carrier, "who": KEEPER.name})["desk"]
        path = f"{DOOR}/{desk['id']}"
        absent = [pile.pop().waybill_no] if self._lose and len(pile) > 2 else []
        self._lose -= len(absent)
        self._refuses_a_second_scan(path, pile)
        parcels = {line["waybill_no"]: line["parcel_id"] for line in desk["absent"]}
        tariff = TARIFFS[carrier]
        slips = self._courier.write([Parcel(p.waybill_no, p.grams, tariff) for p in pile])
        for one, slip in zip(pile, slips, strict=True):
            self._settle(path, int(parcels[one.waybill_no]), slip, one.grams, tariff)
        missing = [{"parcel_id": parcels[no], "reason": "货架上没找到"} for no in absent]
        self._close(path, carrier, pile, missing)
        self.account.missing += absent

    def _refuses_a_second_scan(self, path: str, pile: list[Packed]) -> None:
        for one in pile:
            self._said(f"{path}/scan", {"code": one.waybill_no}, "handover.scanned")
        if pile:
            self._said(f"{path}/scan", {"code": pile[0].waybill_no}, "handover.twice")

    def _settle(self, path: str, parcel_id: int, slip: Slip, ours: int, tariff: Tariff) -> None:
        """Enter a slip; what differs is accepted once, and corrected every other time."""
        wrong = differs(slip, ours, tariff)
        verdict = self._enter(path, parcel_id, slip.grams, slip.fen)
        caught = verdict != "handover.agreed"
        self.account.mismatches += wrong
        self.account.caught += caught
        if caught != wrong:
            self.account.surprises.append(
                f"{slip.waybill_no}: {slip.grams} g {slip.fen} fen, ours {ours} g: {verdict}"
            )
        if not caught:
            return
        if not self.account.accepted:
            self._accept(path, parcel_id)
            return
        corrected = self._enter(path, parcel_id, ours, tariff.price(ours))
        if corrected != "handover.agreed":
            self.account.surprises.append(f"{slip.waybill_no}: corrected, but {corrected}")

    def _enter(self, path: str, parcel_id: int, grams: int, fen: int) -> str:
        body = {
            "parcel_id": parcel_id, "weight": str(grams), "unit": "g", "price": f"{fen / 100:.2f}",
        }
        return self._verdict(self._station.post(f"{path}/figures", body))

    def _accept(self, path: str, parcel_id: int) -> None:
        body = {
            "parcel_id": parcel_id, "badge": MANAGER.code, "pin": MANAGER.pin,
            "reason": "快递员的秤不准，已电话确认",
        }
        self._said(f"{path}/accept", body, "handover.accepted")
        self.account.accepted += 1

    def _close(
        self, path: str, carrier: str, pile: list[Packed], missing: list[dict[str, object]]
    ) -> None:
        name = COURIERS[carrier]
        body: dict[str, object] = {"courier": name, "strokes": pen_strokes(name), "missing": []}
        if missing:
            self._said(f"{path}/close", body, "handover.missing")
        answer = self._said(f"{path}/close", {**body, "missing": missing}, "handover.done")
        if answer["desk"]["state"] == "closed":
            self.account.handed_over += [one.waybill_no for one in pile]
            self.account.manifests.append(str(answer["desk"]["number"]))

    def _said(self, path: str, body: Mapping[str, object], wanted: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._station.post(path, body)
        if self._verdict(answer) != wanted:
            self.account.surprises.append(f"{path}: {self._verdict(answer)} instead of {wanted}")
        return answer

    @staticmethod
    def _verdict(answer: dict[str, Any]) -> str:
        return str(answer["verdict"]["message"]["code"])
