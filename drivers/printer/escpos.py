"""ESC/POS: pages to bytes, without any port. Facts and sources: docs/protocols/escpos.md.

Bits are 1 = black, as in ``Bitmap``. Pages are written as ``GS v 0`` raster bands, never through
the graphics commands, whose 16-bit length breaks for whole waybills. Slips are in ``slips``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

from drivers.interfaces import Bitmap
from drivers.printer.pages import Unprintable, check_page
from drivers.printer.settings import EscPosSettings

INIT = b"\x1b@"
FORM_FEED = b"\x0c"
CUTS = {
    "none": b"",
    "full": b"\x1dV\x00",
    "partial": b"\x1dV\x01",
    "feed": b"\x1dVB\x00",  # feed to the cutter, then a partial cut
}
REALTIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")
"""DLE EOT, DLE ENQ and DLE DC4: acted on wherever they stand, also inside image data."""

RASTER_HEAD = 8
MAX_STRIDE = 1023
UNHEARD_HEIGHTS = frozenset((0x0410, 0x0510))
"""Band heights whose two length bytes, low first, would read as DLE EOT or DLE ENQ."""


def encode_page(page: Bitmap, settings: EscPosSettings) -> list[bytes]:
    """Return the page as blocks to be written in order; raises Unprintable.

    The first block initialises, each further one is a whole raster band, the last one feeds and
    cuts. Where the image would contain a real-time command, one dot of it is left white.
    """
    check_page(page, settings.head_dots)
    if page.stride > MAX_STRIDE:
        raise Unprintable(f"page is {page.width} dots wide, ESC/POS goes to {MAX_STRIDE * 8}")
    if settings.route == "inked":
        parts: Iterable[tuple[int, bytes]] = inked_parts(page)
    else:
        parts = [(page.stride, page.rows)]
    rasters = [raster(stride, rows, settings.chunk_rows) for stride, rows in parts]
    return [INIT, *chain.from_iterable(rasters), page_end(settings)]


def raster(stride: int, rows: bytes, most: int) -> Iterator[bytes]:
    """Yield rows of ``stride`` bytes as raster commands of at most ``most`` rows each."""
    rows = without_realtime(rows)
    for top, count in bands(len(rows) // stride, most):
        head = b"\x1dv0\x00" + stride.to_bytes(2, "little") + count.to_bytes(2, "little")
        yield head + rows[top * stride : (top + count) * stride]


def inked_parts(page: Bitmap) -> Iterator[tuple[int, bytes]]:
    """Yield (stride, rows) of a page's bands without the white at their right ends.

    White bands become a raster one byte wide and not a feed (ESC J), whose unit differs between
    models: the next band would begin a dot too high or too low.
    """
    stride = page.stride
    widths = [
        max(1, len(page.rows[start : start + stride].rstrip(b"\0")))
        for start in range(0, len(page.rows), stride)
    ]
    for top, bottom, width in _bands_by_width(widths):
        rows = (page.rows[y * stride : y * stride + width] for y in range(top, bottom))
        yield width, b"".join(rows)


def _bands_by_width(widths: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield (top, bottom, width) of bands: one more command only where it saves its own bytes."""
    joined: list[tuple[int, int, int]] = []
    bottom = 0
    for width, run in groupby(widths):
        top, bottom = bottom, bottom + len(list(run))
        band = (top, bottom, width)
        while joined and _joins(joined[-1], band):
            higher, _, wider = joined.pop()
            band = (higher, bottom, max(wider, band[2]))
        joined.append(band)
    yield from joined


def _joins(above: tuple[int, int, int], below: tuple[int, int, int]) -> bool:
    """True if two bands cost no more as one."""
    (top, middle, first), (_, bottom, second) = above, below
    apart = (middle - top) * first + (bottom - middle) * second + RASTER_HEAD
    return (bottom - top) * max(first, second) <= apart


def page_end(settings: EscPosSettings) -> bytes:
    """Return what moves the paper out after a page."""
    feed = FORM_FEED if settings.feed == "label" else b"\x1bJ" + bytes([settings.feed_dots])
    return feed + CUTS[settings.cut]


def bands(height: int, most: int) -> Iterator[tuple[int, int]]:
    """Cut ``height`` rows into (top, count) of at most ``most`` rows each."""
    top = 0
    while top < height:
        count = min(most, height - top)
        count -= count in UNHEARD_HEIGHTS
        yield top, count
        top += count


def without_realtime(rows: bytes) -> bytes:
    """Return the rows with no real-time command in them, at the price of one dot each.

    The single black dot of the byte 0x10 is made white: that can neither complete another command
    nor blacken a pad bit.
    """
    if not any(command in rows for command in REALTIME):
        return rows
    for command in REALTIME:
        rows = rows.replace(command, b"\x00" + command[1:])
    return rows


def process_id(job_id: int) -> bytes:
    """Return the four digits under which the printer reports a job, ascending with the job."""
    return b"%04d" % ((job_id - 1) % 9999 + 1)


def ask_process_id(job_id: int) -> bytes:
    """Return GS ( H function 48: "tell me when everything before this has been printed"."""
    return b"\x1d(H\x06\x0000" + process_id(job_id)


def ask_status(number: int) -> bytes:
    """Return DLE EOT ``number``: 1 printer, 2 why offline, 3 error, 4 paper sensors."""
    return b"\x10\x04" + bytes([number])


ASK_SENSOR = b"\x1dr\x01"
"""GS r 1: answered in its turn, when everything sent before it has been read."""


def filler(missing: int, settings: EscPosSettings) -> Sequence[bytes]:
    """Return what brings a printer back that was cut off ``missing`` bytes before a block's end.

    NULs complete the band as white and are ignored outside one; then the paper is moved on, so that
    the next page starts on a fresh label.
    """
    return [bytes(missing), INIT, page_end(settings)]
