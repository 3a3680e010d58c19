"""Each language takes its settings as far as the pages in docs/ say, and no further."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.printer import PRINTERS, SettingError

DOCS = Path(__file__).parents[3] / "docs"
LIMITS = re.compile(r"^\| `(\w+)` \|.*\[([\d.]+)–([\d.]+)\] \|$", re.MULTILINE)
USUAL = re.compile(r"`(\w+)`(?:, `(\w+)`)? (\w+)")
DENSITY = {"tspl": (0, 15), "zpl": (0, 30), "cpcl": (0, 200), "epl": (0, 15)}
SPEED = {"tspl": (1, 18), "zpl": (1, 14), "cpcl": (0, 5), "epl": (1, 6)}
"""What the manuals allow; the page of the configuration knows one range for all languages."""
TIMES = ("answer_seconds", "proof_seconds", "write_seconds", "page_seconds")


def made(language: str, **given: object) -> tuple[object, object]:
    """What a printer's settings are, first those of every language and then its own."""
    delivery, spoken = PRINTERS[language]("front", given, lambda _: None)
    return delivery, spoken._settings  # type: ignore[attr-defined]


def value(language: str, name: str, **given: object) -> object:
    """One of them, whichever it belongs to."""
    return next(getattr(part, name) for part in made(language, **given) if hasattr(part, name))


def limits() -> Iterator[tuple[str, str, Decimal, Decimal]]:
    """Language, setting, lowest and highest, from the page of the configuration."""
    page = (DOCS / "configuration.md").read_text("utf-8")
    section = page.partition("### `[bench.printer]`")[2].partition("\n#")[0]
    for name, low, high in LIMITS.findall(section):
        for language in PRINTERS:
            if any(hasattr(part, name) for part in made(language)):
                told = {"density": DENSITY, "speed": SPEED}.get(name, {}).get(language, (low, high))
                yield language, name, Decimal(told[0]), Decimal(told[1])


@pytest.mark.parametrize(("language", "name", "low", "high"), list(limits()))
def test_a_setting_goes_from_its_lowest_to_its_highest_and_no_step_further(
    language: str, name: str, low: Decimal, high: Decimal
) -> None:
    kind = type(value(language, name))
    step = Decimal(1) if kind is int else Decimal("0.01")
    for allowed in (low, high):
        assert value(language, name, **{name: kind(allowed)}) == kind(allowed)
    for refused in (low - step, high + step):
        with pytest.raises(SettingError, match=rf"front: {name} = .* is not .*from "):
            made(language, **{name: kind(refused)})


def usual() -> Iterator[tuple[str, str, str]]:
    """Language, setting and what it is where nothing is said, from the languages' own pages."""
    for language in PRINTERS:
        page = (DOCS / "protocols" / f"{language}.md").read_text("utf-8")
        section = page.partition("## Settings\n")[2].partition("\n|")[0].replace("\n", " ")
        own, _, shared = section.partition("for every language")
        for said in (own, *([shared] if shared else [])):
            for name, other, word in USUAL.findall(said):
                yield from ((language, one, word) for one in (name, other) if one)


def test_the_pages_tell_most_of_the_usual_values() -> None:
    assert len(list(usual())) >= 50


@pytest.mark.parametrize(("language", "name", "word"), list(usual()))
def test_what_is_not_written_down_is_as_the_languages_page_says(
    language: str, name: str, word: str
) -> None:
    assert str(value(language, name)).removesuffix(".0") == word


@pytest.mark.parametrize("language", sorted(PRINTERS))
def test_a_serial_line_is_as_printers_leave_the_factory(language: str) -> None:
    line = [value(language, name) for name in ("baudrate", "bytesize", "parity", "stopbits")]
    assert line == [9600, 8, "N", 1]


@pytest.mark.parametrize("name", TIMES)
def test_a_time_may_have_fractions_and_a_count_may_not(name: str) -> None:
    assert value("tspl", name, **{name: Decimal("1.25")}) == 1.25
    with pytest.raises(SettingError, match="pause_ms"):
        made("tspl", pause_ms=Decimal("1.25"))


@pytest.mark.parametrize("language", ["zpl", "cpcl", "epl"])
def test_a_speed_of_whole_steps_has_no_fractions_and_that_of_tspl_may(language: str) -> None:
    with pytest.raises(SettingError, match=r"speed = 2\.5 .*a whole number from"):
        made(language, speed=2.5)
    assert value("tspl", "speed", speed=2.5) == Decimal("2.5")
    with pytest.raises(SettingError, match="not from 1 to 18"):
        made("tspl", speed=0.5)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("densit", "density"), ("gapmm", "gap_mm"), ("chunk", "chunk_bytes"), ("spd", "speed")])
def test_a_misspelt_setting_is_met_with_the_nearest_one_alone(written: str, meant: str) -> None:
    with pytest.raises(SettingError) as refused:
        made("tspl", **{written: 1})
    assert f"did you mean {meant}?" in str(refused.value)
    assert "," not in str(refused.value)
