"""Golden frames out of the manuals, for each dialect."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulators.dialects import StGs, Toledo8217, YaohuaContinuous, in_unit, xor_characters
from simulators.pan import Face, Pan


def face(grams: str | None, *, stable=True, net=False, over=False, under=False, zero=False) -> Face:
    value = None if grams is None else Decimal(grams)
    return Face(value, stable, net, over, under, zero, Decimal(0), Decimal(1))


@pytest.fixture
def pan() -> Pan:
    return Pan()


# --- Mettler-Toledo 8217 (DIVA service manual pp. 39-45) -----------------------------------------


@pytest.mark.parametrize(
    ("shown", "frame"),
    [
        (face("316"), b"\x0200.316\r"),
        (face("12345", net=True), b"\x0212.345N\r"),
        (face("0", zero=True), b"\x0200.000\r"),
        (face(None, over=True), b"\x02?B\r"),
        (face("500", stable=False), b"\x02?A\r"),
        (face("-100"), b"\x02?D\r"),
        (face("0", stable=False, net=True, zero=True), b"\x02?q\r"),
    ],
)
def test_toledo_8217_frames(shown, frame):
    assert Toledo8217().frame(shown) == frame


def test_toledo_8217_sends_pounds_with_two_decimals():
    assert Toledo8217(unit="lb").frame(face("4535.9237")) == b"\x0210.00\r"


def test_toledo_8217_answers_w_without_any_terminator(pan):
    assert Toledo8217().hear(b"W", pan, face("316"), 0.0) == b"\x0200.316\r"
    assert Toledo8217().hear(b"WW", pan, face("316"), 0.0) == b"\x0200.316\r" * 2


def test_toledo_8217_puts_even_parity_on_a_byte_wire(pan):
    raw = Toledo8217(parity=True).hear(b"W", pan, face("12345"), 0.0)
    assert raw == bytes.fromhex("82 b1 b2 2e 33 b4 35 8d")


def test_toledo_8217_understands_commands_with_parity(pan):
    assert Toledo8217().hear(b"\xd7", pan, face("316"), 0.0) == b"\x0200.316\r"


def test_toledo_8217_echoes_between_ehello_and_f(pan):
    scale = Toledo8217()
    assert scale.hear(b"Ehello", pan, face("0"), 0.0) == b"\x02E\rhello"
    assert scale.hear(b"W", pan, face("0"), 0.0) == b"W"
    assert scale.hear(b"F", pan, face("0"), 0.0) == b""
    assert scale.hear(b"W", pan, face("0"), 0.0) == b"\x0200.000\r"


def test_toledo_8217_passes_its_self_test(pan):
    assert Toledo8217().hear(b"AB", pan, face("0"), 0.0) == b"\x02@\r"


def test_toledo_8217_tares_zeroes_and_clears(pan):
    scale = Toledo8217()
    pan.put("tray", 300, 0.0)
    answer = scale.hear(b"T", pan, pan.face(10.0), 10.0)
    assert answer[:2] == b"\x02?"
    assert pan.tare == 300
    scale.hear(b"C", pan, pan.face(10.0), 10.0)
    assert pan.tare == 0
    scale.hear(b"Z", pan, pan.face(10.0), 10.0)
    assert pan.face(10.0).value == 0


def test_toledo_8217_takes_a_preset_tare_of_five_digits_in_any_chunks(pan):
    scale = Toledo8217()
    for byte in b"T00250":
        scale.hear(bytes([byte]), pan, pan.face(0.0), 0.0)
    assert pan.tare == 250
    assert scale.hear(b"W", pan, face("0", net=True), 0.0) == b"\x0200.000N\r"


def test_toledo_8217_ignores_what_is_no_command(pan):
    assert Toledo8217().hear(b"\r\nxyz\x00", pan, face("0"), 0.0) == b""


def test_some_8217_say_a_weight_once_and_then_only_that_nothing_is_new():
    scale = Toledo8217(say_once=True)
    assert scale.frame(face("316")) == b"\x0200.316\r"
    assert scale.frame(face("316")) == b"\x02?@\r"
    assert scale.frame(face("317")) == b"\x0200.317\r"


def test_bit_six_of_the_status_is_always_one():
    for shown in (face("0"), face(None, over=True), face("5", stable=False)):
        assert Toledo8217().status(shown) & 0x40


# --- the ST,GS family ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maker", "unit", "shown", "frame"),
    [
        ("excell", "kg", face("876"), b"ST,GS,+000.876kg\r\n"),
        ("excell", "g", face("876"), b"ST,GS,+00876.0g\r\n"),
        ("excell", "kg", face("-50", net=True, stable=False), b"US,NT,-000.050kg\r\n"),
        ("excell", "lb", face("-711.2328362", net=True, stable=False), b"US,NT,-001.568lb\r\n"),
        ("bison", "kg", face("12345.6"), b"ST,GS,+  12.346  kg\r\n"),
        ("bison", "g", face("123"), b"ST,GS,+   123.0   g\r\n"),
        ("bison", "kg", face(None, over=True), b"OL,GS,+            \r\n"),
        ("bison", "kg", face(None, under=True), b"OL,GS,-            \r\n"),
        ("tscale", "g", face("245.2"), b"ST,GS,   245.2 g\r\n"),
        ("tscale", "g", face("8.2", stable=False), b"US,GS,     8.2 g\r\n"),
        ("tscale", "g", face("-8.2"), b"ST,GS,    -8.2 g\r\n"),
    ],
)
def test_st_gs_frames(maker, unit, shown, frame):
    assert StGs(unit=unit, maker=maker).frame(shown) == frame


def test_the_lengths_are_those_of_the_manuals():
    assert len(StGs().frame(face("876"))) == 18
    assert len(StGs(unit="g").frame(face("876"))) == 17
    assert len(StGs(maker="bison").frame(face("123456"))) == 21
    assert len(StGs(maker="bison").frame(face(None, over=True))) == 21
    assert len(StGs(maker="tscale", unit="g").frame(face("245.6"))) == 18


def test_bisons_commands_tare_zero_and_read(pan):
    scale = StGs(maker="bison")
    pan.put("tray", 300, 0.0)
    scale.hear(b"MT\r\n", pan, pan.face(10.0), 10.0)
    assert pan.tare == 300
    scale.hear(b"CT\r\n", pan, pan.face(10.0), 10.0)
    assert pan.tare == 0
    scale.hear(b"MZ\r\n", pan, pan.face(10.0), 10.0)
    assert pan.face(10.0).value == 0
    assert scale.hear(b"RW\r\n", pan, face("1"), 10.0).startswith(b"ST,GS,+")


def test_an_unknown_maker_is_refused():
    with pytest.raises(ValueError, match="known are excell, bison, tscale"):
        StGs(maker="acme")


# --- Yaohua continuous (D9/A9+ note, A26 manual pp. 12-13) ---------------------------------------


@pytest.mark.parametrize(
    ("decimals", "grams", "frame"),
    [
        (0, "1560000", bytes.fromhex("02 2b 30 30 31 35 36 30 30 31 39 03")),
        (0, "0", b"\x02+00000001B\x03"),
        (2, "20000", b"\x02+00200021B\x03"),
        (3, "-50", b"\x02-00005031B\x03"),
        (4, "0", b"\x02+00000041F\x03"),
        (3, "1235", b"\x02+00123531D\x03"),
    ],
)
def test_yaohua_frames(decimals, grams, frame):
    assert YaohuaContinuous(decimals=decimals).frame(face(grams)) == frame


def test_yaohua_says_nothing_about_motion_and_nothing_in_overload(pan):
    scale = YaohuaContinuous()
    assert scale.frame(face("980", stable=False)) == scale.frame(face("980"))
    assert scale.frame(face(None, over=True)) == b""
    assert scale.hear(b"anything", pan, face("0"), 0.0) == b""


def test_yaohua_check_characters_go_beyond_nine_with_letters():
    assert xor_characters(b"+0015600") == b"19"
    assert xor_characters(b"AB") == b"03", "the A23p manual's own example"
    assert xor_characters(b"-0000503") == b"1B"


def test_yaohua_has_no_more_than_four_decimals():
    with pytest.raises(ValueError, match="0 to 4"):
        YaohuaContinuous(decimals=5)


def test_units_convert_exactly():
    assert in_unit(Decimal("453.59237"), "lb") == 1
    assert in_unit(Decimal(1000), "kg") == 1
    assert in_unit(Decimal(7), "g") == 7
