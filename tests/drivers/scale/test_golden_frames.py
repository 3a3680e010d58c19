"""Golden frames of every protocol, shaped as the manuals named on docs/protocols/scales.md show.

The weights are ours; the widths, headers, units and states are the makers'.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.scale.protocols import SCALES

D = Decimal
Golden = tuple[str, bytes, Decimal | None, str | None, bool | None, str | None, str]



def summed(body: bytes) -> bytes:
    """Put Toledo's checksum behind a frame: all eighteen bytes sum to 0 in seven bits."""
    return body + bytes([(0x80 - sum(body) % 0x80) % 0x80])


def crossed(data: bytes) -> bytes:
    """Put CAS' control characters and block check around ten bytes of data."""
    check = 0
    for byte in data:
        check ^= byte
    return b"\x01\x02" + data + bytes([check]) + b"\x03\x04"


AANDD: list[Golden] = [
    # EK-L p. 30: header, sign, eight characters, unit in three
    ("and-standard", b"ST,+000842.5  g\r\n", D("842.5"), "g", True, None, "ok"),
    ("and-standard", b"US,-0000.120 kg\r\n", D("-0.120"), "kg", False, None, "ok"),
    ("and-standard", b"QT,+00000048 PC\r\n", D(48), "pcs", True, None, "ok"),
    ("and-standard", b"OL,+999999.9  g\r\n", None, "g", None, None, "overload"),
    ("and-standard", b"OL,-999999.9  g\r\n", None, "g", None, None, "underload"),
    # GC p. 51: a comparator between header and number
    ("and-standard", b"ST,HI,+0004.250 kg\r\n", D("4.250"), "kg", True, None, "ok"),
    ("and-standard", b"ST,--,+0000.000 kg\r\n", D(0), "kg", True, None, "ok"),
    # AD-4212D p. 29: identifier, date, time come first; FX-CT p. 33: an exponent overload
    ("and-csv", b"ST,+0012.480,  g\r\n", D("12.480"), "g", True, None, "ok"),
    ("and-csv", b"PACK-2,2024/05/01,16:20:11,US,+0000.2214,  g\r\n",
     D("0.2214"), "g", False, None, "ok"),
    ("and-csv", b"2024/05/01,16:20:11,ST,+0001.250, kg\r\n", D("1.250"), "kg", True, None, "ok"),
    ("and-csv", b"OL,-9999999E+19, ct\r\n", None, "ct", None, None, "underload"),
]
TOLEDO: list[Golden] = [
    # IND445 p. 50, Wildcat p. 41: SWA decimals, SWB flags, SWC other units, checksum
    ("toledo-continuous", summed(b"\x02-0   2345   150\r"), D("2.345"), "kg", True, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02-1   2195   150\r"), D("2.195"), "kg", True, "net", "ok"),
    ("toledo-continuous", summed(b"\x02-8   2345     0\r"), D("2.345"), "kg", False, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02-3    150   150\r"), D("-0.150"), "kg", True, "net", "ok"),
    ("toledo-continuous", summed(b"\x02,    2345     0\r"), D("23.45"), "lb", True, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02*0!   842     0\r"), D(842), "g", True, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02)0    120     0\r"), D(1200), "kg", True, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02(0    120     0\r"), D(12000), "kg", True, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02-4 ------     0\r"), None, None, None, None, "overload"),
    ("toledo-continuous", summed(b"\x02-6 ------     0\r"), None, None, None, None, "underload"),
    ("toledo-continuous", summed(b"\x02-p      0     0\r"), None, None, None, None, "error"),
    ("toledo-continuous", summed(b"\x02-00  2345     0\r"), None, "kg", True, "gross",
     "unsupported"),
    ("toledo-continuous", summed(b"\x02-0&  2345     0\r"), None, "ton", True, "gross",
     "unsupported"),
    ("toledo-continuous-plain", b"\x02-0   2345     0\r", D("2.345"), "kg", True, "gross", "ok"),
    # P05 as in ACBr
    ("toledo-p05", b"\x0200842\x03", D("0.842"), None, None, None, "ok"),
    ("toledo-p05", b"\x02IIIII\x03", None, None, False, None, "motion"),
    ("toledo-p05", b"\x02NNNNN\x03", None, None, None, None, "underload"),
    ("toledo-p05", b"\x02SSSSS\x03", None, None, None, None, "overload"),
]
SICS: list[Golden] = [
    # AL/AT instructions: status, weight right-aligned in ten, unit
    ("mt-sics", b"S S      1.230 kg\r\n", D("1.230"), "kg", True, None, "ok"),
    ("mt-sics", b"S D    842.15 g\r\n", D("842.15"), "g", False, None, "ok"),
    ("mt-sics", b"S S     -0.25 g\r\n", D("-0.25"), "g", True, None, "ok"),
    ("mt-sics", b"S D      0.842 Kg\r\n", D("0.842"), "kg", False, None, "ok"),
    ("mt-sics", b"S S     102.50 %\r\n", D("102.50"), "%", True, None, "ok"),
    ("mt-sics", b"S +\r\n", None, None, None, None, "overload"),
    ("mt-sics", b"S -\r\n", None, None, None, None, "underload"),
    ("mt-sics", b"S L\r\n", None, None, None, None, "error"),
    ("mt-sics", b"ES\r\n", None, None, None, None, "error"),
    ("mt-sics", b"EL\r\n", None, None, None, None, "error"),
    ("mt-sics", b"S S Error 10b\r\n", None, None, None, None, "error"),
    ("mt-sics", b"T S    100.00 g\r\n", D("100.00"), "g", None, "tare", "ok"),
    ("mt-sics", b"TA A   100.00 g\r\n", D("100.00"), "g", None, "tare", "ok"),
    # the MS balances' print, as captured
    ("mettler-print", b"     N       0.4210 g   \r\n", D("0.4210"), "g", None, "net", "ok"),
    ("mettler-print", b"     G      -0.4210 g   \r\n", D("-0.4210"), "g", None, "gross", "ok"),
    ("mettler-print", b"             0.4210 g   \r\n", D("0.4210"), "g", None, None, "ok"),
]
NCI: list[Golden] = [
    # NCI 6702 and DIVA p. 34: weight, then two or three status bytes
    ("nci-scp01", b"\n  01.85LB\r\n00\r\x03", D("1.85"), "lb", True, None, "ok"),
    ("nci-scp01", b"\n  01.85KG\r\n10\r\x03", D("1.85"), "kg", False, None, "ok"),
    ("nci-scp01", b"\n  00.00KG\r\n20\r\x03", D("0.00"), "kg", True, None, "zero"),
    ("nci-scp01", b"\n-000.25KG\r\n00\r\x03", D("-0.25"), "kg", True, None, "ok"),
    ("nci-scp01", b"\n  01.85KG\r\n0p4\r\x03", D("1.85"), "kg", True, "net", "ok"),
    ("nci-scp01", b"\n  01.85KG\r\n0p0\r\x03", D("1.85"), "kg", True, "gross", "ok"),
    ("nci-scp01", b"\n^^^^^^LB\r\n02\r\x03", None, None, None, None, "overload"),
    ("nci-scp01", b"\n______LB\r\n01\r\x03", None, None, None, None, "underload"),
    ("nci-scp01", b"\n------LB\r\n00\r\x03", None, None, None, None, "error"),
    ("nci-scp01", b"\n?\r\x03", None, None, None, None, "error"),
    ("nci-scp01", b"\n  2LB 03.5OZ\r\n00\r\x03", D("35.5"), "oz", True, None, "ok"),
    ("nci-scp01", b"\n- 0LB 03.5OZ\r\n10\r\x03", D("-3.5"), "oz", False, None, "ok"),
    # Ohaus Aviator, Adam MDW: only a status where there is no weight to give
    ("nci-ecr", b"\nS10\r\x03", None, None, False, None, "motion"),
    ("nci-ecr", b"\nS20\r\x03", None, None, True, None, "zero"),
    ("nci-ecr", b"\nS02\r\x03", None, None, None, None, "overload"),
    ("nci-ecr", b"\nS01\r\x03", None, None, None, None, "underload"),
    ("nci-ecr", b"\nS40\r\x03", None, None, None, None, "error"),
    ("nci-ecr", b"\nS08\r\x03", None, None, None, None, "error"),
    ("fedex", b"\n 012.40LB\r00\x03", D("12.40"), "lb", True, None, "ok"),
    ("ups-worldship", b"  4.25 lb. GR  \r\n\x03", D("4.25"), "lb", True, "gross", "ok"),
    ("ups-worldship", b"  4.25 lb. gr  \r\n\x03", D("4.25"), "lb", False, "gross", "ok"),
    ("ups-worldship", b"  4.25 lb. NT  \r\n\x03", D("4.25"), "lb", True, "net", "ok"),
    ("ups-worldship", b"\r\x03", None, None, None, None, "overload"),
]
SMA: list[Golden] = [
    # T419S p. 61, X-series p. 120, PR 5220 p. 130
    ("sma", b"\n 1G       1.845kg \r", D("1.845"), "kg", True, "gross", "ok"),
    ("sma", b"\n 1NM      1.845kg \r", D("1.845"), "kg", False, "net", "ok"),
    ("sma", b"\n 1N      -0.155kg \r", D("-0.155"), "kg", True, "net", "ok"),
    ("sma", b"\n 1n      1.8452lb \r", D("1.8452"), "lb", True, "net", "ok"),
    ("sma", b"\n 1T       0.250kg \r", D("0.250"), "kg", None, "tare", "ok"),
    ("sma", b"\nZ1G       0.000kg \r", D("0.000"), "kg", True, "gross", "zero"),
    ("sma", b"\nO1G      31.005kg \r", D("31.005"), "kg", True, "gross", "overload"),
    ("sma", b"\nU1G      -0.500kg \r", D("-0.500"), "kg", True, "gross", "underload"),
    ("sma", b"\nE1G  ----------   \r", None, None, None, None, "error"),
    ("sma", b"\nI1G  ----------   \r", None, None, None, None, "error"),
    ("sma", b"\n?\r", None, None, None, None, "error"),
    ("sma", b"\nU1N  ----------kg \r", None, None, None, "net", "underload"),
]
CAS: list[Golden] = [
    # AP-1 sheet and ZFOC p. 42; the checks are the XOR of the ten bytes before them
    ("cas-ap1", crossed(b"S  1.845kg"), D("1.845"), "kg", True, None, "ok"),
    ("cas-ap1", crossed(b"U  1.845kg"), D("1.845"), "kg", False, None, "ok"),
    ("cas-ap1", crossed(b"S- 0.155kg"), D("-0.155"), "kg", True, None, "ok"),
    ("cas-ap1", crossed(b"F  0.000kg"), None, None, None, None, "error"),
    # CI-600D p. 74: the lamp byte's bits are stable 6, gross 2, tare 1, zero 0
    ("cas-22", b"ST,GS,1\xc4,000018.5 kg\r\n", D("18.5"), "kg", True, "gross", "ok"),
    ("cas-22", b"US,GS,1\x84,000018.5 kg\r\n", D("18.5"), "kg", False, "gross", "ok"),
    ("cas-22", b"ST,NT,:\xc2,-00002.0 kg\r\n", D("-2.0"), "kg", True, "net", "ok"),
    ("cas-22", b"ST,GS,1\xc5,000000.0 kg\r\n", D("0.0"), "kg", True, "gross", "zero"),
    ("cas-22", b"OL,GS,1\x84,         kg\r\n", None, "kg", None, "gross", "overload"),
]
BALANCES: list[Golden] = [
    # Defender 3000: sign, seven characters, unit in five, ? and legend
    ("ohaus-defender", b"   0.845 kg    G\r\n", D("0.845"), "kg", True, "gross", "ok"),
    ("ohaus-defender", b"-  0.845 kg   ?N\r\n", D("-0.845"), "kg", False, "net", "ok"),
    ("ohaus-defender", b"   0.845 kg    NET\r\n", D("0.845"), "kg", True, "net", "ok"),
    ("ohaus-defender", b"-   0.845 kg   ?NET\r\n", D("-0.845"), "kg", False, "net", "ok"),
    ("ohaus-defender", b"    0.845 kg    G\r\n", D("0.845"), "kg", True, "gross", "ok"),
    ("nci-scp01", b"\n^^^^^^\r\n02\r\x03", None, None, None, None, "overload"),
    ("nci-scp01", b"\n______\r\n01\r\x03", None, None, None, None, "underload"),
    ("nci-scp01", b"\n------\r\n00\r\x03", None, None, None, None, "error"),
    ("ohaus-defender", b"   0.120 kg    T\r\n", D("0.120"), "kg", True, "tare", "ok"),
    # RS232 interface manual EN-3
    ("ohaus-print", b"        1.45 g     \r\n", D("1.45"), "g", True, None, "ok"),
    ("ohaus-print", b"      0.8450 oz    \r\n", D("0.8450"), "oz", True, None, "ok"),
    ("ohaus-print", b"        845 g ?\r\n", D(845), "g", False, None, "ok"),
    ("ohaus-print", b"       102.5 %   \r\n", D("102.5"), "%", True, None, "ok"),
    ("ohaus-print", b"       0.845 kg    GROSS\r\n", D("0.845"), "kg", True, "gross", "ok"),
    ("ohaus-print", b"         845 g ? NET\r\n", D(845), "g", False, "net", "ok"),
    ("ohaus-print", b"       84.50 g ? 00:01:15\r\n", D("84.50"), "g", False, None, "ok"),
    ("ohaus-print", b"        0.85 oz     WET WT\r\n", D("0.85"), "oz", True, None, "ok"),
    ("ohaus-print", b"      845.00 g TOTAL\r\n", D("845.00"), "g", None, None, "ok"),
    # Entris II p. 3, Combics p. 98
    ("sartorius-sbi22", b"N     +    84.52 g  \r\n", D("84.52"), "g", True, "net", "ok"),
    ("sartorius-sbi22", b"G#    -    84.52 g  \r\n", D("-84.52"), "g", True, "gross", "ok"),
    ("sartorius-sbi22", b"N     +    84.52    \r\n", D("84.52"), None, False, "net", "ok"),
    ("sartorius-sbi22", b"N     +  84.5[2] g  \r\n", D("84.52"), "g", True, "net", "ok"),
    ("sartorius-sbi22", b"T     +    10.00 g  \r\n", D("10.00"), "g", True, "tare", "ok"),
    ("sartorius-sbi22", b"Qnt   +       48 pcs\r\n", None, None, None, None, "unsupported"),
    ("sartorius-sbi22", b"Stat     High       \r\n", None, None, None, None, "overload"),
    ("sartorius-sbi22", b"Stat     Low        \r\n", None, None, None, None, "underload"),
    ("sartorius-sbi22", b"Stat       OFF      \r\n", None, None, None, None, "error"),
    ("sartorius-sbi22", b"Stat     ERR 101    \r\n", None, None, None, None, "error"),
    ("sartorius-sbi16", b"+    84.52 g  \r\n", D("84.52"), "g", True, None, "ok"),
    ("sartorius-sbi16", b"-    84.52    \r\n", D("-84.52"), None, False, None, "ok"),
    ("sartorius-sbi16", b"    High      \r\n", None, None, None, None, "overload"),
    # FKB-A p. 37, PCB p. 35: without a unit it moves
    ("kern", b"         84.5 g  \r\n", D("84.5"), "g", True, None, "ok"),
    ("kern", b"         84.5 \r\n", D("84.5"), None, False, None, "ok"),
    ("kern", b"M-       84.5 g  \r\n", D("-84.5"), "g", True, None, "ok"),
    ("kern", b"       Error\r\n", None, None, None, None, "error"),
    ("kern", b"M        1.845 kg \r\n", D("1.845"), "kg", None, None, "ok"),
    # Highland p. 29, CPWplus p. 16
    ("adam-16", b"-       84.52 g \r\n", D("-84.52"), "g", None, None, "ok"),
    ("adam-16", b"           48PCS\r\n", D(48), "pcs", None, None, "ok"),
    ("adam-16", b"         12.5%  \r\n", D("12.5"), "%", None, None, "ok"),
    ("adam-16", b"        1.845lb \r\n", D("1.845"), "lb", None, None, "ok"),
    ("adam-cpw", b"N - 1.45 kg\r\n", D("-1.45"), "kg", None, "net", "ok"),
    ("adam-cpw", b"T + 0.25 kg\r\n", D("0.25"), "kg", None, "tare", "ok"),
]
CHINESE: list[Golden] = [
    ("keli", b"0018.45(kg)\r\n", D("18.45"), "kg", None, None, "ok"),
    ("keli", b"-018.45(kg)\r\n", D("-18.45"), "kg", None, None, "ok"),
    ("keli-asked", b"\x02GW:0018.45(kg)\x03", D("18.45"), "kg", None, "gross", "ok"),
    ("keli-asked", b"\x02NW:0017.45(kg)\x03", D("17.45"), "kg", None, "net", "ok"),
    ("keli-asked", b"\x02TW:0001.00(kg)\x03", D("1.00"), "kg", None, "tare", "ok"),
    ("shuangjie", b"+   845.2 g \r\n", D("845.2"), "g", None, None, "ok"),
    ("shuangjie", b"-   845.2 g \r\n", D("-845.2"), "g", None, None, "ok"),
    ("shuangjie", b"    845.2   \r\n", D("845.2"), None, None, None, "ok"),
    ("bcd-ff", b"\xff\x44\x45\x18\x00", D("1.845"), None, True, None, "ok"),
    ("bcd-ff", b"\xff\x04\x45\x18\x00", D("1.845"), None, False, None, "ok"),
    ("bcd-ff", b"\xff\x64\x45\x18\x00", D("-1.845"), None, True, None, "ok"),
    ("bcd-ff", b"\xff\x41\x45\x18\x00", D(1845), None, True, None, "ok"),
    ("bcd-ff", b"\xff\x84\x00\x00\x00", None, None, None, None, "overload"),
    ("bcd-ff", b"\xff\xa4\x00\x00\x00", None, None, None, None, "underload"),
]
OTHERS: list[Golden] = [
    # Radwag WLC: command, mark, sign, nine characters, unit in three; PS: a blank before the sign
    ("radwag", b"SI        1.845 kg \r\n", D("1.845"), "kg", True, None, "ok"),
    ("radwag", b"SI  ?-    1.845 kg \r\n", D("-1.845"), "kg", False, None, "ok"),
    ("radwag", b"S     -    845.2 g  \r\n", D("-845.2"), "g", True, None, "ok"),
    ("radwag", b"SUI ?      845.2 g  \r\n", D("845.2"), "g", False, None, "ok"),
    ("radwag", b"SI  ^    6.020 kg \r\nSI  ^     6.020 kg \r\n", None, "kg", None, None,
     "overload"),
    ("radwag", b"SI  v-    0.020 kg \r\n", None, "kg", None, None, "underload"),
    ("radwag", b"S E\r\n", None, None, None, None, "error"),
    ("radwag", b"ES\r\n", None, None, None, None, "error"),
    ("radwag", b"Z ^\r\n", None, None, None, None, "overload"),
    # Vibra SJ, AJ: sign, seven or eight characters, the maker's own units, judgement, state
    ("shinko", b"+001.845KG S\r\n", D("1.845"), "kg", True, None, "ok"),
    ("shinko", b"-  845.2 G U\r\n", D("-845.2"), "g", False, None, "ok"),
    ("shinko", b"+  845.20 GGS\r\n", D("845.20"), "g", True, None, "ok"),
    ("shinko", b"+ 845.2/3 GHS\r\n", D("845.23"), "g", True, None, "ok"),
    ("shinko", b"+  845.2GR S\r\n", D("845.2"), "gr", True, None, "ok"),
    ("shinko", b"+  845.2TL S\r\n", None, "tl", True, None, "unsupported"),
    ("shinko", b"+     48PC  \r\n", D(48), "pcs", None, None, "ok"),
    ("shinko", b"+ 8452.0 GTS\r\n", None, None, None, None, "unsupported"),
    ("shinko", b"+------- G E\r\n", None, None, None, None, "error"),
    ("rinstrum", b"\x02   1.845G\x03", D("1.845"), None, True, "gross", "ok"),
    ("rinstrum", b"\x02-  0.155N\x03", D("-0.155"), None, True, "net", "ok"),
    ("rinstrum", b"\x02   1.845M\x03", D("1.845"), None, False, None, "ok"),
    ("rinstrum", b"\x02  99.999O\x03", None, None, None, None, "overload"),
    ("rinstrum", b"\x02-  9.999U\x03", None, None, None, None, "underload"),
    ("rinstrum", b"\x02   -----E\x03", None, None, None, None, "error"),
    ("dibal", b"9900184500000008\r\n"[:15] + b"8\r\n", D("1.845"), "kg", None, None, "ok"),
    ("dibal", b"990XXXXX0000000" + b"X\r\n", None, None, None, None, "motion"),
    ("dibal", b"991000000000000" + b"1\r\n", None, None, None, None, "error"),
    ("elicom", b"\x00\x18\x45\x5d", D("1.845"), "kg", True, None, "ok"),
    ("elicom", b"\xbb", None, None, False, None, "motion"),
    ("sterling", b"WGross   1.845 lb\r\n", D("1.845"), "lb", None, "gross", "ok"),
    ("sterling", b"ross   1.845 lb\r\nGross   1.850 lb\r\n", D("1.850"), "lb", None, "gross", "ok"),
    ("sterling", b"Count      48 Pieces\r\n", D(48), "pcs", None, None, "ok"),
    ("dollar", b"$001845\r", D(1845), None, None, None, "ok"),
    ("jik-ticket",
     b"^KJIK000\r\n2024-05-01\r\n09:30:00\r\n  0.15 kg\r\n  2.00 kg\r\n0\r\n0\r\n"
     b"  1.85 kg\r\n  1.85 kg\r\n    0 pcs\r\n \r\n \r\nE\r\n~P1\r\n",
     D("1.85"), "kg", None, "net", "ok"),
]
HID: list[Golden] = [
    # HID POS usage tables: number 3, status, unit, exponent, low byte, high byte
    ("hid-pos", b"\x03\x04\x02\x00\x4d\x03", D(845), "g", True, None, "ok"),
    ("hid-pos", b"\x03\x03\x02\x00\x4d\x03", D(845), "g", False, None, "ok"),
    ("hid-pos", b"\x03\x04\x0b\xff\x1d\x01", D("28.5"), "oz", True, None, "ok"),
    ("hid-pos", b"\x03\x04\x02\x01\x0f\x00", D(150), "g", True, None, "ok"),
    ("hid-pos", b"\x03\x04\x03\xfd\x35\x07", D("1.845"), "kg", True, None, "ok"),
    ("hid-pos", b"\x04\x02\x00\x4d\x03", D(845), "g", True, None, "ok"),
    ("hid-pos", b"\x00\x03\x04\x02\x00\x4d\x03", D(845), "g", True, None, "ok"),
    ("hid-pos", b"\x03\x02\x0b\xff\x00\x00", D("0.0"), "oz", True, None, "zero"),
    ("hid-pos", b"\x03\x02\x0c\xff\x30\x00", D("4.8"), "lb", None, None, "ok"),
    ("hid-pos", b"\x03\x05\x02\x00\x05\x00", None, None, None, None, "underload"),
    ("hid-pos", b"\x03\x06\x02\x00\x00\x00", None, None, None, None, "overload"),
    ("hid-pos", b"\x03\x01\x02\x00\x00\x00", None, None, None, None, "error"),
    ("hid-pos", b"\x03\x08\x02\x00\x00\x00", None, None, None, None, "error"),
    ("hid-pos", b"\x03\x04\x05\x00\x01\x00", None, "tael", None, None, "unsupported"),
    ("hid-pos", b"\x03\x04\x00\x00\x01\x00", D(1), None, True, None, "ok"),
    ("hiddev", bytes.fromhex("41008d00ffffffff40008d001d010000"), D("28.5"), None, None, None,
     "ok"),
]
GOLDEN = [*AANDD, *TOLEDO, *SICS, *NCI, *SMA, *CAS, *BALANCES, *CHINESE, *OTHERS, *HID]

NO_NEWS = [
    ("mt-sics", b"S I\r\n"), ("mt-sics", b"Z A\r\n"), ("mt-sics", b"Z I\r\n"),
    ("mt-sics", b"ZI S\r\n"), ("mt-sics", b"TAC A\r\n"), ("mt-sics", b"T +\r\n"),
    ("mt-sics", b"I1 A \"0123\" \"2.30\"\r\n"), ("nci-ecr", b"\nS00\r\x03"),
    ("mt-sics", b'I4 A "B123456"\r\n'), ("mt-sics", b"@ A B123456\r\n"),
    ("radwag", b"Z A\r\n"), ("radwag", b"SI OK\r\n"), ("radwag", b"OT D\r\n"),
]


@pytest.mark.rule("D6")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden[0]} {golden[1][:24]!r}")
def test_a_frame_is_read_as_its_maker_means_it(golden: Golden, facts: Callable[..., Any]) -> None:
    name, frame, *expected = golden
    assert facts(SCALES[name].build({}).feed(frame)) == [tuple(expected)]


