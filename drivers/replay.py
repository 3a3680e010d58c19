"""Decoding a flight recording again, offline: what the station heard is what it hears now.

Each session of the recording starts the decoder anew, as the owner's thread does; bytes that were
left out of the file end a frame, since nobody knows them.
"""

from __future__ import annotations

from collections.abc import Iterator

from drivers.flight import Flight, Moment
from drivers.interfaces import DeviceEvent
from drivers.registry import scale_stream, scanner_stream
from drivers.worker import Source

NEW_SESSION = ("opened", "lost", "closed")
QUIET_SECONDS = 0.15
"""A pause in the recording that the owner's thread would have taken for the end of a read."""


class NothingToDecode(ValueError):
    """A printer's or camera's recording shows what passed; there is nothing in it to decode."""


def source_of(flight: Flight) -> Source:
    """Build the decoder that a recording names. Raises SettingsError or NothingToDecode."""
    about = flight.about
    if about.kind == "scale":
        return scale_stream(about.device, about.protocol, about.settings)
    if about.kind == "scanner":
        return scanner_stream(about.device, about.port, about.settings)
    raise NothingToDecode(f"{about.kind}: 这种设备的记录只能看 can be looked at only")


def replay(flight: Flight) -> Iterator[tuple[Moment, list[DeviceEvent]]]:
    """Yield each moment with what its bytes complete."""
    source = source_of(flight)
    before = 0.0
    for moment in flight.moments:
        events: list[DeviceEvent] = []
        if moment.at - before > QUIET_SECONDS:
            events += source.quiet(moment.at)
        if moment.note.startswith(NEW_SESSION) or moment.left_out:
            source.reset()
        elif moment.direction == "in":
            events += source.feed(moment.data, moment.at)
        before = moment.at if moment.direction != "out" else before
        yield moment, events


def readings(flight: Flight) -> list[DeviceEvent]:
    """All that a recording's bytes complete, in order."""
    return [event for _, events in replay(flight) for event in events]
