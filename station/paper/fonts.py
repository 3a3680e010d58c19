"""The fonts of the paper: found on the system, checked glyph by glyph, never a box for a name.

A character is drawn from the first font that has it. Whether a font has it is asked of the font
itself: a missing character draws the font's ".notdef" glyph, the same as a code point that is
never assigned. What no font can draw, or what would need shaping that we do not do (Arabic,
Tibetan, loose combining marks), is *unprintable*, and the caller holds the parcel.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

REGULAR_FILES = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf", "SourceHanSansSC-Regular.otf", "SourceHanSans-Regular.ttc",
    "msyh.ttc", "msyh.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "Deng.ttf", "simhei.ttf",
    "STHeiti Medium.ttc", "wqy-zenhei.ttc", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf",
)
BOLD_FILES = (
    "NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf", "NotoSansSC-Bold.otf",
    "NotoSansSC-Bold.ttf", "SourceHanSansSC-Bold.otf", "SourceHanSans-Bold.ttc",
    "msyhbd.ttc", "msyhbd.ttf", "Dengb.ttf",
)
FALLBACK_FILES = (
    "NotoSerifCJK-Regular.ttc", "SourceHanSerif-Regular.ttc", "HanaMinA.ttf", "HanaMinB.ttf",
    "simsun.ttc", "simsunb.ttf", "Songti.ttc", "DejaVuSans.ttf", "seguisym.ttf",
    "Apple Symbols.ttf", "NotoSansSymbols2-Regular.ttf", "NotoEmoji-Regular.ttf",
)
MARK = "〓"  # the printers' old sign for "a character stood here that we do not have"

_ALWAYS_NEEDED = "收寄件快递单补打0123456789AZaz"
_PROBE = 32  # dots: large enough that no two glyphs look alike
_UNITS = 1000  # advances are measured once at this size, then scaled: one question per character
_NEVER_ASSIGNED = "\U0010ffff"
_BASE_AND_MARKS = re.compile(".[\u0300-\u036f]+")
_INVISIBLE = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class NoChineseFont(Exception):
    """No font on this machine can draw a Chinese waybill; the message says what to install."""

    def __init__(self, folders: Sequence[Path]) -> None:
        looked = ", ".join(str(folder) for folder in folders)
        super().__init__(
            "没有可用的中文字体 No Chinese font was found. Install one: Debian/Ubuntu "
            "`apt install fonts-noto-cjk`, Fedora `dnf install google-noto-sans-cjk-fonts`; "
            f"Windows and macOS bring their own. Looked in: {looked}"
        )


class Unprintable(Exception):
    """Characters that no font can draw stand where none may be lost; the parcel must be held.

    ``characters`` are the characters, ``fields`` where they stand ("consignee.name").
    """

    def __init__(self, characters: Iterable[str], fields: Iterable[str] = ()) -> None:
        self.characters = frozenset(characters)
        self.fields = tuple(sorted(fields))
        codes = " ".join(sorted(f"U+{ord(char):04X}" for char in self.characters))
        super().__init__(f"字体里没有这些字 no font has {codes} (in {', '.join(self.fields)})")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character at a size: its ink (None for a space), where the ink lies, and its advance.

    ``left`` and ``top`` are dots from the pen's place on the baseline to the ink's corner;
    ``dots`` is how many of the mask's are black.
    """

    mask: Image.Image | None
    left: int
    top: int
    advance: int
    dots: int = 0


@dataclass(frozen=True, slots=True)
class Face:
    """One font of a file: the file, the number of the font in it, and its name."""

    path: Path
    index: int
    name: str


@dataclass(frozen=True, slots=True)
class FontReport:
    """What the fonts of this machine can do, for the doctor: the first font, and the others."""

    primary: Face
    bold: Face
    fallbacks: tuple[Face, ...]


