"""One pull of the trigger that arrives twice is one scan; two equal items are two."""

from __future__ import annotations

WINDOW = 0.3
"""Seconds. A person needs longer than this for two pulls, a double decode is much faster."""


class Bounce:
    """Remembers when each scanner last sent each code, for as long as ``window`` and no longer.

    A bounce renews the memory: a label held before a scanner that keeps reading it stays one
    scan until it has been away. Counting one item twice would ship a parcel short; counting two
    as one is put right by the next scan.
    """

    def __init__(self, window: float = WINDOW) -> None:
        self._window = window
        self._last: dict[tuple[str, str], float] = {}

    def is_bounce(self, device: str, code: str, at: float) -> bool:
        """Take note of a scan at monotonic second ``at``; True if it repeats one just seen."""
        self._forget_before(at - self._window)
        repeated = (device, code) in self._last
        self._last[device, code] = at
        return repeated and self._window > 0

    def _forget_before(self, limit: float) -> None:
        self._last = {scan: at for scan, at in self._last.items() if at >= limit}
