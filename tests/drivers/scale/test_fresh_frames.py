"""Frames in firmware variants beside the golden ones: right, or refused, and never another weight.

Each row is one frame (or one burst) of a make in a form that its manuals allow and the golden
frames do not show: odd widths, bare CR or LF, STX and ETX, dashes for digits, other units.
"""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import xor
from typing import Any

import pytest

from drivers.scale.protocols import SCALES

Row = tuple[str, bytes, str | None, str | None, bool | None, str | None, str]
"""Protocol, bytes, then value, unit, stable, mode and status of the one reading."""


def summed(body: bytes) -> bytes:
    """Toledo: behind it, all bytes sum to 0 in seven bits."""
    return body + bytes([-sum(body) & 0x7F])


def checked(body: bytes) -> bytes:
    """Yaohua: STX, the XOR in two digits, ETX."""
    return b"\x02" + body + b"%02X" % reduce(xor, body) + b"\x03"


def lined(body: bytes) -> bytes:
    """Yaohua A12: the XOR in two digits, CR LF."""
    return body + b"%02X\r\n" % reduce(xor, body)


def crossed(data: bytes) -> bytes:
    """CAS AP-1: control characters and the block check."""
    return b"\x01\x02" + data + bytes([reduce(xor, data)]) + b"\x03\x04"


def even(frame: bytes) -> bytes:
    """Seven bits with even parity, as a port at 8N1 sees them."""
    return bytes(byte | byte.bit_count() % 2 << 7 for byte in frame)


