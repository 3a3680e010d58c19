"""Check digits of postal item numbers (UPU standard S10: two letters, nine digits, a country).

The ninth digit guards the eight before it, with weights 8 6 4 2 3 5 9 7 modulo 11. Only
international postal numbers carry one; domestic numbers of thirteen digits do not.
"""

from __future__ import annotations

import re

_SHAPE = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])([A-Z]{2})")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_COUNTRY_CODES = (
    "AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW "
    "BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET "
    "FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE "
    "IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU "
    "LV LY MA MC MD ME MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL "
    "NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE "
    "SG SH SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA "
    "UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT YU ZA ZM ZW"
)
_COUNTRIES = frozenset(_COUNTRY_CODES.split())


def check_digit(serial: str) -> str:
    """The check digit of eight digits, as one character."""
    rest = sum(w * int(d) for w, d in zip(_WEIGHTS, serial, strict=True)) % 11
    return {0: "5", 1: "0"}.get(rest) or str(11 - rest)


def is_s10(number: str) -> bool:
    """Whether the number has the shape of S10, right or wrong inside."""
    return _SHAPE.fullmatch(number) is not None


def fault(number: str) -> str | None:
    """What is wrong with the number: "shape", "check_digit", "country", or None."""
    match = _SHAPE.fullmatch(number)
    if match is None:
        return "shape"
    if check_digit(match[1]) != match[2]:
        return "check_digit"
    return None if match[3] in _COUNTRIES else "country"


def number_after(number: str, steps: int = 1) -> str:
    """The number ``steps`` serials later, with its own check digit.

    Raises ValueError when the shape is not S10 or the eight digits run over.
    """
    match = _SHAPE.fullmatch(number)
    if match is None:
        raise ValueError("not an S10 number")
    serial = int(match[1]) + steps
    if not 0 <= serial < 10**8:
        raise ValueError("the S10 serial runs over")
    digits = f"{serial:08d}"
    return f"{number[:2]}{digits}{check_digit(digits)}{match[3]}"
