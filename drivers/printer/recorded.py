"""The flight recorder before a printer's wire: a port, python-escpos' transports, a print queue."""

from __future__ import annotations

from drivers.flight import FlightRecorder
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


class RecordedWire:
    """A wire before which a recorder stands."""

    def __init__(self, inner: Wire, recorder: FlightRecorder) -> None:
        self._inner, self._recorder = inner, recorder
        self._closed = False

    def read_some(self) -> bytes:
        """Return what has arrived, or b"" after a short wait."""
        try:
            data = self._inner.read_some()
        except DeviceError as error:
            self._recorder.note(f"lost: {type(error).__name__}")
            raise
        if data:
            self._recorder.heard(data)
        return data

    def write(self, data: bytes) -> None:
        """Hand over all of ``data``."""
        self._recorder.said(data)
        try:
            self._inner.write(data)
        except DeviceError as error:
            self._recorder.note(f"not written: {type(error).__name__}")
            raise

    def close(self) -> None:
        """Let go of the port."""
        if not self._closed:
            self._closed = True
            self._recorder.note("closed")
        self._inner.close()


class RecordedSpool(RecordedWire):
    """The same for a queue, which takes a page as a whole."""

    _inner: Spool  # type: ignore[assignment]

    def finish(self) -> None:
        """Hand the page to the queue."""
        try:
            self._inner.finish()
        except DeviceError as error:
            self._recorder.note(f"not taken: {type(error).__name__}")
            raise
        self._recorder.note("handed to the queue")
