"""What every printer language asks of a page before one byte of it is written."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.interfaces import Bitmap, PaperState

WORST_FIRST = (
    PaperState.COVER_OPEN,  # an open cover usually reads as "no paper" too: say the cover
    PaperState.PAPER_OUT,
    PaperState.JAM,
    PaperState.HOT,
    PaperState.ERROR,
    PaperState.PAUSED,
    PaperState.OFFLINE,  # the least a printer can say; anything above explains it
    PaperState.PRINTING,
    PaperState.PAPER_LOW,
    PaperState.READY,
)

TORN = frozenset(
    (
        PaperState.COVER_OPEN,
        PaperState.PAPER_OUT,
        PaperState.JAM,
        PaperState.HOT,
        PaperState.ERROR,
    )
)
"""States which, met after the first byte of a page, mean that the label may be torn."""


class Unprintable(Exception):
    """The page or text cannot be said in this language: nothing was sent."""


class Interrupted(Exception):
    """The printer itself says that the page it was given is in trouble."""

    def __init__(self, state: PaperState, raw: bytes) -> None:
        super().__init__(state.value)
        self.state, self.raw = state, raw


def worst(states: Iterable[PaperState]) -> PaperState:
    """Return the worst of what a printer says at once; UNKNOWN when it says nothing."""
    said = frozenset(states)
    return next((state for state in WORST_FIRST if state in said), PaperState.UNKNOWN)


def check_page(page: Bitmap, head_dots: int) -> None:
    """Raise Unprintable unless the page is whole, unpadded and no wider than the head.

    ``head_dots`` is the width of the print head in dots, 0 if not known.
    """
    if page.width <= 0 or page.height <= 0:
        raise Unprintable(f"page of {page.width}x{page.height} dots has no area")
    if len(page.rows) != page.stride * page.height:
        raise Unprintable(
            f"page of {page.width}x{page.height} dots needs {page.stride * page.height} bytes, "
            f"has {len(page.rows)}"
        )
    if head_dots and page.width > head_dots:
        raise Unprintable(f"page is {page.width} dots wide, the print head {head_dots}")
    _check_padding(page)


def _check_padding(page: Bitmap) -> None:
    # A black pad bit would print beyond the page's edge on a wider head.
    mask = (1 << -page.width % 8) - 1
    clean = bytes(value for value in range(256) if not value & mask)
    if page.rows[page.stride - 1 :: page.stride].translate(None, clean):
        raise Unprintable("a pad bit at the end of a row is black")


def turned(page: Bitmap) -> Bitmap:
    """Return the page upside down, as a printer puts it out that feeds from the other end."""
    rows = [
        _mirrored(page.rows[start : start + page.stride], page.width)
        for start in range(0, len(page.rows), page.stride)
    ]
    return Bitmap(page.width, page.height, b"".join(reversed(rows)))


def _mirrored(row: bytes, width: int) -> bytes:
    dots = f"{int.from_bytes(row, 'big'):0{len(row) * 8}b}"[:width]
    return int(dots[::-1].ljust(len(row) * 8, "0"), 2).to_bytes(len(row), "big")
