"""The fonts: found, asked glyph by glyph, and never a box where a character should stand."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.paper import fonts as fonts_module
from station.paper.fonts import MARK, Fonts, NoChineseFont, Unprintable, clean

RARE_NAMES = "䶮㐂𠮷①【】·—…〇々喆堃犇淼燚㛃甪龘"


def file_of(fonts: Fonts, name: str) -> Path:
    """A font file of this machine by part of its name; skips where there is none."""
    report = fonts.check()
    for face in (report.primary, *report.fallbacks):
        if name in face.path.name:
            return face.path
    return pytest.skip(f"no {name} on this machine")


def folder_with(tmp_path: Path, *files: Path) -> Path:
    """A font folder that holds these files only, one level down as real ones do."""
    inner = tmp_path / "truetype" / "some"
    inner.mkdir(parents=True)
    for file in files:
        (inner / file.name).symlink_to(file)
    return tmp_path


def test_the_fonts_of_this_machine_draw_chinese(fonts: Fonts) -> None:
    report = fonts.check()
    assert report.primary.path.is_file()
    assert report.bold.path.is_file()
    assert not fonts.unprintable("收件人：样小明 13900000011 浙江省温岭市")


@pytest.mark.rule("D1")
def test_rare_names_and_signs_are_printable(fonts: Fonts) -> None:
    assert fonts.unprintable(RARE_NAMES) == set()


def test_the_simplified_form_of_a_collection_is_chosen(fonts: Fonts) -> None:
    primary = fonts.check().primary
    if primary.path.suffix == ".ttc" and "Noto" in primary.path.name:
        assert primary.name.endswith(" SC")


@pytest.mark.parametrize("char", RARE_NAMES + "Aé€￥")
def test_a_second_witness_finds_the_glyph_in_the_font(fonts: Fonts, char: str) -> None:
    ttlib = pytest.importorskip("fontTools.ttLib")
    face = fonts.face_for(char)
    assert face is not None
    with ttlib.TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        assert ord(char) in font.getBestCmap()


def test_our_word_agrees_with_the_character_map_over_a_whole_block(fonts: Fonts) -> None:
    ttlib = pytest.importorskip("fontTools.ttLib")
    primary = fonts.check().primary
    alone = Fonts([primary.path])
    with ttlib.TTFont(primary.path, fontNumber=primary.index, lazy=True) as font:
        mapped = set(font.getBestCmap())
    for code in [*range(0x3000, 0x3100), *range(0x4DB0, 0x4E40), *range(0x2A6D0, 0x2A700)]:
        char = chr(code)
        if unicodedata.category(char) in ("Cn", "Mn", "Mc") or clean(char) != char:
            continue
        assert bool(alone.face_for(char)) == (code in mapped), f"U+{code:04X}"


@pytest.mark.parametrize("char", [
    "\ue000", "\U000f0001", "\ufffd", "\x00", "\x1b", "\U0010ffff", "ا", "ש", "\u0f71",
    "\u0301", "\u20e3", chr(0xD800),
], ids=lambda char: f"U+{ord(char):04X}")
def test_what_cannot_be_drawn_rightly_is_unprintable(fonts: Fonts, char: str) -> None:
    assert fonts.unprintable(f"张{char}") == {char}


def test_a_private_use_character_is_unprintable_even_if_some_font_has_an_icon_there() -> None:
    assert fonts_module._needs_more_than_a_glyph("\ue863")


def test_a_blank_letter_does_not_pass_for_a_name(fonts: Fonts) -> None:
    assert fonts.unprintable("\u3164") == {"\u3164"}


def test_a_fallback_font_draws_what_the_first_lacks(fonts: Fonts) -> None:
    latin = file_of(fonts, "DejaVuSans")
    chain = Fonts([latin, fonts.check().primary.path])
    assert chain.face_for("A").path == latin
    assert chain.face_for("𠮷").path == fonts.check().primary.path
    assert chain.glyph("𠮷", 32).mask is not None


def test_the_bold_chain_falls_back_to_the_regular_one(fonts: Fonts) -> None:
    latin = file_of(fonts, "DejaVuSans")
    chain = Fonts([fonts.check().primary.path], bold=[latin])
    assert chain.face_for("A", bold=True).path == latin
    assert chain.face_for("温", bold=True).path == fonts.check().primary.path


def test_no_chinese_font_says_what_to_install(fonts: Fonts, tmp_path: Path) -> None:
    latin = file_of(fonts, "DejaVuSans")
    with pytest.raises(NoChineseFont, match="fonts-noto-cjk"):
        Fonts.find(folders=[folder_with(tmp_path, latin)])


def test_an_empty_or_missing_font_folder_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(NoChineseFont, match="中文字体"):
        Fonts.find(folders=[tmp_path / "nothing"])


def test_check_refuses_fonts_that_cannot_draw_a_waybill(fonts: Fonts) -> None:
    with pytest.raises(NoChineseFont):
        Fonts([file_of(fonts, "DejaVuSans")]).check()


def test_a_font_named_in_the_settings_comes_first(fonts: Fonts, tmp_path: Path) -> None:
    serif = file_of(fonts, "NotoSerif")
    chosen = Fonts.find(extra=[tmp_path / "not-there.ttf", serif])
    assert chosen.check().primary.path == serif
    assert chosen.check().bold.path == serif


def test_font_files_are_found_in_any_case_and_depth(fonts: Fonts, tmp_path: Path) -> None:
    primary = fonts.check().primary.path
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / primary.name.upper()).symlink_to(primary)
    if primary.name not in fonts_module.REGULAR_FILES:
        pytest.skip("the first font is a configured one")
    assert Fonts.find(folders=[tmp_path]).check().primary.path.name == primary.name.upper()


@pytest.mark.parametrize(("platform", "part"), [
    ("win32", "Windows"), ("darwin", "Library"), ("linux", "share"),
])
def test_each_system_has_its_font_folders(
    platform: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts_module.sys, "platform", platform)
    assert any(part in str(folder) for folder in fonts_module.font_folders())


@pytest.mark.parametrize(("text", "drawn"), [
    ("  样\t小\r\n明 ", "样 小 明"),
    ("样\u200d小\ufeff明\u202e", "样小明"),
    ("红\ufe0f心", "红心"),
    ("葛\U000e0100城", "葛城"),
    ("cafe\u0301", "café"),
    ("樂\uf914", "樂\uf914"),
    ("", ""),
])
def test_cleaning_takes_away_only_what_nobody_sees(text: str, drawn: str) -> None:
    assert clean(text) == drawn


@given(st.text(max_size=40))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_note_shows_a_mark_where_a_character_is_missing(fonts: Fonts) -> None:
    assert fonts.marked("快点\ue000发 谢谢\x07") == f"快点{MARK}发 谢谢{MARK}"


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_marked_text_can_always_be_drawn(text: str) -> None:
    fonts = Fonts.find()
    marked = fonts.marked(text)
    assert fonts.unprintable(marked) == set()
    assert fonts.width(marked, 20) >= 0


def test_an_error_names_code_points_and_fields_but_no_text() -> None:
    error = Unprintable({"\ue000"}, ["consignee.name"])
    assert error.characters == {"\ue000"}
    assert error.fields == ("consignee.name",)
    assert "U+E000" in str(error)
    assert "consignee.name" in str(error)
    assert "\ue000" not in str(error)


def test_a_missing_glyph_is_never_drawn(fonts: Fonts) -> None:
    with pytest.raises(Unprintable):
        fonts.glyph("\ue000", 24)
    with pytest.raises(Unprintable):
        fonts.width("\ue000", 24)


@pytest.mark.parametrize("size", [14, 20, 36, 92])
def test_chinese_is_square_and_widths_add_up(fonts: Fonts, size: int) -> None:
    assert fonts.width("温", size) == size
    assert fonts.width("温岭", size) == 2 * size
    assert fonts.width("", size) == 0


@pytest.mark.parametrize("bold", [False, True])
def test_the_ink_of_a_character_stays_near_its_em_square(fonts: Fonts, bold: bool) -> None:
    for char in "温岭8W¥gjy䶮":
        glyph = fonts.glyph(char, 40, bold=bold)
        assert glyph.mask is not None
        assert glyph.left >= -4
        assert glyph.left + glyph.mask.width <= glyph.advance + 4
        assert -44 <= glyph.top <= 0
        assert glyph.top + glyph.mask.height <= 12


def test_a_space_has_width_and_no_ink(fonts: Fonts) -> None:
    for char in " \u3000\u00a0":
        glyph = fonts.glyph(char, 40)
        assert glyph.mask is None
        assert glyph.advance > 0


def test_glyphs_are_one_bit_deep_and_drawn_once(fonts: Fonts) -> None:
    glyph = fonts.glyph("温", 40)
    assert glyph.mask is not None
    assert glyph.mask.mode == "1"
    assert fonts.glyph("温", 40) is glyph
