"""Keys to text: the US layout, shift and caps, numbers typed with Alt, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner.keyboard import DAMAGE, Keyboard

SHIFT, RIGHT_SHIFT, CTRL, ALT, ALT_GR, CAPS, NUM_LOCK, META = 42, 54, 29, 56, 100, 58, 69, 125
KEYPAD = {"0": 82, "1": 79, "2": 80, "3": 81, "4": 75, "5": 76, "6": 77, "7": 71, "8": 72, "9": 73}


def tap(keyboard: Keyboard, *keys: int) -> str:
    return "".join(keyboard.press(key) + keyboard.release(key) for key in keys)


def hold(keyboard: Keyboard, held: int, *keys: int) -> str:
    typed = keyboard.press(held)
    typed += tap(keyboard, *keys)
    return typed + keyboard.release(held)


def alt(keyboard: Keyboard, number: str) -> str:
    return hold(keyboard, ALT, *(KEYPAD[digit] for digit in number))


@pytest.mark.parametrize(("keys", "text"), [
    (range(2, 14), "1234567890-="), (range(16, 28), "qwertyuiop[]"),
    (range(30, 42), "asdfghjkl;'`"),
    (range(43, 54), "\\zxcvbnm,./"), ([57, 15, 28, 96], " \t\r\r"), (KEYPAD.values(), "0123456789"),
    ([55, 74, 78, 83, 98], "*-+./"),
])
def test_each_key_types_what_is_printed_on_it(keys: list[int], text: str) -> None:
    assert tap(Keyboard(), *keys) == text


@pytest.mark.parametrize("shift", [SHIFT, RIGHT_SHIFT])
@pytest.mark.parametrize(("keys", "text"), [
    (range(2, 14), "!@#$%^&*()_+"), (range(16, 28), "QWERTYUIOP{}"),
    (range(30, 42), 'ASDFGHJKL:"~'), (range(43, 54), "|ZXCVBNM<>?"),
])
def test_with_shift_each_key_types_its_upper_sign(shift: int, keys: list[int], text: str) -> None:
    assert hold(Keyboard(), shift, *keys) == text


def test_shift_ends_when_it_is_let_go() -> None:
    keyboard = Keyboard()
    assert hold(keyboard, SHIFT, 30) + tap(keyboard, 30) == "Aa"


def test_caps_lock_turns_letters_and_leaves_digits() -> None:
    keyboard = Keyboard()
    assert tap(keyboard, CAPS, 30, 2, 12) == "A1-"
    assert hold(keyboard, SHIFT, 30, 2) == "a!"
    assert tap(keyboard, CAPS, 30) == "a"


def test_the_lamp_tells_the_caps_lock_of_the_time_before() -> None:
    keyboard = Keyboard()
    keyboard.set_capitals(True)
    assert tap(keyboard, 30) == "A"


@pytest.mark.parametrize(("number", "sign"), [
    ("71", "G"), ("43", "+"), ("31508", "笔"), ("35760", "记"), ("26412", "本"), ("0013", "\r"),
    ("29", "\x1d"), ("0233", "é"), ("130", "é"), ("32", " "), ("8364", "€"), ("128512", "😀"),
    ("128", "Ç"), ("127", "\x7f"), ("0255", "ÿ"), ("256", "Ā"), ("0000065", "A"),
])
def test_a_number_typed_with_alt_is_its_character(number: str, sign: str) -> None:
    assert alt(Keyboard(), number) == sign


def test_chinese_typed_with_alt_comes_between_plain_keys() -> None:
    keyboard = Keyboard()
    assert tap(keyboard, 2) + alt(keyboard, "31508") + alt(keyboard, "26412") + tap(keyboard, 3) \
        == "1笔本2"


@pytest.mark.parametrize("number", ["55296", "1114112", "0129", "99999999", "00000065"])
def test_a_number_of_no_character_is_damage(number: str) -> None:
    assert DAMAGE in alt(Keyboard(), number)


def test_alt_without_a_number_types_nothing() -> None:
    keyboard = Keyboard()
    assert alt(keyboard, "") == ""
    assert hold(keyboard, ALT_GR) == ""
    assert keyboard.release(ALT) == ""


def test_both_alts_end_with_the_last() -> None:
    keyboard = Keyboard()
    keyboard.press(ALT)
    keyboard.press(ALT_GR)
    assert tap(keyboard, KEYPAD["6"], KEYPAD["5"]) == ""
    assert keyboard.release(ALT_GR) == ""
    assert keyboard.release(ALT) == "A"


def test_a_second_alt_or_a_shift_takes_nothing_from_a_number_begun() -> None:
    keyboard = Keyboard()
    keyboard.press(ALT)
    tap(keyboard, KEYPAD["6"])
    assert hold(keyboard, SHIFT) == ""
    assert hold(keyboard, ALT_GR, KEYPAD["5"]) == ""
    assert keyboard.release(ALT) == "A"


def test_a_letter_with_alt_is_damage() -> None:
    assert DAMAGE in hold(Keyboard(), ALT, 30)
    assert DAMAGE in hold(Keyboard(), ALT, 78)


def test_control_and_bracket_is_the_gs1_separator() -> None:
    assert hold(Keyboard(), CTRL, 27) == "\x1d"
    assert hold(Keyboard(), CTRL, 50) == "\r"
    assert hold(Keyboard(), CTRL, 30) == "\x01"
    assert hold(Keyboard(), CTRL, 2) == DAMAGE


@pytest.mark.parametrize("key", [1, 14, 59, 103, META, 240, 700])
def test_a_key_that_types_nothing_is_damage(key: int) -> None:
    assert tap(Keyboard(), key) == DAMAGE


def test_num_lock_is_no_part_of_a_code() -> None:
    assert tap(Keyboard(), NUM_LOCK, 79) == "1"


def test_nothing_held_survives_a_reset() -> None:
    keyboard = Keyboard()
    for key in (SHIFT, ALT, CAPS, KEYPAD["6"]):
        keyboard.press(key)
    keyboard.reset()
    assert tap(keyboard, 30) + keyboard.release(ALT) == "a"


@given(st.lists(st.tuples(st.integers(0, 767), st.booleans()), max_size=80))
def test_any_keys_in_any_order_type_text(presses: list[tuple[int, bool]]) -> None:
    keyboard = Keyboard()
    text = "".join(
        keyboard.press(key) if down else keyboard.release(key) for key, down in presses)
    text.encode()
    assert len(keyboard._number) <= 7
