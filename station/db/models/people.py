"""Who works here, who comes for the parcels, and what they signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, true
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base
from station.db.sealed import SealedJson, SealedText


class Staff(Base):
    """Somebody who works here. ``badge`` is the code on the badge; the PIN is kept as argon2."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))  # packer, keeper, service, manager
    badge: Mapped[str] = mapped_column(String(64), unique=True)
    pin_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)


class Courier(Base):
    """A courier of a carrier (D11)."""

    __tablename__ = "courier"

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8), index=True)
    name: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(SealedText("courier.phone"), default="")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class CourierIncident(Base):
    """Something a courier did that should be remembered and can be counted (D11)."""

    __tablename__ = "courier_incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    courier_id: Mapped[int] = mapped_column(ForeignKey("courier.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # station/domain/couriers.py
    waybill_no: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(SealedText("courier_incident.note"), default="")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64), default="")


class CarrierContact(Base):
    """Whom to call at a carrier (D10, D11), and under which customer number it knows the shop."""

    __tablename__ = "carrier_contact"

    carrier: Mapped[str] = mapped_column(String(8), primary_key=True)
    contact: Mapped[str] = mapped_column(String(64), default="")
    phone: Mapped[str] = mapped_column(String(64), default="")
    account: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(String(200), default="")


class Signature(Base):
    """A signature of a packer, a courier or a keeper, bound to what was signed by its digest."""

    __tablename__ = "signature"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    handover_id: Mapped[int | None] = mapped_column(ForeignKey("handover.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("after_sale.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))  # packer, courier, keeper, manager
    who: Mapped[str] = mapped_column(String(64))
    how: Mapped[str] = mapped_column(String(16))  # drawn, badge
    strokes: Mapped[list[Any]] = mapped_column(SealedJson("signature.strokes"), default=list)
    signed_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
