"""The flight recorder before a printer's wire: a port, python-escpos' transports, a print queue."""

from __future__ import annotations

from drivers.flight import FlightRecorder, Overheard
from drivers.interfaces import DeviceError
from drivers.printer.wire import OpenWire, Spool, Wire


def recorded(opens: OpenWire, recorder: FlightRecorder) -> Wire:
    """Open a wire whose recorder hears all that passes; one that does not open is told, too."""
    try:
        wire = opens()
    except DeviceError as error:
        recorder.note(f"not opened: {type(error).__name__}")
        raise
    recorder.note("opened")
    if isinstance(wire, Spool):
        return RecordedSpool(wire, recorder)
    return RecordedWire(wire, recorder)


class RecordedWire(Overheard):
    """A wire before which a recorder stands."""

    def __init__(self, inner: Wire, recorder: FlightRecorder) -> None:
        self._inner, self._recorder = inner, recorder
        self._closed = False


class RecordedSpool(RecordedWire):
    """The same for a queue, which takes a page as a whole."""

    def finish(self) -> None:
        """Hand the page to the queue."""
        try:
            self._inner.finish()
        except DeviceError as error:
            self._recorder.note(f"not taken: {type(error).__name__}")
            raise
        self._recorder.note("handed to the queue")
