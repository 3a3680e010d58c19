"""Frames that others published: captured from their scales, or printed in the makers' manuals.

Each group names where the frames are from. A row is read as its maker means it, or is refused
where nothing in it tells; the last column is what has to be set for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from drivers.scale.protocols import SCALES

Row = tuple[str, bytes, str | None, str | None, bool | None, str | None, str]
"""Protocol, bytes, then value, unit, stable, mode and status of the one reading."""

CAPTURED: Mapping[str, list[Row]] = {
    "github.com/eamars/OpenTrickler-RP2040-Controller issue 15, G&G at 9600 8N1": [
        ("shuangjie", b"     0.00 GN\r\n", "0.00", "gr", None, None, "ok"),
        ("shuangjie", b"-  450.38 GN\r\n", "-450.38", "gr", None, None, "ok"),
        ("shuangjie", b"    10.30 GN\r\n", "10.30", "gr", None, None, "ok"),
        ("shuangjie", b"    0.000 g \r\n", "0.000", "g", None, None, "ok"),
        ("shuangjie", b"-  29.182 g \r\n", "-29.182", "g", None, None, "ok"),
        ("shuangjie", b"    0.665 g \r\n", "0.665", "g", None, None, "ok"),
    ],
    "the same issue, Kern 572: the sign beside the digits": [
        ("kern", b"        0.01 gn \r\n", "0.01", "gr", True, None, "ok"),
        ("kern", b"     -450.45 gn \r\n", "-450.45", "gr", True, None, "ok"),
        ("kern", b"       10.21 gn \r\n", "10.21", "gr", True, None, "ok"),
        ("kern", b"       0.000 g  \r\n", "0.000", "g", True, None, "ok"),
        ("kern", b"     -29.186 g  \r\n", "-29.186", "g", True, None, "ok"),
        ("kern", b"       0.665 g  \r\n", "0.665", "g", True, None, "ok"),
    ],
    "the same project, pull request 79, Sartorius at 7N1": [
        ("sartorius-sbi16", b"+   62.916 GN \r\n", "62.916", "gr", True, None, "ok"),
    ],
    "github.com/artisan-roaster-scope/artisan pull request 2223, Mettler BC60 parcel scale": [
        ("mt-sics", b"S D 12:07.50 lb:oz\r\n", "199.50", "oz", False, None, "ok"),
        ("mt-sics", b"S S  0:00.00 lb:oz\r\n", "0.00", "oz", True, None, "ok"),
    ],
    "github.com/node-hid/node-hid issue 286, Stamps.com and Fairbanks": [
        ("hid-pos", bytes([3, 4, 11, 255, 111, 4]), "113.5", "oz", True, None, "ok"),
        ("hid-pos", bytes([3, 4, 12, 254, 17, 3]), "7.85", "lb", True, None, "ok"),
    ],
    "developersite.org 1001-196608-c23, Yaohua XK3190-A1": [
        ("yaohua-continuous", b"03301B\x03\x02+00003301B\x03\x02+000033", "33", None, None, None,
         "ok"),
    ],
    "indicator notes of a Korean logger: A&D CB-12K, CAS EC-D and NT-301A": [
        ("and-standard", b"ST,+00000.00  g\r\n", "0.00", "g", True, None, "ok"),
        ("st-gs", b"ST,GS,+   0.879   g\r\n", "0.879", "g", True, "gross", "ok"),
        ("st-gs", b"US,NT,+000.008kg\r\n", "0.008", "kg", False, "net", "ok"),
    ],
    "a Lazarus daemon's log, A&D": [
        ("and-standard", b"ST,+00000.01  g\r\n", "0.01", "g", True, None, "ok"),
        ("and-standard", b"ST,+00007.12  g\r\n", "7.12", "g", True, None, "ok"),
        ("and-standard", b"ST,+00003.28  g\r\n", "3.28", "g", True, None, "ok"),
    ],
    "YAT's MT-SICS device, github.com": [
        ("mt-sics", b"S S       0.00 g\r\n", "0.00", "g", True, None, "ok"),
    ],
    "github.com/woxuankai/project_sperm": [
        ("st-gs", b"ST,GS,+  4.876kg\r\n", "4.876", "kg", True, "gross", "ok"),
    ],
    "github.com/chumpon-asaneerat/NSerialCommTools, a Vibra (QA): the last digit not verified": [
        ("shinko", b"+007.12/3 G S\r\n", "7.123", "g", True, None, "ok"),
        ("shinko", b"+008.12/2 G S\r\n", "8.122", "g", True, None, "ok"),
        ("shinko", b"+001.23/6 G S\r\n", "1.236", "g", True, None, "ok"),
        ("shinko", b"+002.23/5 G S\r\n", "2.235", "g", True, None, "ok"),
        ("shinko", b"+002.23/4 G S\r\n", "2.234", "g", True, None, "ok"),
        ("shinko", b"+009.36/0 G S\r\n", "9.360", "g", True, None, "ok"),
    ],
    "the same collection, T-Scale QHW and NHB, an Ohaus platform": [
        ("st-gs", b"ST,GS,     8.0 g\r\n", "8.0", "g", True, "gross", "ok"),
        ("st-gs", b"ST,GS,     7.9 g\r\n", "7.9", "g", True, "gross", "ok"),
        ("st-gs", b"ST,GS,     8.1 g\r\n", "8.1", "g", True, "gross", "ok"),
        ("st-gs", b"US,GS,     8.2 g\r\n", "8.2", "g", False, "gross", "ok"),
        ("st-gs", b"US,GS,     8.0 g\r\n", "8.0", "g", False, "gross", "ok"),
        ("st-gs", b"S    20.7g  \r\nST,GS    20.7g  \r\n", "20.7", "g", True, "gross", "ok"),
        ("ohaus-defender", b"    20.0 kg    G\r\n", "20.0", "kg", True, "gross", "ok"),
    ],
    "the same collection, JIK6CAB": [
        ("jik-ticket", b"^KJIK000\r\n2023/11/07\r\n17:26:11\r\n  0.00 kg\r\n 67.81 kg\r\n0\r\n"
         b"0\r\n 67.81 kg\r\n 67.81 kg\r\n    0 pcs\r\n \r\n \r\nE\r\n~P1\r\n",
         "67.81", "kg", None, "net", "ok"),
    ],
    "OpenTrickler's Radwag PS R2: no blank before the mark; its gr may be grain or gram": [
        ("radwag", b"SUI?       2.18 gr \r\n", None, "gr?", False, None, "unsupported"),
        ("radwag", b"SUI        1.56 gr \r\n", None, "gr?", True, None, "unsupported"),
        ("radwag", b"SUI?       2.18 g  \r\n", "2.18", "g", False, None, "ok"),
    ],
    "github.com/pyserial/pyserial issue 668": [
        ("dollar", b"\r$000000\r", "0", None, None, None, "ok"),
    ],
    "github.com/avodah-dev/scale-interface, Sterling 7600": [
        ("sterling", b"OCount       6 Pieces \r\n", "6", "pcs", None, None, "ok"),
        ("sterling", b"OCount      13 Pieces \r\n", "13", "pcs", None, None, "ok"),
        ("sterling", b"SCOCount      19 Pieces\r\n", "19", "pcs", None, None, "ok"),
    ],
}

PRINTED: Mapping[str, list[Row]] = {
    "Dini Argeo LTP manual p. 43: short and extended string": [
        ("st-gs", b"01ST,GS,     0.0,kg\r\n", "0.0", "kg", True, "gross", "ok"),
        ("st-gs", b"01US,NT,    -2.5,kg\r\n", "-2.5", "kg", False, "net", "ok"),
        ("st-gs", b"01TL,GS,     0.0,kg\r\n", None, "kg", None, "gross", "error"),
        ("st-gs", b"011ST,       0.0,PT      20.8,         0,kg\r\n", "0.0", "kg", True, "net",
         "ok"),
        ("st-gs", b"1US,     12.34,       0.00,         0,kg\r\n", "12.34", "kg", False, "gross",
         "ok"),
        ("st-gs", b"1OL,    999.99,       0.00,         0,kg\r\n", None, "kg", None, "gross",
         "overload"),
        ("st-gs", b"1UL,   -999.99,       1.00,         0,kg\r\n", None, "kg", None, "net",
         "underload"),
        ("st-gs", b"1TL,      0.82,       0.00,         0,kg\r\n", None, "kg", None, "gross",
         "error"),
    ],
    "Dini Argeo DGT4X manual p. 52: the extended string with date and time, and microvolts": [
        ("st-gs", b"011ST,1,     0.0,PT    20.8,         0,kg,01/02/19 11:12:13\r\n",
         "0.0", "kg", True, "net", "ok"),
        ("st-gs", b"1,ST,     0.820,       0.000,         0,kg,NO DATE TIME\r\n",
         "0.820", "kg", True, "gross", "ok"),
    ],
    "Dini Argeo 3590 manual p. 65: the AF string, gross and tare": [
        ("st-gs", b"ST,1,     0.820kg,       0.100kg\r\n", "0.820", "kg", True, "gross", "ok"),
        ("st-gs", b"00US,2,      -1.5Kg,PT       0.1Kg\r\n", "-1.5", "kg", False, "gross", "ok"),
        ("st-gs", b"OL,1,          lb,            lb\r\n", None, "lb", None, "gross", "overload"),
    ],
    "Tiger TI-02-P manual p. 21: no comma before the sign": [
        ("st-gs", b"ST,GS  12.345,kg\r\n", "12.345", "kg", True, "gross", "ok"),
        ("st-gs", b"US,NT-  1.234,lb\r\n", "-1.234", "lb", False, "net", "ok"),
        ("st-gs", b"ST,GS    1234, g\r\n", "1234", "g", True, "gross", "ok"),
    ],
    "Kern KXS p. 70, KFN-TM p. 49, GAB p. 37": [
        ("st-gs", b"ST,GS,+01234567  oz\r\n", "1234567", "oz", True, "gross", "ok"),
        ("st-gs", b"ST,NT,+1.23.456tl.g\r\n", None, "tl.g", True, "net", "unsupported"),
        ("st-gs", b"ST,TR,+12.3456  kg\r\n", "12.3456", "kg", True, "tare", "ok"),
        ("st-gs", b"US,GS,+1234.56  lb\r\n", "1234.56", "lb", False, "gross", "ok"),
        ("st-gs", b"OL,GS,-           \r\n", None, None, None, "gross", "underload"),
        ("st-gs", b"ST,GS 1.000KG\r\n", "1.000", "kg", True, "gross", "ok"),
        ("st-gs", b"US,GS 1.342KG\r\n", "1.342", "kg", False, "gross", "ok"),
        ("st-gs", b"ST,G,  12.345,kg\n", "12.345", "kg", True, "gross", "ok"),
        ("st-gs", b"US,N,- 12.345,lb\n", "-12.345", "lb", False, "net", "ok"),
    ],
    "Excell AM4 manual p. 13, Bison's format on jswjk.com: taels and catties": [
        ("st-gs", b"ST,G,+ 15.06tl.T\r\n", None, "tl.t", True, "gross", "unsupported"),
        ("st-gs", b"ST,NT,+12.34.56  cT\r\n", None, "ct?", True, "net", "unsupported"),
        ("st-gs", b"ST,GS,+   12.34  cT\r\n", None, "ct?", True, "gross", "unsupported"),
        ("st-gs", b"ST,TR,+012.3456  kg\r\n", "12.3456", "kg", True, "tare", "ok"),
        ("st-gs", b"OL,GS,+            \r\n", None, None, None, "gross", "overload"),
    ],
    "A&D GX-A/GF-A communication manual p. 18: CSV, its date, and its comma": [
        ("and-csv", b"ST,+00123.45,  g\r\n", "123.45", "g", True, None, "ok"),
        ("and-csv", b"SAMPLE-0123-4,No,012,2017/07/01,12:34:56,ST,+00123.45,  g\r\n",
         "123.45", "g", True, None, "ok"),
        ("and-csv", b"ST;+00123,45;  g\r\n", "123.45", "g", True, None, "ok"),
        ("and-csv", b"SAMPLE-0123-4;No;012;2017/07/01;12:34:56;US;-00012,345;  g\r\n",
         "-12.345", "g", False, None, "ok"),
        ("and-csv", b"OL;+9999999E+19;  g\r\n", None, "g", None, None, "overload"),
    ],
    "Sartorius LE p. 51, Factory p. 127, EC p. 11: special codes and errors": [
        ("sartorius-sbi16", b"+   1255.7 g  \r\n", "1255.7", "g", True, None, "ok"),
        ("sartorius-sbi16", b"    Err 054   \r\n", None, None, None, None, "error"),
        ("sartorius-sbi16", b"      --      \r\n", None, None, None, None, "error"),
        ("sartorius-sbi16", b"      H       \r\n", None, None, None, None, "overload"),
        ("sartorius-sbi16", b"      L       \r\n", None, None, None, None, "underload"),
        ("sartorius-sbi16", b"      C       \r\n", None, None, None, None, "error"),
        ("sartorius-sbi22", b"Stat     Err 101    \r\n", None, None, None, None, "error"),
        ("sartorius-sbi22", b"Stat        HH      \r\n", None, None, None, None, "error"),
        ("sartorius-sbi22", b"Stat        LL      \r\n", None, None, None, None, "error"),
        ("sartorius-sbi22", b"Stat        H       \r\n", None, None, None, None, "overload"),
        ("sartorius-sbi22", b"N1    -   1255.7 g  \r\n", "-1255.7", "g", True, "net", "ok"),
    ],
    "Ohaus RS232 manual EN-3, Scout p. 7, Explorer p. 158": [
        ("ohaus-print", b"        0.00 g     \r\n", "0.00", "g", True, None, "ok"),
        ("ohaus-print", b"       12.73 g    ?\r\n", "12.73", "g", False, None, "ok"),
        ("ohaus-print", b"      0.5950 oz   ?\r\n", "0.5950", "oz", False, None, "ok"),
        ("ohaus-print", b"           3 PCS  ?\r\n", "3", "pcs", False, None, "ok"),
        ("ohaus-print", b"         100 g    \r\n", "100", "g", True, None, "ok"),
        ("ohaus-print", b"         273 g   ?\r\n", "273", "g", False, None, "ok"),
        ("ohaus-print", b"       0.00     g \r\n", "0.00", "g", True, None, "ok"),
        ("ohaus-print", b"      12.73     g?\r\n", "12.73", "g", False, None, "ok"),
        ("ohaus-print", b"     1:12.9 lb:oz ?\r\n", "28.9", "oz", False, None, "ok"),
        ("ohaus-print", b"    192.21 g\r\n", "192.21", "g", True, None, "ok"),
        ("ohaus-print", b"      0.01 g ?\r\n", "0.01", "g", False, None, "ok"),
        ("ohaus-print", b"    192.08 g   00:00:30\r\n", "192.08", "g", True, None, "ok"),
    ],
    "CAS WTM-500: a relays' byte before the unit; SW-II p. 15": [
        ("cas-22", b"US,GS,1\xa4,   00.82\x81kg\r\n", "0.82", "kg", False, "gross", "ok"),
        ("cas-22", b"ST,NT,1\xe4,-0012.50\x00kg\r\n", "-12.50", "kg", True, "net", "ok"),
        ("cas-ap1", b"\x01\x02S  1.234KGu\x03\x04", "1.234", "kg", True, None, "ok"),
    ],
    "Yaohua A26 pp. 12-13, A23p pp. 23-26, D9 sheet, A12(E) p. 13": [
        ("yaohua-continuous", b"\x02+00200021B\x03", "20.00", None, None, None, "ok"),
        ("yaohua-equals", b"=0003.000", "3.000", None, None, None, "ok"),
        ("yaohua-equals", b"=-0001.00", "-1.00", None, None, None, "ok"),
        ("yaohua-equals-reversed", b"=000.3000", "3.000", None, None, None, "ok"),
        ("yaohua-equals-reversed", b"=00.1000-", "-1.00", None, None, None, "ok"),
        ("yaohua-a12-wg", b"WG004.139kg3D\r\n", "4.139", "kg", None, "gross", "ok"),
        ("yaohua-a12-wg", b"         OL23\r\n", None, None, None, None, "overload"),
        ("yaohua-a12-wg", b"         LO23\r\n", None, None, None, None, "underload"),
    ],
    "gitcode.com, protocols of Chinese scales; Yousheng JCS-B p. 6: the modes of the FF frame": [
        ("bcd-ff", b"\xff\x44\x34\x12\x00", "1.234", None, True, None, "ok"),
        ("bcd-ff", b"\xff\x24\x34\x12\x00", "-1.234", None, False, None, "ok"),
        ("bcd-ff", b"\xff\x49\x48\x00\x00", "48", "pcs", True, None, "ok"),
        ("bcd-ff", b"\xff\x53\x50\x12\x00", "12.50", "%", True, None, "ok"),
        ("bcd-ff", b"\xff\xc4\x00\x00\x00", None, None, None, None, "overload"),
    ],
    "Mettler AT p. 87, AL p. 72, JS p. 30": [
        ("mt-sics", b"S S     100.00 g\r\n", "100.00", "g", True, None, "ok"),
        ("mt-sics", b"S D    -129.07 g\r\n", "-129.07", "g", False, None, "ok"),
        ("mt-sics", b"S +\r\n", None, None, None, None, "overload"),
        ("mt-sics", b"S -\r\n", None, None, None, None, "underload"),
    ],
    "Rinstrum R320 manual p. 46: format 1": [
        ("rinstrum", b"\x02   1.234G\x03", "1.234", None, True, "gross", "ok"),
        ("rinstrum", b"\x02-   1.23N\x03", "-1.23", None, True, "net", "ok"),
        ("rinstrum", b"\x02    1234M\x03", "1234", None, False, None, "ok"),
    ],
    "Kern FKB-A manual p. 37": [
        ("kern", b"         0.0 g  \r\n", "0.0", "g", True, None, "ok"),
        ("kern", b"M        0.0 g  \r\n", "0.0", "g", True, None, "ok"),
        ("kern", b"         0.0 \r\n", "0.0", None, False, None, "ok"),
        ("kern", b"       Error\r\n", None, None, None, None, "error"),
    ],
}

COMMAS: list[tuple[str, bytes, str | None]] = [
    # certain without a setting: a zero leads, or there are no three digits behind the comma
    ("st-gs", b"ST,GS,+  0,820kg\r\n", "0.820"), ("st-gs", b"ST,GS,   0,820,kg\r\n", "0.820"),
    ("st-gs", b"ST,GS,+ 12,5 kg\r\n", "12.5"), ("st-gs", b"ST,GS,- 01,234kg\r\n", "-1.234"),
    ("st-gs", b"ST,GS,+1234,500g\r\n", "1234.500"), ("st-gs", b"ST,GS,+12,3456kg\r\n", "12.3456"),
    ("st-gs", b"1,ST,     0,820,       0,000,         0,kg\r\n", "0.820"),
    ("st-gs", b"ST,1,     0,820kg,       0,100kg\r\n", "0.820"),
    ("and-standard", b"ST,+0000,820 kg\r\n", "0.820"),
    ("and-csv", b"ST,+0000,820, kg\r\n", "0.820"),
    ("kern", b"       0,820 kg \r\n", "0.820"), ("kern", b"         82,5 g \r\n", "82.5"),
    ("mt-sics", b"S S      0,820 kg\r\n", "0.820"), ("mt-sics", b"S D   -842,15 g\r\n", "-842.15"),
    ("mettler-print", b"     N       0,3749 g   \r\n", "0.3749"),
    ("radwag", b"SI        0,820 kg \r\n", "0.820"), ("adam-16", b"-       84,52 g \r\n", "-84.52"),
    ("adam-cpw", b"G +   0,82 kg\r\n", "0.82"), ("rinstrum", b"\x02   0,820G\x03", "0.820"),
    ("ohaus-defender", b"   0,845 kg    G\r\n", "0.845"),
    ("ohaus-print", b"      0,4500 oz    \r\n", "0.4500"),
    ("sartorius-sbi22", b"N     +    84,52 g  \r\n", "84.52"),
    ("sartorius-sbi22", b"N     +  84,5[2] g  \r\n", "84.52"),
    ("sartorius-sbi16", b"-    84,52    \r\n", "-84.52"),
    ("shuangjie", b"+   0,820kg \r\n", "0.820"),
    # may be a thousand
    ("st-gs", b"ST,GS,+  1,240kg\r\n", None), ("st-gs", b"ST,GS,- 12,240kg\r\n", None),
    ("st-gs", b"ST,GS,+  1,234 g\r\n", None), ("kern", b"       1,234 kg \r\n", None),
    ("mt-sics", b"S S      1,234 kg\r\n", None), ("radwag", b"SI        1,234 kg \r\n", None),
    ("st-gs", b"1,ST,     1,820,       0,000,         0,kg\r\n", None),
    ("sartorius-sbi22", b"N     +    1,234 kg \r\n", None),
    ("ohaus-defender", b"   1,845 kg    G\r\n", None),
    ("shuangjie", b"+   1,820kg \r\n", None), ("adam-16", b"        1,234 kg\r\n", None),
]

POINTLESS: list[tuple[bytes, int, str]] = [
    (b"\x0200820\r", 3, "0.820"), (b"\x0200820N\r", 3, "0.820"), (b"\x0200181\r", 2, "1.81"),
    (b"\x02  820\r", 3, "0.820"), (b"\x02000820\r", 3, "0.820"), (b"\x0200820\r", 0, "820"),
]

REFUSED: list[tuple[str, bytes]] = [
    # Dini Argeo: microvolts and converter points; a tare that is cut off; other units on each side
    ("st-gs", b"01ST,VL,  1234.5,uV\r\n"), ("st-gs", b"01ST,RZ, 1234567,  \r\n"),
    ("st-gs", b"1,ST,     0.820,       0.1\r\n"),
    ("st-gs", b"ST,1,     0.820kg,       0.100lb\r\n"),
    ("st-gs", b"1,ST,     0.820     0.100         0kg\r\n"),
    # JM Science (OpenTrickler pull request 50), A&D's KF format, a till's price line
    ("shuangjie", b"E *+ 49.9873  g \r\n"), ("and-standard", b"+   123.45  g \r\n"),
    ("ohaus-print", b"0.820 kg x 12,50 = 10,25\r\n"), ("mt-sics", b"S S 12:16.50 lb:oz\r\n"),
    ("mt-sics", b"S S 12:07.50 kg\r\n"), ("toledo-8217", b"\x020082\x03\r"),
    ("st-gs", b"ST,GS,+ 1,2,3kg\r\n"), ("kern", b"       1.234,5 g \r\n"),
]


def rows(groups: Mapping[str, list[Row]]) -> list[Any]:
    return [pytest.param(row, id=f"{source[:24]} {row[1]!r}")
            for source, group in groups.items() for row in group]


def facts(name: str, data: bytes, **settings: Any) -> list[tuple[Any, ...]]:
    return [
        (one.value, one.unit, one.stable, one.mode and one.mode.value, one.status.value)
        for one in SCALES[name].build(settings).feed(data)
    ]


@pytest.mark.parametrize("row", rows({**CAPTURED, **PRINTED}))
def test_a_published_frame_is_read_as_its_maker_means_it(row: Row) -> None:
    name, data, value, *rest = row
    assert facts(name, data) == [(None if value is None else Decimal(value), *rest)]


@pytest.mark.parametrize(("name", "data", "value"), COMMAS, ids=repr)
def test_a_comma_is_a_point_where_it_can_be_nothing_else_and_otherwise_where_it_is_set(
    name: str, data: bytes, value: str | None
) -> None:
    ((read, _, _, _, status),) = facts(name, data)
    assert (read, status) == ((None, "ambiguous") if value is None else (Decimal(value), "ok"))
    ((read, _, _, _, status),) = facts(name, data, decimal_comma=True)
    assert status == "ok"
    assert abs(read) < 13 if value is None else read == Decimal(value)  # and never a thousand


@pytest.mark.parametrize(("data", "decimals", "value"), POINTLESS, ids=repr)
def test_a_weight_without_a_point_is_read_by_the_setting_and_otherwise_refused(
    data: bytes, decimals: int, value: str
) -> None:
    ((read, _, _, _, status),) = facts("toledo-8217", data)
    assert (read, status) == (None, "ambiguous")
    ((read, unit, stable, _, status),) = facts(
        "toledo-8217", data, decimals=decimals, unit="kg")
    assert (str(read), unit, stable, status) == (value, "kg", None, "ok")


@pytest.mark.parametrize(("name", "data"), REFUSED, ids=repr)
def test_what_no_manual_explains_is_refused(name: str, data: bytes) -> None:
    assert facts(name, data) == []
