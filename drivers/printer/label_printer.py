"""A label printer: its port, its language, and an honest answer about every page.

``print_page`` ends in exactly one of three ways: NotSent (no byte of the page left, so it may be
printed again), MaybeSent (some did, a person must look), or a Proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from drivers.interfaces import (
    Bitmap,
    DeviceError,
    DeviceGone,
    MaybeSent,
    NotSent,
    PaperState,
    PrinterStatus,
    Proof,
    SlipPart,
)
from drivers.printer.languages import Language
from drivers.printer.pages import Interrupted, Unprintable
from drivers.printer.settings import Delivery
from drivers.printer.wire import (
    Clock,
    Conversation,
    OpenWire,
    Pause,
    Spool,
    Wire,
    surely_written,
)

SLOW_BYTES = 3840
"""Bytes a second up to which a page of raw dots takes half a minute: a line of 38,400 baud."""
BUFFERED, MEASURED = 16_384, 16_384


class LabelPrinter:
    """One printer at one address, opened on first use and reopened after every failure.

    ``open_wire`` opens the port and raises DeviceError; ``clock`` gives monotonic seconds and
    ``pause`` waits, both replaced in tests.
    """

    def __init__(
        self,
        name: str,
        url: str,
        language: Language,
        *,
        open_wire: OpenWire,
        delivery: Delivery,
        clock: Clock = time.monotonic,
        pause: Pause = time.sleep,
    ) -> None:
        self.name, self.url = name, url
        self._language, self._delivery = language, delivery
        self._open_wire, self._clock, self._pause = open_wire, clock, pause
        self._wire: Wire | None = None
        self._answered = False
        self._pace = Pace()
        self._torn: int | None = None  # bytes lacking to the end of a block that was cut off

    def status(self) -> PrinterStatus:
        """Ask the printer how it is. UNKNOWN if it does not answer; DeviceError if unreachable."""
        try:
            return self._ask()
        except (DeviceError, OSError) as error:
            self.close()
            raise self._as_device_error(error) from error

    def print_page(self, page: Bitmap, *, job_id: int) -> Proof:
        """Print one page; raises NotSent or MaybeSent and nothing else."""
        return self._deliver(lambda: self._language.page(page, slow=self._pace.is_slow), job_id)

    def print_slip(self, lines: Sequence[SlipPart], *, job_id: int) -> Proof:
        """Print text in the printer's own type; raises as ``print_page`` does."""
        return self._deliver(lambda: self._language.slip(lines), job_id)

    def close(self) -> None:
        """Let go of the port; the next use opens it again."""
        wire, self._wire, self._answered = self._wire, None, False
        self._pace = Pace()  # what is opened next may be another road
        if wire is not None:
            try:
                wire.close()
            except (DeviceError, OSError):
                # The port is already gone, which is all that closing wants.
                return

    def _deliver(self, encode: Callable[[], Sequence[bytes]], job_id: int) -> Proof:
        blocks, before = self._prepare(encode)
        try:
            self._pace.begin()
            self._send(blocks)
            self._finish()
        except _CutOffError as cut:
            raise self._cut_off(cut) from cut
        if before.state is PaperState.UNKNOWN:
            return Proof.NONE
        return self._await_proof(blocks, job_id, before)

    def _prepare(
        self, encode: Callable[[], Sequence[bytes]]
    ) -> tuple[Sequence[bytes], PrinterStatus]:
        """Do all that may fail before the first byte of the page; raises NotSent."""
        try:
            blocks = encode()
            status = self._ask()
        except Unprintable as error:
            raise NotSent(self.name, self.url, str(error)) from error
        except (DeviceError, OSError) as error:
            self.close()
            raise NotSent(self.name, self.url, _reason(error)) from error
        if not status.may_print:
            raise NotSent(self.name, self.url, status.state.value, status.raw)
        return blocks, status

    def _ask(self) -> PrinterStatus:
        """Ask the status, over a fresh connection if the old one turns out to be dead.

        No byte of a page is under way here, so connecting twice is harmless. A printer that
        answered on this connection and is silent now may be a half-open one.
        """
        was_open, suspicious = self._wire is not None, self._answered
        try:
            status = self._ask_once()
        except (DeviceError, OSError):
            if not was_open:
                raise
            status, suspicious = PrinterStatus(PaperState.UNKNOWN), True
        if suspicious and status.state is PaperState.UNKNOWN:
            self.close()
            status = self._ask_once()
        return status

    def _ask_once(self) -> PrinterStatus:
        talk = self._talk()
        self._recover()
        status = self._language.status(talk)
        self._answered = status.state is not PaperState.UNKNOWN
        return status

    def _talk(self) -> Conversation:
        return Conversation(
            self._opened(), clock=self._clock, answer_seconds=self._delivery.answer_seconds
        )

    def _opened(self) -> Wire:
        if self._wire is None:
            self._wire = self._open_wire()
        return self._wire

    def _recover(self) -> None:
        """End a page that was cut off: it would swallow the next one, and our questions too."""
        if self._torn is None:
            return
        try:
            self._send(self._language.filler(self._torn))
        except _CutOffError as cut:
            raise cut.cause from cut
        self._torn = None

    def _send(self, blocks: Sequence[bytes]) -> None:
        """Write blocks piece by piece; raises _CutOffError."""
        end = self._clock() + self._delivery.page_seconds
        size, begun = self._delivery.chunk_bytes, False
        for block in blocks:
            for start in range(0, len(block), size):
                try:
                    self._write_piece(block[start : start + size], end)
                except (DeviceError, OSError) as error:
                    left = begun or _written(error) != 0
                    raise _CutOffError(error, len(block) - start, begun=left) from error
                begun = True
            if self._delivery.pause_ms:
                self._pause(self._delivery.pause_ms / 1000)

    def _write_piece(self, piece: bytes, end: float) -> None:
        if self._clock() >= end:
            seconds = f"{self._delivery.page_seconds:g}"
            raise DeviceGone(
                self.name, self.url, f"打印机太慢 the page took longer than {seconds} s to write"
            )
        wire, begun = self._opened(), self._clock()
        wire.write(piece)
        self._pace.note(len(piece), self._clock() - begun)

    def _finish(self) -> None:
        """Give a page to the queue it was collected for, if there is one; raises _CutOffError."""
        wire = self._wire
        if isinstance(wire, Spool):
            try:
                wire.finish()
            except (DeviceError, OSError) as error:
                raise _CutOffError(error, 0, begun=_written(error) != 0) from error
            self.close()

    def _cut_off(self, cut: _CutOffError) -> NotSent | MaybeSent:
        """Close the port and return the error that tells whether any of the page left."""
        self.close()
        if not cut.begun:
            return NotSent(self.name, self.url, _reason(cut.cause))
        self._torn = cut.missing
        return MaybeSent(self.name, self.url, _reason(cut.cause))

    def _await_proof(self, blocks: Sequence[bytes], job_id: int, before: PrinterStatus) -> Proof:
        end = self._clock() + self._delivery.proof_seconds
        try:
            return self._language.proof(self._talk(), job_id, before, end)
        except Interrupted as said:
            self.close()
            raise MaybeSent(self.name, self.url, said.state.value, said.raw) from said
        except (DeviceError, OSError) as error:
            self.close()
            # Bytes still on their way when the link broke may have been lost in any block.
            self._torn = max(map(len, blocks))
            raise MaybeSent(self.name, self.url, _reason(error)) from error

    def _as_device_error(self, error: DeviceError | OSError) -> DeviceError:
        if isinstance(error, DeviceError):
            return error
        return DeviceGone(self.name, self.url, _reason(error))


class Pace:
    """How fast a line takes a page, measured while it does.

    The first bytes of a page only fill the computer's own buffers, so they are not counted, and a
    page that is hardly longer says nothing.
    """

    def __init__(self) -> None:
        self.is_slow = False
        self.begin()

    def begin(self) -> None:
        """Begin a page."""
        self._size, self._seconds = -BUFFERED, 0.0

    def note(self, size: int, seconds: float) -> None:
        """Take note of a piece that was written. Slow is slow until the line is opened anew."""
        self._size += size
        self._seconds += seconds
        if self._size >= MEASURED and self._seconds * SLOW_BYTES > self._size:
            self.is_slow = True


class _CutOffError(Exception):
    """Writing stopped; ``begun``: bytes may have left; ``missing``: to the end of the block."""

    def __init__(self, cause: DeviceError | OSError, missing: int, *, begun: bool) -> None:
        super().__init__(str(cause))
        self.cause, self.missing, self.begun = cause, missing, begun


def _written(error: DeviceError | OSError) -> int | None:
    return surely_written(error) if isinstance(error, DeviceError) else None


def _reason(error: DeviceError | OSError) -> str:
    return error.reason if isinstance(error, DeviceError) else str(error)
