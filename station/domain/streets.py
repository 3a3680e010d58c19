"""Postal addresses of anybody in words that people type, to be starred out of them.

An address is known by its end: a road with a number (江城南路88号), a building with its door
(5幢2单元301), or a town with its village (泽国镇下街村). From there it is followed to the left over
the places before it, and to the right over buildings and doors. A place alone (浙江省台州市) is
nobody's home, and neither are shelves, dates and sizes, of which a shop's notes are full.
"""

from __future__ import annotations

import re

_STARS = "***"
_FARTHEST = 40
"""Characters before the road that may belong to the address."""

# Words between which an address stands; no place is written with these.
_NOT_IN_PLACES = "在到是给去往放寄发送改换住收址了的请把跟说要找让叫能"
_HAN = rf"(?:(?![{_NOT_IN_PLACES}])[\u4e00-\u9fff])"
_IN_PLACES = re.compile(_HAN)
_BETWEEN = " ,，\r\n\u3000"
_DIGIT = r"[0-9０-９]"
_NUMBER = (
    rf"(?:[甲乙丙丁]?{_DIGIT}{{1,5}}(?:[-－—/]{_DIGIT}{{1,5}}){{0,3}}[A-Za-z]?(?!{_DIGIT})"
    r"|[一二三四五六七八九十百]{1,4})"
)
_LETTERED = rf"(?:[A-Za-z]{_DIGIT}{{0,4}}|{_NUMBER})"
_HOUSE = r"(?:号楼|栋|幢|座)"
_DOOR = r"(?:号楼|单元|栋|幢|座|层|楼|室|户|弄|组|门|铺|号)"
# What stands behind a number that counts shelves, days or machines.
_NO_HOUSE = (
    r"(?![货仓]?[库架柜]|码|色|台|线|款|箱|单|机|秤|员|工位|店|前|后|再|早|晚"
    "|上午|下午|左右|[以之][前后内]|开始|截|恢复)"
)
_NO_COUNT = r"(?!\s?(?:[个次件条单天元块米分人趟站]|小时|公里))"
_ROAD = re.compile(
    rf"{_HAN}{{1,8}}(?<![半线电网思套出走退上逛])(?:[路街巷]|胡同|(?<![知渠通味频轨报跑难街])道)"
    rf"(?:[东南西北中]路?|[东南西北中一二三四五六]段)?"
    rf"\s?{_NUMBER}(?:\s?(?:号楼|号院|号|弄){_NO_HOUSE}|(?!\s?[号弄]){_NO_COUNT})"
)
_ROOM = rf"{_NUMBER}[室户号楼层]?{_NO_COUNT}"
_BUILDING = re.compile(
    rf"{_LETTERED}{_HOUSE}\s?(?:{_LETTERED}(?:单元|[层楼门])\s?)?{_ROOM}"
    rf"|{_LETTERED}{_HOUSE}\s?(?:{_LETTERED}|[东西南北中])单元"
    rf"|{_NUMBER}楼\s?{_NUMBER}(?:门|单元)|{_NUMBER}单元\s?{_ROOM}"
    rf"|(?:小区|花园|新村|[园苑城府庭都湾期])\s?{_DIGIT}{{1,3}}(?:[-－—]{_DIGIT}{{1,2}})?[-－—]{_DIGIT}{{3,4}}(?!{_DIGIT})"
)
_VILLAGE = re.compile(
    rf"(?:街道|镇|乡)[ ,，]?{_HAN}{{1,7}}?(?:村|社区|小区|[小中]学|大学|医院|超市|驿站)"
    rf"(?:\s?{_NUMBER}[组队号户]{_NO_HOUSE})?"
    rf"|{_HAN}{{1,6}}(?:村|庄|屯)\s?{_NUMBER}[组队号户]{_NO_HOUSE}"
)
_ABOVE = re.compile(rf"{_HAN}(?:[省市区县旗州盟镇乡]|街道)")
_ESTATE = "小区|花园|公寓|大厦|广场|新村|宿舍|超市|驿站|大学|[小中]学|医院|[园苑城府庭都]"
_AFTER = re.compile(
    rf"(?:(?:[(（][^()（）]{{1,12}}[)）])?(?:[ ,，](?!{_LETTERED}号(?!楼)))?"
    rf"{_HAN}{{0,10}}?{_LETTERED}[组队]?{_DOOR}"
    r"(?:之[一二三四五])?"
    rf"|[组队]?{_DIGIT}{{1,4}}[组队]|[-－—#]?{_DIGIT}{{3,4}}(?!{_DIGIT})室?"
    rf"|[ ,，]?{_HAN}{{0,10}}?{_DIGIT}{{1,4}}[-－—]{_DIGIT}{{1,4}}(?:[-－—]{_DIGIT}{{1,4}})?"
    rf"|{_HAN}{{1,10}}?(?:{_ESTATE}))*"
)


def without_addresses(text: str) -> str:
    """The text with every postal address replaced by stars; all else as it is."""
    done, at = "", 0
    if not _IN_PLACES.search(text):
        return text
    ahead = {pattern: _next(pattern, text, 0) for pattern in (_ROAD, _BUILDING, _VILLAGE)}
    while cores := [core for core in ahead.values() if core is not None]:
        core = min(cores, key=re.Match.start)
        done += text[at : _start(text, core.start(), at)] + _STARS
        at = _end(text, core.end())
        for pattern, known in ahead.items():  # each part of a long text is looked at once
            if known is not None and known.start() < at:
                ahead[pattern] = _next(pattern, text, at)
    return done + text[at:]


def _next(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    """What makes the next address one: its road, building or village."""
    found = pattern.finditer(text, at)
    return next((core for core in found if core.re is not _VILLAGE or _has_town(text, core, at)),
                None)


def _has_town(text: str, core: re.Match[str], at: int) -> bool:
    """Whether a place stands above this village: many words end like one."""
    town = core.end() if core[0][-1] in "组队号户" else core.start()
    return _ABOVE.search(text, _start(text, core.start(), at), town) is not None


def _start(text: str, core: int, least: int) -> int:
    """How far to the left the places go that stand before the road or the building."""
    start = core
    while start > max(least, core - _FARTHEST):
        before = start - 1 if text[start - 1] not in _BETWEEN else start - 2
        if before < least or not _IN_PLACES.match(text, before):
            break
        start = before
    return start


def _end(text: str, core: int) -> int:
    """How far to the right its buildings and doors go."""
    found = _AFTER.match(text, core)
    return found.end() if found else core