def font_folders() -> tuple[Path, ...]:
    """Where this system and its user keep fonts."""
    home = Path.home()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", "C:/Windows"))
        return (windows / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    return (
        Path("/usr/share/fonts"), Path("/usr/local/share/fonts"),
        home / ".local/share/fonts", home / ".fonts",
    )


def clean(text: str) -> str:
    """The text as it can be drawn: white space is one space, accents join their letter.

    Characters that are invisible by definition (joiners, direction marks, variation selectors)
    are left out. Everything else stays.
    """
    spaced = _INVISIBLE.sub("", " ".join(text.split()))
    joined = _BASE_AND_MARKS.sub(lambda found: unicodedata.normalize("NFC", found[0]), spaced)
    return "".join(char for char in joined if unicodedata.category(char) != "Cf")


def _needs_more_than_a_glyph(char: str) -> bool:
    """True for what one glyph after another cannot show: no meaning, a mark, right to left."""
    return (
        unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs", "Mn", "Mc", "Me")
        or unicodedata.bidirectional(char) in ("R", "AL", "AN")
        or char == "\ufffd"
    )


class Fonts:
    """A chain of fonts for each weight. The first that has a character draws it.

    ``regular`` and ``bold`` are font files, best first; a file that cannot be opened is an
    OSError. Use ``Fonts.find()`` for the fonts of this machine.
    """

    def __init__(self, regular: Sequence[Path], bold: Sequence[Path] = ()) -> None:
        plain = [_chinese_face(path) for path in regular]
        self._chains = {False: plain, True: [_chinese_face(path) for path in bold] + plain}
        self.glyph = lru_cache(maxsize=16384)(self._glyph)
        self._face_of = lru_cache(maxsize=65536)(self._find_face)
        self._units = lru_cache(maxsize=65536)(self._measure_units)

    @classmethod
    def find(cls, extra: Sequence[Path] = (), folders: Sequence[Path] | None = None) -> Fonts:
        """The fonts of this machine, files of ``extra`` first. Raises NoChineseFont."""
        looked = tuple(font_folders() if folders is None else folders)
        installed = _installed(looked)
        extras = [path for path in extra if path.is_file()]
        first = extras + _present(REGULAR_FILES, installed)
        fonts = cls(first + _present(FALLBACK_FILES, installed),
                    [] if extras else _present(BOLD_FILES, installed))
        if not first or fonts.unprintable(_ALWAYS_NEEDED):
            raise NoChineseFont(looked)
        return fonts

    def check(self) -> FontReport:
        """Which fonts are in use. Raises NoChineseFont when they cannot draw a waybill."""
        plain, bold = self._chains[False], self._chains[True]
        if self.unprintable(_ALWAYS_NEEDED):
            raise NoChineseFont([face.path for face in plain])
        return FontReport(plain[0], bold[0], tuple(plain[1:]))

    def unprintable(self, text: str) -> set[str]:
        """The characters of a text that no font can draw rightly, as ``clean`` leaves it."""
        return {char for char in clean(text) if self.face_for(char) is None}

    def marked(self, text: str) -> str:
        """The clean text with a visible mark in the place of each unprintable character."""
        cleaned = clean(text)
        missing = self.unprintable(cleaned)
        return "".join(MARK if char in missing else char for char in cleaned)

    def width(self, text: str, size: int, *, bold: bool = False) -> int:
        """The width in dots of a text at a size."""
        units = self._units
        return sum((units(char, bold) * size + _UNITS // 2) // _UNITS for char in text)

    def face_for(self, char: str, *, bold: bool = False) -> Face | None:
        """The font that draws a character, or None."""
        return self._face_of(char, bold)

    def _measure_units(self, char: str, bold: bool) -> int:
        face = self._face_of(char, bold)
        if face is None:
            raise Unprintable({char})
        return round(font_of(face, _UNITS).getlength(char))

    def _find_face(self, char: str, bold: bool) -> Face | None:
        if _needs_more_than_a_glyph(char):
            return None
        return next((face for face in self._chains[bold] if _has(face, char)), None)

    def _glyph(self, char: str, size: int, *, bold: bool = False) -> Glyph:
        """The drawn character. Raises Unprintable. (Called through its cache as ``glyph``.)"""
        advance = self.width(char, size, bold=bold)
        face = self._face_of(char, bold)
        if face is None:
            raise Unprintable({char})
        mask, left, top = _ink(face, size, char)
        dots = mask.width * mask.height - mask.histogram()[0] if mask else 0
        return Glyph(mask, left, top, advance, dots)


def _installed(folders: Iterable[Path]) -> dict[str, Path]:
    """All font files under the folders by their lower-case name; an earlier folder wins."""
    found: dict[str, Path] = {}
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                found.setdefault(name.lower(), Path(root) / name)
    return found


def _present(names: Iterable[str], installed: dict[str, Path]) -> list[Path]:
    return [installed[name.lower()] for name in names if name.lower() in installed]


def _chinese_face(path: Path) -> Face:
    """The font of a file meant for simplified Chinese; a collection holds one per language."""
    faces = list(_faces(path))
    wanted = (face for face in faces if face.name.endswith((" SC", " GB")))
    return next(wanted, faces[0])


def _faces(path: Path) -> Iterable[Face]:
    index = 0
    while True:
        try:
            font = ImageFont.truetype(path, _PROBE, index, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            if index == 0:
                raise
            return
        yield Face(path, index, font.getname()[0] or path.stem)
        index += 1


@lru_cache(maxsize=256)
def font_of(face: Face, size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in dots, with plain left-to-right layout."""
    return ImageFont.truetype(face.path, size, face.index, layout_engine=ImageFont.Layout.BASIC)


def _ink(face: Face, size: int, char: str) -> tuple[Image.Image | None, int, int]:
    """A character's ink, one bit deep, and its offset from the pen's place on the baseline."""
    pad = size
    canvas = Image.new("1", (size * 4, size * 3))
    pen = ImageDraw.Draw(canvas)
    pen.fontmode = "1"
    pen.text((pad, pad * 2), char, fill=1, font=font_of(face, size), anchor="ls")
    box = canvas.getbbox()
    if box is None:
        return None, 0, 0
    return canvas.crop(box), box[0] - pad, box[1] - pad * 2


@lru_cache(maxsize=64)
def _notdef(face: Face) -> tuple[bytes, int, int]:
    return _looks(face, _NEVER_ASSIGNED)


def _looks(face: Face, char: str) -> tuple[bytes, int, int]:
    mask, left, top = _ink(face, _PROBE, char)
    return (mask.tobytes() if mask else b""), left, top


def _has(face: Face, char: str) -> bool:
    """True if the font draws the character with a glyph of its own; a space may be empty."""
    looks = _looks(face, char)
    if not looks[0]:
        return unicodedata.category(char) == "Zs"
    return looks != _notdef(face)
