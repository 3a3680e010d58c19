"""Several sheets one after another: what does not fit a page goes on to the next, with its head."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from station.paper.fonts import Fonts
from station.paper.layout import Fitting, pitch, tokens, wrap
from station.paper.sheet import Box, LabelSize, Sheet, Strokes, Style

OpenPage = Callable[[Sheet], Box]  # draws a page's head and foot, returns the room between them


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, its share of the width, and how its cells stand."""

    title: str
    share: int
    align: str = "left"


class Document:
    """Pages of one size; ``open_page`` draws what every page begins with."""

    def __init__(self, size: LabelSize, fonts: Fonts, open_page: OpenPage) -> None:
        self.size, self.fonts, self._open_page = size, fonts, open_page
        self.sheets: list[Sheet] = []
        self.new_page()

    def new_page(self) -> None:
        """Begin the next page."""
        self.sheet = Sheet(self.size, self.fonts)
        self.sheets.append(self.sheet)
        self.room = self._open_page(self.sheet)

    def take(self, height: int) -> Box:
        """The next ``height`` dots, on a new page if this one has not that much left."""
        if height > self.room.h:
            self.new_page()
        box = self.room.top_part(height)
        self.room = self.room.under(height)
        return box

    def heading(self, words: str, size: int = 26) -> None:
        """A fixed word in white on black over what follows, never alone at a page's foot."""
        height = pitch(size) + 6
        if self.room.h < height * 3 + 8:
            self.new_page()
        elif self.sheet.placed:
            self.take(8)
        box = self.take(height)
        width = self.sheet.width(words, size, bold=True) + 24
        self.sheet.fill(box.left_part(width))
        self.sheet.rule(box.x, box.bottom - 2, box.w)
        self.sheet.write("", words, box.x + 12, box.y + 4, Style(size, size, bold=True, ink=0))
        self.take(6)

    def paragraph(self, field: str, text: str | Sequence[str], style: Style) -> None:
        """A field's text at the style's largest size, over as many pages as it needs."""
        parts = tokens(text) if isinstance(text, str) else tuple(text)
        size = style.largest
        while parts:
            if self.room.h < pitch(size):
                self.new_page()
            fitting = self.sheet.fit(parts, self.room, Style(size, size, style.bold))
            self.sheet.draw(field, fitting, self.room, style)
            self.room = self.room.under(fitting.height)
            parts = fitting.rest

    def table(
        self, field: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], size: int = 22
    ) -> None:
        """A ruled table, its head on every page. Cells wrap; a row stays together if it can."""
        head = [column.title for column in columns]
        self._row("", columns, head, size - 2, bold=True)
        for row in rows:
            lines = self._row_lines(columns, row, size, bold=False)
            if self._row_height(lines, size) > self.room.h:
                self.new_page()
                self._row("", columns, head, size - 2, bold=True)
            while self._row_height(lines, size) > self.room.h:  # a row taller than a page
                fits = (self.room.h - 8) // pitch(size)
                self._draw_row(field, columns, [cell[:fits] for cell in lines], size, bold=False)
                lines = [cell[fits:] for cell in lines]
                self.new_page()
                self._row("", columns, head, size - 2, bold=True)
            self._draw_row(field, columns, lines, size, bold=False)

    def _row(
        self, field: str, columns: Sequence[Column], cells: Sequence[str], size: int, *, bold: bool
    ) -> None:
        lines = self._row_lines(columns, cells, size, bold=bold)
        if self._row_height(lines, size) > self.room.h:
            self.new_page()
        self._draw_row(field, columns, lines, size, bold=bold)

    def _row_lines(
        self, columns: Sequence[Column], cells: Sequence[str], size: int, *, bold: bool
    ) -> list[tuple[str, ...]]:
        widths = self._widths(columns)
        return [
            tuple("".join(line) for line in wrap(
                tokens(cell), width - 10, lambda text: self.fonts.width(text, size, bold=bold)))
            for cell, width in zip(cells, widths, strict=True)
        ]

    def _row_height(self, lines: Sequence[tuple[str, ...]], size: int) -> int:
        return max(1, *(len(cell) for cell in lines), 1) * pitch(size) + 8

    def _draw_row(
        self, field: str, columns: Sequence[Column], lines: Sequence[tuple[str, ...]], size: int,
        *, bold: bool,
    ) -> None:
        box = self.take(self._row_height(lines, size))
        x = box.x
        for at, (column, cell, width) in enumerate(
            zip(columns, lines, self._widths(columns), strict=True)
        ):
            room = Box(x + 5, box.y + 4, width - 10, box.h - 6)
            style = Style(size, size, bold, column.align)
            self.sheet.draw(f"{field}.{at}" if field else "", Fitting(size, cell, ()), room, style)
            x += width
        self.sheet.rule(box.x, box.bottom - 1, box.w, thickness=1)

    def _widths(self, columns: Sequence[Column]) -> list[int]:
        total = sum(column.share for column in columns)
        return [self.room.w * column.share // total for column in columns]

    def facts(self, field: str, facts: Iterable[tuple[str, str]], size: int = 26) -> None:
        """Lines of "name value", one a fact; a fact without a value is left out."""
        for name, value in facts:
            if value:
                self.paragraph(field, f"{name} {value}", Style(size, size))

    def signatures(self, signers: Sequence[tuple[str, Strokes]], height: int = 0) -> None:
        """Boxes side by side, each with its caption and the strokes written in it.

        ``height`` in dots; 0 is the usual height on this paper.
        """
        box = self.take((height or self.size.height // 7) + 8).under(8)
        width = box.w // max(1, len(signers))
        for at, (caption, strokes) in enumerate(signers):
            place = Box(box.x + at * width, box.y, width, box.h)
            self.sheet.frame(place)
            self.sheet.flow("signers", caption, place.inset(8, 4).top_part(50), Style(22, 14))
            self.sheet.strokes(strokes, place.under(52).inset(8, 4))
        self.room = self.room.under(min(8, self.room.h))

    def number_pages(self, at: Callable[[Sheet], Box], style: Style) -> None:
        """Write "page n of m" on every sheet, once all sheets are there."""
        for number, sheet in enumerate(self.sheets, 1):
            sheet.flow("", f"{number}/{len(self.sheets)}", at(sheet), style)
