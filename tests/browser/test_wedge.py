"""The keyboard door, key by key: bursts are scans, people's typing is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

DOOR = """
async () => {
  const { Wedge } = await import("/static/js/wedge.js");
  window.scans = [];
  window.wedge = new Wedge((code) => {
    document.documentElement.dataset.scans = scans.push(code);
  });
}
"""
TYPE = """
([keys, target]) => {
  const element = target ? document.querySelector(target) : document.body;
  if (target) element.focus();
  const kept = [];
  for (const { at, ...facts } of keys) {
    const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...facts });
    if (at !== undefined) Object.defineProperty(event, "timeStamp", { value: at });
    kept.push(element.dispatchEvent(event));
  }
  return kept;
}
"""


@pytest.fixture
def door(page: Page, server: Any) -> Page:
    """A page with a text field, a list and a button, and the keyboard door."""
    page.goto(f"{server.url}stubs")
    page.evaluate(DOOR)
    return page


def keys(text: str, *, gap: float = 2, start: float = 1000, **facts: Any) -> list[dict[str, Any]]:
    """Key presses as a US keyboard sends them."""
    return [
        {"key": char, "code": code_of(char), "shiftKey": char.isupper(), "at": start + n * gap,
         **facts}
        for n, char in enumerate(text)
    ]


def code_of(char: str) -> str:
    if char.isdigit():
        return f"Digit{char}"
    return f"Key{char.upper()}" if char.isalpha() else {"-": "Minus", " ": "Space"}.get(char, "")


def enter(at: float = 1100, code: str = "Enter") -> dict[str, Any]:
    return {"key": code, "code": code, "at": at}


def scans(page: Page, presses: list[dict[str, Any]], target: str = "") -> list[str]:
    page.evaluate(TYPE, [presses, target])
    return list(page.evaluate("scans"))


@pytest.mark.parametrize("suffix", ["Enter", "NumpadEnter", "Tab"])
def test_a_burst_with_its_suffix_is_a_scan(door: Page, suffix: str) -> None:
    assert scans(door, [*keys("7731-AbC"), enter(1020, suffix)]) == ["7731-AbC"]


def test_the_suffix_presses_no_button_and_leaves_the_field_where_it_is(door: Page) -> None:
    kept = door.evaluate(TYPE, [[*keys("7731"), enter(1010)], "button"])
    assert kept[-1] is False


@pytest.mark.pain("33")
def test_a_burst_without_suffix_is_a_scan_after_a_quiet_moment(door: Page) -> None:
    door.evaluate(TYPE, [keys("77310001"), ""])
    expect(door.locator("html")).to_have_attribute("data-scans", "1")
    assert door.evaluate("scans") == ["77310001"]


def test_slow_typing_is_never_a_scan(door: Page) -> None:
    assert scans(door, [*keys("77310001", gap=90), enter(1800)]) == []


def test_three_characters_are_no_scan(door: Page) -> None:
    assert scans(door, [*keys("773"), enter(1010)]) == []


def test_enter_long_after_a_burst_is_a_persons_enter(door: Page) -> None:
    kept = door.evaluate(TYPE, [[*keys("7731"), enter(5000)], ""])
    assert kept[-1] is True
    assert door.evaluate("scans") == []


@pytest.mark.pain("30")
def test_a_stall_within_a_burst_loses_no_character(door: Page) -> None:
    late = [*keys("7"), *keys("731", start=1300)]
    assert scans(door, [*late, enter(1310)]) == ["7731"]


def test_in_a_text_field_a_persons_last_letter_is_not_part_of_the_scan(door: Page) -> None:
    person = keys("x", start=1000)
    assert scans(door, [*person, *keys("7731", start=1150), enter(1160)], "input[name=q]") == [
        "7731"]


def test_a_scanner_known_to_send_a_suffix_is_waited_for(door: Page) -> None:
    assert scans(door, [*keys("7731"), enter(1010)]) == ["7731"]
    stalled = keys("7732", start=5000) + keys("0001", start=5300)
    assert scans(door, [*stalled, enter(5310)]) == ["7731", "77320001"]


@pytest.mark.pain("32")
def test_ten_codes_in_two_hundred_milliseconds_keep_their_order(door: Page) -> None:
    presses: list[dict[str, Any]] = []
    codes = [f"SKU{n}-{n:04d}" for n in range(10)]
    for n, code in enumerate(codes):
        presses += [*keys(code, gap=1.5, start=1000 + n * 20), enter(1000 + n * 20 + 15)]
    assert scans(door, presses) == codes


@pytest.mark.pain("31")
@pytest.mark.parametrize("facts", [
    {"key": "Process", "isComposing": True},
    {"key": "Process", "keyCode": 229},
    {"key": "Unidentified"},
])
def test_under_an_input_method_the_physical_keys_count(door: Page, facts: dict[str, Any]) -> None:
    presses = [{**press, **facts} for press in keys("PBCMD-ok7")]
    assert scans(door, [*presses, enter(1030)]) == ["PBCMD-ok7"]


@pytest.mark.pain("31")
def test_full_width_characters_become_plain_ones(door: Page) -> None:
    presses = [{"key": char, "code": "", "at": 1000 + n} for n, char in enumerate("７７３１－Ａ")]
    assert scans(door, [*presses, enter(1010)]) == ["7731-A"]


def test_caps_lock_does_not_turn_letters_over(door: Page) -> None:
    upside = [
        {**press, "key": press["key"].swapcase(), "modifierCapsLock": True}
        for press in keys("AbCd-12")
    ]
    assert scans(door, [*upside, enter(1020)]) == ["AbCd-12"]


def test_a_sender_that_gives_capitals_without_shift_is_understood(door: Page) -> None:
    presses = [{**press, "shiftKey": False} for press in keys("PBID-7A")]
    assert scans(door, [*presses, enter(1020)]) == ["PBID-7A"]


@pytest.mark.parametrize("modifier", ["ctrlKey", "altKey", "metaKey", "repeat"])
def test_shortcuts_and_held_keys_are_no_characters(door: Page, modifier: str) -> None:
    assert scans(door, [*keys("77310001", **{modifier: True}), enter(1030)]) == []


def dialled(text: str, start: float = 1000) -> list[dict[str, Any]]:
    """Key presses of a scanner in Alt mode: each sign's number on the keypad while Alt is down."""
    alt = {"altKey": True}
    presses = [
        press for char in text for press in [
            {"key": "Alt", "code": "AltLeft", **alt},
            *({"key": digit, "code": f"Numpad{digit}", **alt} for digit in str(ord(char)))]
    ]
    return [{**press, "at": start + n} for n, press in enumerate(presses)]