READ: list[Row] = [
    ("st-gs", b"ST,GS,   0.820,kg\r\n", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"01ST,NT,   0.820,kg\r\n", "0.820", "kg", True, "net", "ok"),
    ("st-gs", b"US,GS,    12.5, g\r\n", "12.5", "g", False, "gross", "ok"),
    ("st-gs", b"UL,GS,_______,kg\r\n", None, "kg", None, "gross", "underload"),
    ("st-gs", b"OL,GS,^^^^^^^,kg\r\n", None, "kg", None, "gross", "overload"),
    ("st-gs", b"OL,GS,-------kg\r\n", None, "kg", None, "gross", "overload"),
    ("st-gs", b"OL,GS,        kg\r\n", None, "kg", None, "gross", "overload"),
    ("st-gs", b"OL,GS,-       kg\r\n", None, "kg", None, "gross", "underload"),
    ("st-gs", b"OL,NT,+999.999kg\r\n", None, "kg", None, "net", "overload"),
    ("st-gs", b"ST,GS,+000.820kg\r", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+000.820kg\n", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"\x02ST,GS,+000.820kg\r\n", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"\x02ST,GS,+000.820kg\x03", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"ST,GS,-    25 g\r\n", "-25", "g", True, "gross", "ok"),
    ("st-gs", b"ST,G,+ 0.820kg\r\n", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"ST,GS,   .820kg\r\n", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+ 0.820  \r\n", "0.820", None, True, "gross", "ok"),
    ("st-gs", b"ST,GS,+   0.820 KG \r\n", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+   0.820 kgs\r\n", "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+     820 gm\r\n", "820", "g", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+     820 gr\r\n", None, "gr?", True, "gross", "unsupported"),
    ("st-gs", b"ST,GS,+  28.92oz\r\n", "28.92", "oz", True, "gross", "ok"),
    ("st-gs", b"ST,GS,  1lb12.9oz\r\n", "28.9", "oz", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+ 1lb 12.9oz\r\n", "28.9", "oz", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+ 1.640jin\r\n", "1.640", "斤", True, "gross", "ok"),
    ("st-gs", "ST,GS,+ 1.640斤\r\n".encode("gbk"), "1.640", "斤", True, "gross", "ok"),
    ("st-gs", "ST,GS,+ 0.820公斤\r\n".encode("gbk"), "0.820", "kg", True, "gross", "ok"),
    ("st-gs", "ST,GS,+ 0.820公斤\r\n".encode(), "0.820", "kg", True, "gross", "ok"),
    ("st-gs", b"ST,GS,+ 1.64TJ\r\n", None, "tj", True, "gross", "unsupported"),
    ("st-gs", b"ST,GS,+ 12.30tl\r\n", None, "tl", True, "gross", "unsupported"),
    ("st-gs", b"ST,GS,+15.06.24tl\r\n", None, "tl", True, "gross", "unsupported"),
    ("st-gs", b"ST,GS,+ 82.0mom\r\n", None, "mom", True, "gross", "unsupported"),
    ("st-gs", b"ST,GS,+ 82.0N\r\n", None, "n", True, "gross", "unsupported"),
    ("and-standard", b"ST,+00012.78  g\r\n", "12.78", "g", True, None, "ok"),
    ("and-standard", b"US,-00012.78  g\r\n", "-12.78", "g", False, None, "ok"),
    ("and-standard", b"OL,+9999999E+19\r\n", None, None, None, None, "overload"),
    ("and-standard", b"OL,-9999999E+19\r\n", None, None, None, None, "underload"),
    ("and-standard", b"ST,+001.8078 lb\r\n", "1.8078", "lb", True, None, "ok"),
    ("and-standard", b"ST,+000026.4ozt\r\n", "26.4", "ozt", True, None, "ok"),
    ("and-standard", b"ST,+00218.67mom\r\n", None, "mom", True, None, "unsupported"),
    ("and-standard", b"ST,+00100.00  %\r\n", "100.00", "%", True, None, "ok"),
    ("and-standard", b"US,HI,-0001.234 kg\r\n", "-1.234", "kg", False, None, "ok"),
    ("and-csv", b"No.012,2024/05/01,12:00:00,ST,+0000.820, kg\r\n",
     "0.820", "kg", True, None, "ok"),
    ("yaohua-continuous", checked(b"-0008203"), "-0.820", None, None, None, "ok"),
    ("yaohua-continuous", checked(b"+0008204"), "0.0820", None, None, None, "ok"),
    ("yaohua-continuous", checked(b"+0008203")[:5] + checked(b"+0008213"),
     "0.821", None, None, None, "ok"),
    ("yaohua-continuous", b"\x00\x00\x7f\x7f" + checked(b"+0008200"),
     "820", None, None, None, "ok"),
    ("yaohua-command", checked(b"ZD-0008202"), "-8.20", None, None, "net", "ok"),
    ("yaohua-command", checked(b"AC+0001003"), "0.100", None, None, "tare", "ok"),
    ("yaohua-equals", b"=-000.820", "-0.820", None, None, None, "ok"),
    ("yaohua-equals", b"=   0.820", "0.820", None, None, None, "ok"),
    ("yaohua-equals", b"=0000820.", "820", None, None, None, "ok"),
    ("yaohua-equals-reversed", b"=028.000-", "-0.820", None, None, None, "ok"),
    ("yaohua-equals-reversed", b"=.0280000", "820", None, None, None, "ok"),
    ("yaohua-a12-ww", b"ww   0.82kg\r\n", "0.82", "kg", None, "gross", "ok"),
    ("yaohua-a12-ww", b"ww0000820kg", "820", "kg", None, "gross", "ok"),
    ("yaohua-a12-ww", b"wn-00.820kg\r\n", "-0.820", "kg", None, "net", "ok"),
    ("yaohua-a12-ww", b"ww  1.808lb", "1.808", "lb", None, "gross", "ok"),
    ("yaohua-a12-ww", b".820kgww000.820kg", "0.820", "kg", None, "gross", "ok"),
    ("yaohua-a12-wg", lined(b"WN-00.820kg"), "-0.820", "kg", None, "net", "ok"),
    ("yaohua-a12-wg", lined(b"WG  0.820kg"), "0.820", "kg", None, "gross", "ok"),
    ("keli", b"   0.82(kg)\r\n", "0.82", "kg", None, None, "ok"),
    ("keli-asked", b"\x02GW:-000.82(kg)\x03", "-0.82", "kg", None, "gross", "ok"),
    ("toledo-8217", b"\x02 0.820\r", "0.820", None, True, "gross", "ok"),
    ("toledo-8217", b"\x0201.80\r", "1.80", None, True, "gross", "ok"),
    ("toledo-8217", even(b"\x0200.820N\r"), "0.820", None, True, "net", "ok"),
    ("toledo-8217", even(b"\x02?A\r"), None, None, False, "gross", "motion"),
    ("toledo-8217", b"\x02?E\r", None, None, False, "gross", "motion"),
    ("toledo-8217", b"\x02?P\r", None, None, None, "gross", "zero"),
    ("toledo-8217", b"\x02?a\r", None, None, False, "net", "motion"),
    ("toledo-continuous", summed(b"\x02-0 000820000000\r"), "0.820", "kg", True, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02,     181     0\r"), "1.81", "lb", True, "gross", "ok"),
    ("toledo-continuous", summed(b"\x02=0    820     0\r"), "0.820", "kg", True, "gross", "ok"),
    ("toledo-continuous", b"820     0\r\x11" + summed(b"\x02-2    820     0\r"),
     "-0.820", "kg", True, "gross", "ok"),
    ("toledo-continuous-plain", b"\x02-0    820     0\r\n", "0.820", "kg", True, "gross", "ok"),
    ("mt-sics", b"S S   -  0.820 kg\r\n", "-0.820", "kg", True, None, "ok"),
    ("mt-sics", b"S S     +0.820 kg\r\n", "0.820", "kg", True, None, "ok"),
    ("mt-sics", b"S S        820 g \r", "820", "g", True, None, "ok"),
    ("mt-sics", b"S D      0.820  kg\r\n", "0.820", "kg", False, None, "ok"),
    ("mt-sics", b"SI\r\nS S      0.820 kg\r\n", "0.820", "kg", True, None, "ok"),
    ("mt-sics", b"TI S      0.100 kg\r\n", "0.100", "kg", None, "tare", "ok"),
    ("mt-sics", b"S S     82.0 tl\r\n", None, "tl", True, None, "unsupported"),
    ("mt-sics", b"S S         48 PCS\r\n", "48", "pcs", True, None, "ok"),
    ("nci-scp01", b"\n00.820kg\r\n00\r\x03", "0.820", "kg", True, None, "ok"),
    ("nci-scp01", b"\n    820G\r\n00\r\x03", "820", "g", True, None, "ok"),
    ("nci-scp01", b"\n  01.81LB\r\nS00\r\x03", "1.81", "lb", True, None, "ok"),
    ("nci-scp01", b"\n^^^^^^^KG\r\n02\r\x03", None, None, None, None, "overload"),
    ("nci-scp01", b"\n  00.82KG\r\n02\r\x03", None, None, None, None, "overload"),
    ("nci-scp01", b"\n  00.82KG\r\n08\r\x03", None, None, None, None, "error"),
    ("nci-scp01", b"\n  00.82KG\r\n1p0\r\x03", "0.82", "kg", False, "gross", "ok"),
    ("nci-scp01", b"\n1lb 12.9oz\r\n00\r\x03", "28.9", "oz", True, None, "ok"),
    ("ups-worldship", b"  1.80 lb  GR  \r\n\x03", "1.80", "lb", True, "gross", "ok"),
    ("sma", b"\n 1G       0.820kg \r\n", "0.820", "kg", True, "gross", "ok"),
    ("sma", b"\n 1N  -    0.820kg \r", "-0.820", "kg", True, "net", "ok"),
    ("sma", b"\nZ1GM      0.000kg \r", "0.000", "kg", False, "gross", "zero"),
    ("sma", b"\nO1G  ----------   \r", None, None, None, "gross", "overload"),
    ("cas-ap1", crossed(b"S   820. g"), "820", "g", True, None, "ok"),
    ("cas-ap1", b"\x06" + crossed(b"U- 0.820kg"), "-0.820", "kg", False, None, "ok"),
    ("cas-22", b"ST,GS,1\xc4,  00.820 kg\r\n", "0.820", "kg", True, "gross", "ok"),
    ("cas-22", b"ST,NT,1\xc2,-00.8200 kg\r\n", "-0.8200", "kg", True, "net", "ok"),
    ("cas-22", b"ST,GS,A\xc4,00000820  g\r\n", "820", "g", True, "gross", "ok"),
    ("cas-22", b"ST,GS,1\xd4,0000.820 kg\r\n", "0.820", "kg", False, "gross", "ok"),
    ("cas-22", b"OL,GS,1\x84,0000.000 kg\r\n", None, "kg", None, "gross", "overload"),
    ("cas-22", b"OL,GS,1\x84,-------- kg\r\n", None, "kg", None, "gross", "overload"),
    ("ohaus-defender", b"    0.820 kg    G  \r\n", "0.820", "kg", True, "gross", "ok"),
    ("ohaus-defender", b"+   0.820 kg    G\r\n", "0.820", "kg", True, "gross", "ok"),
    ("ohaus-defender", b"      820 g     G\r\n", "820", "g", True, "gross", "ok"),
    ("ohaus-print", b"       0.820 kg ? N\r\n", "0.820", "kg", False, "net", "ok"),
    ("ohaus-print", b"       0.820 kg   PT\r\n", "0.820", "kg", True, "tare", "ok"),
    ("ohaus-print", b"       0.820 kg   TARE\r\n", "0.820", "kg", True, "tare", "ok"),
    ("sartorius-sbi22", b"N     +  0.82[0] kg \r\n", "0.820", "kg", True, "net", "ok"),
    ("sartorius-sbi22", b"G#    +    0.820    \r\n", "0.820", None, False, "gross", "ok"),
    ("sartorius-sbi22", b"Prc   +    82.00 %  \r\n", None, None, None, None, "unsupported"),
    ("sartorius-sbi22", b"Stat     DIS.ER     \r\n", None, None, None, None, "error"),
    ("sartorius-sbi16", b"+    28.92 ozt\r\n", "28.92", "ozt", True, None, "ok"),
    ("sartorius-sbi16", b"     Low      \r\n", None, None, None, None, "underload"),
    ("kern", b"        0.820    \r\n", "0.820", None, False, None, "ok"),
    ("adam-16", b"+       0.820 kg\r\n", "0.820", "kg", None, None, "ok"),
    ("adam-cpw", b"G     0.820 kg\r\n", "0.820", "kg", None, "gross", "ok"),
    ("rinstrum", b"\x02 ^^^^^^^O\x03", None, None, None, None, "overload"),
    ("rinstrum", b"\x02-      0U\x03", None, None, None, None, "underload"),
    ("shuangjie", b"+   0.820kg \r\n", "0.820", "kg", None, None, "ok"),
    ("bcd-ff", b"\xff\x43\x82\x00\x00", "0.82", None, True, None, "ok"),
    ("toledo-p05", b"\x0200820\x03\r\n", "0.820", None, None, None, "ok"),
    ("radwag", b"SU        845.2 g  \r\n", "845.2", "g", True, None, "ok"),
    ("shinko", b"+  1.845LB U\r\n", "1.845", "lb", False, None, "ok"),
]

REFUSED: list[tuple[str, bytes]] = [
    ("st-gs", b"ST,GS,+1,234.5 g\r\n"), ("st-gs", b"ST,GS,+1.234,5 g\r\n"),
    ("st-gs", b"ST,GS, 1:12.9lboz\r\n"), ("st-gs", b"HD,GS,+   0.820 kg \r\n"),
    ("st-gs", b"ST,GS,+0.820E+3kg\r\n"), ("st-gs", b"ST,GS,+++0.820kg\r\n"),
    ("st-gs", b"ST,GS,+ 0 820kg\r\n"), ("st-gs", b"ST,GS,-- 0.820kg\r\n"),
    ("st-gs", b"ST,GS,+--.---kg\r\n"), ("st-gs", b"ST,GS,+  OL  kg\r\n"),
    ("st-gs", b"ST,GS,+0.8O0kg\r\n"), ("st-gs", even(b"ST,GS,+000.820kg\r\n")),
    ("st-gs", b"ST,NT,+  0.820kg,PT  0.100kg\r\n"), ("st-gs", b"ST,GS,  1lb16.9oz\r\n"),
    ("and-standard", b"WT,+0000.820 kg\r\n"),
    ("and-standard", b"ST,-0000.820kg\r\n"), ("and-standard", b"EC,E04\r\n"),
    ("yaohua-continuous", checked(b"+0008205")), ("yaohua-continuous", checked(b"+   8203")),
    ("yaohua-continuous", b"\x02+000820311\x03"), ("yaohua-command", checked(b"AE+0012002")),
    ("yaohua-a12-ww", b"wwOL.000kg\r\n"), ("yaohua-a12-ww", b"ww------kg\r\n"),
    ("yaohua-a12-wg", b"WG000.820kg00\r\n"), ("keli", b"  OL   (kg)\r\n"),
    ("toledo-8217", b"\x02-0.820\r"),
    ("toledo-8217", b"\x02?@\r"), ("toledo-8217", b"\x02?\x00\r"),
    ("toledo-8217", b"\x02E\rhello"), ("toledo-8217", b"\x8200.820\r"),
    ("toledo-continuous", summed(b"\x02-0    820     0\r")[:-1] + b"\x00"),
    ("mt-sics", b"S I\r\n"), ("mt-sics", b"ZI D\r\n"), ("mt-sics", b"Z +\r\n"),
    ("mt-sics", b'I2 A "PB3002-S/FACT 3100.00 g"\r\n'), ("mt-sics", b'I5 A "11780"\r\n'),
    ("mt-sics", b"SX D N      0.820 kg\r\n"),
    ("mt-sics", b"S M      0.020 kg\r\n"), ("mt-sics", b"S D ------ kg\r\n"),
    ("nci-scp01", b"\n  00.82KG\r\n"), ("nci-scp01", b"\nS00\r\x03"),
    ("sma", b"\n!\r"), ("sma", b"\n 1G       0.820l/o\r"), ("cas-ap1", crossed(b"SF 9.999kg")),
    ("cas-22", b"ST,GS,1\x44,0000.820 kg\r\n"), ("ohaus-defender", b"   1:12.9 lb:oz G\r\n"),
    ("ohaus-defender", b"    OVER          \r\n"), ("ohaus-defender", b"  ------ kg    G\r\n"),
    ("ohaus-print", b"  05/01/24 12:30:15\r\n"),
    ("sartorius-sbi22", b"Max   +   3100.0 g  \r\n"),
    ("sartorius-sbi22", b"Stat                \r\n"),
    ("kern", b"  Overload\r\n"),
    ("adam-cpw", b"G +  1 lb 12.9 oz\r\n"), ("rinstrum", b"\x02    820GG\x03"),
    ("bcd-ff", b"\xff\x40\x20\x08\x00"), ("bcd-ff", b"\xff\x44\x2a\x08\x00"),
    ("elicom", b"\x00\x08\x20\x29"), ("toledo-p05", b"\x02 0.820\x03"),
    ("radwag", b"S A\r\n"),
    ("shinko", b"+000.820KG X\r\n"), ("shinko", b"+00.8/20KG S\r\n"),
]

TICKETS = [
    b"DATE & TIME JAN. 14,2024  06:28AM\rSCALE NO 1\rSTATUS \x83*\r\nSET P1(W)       0.0\r"
    b"GROSS WEIGHT    1138.0\rNET WEIGHT        21.5\rTARE      1116.5\r",  # NSerialCommTools, TFO3
    b"F      0.0\rA    366.0\r0     23.0\r4    343.5\r2       0\rB\x83\r",  # TFO1
    b"  NO.   0001\r\n  GROSS      0.820kg\r\n  TARE       0.100kg\r\n  NET        0.720kg\r\n",
    b"GROSS:     0.820 kg\r\nTARE :     0.100 kg\r\nNET  :     0.720 kg\r\n",
    b"2024-05-01 12:30\r\nNo.: 0012\r\nG:   0.820kg\r\nT:   0.100kg\r\nN:   0.720kg\r\n",
    b"Nett Wt.     0.720 kg\r\nTare Wt.     0.100 kg\r\nPcs    48 pcs\r\nWgt.   4.100 kg\r\n",
    b"  WEIGHT\r\n   +000123.45  g\r\nSIGNATURE\r\n--------------------\r\n",
    b"0.820 kg x 12.50 = 10.25\r\n  0.820   12.50    10.25\r\n",
    b"2024/05/01\r\n12:30:15\r\n  12.30\r\n    1230 \r\n +  12.30 \r\n        12.30   \r\n",
    b"     Limit   3.000 kg\r\n     Sigma   0.0120 g\r\n     calc N  0.7200 g\r\n",
]
"""Prints of several lines with totals, prices and clocks, which no protocol is meant to read."""


def facts(name: str, data: bytes) -> list[tuple[Any, ...]]:
    return [
        (one.value, one.unit, one.stable, one.mode and one.mode.value, one.status.value)
        for one in SCALES[name].build({}).feed(data)
    ]


@pytest.mark.fault("F2")
@pytest.mark.pain("19")
@pytest.mark.parametrize("row", READ, ids=lambda row: f"{row[0]} {row[1]!r}")
def test_a_variant_is_read_as_its_maker_means_it(row: Row) -> None:
    name, data, value, *rest = row
    assert facts(name, data) == [(None if value is None else Decimal(value), *rest)]


@pytest.mark.fault("F2")
@pytest.mark.parametrize(("name", "data"), REFUSED, ids=repr)
def test_what_cannot_be_told_is_refused(name: str, data: bytes) -> None:
    assert facts(name, data) == []


@pytest.mark.parametrize("ticket", TICKETS, ids=repr)
def test_a_ticket_of_several_lines_gives_no_weight_in_any_protocol(ticket: bytes) -> None:
    for name, protocol in SCALES.items():
        decoder = protocol.build({"unit": "kg"} if "unit" in protocol.options else {})
        weights = [one for one in decoder.feed(ticket) if one.grams is not None]
        assert weights == [], name


def test_three_equals_frames_in_a_row_need_no_line_ends_and_mind_none() -> None:
    burst = facts("yaohua-equals", b"=00012.34=00012.34\r\n=00012.34")
    assert [value for value, *_ in burst] == [Decimal("12.34")] * 3


def test_an_answer_of_three_weights_gives_each_with_its_mode() -> None:
    answer = b"\x02GW:0000.82(kg)\r\nNW:0000.72(kg)\r\nTW:0000.10(kg)\r\n\x03"
    assert [mode for *_, mode, _ in facts("keli-asked", answer)] == ["gross", "net", "tare"]


@pytest.mark.parametrize("legend", [b"PEAK", b"HOLD", b"REF WT", b"TOTAL", b"DIFF"])
def test_an_ohaus_number_that_is_not_on_the_pan_never_becomes_grams(legend: bytes) -> None:
    (one,) = SCALES["ohaus-print"].build({}).feed(b"       820.0 g    " + legend + b"\r\n")
    assert (one.value, one.grams) == (Decimal("820.0"), None)
