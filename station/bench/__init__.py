"""What happens at one packing bench: one queue, one step after the other.

``Bench`` takes scans, touches and readings and shows a ``BenchView``; ``flow`` is what it does
with them, without any thread; ``shown`` makes the view; ``settings`` are the numbers it needs.
"""

from __future__ import annotations

from station.bench.bench import Bench
from station.bench.settings import BenchSettings

__all__ = ["Bench", "BenchSettings"]