def test_alt_mode_is_read_sign_by_sign_also_in_chinese(door: Page) -> None:
    presses = dialled("SF笔记本")
    assert scans(door, [*presses, *keys("7731", start=1040), enter(1060)]) == ["SF笔记本7731"]


def test_a_code_that_ends_in_alt_mode_without_suffix_keeps_its_last_sign(door: Page) -> None:
    door.evaluate(TYPE, [[*keys("7731"), *dialled("A", start=1010)], ""])
    expect(door.locator("html[data-scans='1']")).to_be_attached()
    assert door.evaluate("scans") == ["7731A"]


def test_a_key_that_types_nothing_never_makes_a_code_shorter(door: Page) -> None:
    for lost in (
        {"key": "4", "code": "Digit4", "altKey": True},
        {"key": "c", "code": "KeyC", "ctrlKey": True},
        {"key": "3", "code": "Numpad3", "altKey": True},
        {"key": "x", "code": "KeyX", "metaKey": True},
    ):
        presses = [*keys("7731"), {**lost, "at": 1010}, *keys("0001", start=1012), enter(1030)]
        assert scans(door, presses)[-1] == "7731\ufffd0001"
    assert len(door.evaluate("scans")) == 4


@pytest.mark.parametrize("key", ["Dead", "Process", "Unidentified"])
def test_a_dead_key_or_one_that_the_input_method_ate_never_makes_a_code_shorter(
    door: Page, key: str
) -> None:
    odd = {"key": key, "code": "IntlBackslash", "at": 1008}
    assert scans(door, [*keys("7731"), odd, *keys("0001", start=1010), enter()])[-1] == (
        "7731\ufffd0001")
    assert scans(door, [{**odd, "at": 2000}, *keys("6901", start=2002), enter(2100)])[-1] == "6901"


def test_control_chords_are_the_separator_and_the_suffix(door: Page) -> None:
    separator = {"key": "]", "code": "BracketRight", "ctrlKey": True, "at": 1010}
    ending = {"key": "m", "code": "KeyM", "ctrlKey": True, "at": 1030}
    presses = [*keys("7731"), separator, *keys("0001", start=1012), ending]
    assert scans(door, presses) == ["7731\x1d0001"]


@pytest.mark.pain("29")
def test_a_scan_into_a_text_field_is_taken_out_of_it_again(door: Page) -> None:
    field = door.locator('input[name="q"]')
    field.fill("手写")
    field.focus()
    door.keyboard.type("77310001")
    door.keyboard.press("Enter")
    assert door.evaluate("scans") == ["77310001"]
    assert field.input_value() == "手写"
    assert door.url.endswith("/stubs")


def test_typing_into_a_text_field_stays_there(door: Page) -> None:
    field = door.locator('input[name="q"]')
    field.focus()
    door.keyboard.type("773100", delay=90)
    assert field.input_value() == "773100"
    assert door.evaluate("scans") == []


def test_a_blank_inside_a_code_presses_no_button(door: Page) -> None:
    kept = door.evaluate(TYPE, [keys("AB CD"), "button"])
    assert kept == [False] * 5


def test_a_persons_blank_on_a_button_still_presses_it(door: Page) -> None:
    assert door.evaluate(TYPE, [keys(" "), "button"]) == [True]


def test_a_stopped_door_hears_nothing(door: Page) -> None:
    door.evaluate("wedge.stop()")
    assert scans(door, [*keys("77310001"), enter(1030)]) == []


def test_an_endless_burst_is_no_scan(door: Page) -> None:
    assert scans(door, [*keys("9" * 600, gap=0.1), enter(1070)]) == []


@pytest.mark.parametrize("text", ["<script>1</script>", "';DROP--", "../../etc", "[)>RS06"])
def test_signs_are_taken_as_they_are(door: Page, text: str) -> None:
    presses = [{"key": char, "code": "", "at": 1000 + n} for n, char in enumerate(text)]
    assert scans(door, [*presses, enter(1040)]) == [text]