@pytest.mark.parametrize(("name", "frame"), NO_NEWS, ids=repr)
def test_an_answer_without_a_weight_is_valid_and_no_reading(name: str, frame: bytes) -> None:
    decoder = SCALES[name].build({})
    assert list(decoder.feed(frame)) == []
    assert (decoder.frames, decoder.refused) == (1, 0)


REFUSED = [
    ("and-standard", b"+001234.5  g\r\n"), ("and-standard", b"ST,GS,+  1.230kg\r\n"),
    ("and-standard", b"ST,+0001.230, kg\r\n"), ("and-standard", b"ST,+001230 g\r\n"),
    ("and-csv", b"ST,+0001.230 kg\r\n"), ("and-csv", b"+0001.230, kg\r\n"),
    ("and-csv", b"ST,+0001.230ST,+0001.230, kg\r\n"), ("and-csv", b"US,ST,+0001.230, kg\r\n"),
    ("toledo-continuous", b"\x02-0   2345     0\r\x18"),
    ("toledo-continuous", summed(b"\x02-0   2345     0\r")[:17] + b"\x00"),
    ("toledo-continuous-plain", b"\x02-0   2 45     0\r"),
    ("toledo-continuous-plain", b"\x02-0   -345     0\r"),
    ("toledo-p05", b"\x020845\x03"), ("toledo-p05", b"\x02IINNN\x03"),
    ("mt-sics", b" S      1.230 kg\r\n"), ("mt-sics", b"S A      1.230 kg\r\n"),
    ("mt-sics", b"S S      1.230\r\n"), ("mt-sics", b"S S      1.2.30 kg\r\n"),
    ("mettler-print", b"  0.4210 g   \r\n"),
    ("nci-scp01", b"  01.85LB\r\n00\r\x03"), ("nci-scp01", b"\n  01.85LB\r\n0\r\x03"),
    ("nci-scp01", b"\n  2LB 16.0OZ\r\n00\r\x03"), ("nci-scp01", b"\n  2LB OZ\r\n00\r\x03"),
    ("nci-scp01", b"\n  01.85LB\r\n0p\r\x03"), ("nci-scp01", b"\n  01.85XX\r\n@@\r\x03"),
    ("ups-worldship", b"  4.25 lb. Gr  \r\n\x03"), ("ups-worldship", b"  4.25 st. GR  \r\n\x03"),
    ("sma", b"\n 1G      1.845kg \r"), ("sma", b"\nX1G       1.845kg \r"),
    ("cas-ap1", b"\x01\x02S  1.845kgt\x03\x04"), ("cas-ap1", b"\x01\x02X  1.845kgx\x03\x04"),
    ("cas-22", b"ST,GS,1D,000018.5 kg\r\n"), ("cas-22", b"ST,GS,1\xc4,00018.5 kg\r\n"),
    ("ohaus-defender", b"   G\r\n"), ("ohaus-defender", b"   0.845\r\n"),
    ("ohaus-defender", b"  0.845 kg    G\r\n"), ("ohaus-defender", b"   0.845          G\r\n"),
    ("ohaus-print", b"1.45 g     \r\n"), ("ohaus-print", b"        00:00:15\r\n"),
    ("sartorius-sbi22", b"X     +    84.52 g  \r\n"), ("sartorius-sbi22", b"+    84.52 g  \r\n"),
    ("sartorius-sbi16", b"+   84.52 g  \r\n"), ("sartorius-sbi16", b"+    84.[5]2  \r\n"),
    ("kern", b"  84.5 g  \r\n"), ("kern", b"Err\r\n"),
    ("adam-16", b"       84.52 g \r\n"), ("adam-cpw", b"+ 1.45 kg\r\n"),
    ("keli", b"18.45(kg)\r\n"), ("keli", b"0018.45(hkg)\r\n"), ("keli", b"0018.45 kg\r\n"),
    ("shuangjie", b"   845.2 g \r\n"), ("bcd-ff", b"\xff\x44\x4a\x18\x00"),
    ("bcd-ff", b"\xff\x40\x45\x18\x00"), ("rinstrum", b"\x02  1.845G\x03"),
    ("rinstrum", b"\x02   1.845X\x03"), ("dibal", b"990018450000000" + b"9\r\n"),
    ("dibal", b"990018450000008\r\n"), ("elicom", b"\x00\x18\x45\x5e"),
    ("sterling", b"ross   1.845 lb\r\n"), ("sterling", b"Gross   1.845 stone\r\n"),
    ("dollar", b"$01845\r"), ("hid-pos", b"\x03\x09\x02\x00\x4d\x03"),
    ("hid-pos", b"\x09\x04\x02\x00\x4d\x03"), ("hid-pos", b"\x03\x04\x0d\x00\x4d\x03"),
    ("hid-pos", b"\x03\x04\x02\x80\x4d\x03"),
    ("jik-ticket",
     b"^KJIK000\r\n2024-05-01\r\n09:30:00\r\n  0.15 kg\r\n  2.00 kg\r\n0\r\n0\r\n"
     b"  1.80 kg\r\n  1.80 kg\r\n    0 pcs\r\n \r\n \r\nE\r\n~P1\r\n"),
]


@pytest.mark.fault("F2")
@pytest.mark.parametrize(("name", "frame"), REFUSED, ids=repr)
def test_what_is_damaged_or_of_another_make_gives_nothing(name: str, frame: bytes) -> None:
    decoder = SCALES[name].build({})
    assert [reading.value for reading in decoder.feed(frame)] == []


def test_every_protocol_without_a_page_of_its_own_tests_has_golden_frames() -> None:
    elsewhere = {"st-gs", "toledo-8217"} | {name for name in SCALES if name.startswith("yaohua")}
    assert {name for name, *_ in GOLDEN} == set(SCALES) - elsewhere
