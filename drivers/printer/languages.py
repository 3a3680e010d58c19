"""The printer languages as conversations: status before a page, the page, proof after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from drivers.interfaces import Bitmap, PaperState, PrinterStatus, Proof, SlipPart
from drivers.printer import escpos, tspl
from drivers.printer.escpos_replies import ReplyReader as EscPosReplies
from drivers.printer.escpos_replies import meaning
from drivers.printer.pages import Unprintable, worst
from drivers.printer.proofs import UNKNOWN, ReplyReader, Watch, refuse_torn, unproven
from drivers.printer.settings import EscPosSettings, TsplSettings, at_pace
from drivers.printer.slips import encode_slip
from drivers.printer.wire import Conversation, Pause

LOOK_SECONDS = 1.0
"""While a process id is awaited, the printer is asked this often whether its paper ran out."""


class Language(Protocol):
    """One printer language. Unless said otherwise a method raises only DeviceError."""

    def status(self, talk: Conversation) -> PrinterStatus:
        """Ask the printer how it is; UNKNOWN on silence or nonsense."""
        ...

    def page(self, page: Bitmap, *, slow: bool = False) -> Sequence[bytes]:
        """Return a page's blocks, few bytes for a ``slow`` line; raises Unprintable."""
        ...

    def slip(self, lines: Sequence[SlipPart]) -> Sequence[bytes]:
        """Return the blocks of a slip's text; raises Unprintable."""
        ...

    def filler(self, missing: int) -> Sequence[bytes]:
        """Return what completes a block that was cut off ``missing`` bytes before its end."""
        ...

    def proof(self, talk: Conversation, job_id: int, before: PrinterStatus, end: float) -> Proof:
        """Wait until monotonic ``end`` for the page to come out; raises Interrupted if it will not.

        ``before`` is the status that the page was sent on, never UNKNOWN: nothing is asked of a
        printer that does not answer.
        """
        ...


class EscPos:
    """ESC/POS: DLE EOT before a page, GS ( H or GS r after it."""

    def __init__(self, settings: EscPosSettings) -> None:
        self._settings = settings
        self._last_id: int | None = None

    def page(self, page: Bitmap, *, slow: bool = False) -> Sequence[bytes]:
        """Return the page as raster bands."""
        return escpos.encode_page(page, at_pace(self._settings, slow=slow))

    def slip(self, lines: Sequence[SlipPart]) -> Sequence[bytes]:
        """Return the text in the printer's own characters."""
        return encode_slip(lines, self._settings)

    def filler(self, missing: int) -> Sequence[bytes]:
        """Return NULs and a feed to the next label."""
        return escpos.filler(missing, self._settings)

    def status(self, talk: Conversation) -> PrinterStatus:
        """Ask DLE EOT 1 to 4, one at a time; the first silence ends the asking."""
        if self._settings.status == "none":
            return UNKNOWN
        talk.drain()
        return self._look(talk, EscPosReplies())

    def _look(self, talk: Conversation, replies: EscPosReplies) -> PrinterStatus:
        told = {PaperState.READY}
        raw = bytearray()
        replies.statuses.clear()
        for number in (1, 2, 3, 4):
            value = talk.ask(escpos.ask_status(number), replies.take_status)
            if value is None:
                break
            raw.append(value)
            told |= meaning(number, value)
        told |= replies.automatic or frozenset()
        return PrinterStatus(_certain(told, complete=len(raw) == 4), bytes(raw))

    def proof(self, talk: Conversation, job_id: int, before: PrinterStatus, end: float) -> Proof:
        """Ask for the process id or the barrier and wait, looking at the paper meanwhile."""
        if self._settings.proof == "none":
            return Proof.NONE
        if self._settings.proof == "barrier":
            return self._barrier(talk, end)
        number = self._next_id(job_id)
        replies, wanted = EscPosReplies(), escpos.process_id(number)
        talk.send(escpos.ask_process_id(number))
        status = before
        while talk.now < end:
            wait = min(LOOK_SECONDS, end - talk.now)
            if talk.listen(lambda data: replies.take_process_id(data, wanted), wait):
                return Proof.PRINTED
            status = self._look(talk, replies)
            if wanted in replies.process_ids:
                return Proof.PRINTED
            refuse_torn(status)
        return unproven(status, Proof.NONE)

    def _next_id(self, job_id: int) -> int:
        """Return a number of its own for each page: a job may have several, or come again.

        A late answer for one page must not vouch for the next. The first number is the job's, so
        that it differs from those that another run of the program left in the printer.
        """
        self._last_id = job_id if self._last_id is None else self._last_id + 1
        return self._last_id

    def _barrier(self, talk: Conversation, end: float) -> Proof:
        replies = EscPosReplies()
        talk.send(escpos.ASK_SENSOR)
        status = UNKNOWN
        while talk.now < end:
            wait = min(LOOK_SECONDS, end - talk.now)
            if talk.listen(replies.take_sensor, wait) is not None:
                return Proof.CONSUMED
            status = self._look(talk, replies)
            if replies.sensors:
                return Proof.CONSUMED
            refuse_torn(status)
        return unproven(status, Proof.NONE)


def _certain(said: set[PaperState], *, complete: bool) -> PaperState:
    """Return the worst of ``said``, but never "fine" on half an answer."""
    state = worst(said)
    if complete or not PrinterStatus(state).may_print:
        return state
    return PaperState.UNKNOWN


class Tspl:
    """TSPL: ESC !?, ESC !S or READSTA before a page; printing and then ready after it."""

    def __init__(self, settings: TsplSettings, pause: Pause) -> None:
        self._settings, self._pause = settings, pause

    def page(self, page: Bitmap, *, slow: bool = False) -> Sequence[bytes]:
        """Return the page as set-up, bitmap and print command."""
        return tspl.encode_page(page, at_pace(self._settings, slow=slow))

    def slip(self, lines: Sequence[SlipPart]) -> Sequence[bytes]:  # noqa: ARG002 - refused whatever it says
        """Refuse: a TSPL printer has no plain text."""
        raise Unprintable("TSPL prints no plain text, draw the slip as a page")

    def filler(self, missing: int) -> Sequence[bytes]:
        """Return white dots, and a CLS that throws them away."""
        return tspl.filler(missing)

    def status(self, talk: Conversation) -> PrinterStatus:
        """Ask the configured status question once."""
        if self._settings.status == "none":
            return UNKNOWN
        request, read = tspl.QUESTIONS[self._settings.status]
        talk.drain()
        reader = ReplyReader(read)
        answer = talk.ask(request, reader.feed)
        if answer is None and reader.raw:
            # Some firmwares send no line end: at the end of the wait what came is all there is.
            answer = read(reader.raw + b"\r\n")
        return answer or PrinterStatus(PaperState.UNKNOWN, reader.raw)

    def proof(self, talk: Conversation, job_id: int, before: PrinterStatus, end: float) -> Proof:  # noqa: ARG002 - TSPL has no job numbers
        """Watch the status go to printing and back to ready."""
        if self._settings.proof == "none":
            return Proof.NONE
        watch = Watch(lambda: self.status(talk), self._pause)
        return watch.proof(talk, before, end, lambda: self._barrier(talk))

    def _barrier(self, talk: Conversation) -> Proof:
        reader = bytearray()

        def feed(data: bytes) -> bool | None:
            reader.extend(data)
            return tspl.read_number(bytes(reader))

        return Proof.CONSUMED if talk.ask(tspl.ASK_MILEAGE, feed) else Proof.NONE
