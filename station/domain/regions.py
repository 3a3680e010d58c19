"""Provinces, cities and districts: how they are written, shortened and compared.

A place may be written with or without its suffix (浙江, 浙江省), so places are compared by their
short names. Lists of places in the configuration are written "浙江", "浙江 台州" or
"浙江 台州 温岭", from the large to the small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

PROVINCES = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江",
    "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州",
    "云南", "陕西", "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港",
    "澳门",
)  # fmt: skip
MUNICIPALITIES = frozenset({"北京", "天津", "上海", "重庆"})

# Counties and cities that stand directly under their province: an address has no city there.
_UNDER_PROVINCE = (
    "济源 仙桃 潜江 天门 神农架 五指山 文昌 琼海 万宁 东方 定安 屯昌 澄迈 临高 白沙 昌江 乐东 "
    "陵水 保亭 琼中 石河子 阿拉尔 图木舒克 五家渠 北屯 铁门关 双河 可克达拉 昆玉 胡杨河 新星 白杨"
)
UNDER_PROVINCE = frozenset(_UNDER_PROVINCE.split())
NO_DISTRICT = frozenset(
    {"", "其它区", "其他区", "其它", "其他", "市辖区", "县", "省直辖县级行政区划"}
)

_LONG_SUFFIXES = re.compile(
    r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|自治旗|地区|林区|新区)$"
)
_PEOPLES = re.compile(
    r"(土家族|苗族|藏族|羌族|彝族|朝鲜族|回族|蒙古族|蒙古|哈萨克族|哈萨克|柯尔克孜|布依族|侗族|傣族|"
    r"景颇族|白族|傈僳族|哈尼族|壮族|黎族|满族|瑶族|畲族|水族|仡佬族|拉祜族|佤族|纳西族|毛南族|"
    r"仫佬族|土族|撒拉族|保安族|东乡族|裕固族|塔吉克|锡伯|达斡尔族|各族)+$"
)


class Place(Protocol):
    """Anything that says where it is: a consignee, or a bare ``Region``."""

    @property
    def province(self) -> str: ...  # noqa: D102 - the name says it
    @property
    def city(self) -> str: ...  # noqa: D102
    @property
    def district(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Region:
    """A place without a street; city and district may be empty."""

    province: str
    city: str = ""
    district: str = ""


def short_name(name: str) -> str:
    """The name of a place without its suffix: 浙江省 -> 浙江, 恩施土家族苗族自治州 -> 恩施.

    Names of two characters stay whole (赵县), because one character names nothing.
    """
    name = name.strip()
    without = _LONG_SUFFIXES.sub("", name)
    if without != name:
        bare = _PEOPLES.sub("", without)
        return bare if len(bare) > 1 and without not in PROVINCES else without
    if len(name) > 2 and name[-1] in "省市区县旗盟州":
        return name[:-1]
    return name


def province_of(name: str) -> str | None:
    """The short name of the province that ``name`` writes, None where it is none of the 34."""
    short = short_name(name)
    return short if short in PROVINCES else None


def place_path(place: Place) -> tuple[str, ...]:
    """Short names from province to district, without empty levels.

    A municipality is named once (北京 北京市 朝阳区), and so is a place written at two levels
    (济源市 济源市); but 吉林省 吉林市 and 朝阳市 朝阳县 are two places each.
    """
    province, city, district = (place.province.strip(), place.city.strip(), place.district.strip())
    path = [short_name(province)]
    if city not in NO_DISTRICT and (path[0] not in MUNICIPALITIES or short_name(city) != path[0]):
        path.append(short_name(city))
    if district not in NO_DISTRICT and district != city:
        path.append(short_name(district))
    return tuple(path)


def written_path(text: str) -> tuple[str, ...]:
    """The path of a place as a configuration writes it: "浙江省 台州" -> ("浙江", "台州").

    Raises ValueError naming the text if it does not begin with a province.
    """
    parts = text.replace("/", " ").split()
    if not parts or len(parts) > 3 or province_of(parts[0]) is None:
        raise ValueError(f"not a place (省 市 区): {text!r}")
    return place_path(Region(*parts))


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a carrier does not go: short paths, each standing for everything inside it."""

    unreached: frozenset[tuple[str, ...]] = frozenset()

    @classmethod
    def without(cls, places: Iterable[str]) -> Reach:
        """The reach that lacks these places ("西藏", "新疆 和田"); ValueError names a wrong one."""
        return cls(frozenset(written_path(place) for place in places))

    def reaches(self, place: Place) -> bool:
        """Whether the carrier delivers there.

        A district is also found when its city was left out of the address.
        """
        path = place_path(place)
        return not any(lies_in(path, gap) for gap in self.unreached)


def lies_in(path: tuple[str, ...], area: tuple[str, ...]) -> bool:
    """Whether ``path`` lies in ``area``: the same province, and the other names in order.

    The empty area is everywhere.
    """
    if area and path[:1] != area[:1]:
        return False
    rest = iter(path[1:])
    return all(name in rest for name in area[1:])
