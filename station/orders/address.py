"""Addresses in one cell: 省 市 区 街道详址(邮编), as the seller's export writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from station.domain.regions import (
    MUNICIPALITIES,
    NO_DISTRICT,
    UNDER_PROVINCE,
    province_of,
    short_name,
)
from station.orders.cells import one_line

_POSTCODE = re.compile(r"\s*[(（]\s*([0-9]{6})?\s*[)）]\s*$")
_CITY = re.compile(r".{1,12}(?:市|州|盟|地区)")
_NO_CITY = re.compile(r"(?:省|自治区)?直辖(?:行政|县级)(?:行政)?(?:区划|单位|区)?")
_DISTRICT = re.compile(r".{1,14}(?<!小)[区县市旗镇乡岛](?<!社区)|.{2,14}街道|其[它他]区?")


class UnclearAddress(ValueError):
    """The cell does not say province and street; ``code`` is "unclear_address" or "no_street"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """A place with its street. ``postcode`` is "" where none or 000000 was given."""

    province: str
    city: str
    district: str
    street: str
    postcode: str = ""


def parse_address(cell: str) -> Address:
    """The parts of an address. City is empty in places directly under their province (济源市).

    Names are kept as written. Raises UnclearAddress rather than guess a province.
    """
    text, postcode = _without_postcode(cell.strip())
    parts = re.split(r"\s*[\r\n]\s*|[ \t\u3000\xa0]", text)
    province = parts.pop(0)
    if province_of(province) is None:
        raise UnclearAddress("unclear_address")
    city = _take_city(province, parts)
    district = _take_district(parts)
    street = one_line(" ".join(parts))
    if not street:
        raise UnclearAddress("no_street")
    return Address(province, city, district, street, postcode)


def _without_postcode(text: str) -> tuple[str, str]:
    """The text before a trailing (317500), and the postcode; other brackets are street."""
    match = _POSTCODE.search(text)
    if match is None:
        return text, ""
    code = match[1] or ""
    return text[: match.start()], "" if code == "000000" else code


def _take_city(province: str, parts: list[str]) -> str:
    """The second level; may be empty, 省直辖县级行政区划, missing, or the municipality."""
    left_empty = bool(parts) and parts[0] == ""
    while parts and (parts[0] == "" or _NO_CITY.fullmatch(parts[0])):
        left_empty = True
        parts.pop(0)
    if not parts:
        return ""
    short = short_name(parts[0])
    if short in UNDER_PROVINCE:
        return _city_above(parts)
    if short_name(province) in MUNICIPALITIES:
        is_itself = short == short_name(province) or parts[0] in ("市辖区", "县")
        return parts.pop(0) if is_itself else ""
    if left_empty and not _CITY.fullmatch(parts[0]):
        return ""
    return parts.pop(0)


def _city_above(parts: list[str]) -> str:
    """For 河南省 济源市 …: no city, the place itself is the district (once, if written twice)."""
    if len(parts) > 2 and parts[1] == parts[0]:
        parts.pop(0)
    return ""


def _take_district(parts: list[str]) -> str:
    """The third level, if the next field looks like one: else the street has begun."""
    if not parts:
        return ""
    if parts[0] in NO_DISTRICT or _DISTRICT.fullmatch(parts[0]):
        return parts.pop(0)
    return ""
