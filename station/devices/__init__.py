"""The shop's devices beside the benches: who owns which port, recordings, and finding a scale."""

from __future__ import annotations

from station.devices.desk import DeviceDesk, Place, SavedFlight
from station.devices.finding import Finder, Finding, adopt
from station.devices.lessons import Lessons

__all__ = ["DeviceDesk", "Finder", "Finding", "Lessons", "Place", "SavedFlight", "adopt"]
