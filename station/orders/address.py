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
_PHONE = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d(?:[ -]?\d{4}){2}(?:-\d{1,6})?|0\d{2,3}-\d{7,8})(?!\d)")
_BETWEEN = " \t\u3000\xa0,，;；|/、:：()（）\n"
_LABEL = re.compile(r"(?:收(?:货|件)?人|姓名|联系人)[:：]?\s*$")
_LABEL_BEFORE = re.compile(r"^(?:收(?:货|件)?人|姓名|联系人)[:：]?\s*")
_PHONE_LABEL = re.compile(r"(?:联系)?(?:电话|手机号?码?|号码)[:：]?\s*$")
_EDGES = re.compile(r"^[\s,，;；|/、]+|[\s,，;；|/、]+$")
_ADDRESS = re.compile(r"(?:收货|收件)?地址[:：]\s*")
_WORD = re.compile(r"[\u4e00-\u9fff·]{2,6}|[A-Za-z·.]{2,24}")
_STREET_END = re.compile(
    r"[号室楼幢栋路街村镇乡区市县省州店苑园府城厦层座旁口边院校司厂部站柜场里弄巷组队湾庄寨屯港桥寓]$|"
    r"单元$|[小中大]学$|超市|驿站|广场|代收|自提")
# The hundred-odd surnames that nearly everybody has.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤应柯俞颜"
    "欧司诸上")
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


@dataclass(frozen=True, slots=True)
class Contact:
    """What a cell says beside its address: "" where it says nothing."""

    name: str = ""
    phone: str = ""


def without_contact(cell: str, name: str = "") -> tuple[str, Contact]:
    """An address without the name and phone that somebody wrote before or behind it.

    A name is what stands beside the phone and can be no part of an address; ``name``, the one that
    the order has, is known at once. Raises UnclearAddress for two phones, or two possible names.
    """
    phones = list(_PHONE.finditer(cell))
    if not phones:
        return cell, Contact()
    if len(phones) > 1:
        raise UnclearAddress("unclear_address")
    at = phones[0]
    before, after = (_ADDRESS.sub(" ", part) for part in (cell[: at.start()], cell[at.end() :]))
    before, first = _name_behind(_PHONE_LABEL.sub("", before), name)
    after, second = _name_before(after, name)
    if first and second:
        raise UnclearAddress("unclear_address")
    where = " ".join(_EDGES.sub("", part) for part in (before, after)).strip()
    return where, Contact(first or second, re.sub(r"(?<=\d)[ -](?=\d{4})", "", at[1])
                          if at[1].startswith("1") else at[1])


def _name_behind(text: str, name: str) -> tuple[str, str]:
    """A text that may end with a name, without it, and the name."""
    bare = text.rstrip(_BETWEEN)
    word = re.split(rf"[{_BETWEEN}]", bare)[-1]
    if not _is_name(word, name):
        return text, ""
    return _LABEL.sub("", bare[: len(bare) - len(word)]), word


def _name_before(text: str, name: str) -> tuple[str, str]:
    """A text that may begin with a name, without it, and the name."""
    bare = _LABEL_BEFORE.sub("", text.lstrip(_BETWEEN))
    word = re.split(rf"[{_BETWEEN}]", bare, maxsplit=1)[0]
    return (bare[len(word) :], word) if _is_name(word, name) else (text, "")


def _is_name(word: str, name: str) -> bool:
    """Whether a word beside a phone is a name; what may be a name or a place is left to a person.
    """
    if not word or not _WORD.fullmatch(word) or _STREET_END.search(word) or province_of(word):
        return bool(word) and word == name
    if word == name or (len(word) < 5 and word[0] in _SURNAMES) or word.isascii():
        return True
    raise UnclearAddress("unclear_address")


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
