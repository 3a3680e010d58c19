"""How a printer that answers questions about itself vouches for the page it was just given."""

from __future__ import annotations

from collections.abc import Callable

from drivers.interfaces import PaperState, PrinterStatus, Proof
from drivers.printer.pages import TORN, Interrupted
from drivers.printer.wire import Conversation, Pause

UNKNOWN = PrinterStatus(PaperState.UNKNOWN)
KEPT = 256
"""So many of the newest bytes of an answer are kept: a babbling printer costs no memory."""
POLL_SECONDS = 0.1
IDLE_SECONDS = 1.5
"""Ready for this long after a page without ever having been seen printing."""
READY = (PaperState.READY, PaperState.PAPER_LOW)

Read = Callable[[bytes], PrinterStatus | None]


class ReplyReader:
    """Collects the bytes of one answer until ``read`` makes a status of them."""

    def __init__(self, read: Read) -> None:
        self._read, self.raw = read, b""

    def feed(self, data: bytes) -> PrinterStatus | None:
        """Take the next bytes; return the status once it is complete."""
        self.raw = (self.raw + data)[-KEPT:]
        return self._read(self.raw)


def asked(talk: Conversation, request: bytes, read: Read) -> PrinterStatus:
    """Put one question; UNKNOWN with the bytes that came if they make no status in time."""
    reader = ReplyReader(read)
    return talk.ask(request, reader.feed) or PrinterStatus(PaperState.UNKNOWN, reader.raw)


def alike(raw: bytes) -> int | None:
    """Return a one-byte answer, None for noise: several different bytes at once."""
    return raw[0] if len(set(raw)) == 1 else None


def refuse_torn(status: PrinterStatus) -> None:
    """Raise Interrupted if the status says that the page in the printer is in trouble."""
    if status.state in TORN:
        raise Interrupted(status.state, status.raw)


def unproven(status: PrinterStatus, proof: Proof) -> Proof:
    """Return ``proof`` at the end of a wait, unless the printer's last word was that it stands."""
    if not status.may_print:
        raise Interrupted(status.state, status.raw)
    return proof


class Watch:
    """Watches a printer print: the page is out when it was seen at work and is ready again.

    ``ask`` puts the status question; ``mute_at_work`` is for printers that answer only between
    two pages, so that silence means printing.
    """

    def __init__(
        self, ask: Callable[[], PrinterStatus], pause: Pause, *, mute_at_work: bool = False
    ) -> None:
        self._ask, self._pause, self._mute_at_work = ask, pause, mute_at_work

    def proof(
        self,
        talk: Conversation,
        before: PrinterStatus,
        end: float,
        idle: Callable[[], Proof],
    ) -> Proof:
        """Wait until monotonic ``end``; raises Interrupted if the page is in trouble.

        ``idle`` says what a printer proves that was ready all the time. One that was still busy
        with the page ``before`` cannot prove this one by having been seen at work.
        """
        telling = before.state is not PaperState.PRINTING
        worked, idle_since = False, None
        status = before
        while talk.now < end:
            status = self._ask()
            refuse_torn(status)
            if self._at_work(status):
                worked, idle_since = True, None
            elif status.state in READY:
                if worked and telling:
                    return Proof.PRINTED
                idle_since = talk.now if idle_since is None else idle_since
                if talk.now - idle_since >= IDLE_SECONDS:
                    return idle()
            self._pause(POLL_SECONDS)
        return unproven(status, Proof.NONE)

    def _at_work(self, status: PrinterStatus) -> bool:
        silent = status.state is PaperState.UNKNOWN and not status.raw
        return status.state is PaperState.PRINTING or (silent and self._mute_at_work)
