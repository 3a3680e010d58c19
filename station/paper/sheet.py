"""One page being drawn: ruled boxes, text that is accounted for, exact barcodes, pen strokes.

Coordinates are dots, 8 to the millimetre, from the upper left corner. Ink is 1, paper is 0, as
on the wire. Every text of a field that is drawn is recorded in ``placed``, so a test can prove
that nothing of it was lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from PIL import Image, ImageDraw

from drivers.interfaces import Area, Bars, Bitmap, Words
from station.paper import code128
from station.paper.fonts import Fonts
from station.paper.layout import Fitting, Measure, fit, pitch, tokens

DOTS_PER_MM = 8
Strokes = Sequence[Sequence[tuple[int, int]]]


class LabelSize(StrEnum):
    """The label stock that the printer holds, width by height in millimetres."""

    L100X150 = "100x150"
    L76X130 = "76x130"

    @property
    def width(self) -> int:
        """Width in dots."""
        return int(self.value.split("x")[0]) * DOTS_PER_MM

    @property
    def height(self) -> int:
        """Height in dots."""
        return int(self.value.split("x")[1]) * DOTS_PER_MM


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in dots: its upper left corner, width and height."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row under the box."""
        return self.y + self.h

    def inset(self, across: int, down: int | None = None) -> Box:
        """The box made smaller on all sides, by ``across`` left and right, ``down`` above."""
        down = across if down is None else down
        return Box(self.x + across, self.y + down, self.w - 2 * across, self.h - 2 * down)

    def top_part(self, height: int) -> Box:
        """The upper ``height`` dots of the box."""
        return Box(self.x, self.y, self.w, height)

    def under(self, height: int) -> Box:
        """What is left of the box under its upper ``height`` dots."""
        return Box(self.x, self.y + height, self.w, self.h - height)

    def left_part(self, width: int) -> Box:
        """The left ``width`` dots of the box."""
        return Box(self.x, self.y, width, self.h)

    def beside(self, width: int) -> Box:
        """What is left of the box to the right of its left ``width`` dots."""
        return Box(self.x + width, self.y, self.w - width, self.h)


@dataclass(frozen=True, slots=True)
class Style:
    """How a text may be set: largest and smallest size in dots, weight, and where it stands."""

    largest: int
    smallest: int
    bold: bool = False
    align: str = "left"  # "left" | "center" | "right"
    middle: bool = False  # centred between the top and the bottom of its box
    ink: int = 1
    tracking: int = 0  # dots of air after each character

    @property
    def sizes(self) -> range:
        """The sizes to try, largest first."""
        return range(self.largest, self.smallest - 1, -2)


@dataclass(frozen=True, slots=True)
class Placed:
    """One line of a field's text as drawn, with the box that its em squares fill."""

    field: str
    text: str
    box: Box
    size: int


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A Code 128 on the page: its data, the box of its bars, and the module's width in dots."""

    data: str
    bars: Box
    module: int


class DoesNotFit(ValueError):
    """A barcode is too long for the paper at the smallest module that a scanner reads."""


