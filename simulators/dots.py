"""A label as rows of whole numbers, one bit a dot: what a page language draws on before it prints.

The leftmost dot of a row is its highest bit. Nothing may be drawn outside: what hangs over is cut
off, and told.
"""

from __future__ import annotations

from simulators.mechanism import Action, End, Strip


class Dots:
    """A white label of ``width`` x ``height`` dots."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [0] * height

    def put(self, x: int, y: int, stride: int, rows: bytes) -> bool:
        """Draw rows of ``stride`` bytes, 1 = black, at x, y; False if black hangs over the edge.

        White dots are transparent.
        """
        fits = True
        for number in range(len(rows) // stride):
            line = int.from_bytes(rows[number * stride : (number + 1) * stride], "big")
            fits &= self._put_row(x, y + number, line, stride * 8)
        return fits

    def box(self, x: int, y: int, width: int, height: int) -> bool:
        """Blacken a rectangle; False if it hangs over the edge."""
        line = (1 << width) - 1
        rows = [self._put_row(x, y + row, line, width) for row in range(height)]
        return all(rows)

    def turned(self) -> Dots:
        """The same upside down."""
        other = Dots(self.width, self.height)
        for y, row in enumerate(self._rows):
            mirrored = 0
            for place in range(self.width):
                mirrored |= (row >> place & 1) << (self.width - 1 - place)
            other._rows[self.height - 1 - y] = mirrored
        return other

    def label(self, copies: int = 1) -> list[Action]:
        """The dots as labels on paper."""
        stride = (self.width + 7) // 8
        rows = b"".join((row << -self.width % 8).to_bytes(stride, "big") for row in self._rows)
        return [Strip(rows, stride), End("label", self.width)] * copies

    def _put_row(self, x: int, y: int, line: int, width: int) -> bool:
        shift = self.width - x - width
        placed = line << shift if shift >= 0 else line >> -shift
        lost = shift < 0 and line & ((1 << -shift) - 1)
        if not 0 <= y < self.height:
            return not line
        self._rows[y] |= placed & ((1 << self.width) - 1)
        return not lost