class Sheet:
    """A page of one label size; ``background`` is a finished sheet to begin with."""

    def __init__(self, size: LabelSize, fonts: Fonts, background: Sheet | None = None) -> None:
        self.size, self.fonts = size, fonts
        self.box = Box(0, 0, size.width, size.height)
        self.image: Image.Image = (
            background.image.copy() if background else Image.new("1", self.dots)
        )
        self.placed: list[Placed] = []
        self.codes: list[PrintedCode] = []
        self.written: list[tuple[Words, int]] = list(background.written) if background else []
        self._draw = ImageDraw.Draw(self.image)

    @property
    def dots(self) -> tuple[int, int]:
        """Width and height in dots."""
        return self.size.width, self.size.height

    def fill(self, box: Box, ink: int = 1) -> None:
        """Cover a box with ink, or with paper."""
        self._draw.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), fill=ink)

    def frame(self, box: Box, thickness: int = 2) -> None:
        """Rule the four edges of a box, inside it."""
        edges = (box.x, box.y, box.right - 1, box.bottom - 1)
        self._draw.rectangle(edges, outline=1, width=thickness)

    def rule(self, x: int, y: int, length: int, thickness: int = 2, dash: int = 0) -> None:
        """Rule a horizontal line, solid or in dashes of ``dash`` dots."""
        step = 2 * dash or length
        for start in range(x, x + length, step):
            end = min(start + (dash or length), x + length)
            self.fill(Box(start, y, end - start, thickness))

    def upright(self, x: int, y: int, length: int, thickness: int = 2) -> None:
        """Rule a vertical line."""
        self.fill(Box(x, y, thickness, length))

    def width(self, text: str, size: int, bold: bool = False) -> int:
        """How wide a text is in dots at a size."""
        return self.fonts.width(text, size, bold=bold)

    def write(self, field: str, text: str, x: int, y: int, style: Style) -> int:
        """Draw one line with its em squares' top at ``y``, at the style's largest size.

        Returns the x after it. A field of "" is a fixed word of the form and is not recorded.
        """
        size = style.largest
        baseline, start = y + round(size * 0.88), x
        inked, dots = [], 0
        for char in text:
            glyph = self.fonts.glyph(char, size, bold=style.bold)
            if glyph.mask:
                left, top = x + glyph.left, baseline + glyph.top
                self.image.paste(style.ink, (left, top), glyph.mask)
                inked.append((left, top, left + glyph.mask.width, top + glyph.mask.height))
                dots += glyph.dots
            x += glyph.advance + style.tracking
        if inked and style.ink:
            room = Area(start, y, x - start, size)
            self.written.append((Words(text, _around(inked), room), dots))
        if field:
            self.placed.append(Placed(field, text, Box(start, y, x - start, size), size))
        return x

    def spaced(self, field: str, text: str, box: Box, style: Style) -> None:
        """Draw one line of a number in the middle of a box, letter-spaced to be read aloud.

        It shrinks until it fits; a text that does not at the smallest size raises DoesNotFit.
        """
        for size in style.sizes:
            tracking = size // 8
            wide = self.width(text, size, style.bold) + tracking * (len(text) - 1)
            if wide <= box.w:
                x = box.x + (box.w - wide) // 2
                self.write(field, text, x, box.y, replace(style, largest=size, tracking=tracking))
                return
        raise DoesNotFit(f"a number of {len(text)} characters does not fit {box.w} dots")

    def flow(
        self, field: str, text: str | Sequence[str], box: Box, style: Style
    ) -> tuple[str, ...]:
        """Set a text into a box, shrinking as needed; return the parts that did not fit.

        A text is split where lines may break; a sequence gives the unbreakable parts itself.
        """
        parts = tokens(text) if isinstance(text, str) else tuple(text)
        fitting = fit(parts, box.w, box.h, style.sizes, self._measure(style.bold))
        self.draw(field, fitting, box, style)
        return fitting.rest

    def draw(self, field: str, fitting: Fitting, box: Box, style: Style) -> int:
        """Draw the lines of a fitting into a box; return the row under the last of them."""
        step, size = pitch(fitting.size), fitting.size
        y = box.y + (max(0, box.h - step * len(fitting.lines)) // 2 if style.middle else 0)
        lead = (step - size) // 2
        set_style = Style(size, size, style.bold, ink=style.ink)
        for line in fitting.lines:
            slack = box.w - self.width(line.rstrip(), size, style.bold)
            shift = {"left": 0, "center": slack // 2, "right": slack}[style.align]
            self.write(field, line, box.x + max(0, shift), y + lead, set_style)
            y += step
        return y

    def fit(self, text: str | Sequence[str], box: Box, style: Style) -> Fitting:
        """How a text would be set into a box, without drawing it."""
        parts = tokens(text) if isinstance(text, str) else tuple(text)
        return fit(parts, box.w, box.h, style.sizes, self._measure(style.bold))

    def _measure(self, bold: bool) -> Measure:
        return lambda text, size: self.fonts.width(text, size, bold=bold)

    def barcode(self, data: str, box: Box, module: int) -> None:
        """Draw a Code 128 in the middle of a box, its quiet zones inside the box.

        ``module`` is the width of one module in dots. Raises DoesNotFit.
        """
        wide = code128.modules(data) * module
        if wide + 2 * code128.QUIET_MODULES * module > box.w:
            raise DoesNotFit(f"a barcode of {len(data)} characters does not fit {box.w} dots")
        x = box.x + (box.w - wide) // 2
        self.codes.append(PrintedCode(data, Box(x, box.y, wide, box.h), module))
        for at, width in enumerate(code128.widths(data)):
            if at % 2 == 0:
                self.fill(Box(x, box.y, width * module, box.h))
            x += width * module

    def strokes(self, strokes: Strokes, box: Box, pen: int = 4) -> None:
        """Draw a signature: strokes of points in 0..1000 of a pad, stretched into the box."""
        reach = pen // 2
        inner = box.inset(reach + 1)
        for stroke in strokes:
            points = [
                (inner.x + min(max(x, 0), 1000) * inner.w // 1000,
                 inner.y + min(max(y, 0), 1000) * inner.h // 1000)
                for x, y in stroke
            ]
            if len(points) > 1:
                self._draw.line(points, fill=1, width=pen, joint="curve")
            for x, y in points[:1] + points[-1:]:  # round ends; a tap is a dot
                self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=1)

    def bitmap(self) -> Bitmap:
        """The page as the printer drivers take it, and what of it is text and barcodes."""
        pieces: list[Words | Bars] = [*self._lone_words(), *map(_bars, self.codes)]
        return Bitmap(*self.dots, self.image.tobytes(), tuple(pieces))

    def _lone_words(self) -> Iterator[Words]:
        """The lines of black text whose ink has its box for itself: no other dot is in it."""
        for words, dots in self.written:
            ink = words.ink
            box = (ink.x, ink.y, ink.x + ink.width, ink.y + ink.height)
            if ink.width * ink.height - self.image.crop(box).histogram()[0] == dots:
                yield words


def _around(boxes: Sequence[tuple[int, int, int, int]]) -> Area:
    """The area that holds all boxes of left, top, right and bottom."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    left, top = min(lefts), min(tops)
    return Area(left, top, max(rights) - left, max(bottoms) - top)


def _bars(code: PrintedCode) -> Bars:
    box = code.bars
    return Bars(code128.values(code.data), code.module, Area(box.x, box.y, box.w, box.h))


def module_for(data: str, width: int, largest: int = 3) -> int:
    """The widest module in dots, 3 or 2, with which a code and its quiet zones fit a width.

    Raises DoesNotFit when even 2 dots (0.25 mm) are too many; Unencodable as code128 does.
    """
    wide = code128.modules(data) + 2 * code128.QUIET_MODULES
    for module in range(largest, 1, -1):
        if wide * module <= width:
            return module
    raise DoesNotFit(f"a barcode of {len(data)} characters does not fit {width} dots")
