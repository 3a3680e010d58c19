"""A simulated label printer: a language, a mechanism, and its answers about itself.

It answers DLE EOT, automatic status, GS r and the GS ( H process id (ESC/POS), or ESC !?, ESC !S,
READSTA and the ~ questions (TSPL); what ZPL, CPCL and EPL are asked stands with them. The process
id is answered when the paper is out, not when the bytes have come: that is its use.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from simulators import cpcl, epl, zpl
from simulators.escpos import EscPos
from simulators.mechanism import (
    DOTS_PER_MM,
    LOW_PAPER,
    Action,
    AfterReload,
    Ask,
    Control,
    Mechanism,
    Note,
    Page,
    Paper,
    Strip,
    Tear,
)
from simulators.printer_faults import IN_THE_MECHANISM, PrinterFault
from simulators.tspl import Tspl
from simulators.wire import Device

READY, OFFLINE = 0x12, 0x08
SMALL_BUFFER, DROPPED = 4096, 24  # bytes
LATE_SECONDS, CHATTERS = 3.0, 0.3  # CHATTERS is a chance each time it may speak
LanguageName = Literal["escpos", "tspl", "zpl", "cpcl", "epl"]


class Language(Protocol):
    """A reader of printer commands."""

    @property
    def mid_command(self) -> bool:
        """True while a command lacks bytes."""
        ...

    @property
    def held(self) -> int:
        """Bytes not understood yet."""
        ...

    def feed(self, data: bytes) -> list[Action]:
        """Bytes to actions."""
        ...

    def reset(self) -> None:
        """Forget what is half received."""
        ...


READERS: Mapping[str, Callable[[Paper], Language]] = {
    "escpos": lambda paper: EscPos(paper.width),
    "tspl": lambda paper: Tspl(paper.width, paper.label_rows),
    "zpl": lambda paper: zpl.Zpl(paper.width, paper.label_rows),
    "cpcl": lambda paper: cpcl.Cpcl(paper.width, paper.label_rows),
    "epl": lambda paper: epl.Epl(paper.width, paper.label_rows),
}
AFTER_RELOAD: Mapping[str, AfterReload] = {"escpos": "continue", "tspl": "forget"}
"""What happens to the label that the paper ended in; the others print it again by themselves."""
ANSWERS = {**zpl.ANSWERS, **cpcl.ANSWERS, **epl.ANSWERS}


class Printer(Device):
    """A label printer. ``language`` is one of READERS; the paper is 8 dots/mm."""

    def __init__(
        self,
        language: LanguageName = "escpos",
        *,
        paper: Paper | None = None,
        speed_mm: float = 150.0,
        buffer: int = 262144,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if language not in READERS:
            raise ValueError(f"no printer language {language!r}; known are {', '.join(READERS)}")
        paper = paper or Paper()
        self.language: str = language
        self.buffer = buffer
        self.reader = READERS[language](paper)
        self.mechanism = Mechanism(
            paper=paper,
            rows_per_second=speed_mm * DOTS_PER_MM,
            after_reload=AFTER_RELOAD.get(language, "reprint"),
            on_ask=self._answer_in_turn,
            on_control=self._control,
        )
        self.faults: set[PrinterFault] = set()
        self._chance = random.Random(seed)
        self._out = b""
        self._late: deque[tuple[float, bytes]] = deque()
        self._switches: dict[PrinterFault, Callable[[float, bool], None]] = {
            PrinterFault.JAM: lambda now, on: self.mechanism.jam_paper(now, jammed=on),
            PrinterFault.COVER_OPEN: lambda now, on: self.mechanism.open_cover(now, is_open=on),
            PrinterFault.PAPER_OUT: self._end_of_the_roll(0),
            PrinterFault.PAPER_LOW: self._end_of_the_roll(LOW_PAPER - 1),
            PrinterFault.TALKS_UNASKED: self._talk_unasked,
        }
        self._asb = False
        self._last_asb = b""

    @property
    def pages(self) -> list[Page]:
        """Every piece of paper that came out, oldest first."""
        return self.mechanism.pages

    def set_fault(self, name: str, *, on: bool, now: float) -> None:
        """Switch a fault. ValueError names the known ones."""
        try:
            fault = PrinterFault(name)
        except ValueError:
            known = ", ".join(PrinterFault)
            raise ValueError(f"no printer fault {name!r}; known are {known}") from None
        self.mechanism.advance(now)
        if on:
            self.faults.add(fault)
        else:
            self.faults.discard(fault)
        if fault in IN_THE_MECHANISM:
            setattr(self.mechanism, fault.value, on)
        elif fault in self._switches:
            self._switches[fault](now, on)

    def _end_of_the_roll(self, rows: int) -> Callable[[float, bool], None]:
        def switch(now: float, on: bool) -> None:
            if on:
                self.mechanism.leave_paper(rows, now)
            else:
                self.mechanism.reload(now)

        return switch

    def _talk_unasked(self, _now: float, on: bool) -> None:
        self._asb = on and self.language == "escpos"

    def power_cycle(self, now: float) -> None:
        """Off and on: buffers are empty, a page in the making stays torn."""
        self.mechanism.power_blip(now)
        self.reader.reset()
        self._asb = False

    def hungry(self, now: float) -> bool:
        """False while stalled, or while the receive buffer is full because nothing moves."""
        if PrinterFault.STALL in self.faults:
            return False
        self.mechanism.advance(now)
        waiting = self.mechanism.waiting_bytes + self.reader.held
        if PrinterFault.SMALL_BUFFER in self.faults:
            return waiting < SMALL_BUFFER
        return waiting < self.buffer or not self.mechanism.halted

    def hear(self, data: bytes, now: float) -> bytes:
        """Read the host's bytes; answer what is answered at once."""
        self.mechanism.advance(now)
        if PrinterFault.DROPS_BYTES in self.faults and len(data) > DROPPED:
            at = self._chance.randrange(len(data) - DROPPED)
            data = data[:at] + data[at + DROPPED :]
        actions = self.reader.feed(data)
        answers = b"".join(
            self._answer(action)
            for action in actions
            if isinstance(action, Ask) and action.at_once
        )
        at_once = [action for action in actions if isinstance(action, Control)]
        for control in at_once:
            self._control(control)
        queued = [
            action
            for action in actions
            if not isinstance(action, Control) and not (isinstance(action, Ask) and action.at_once)
        ]
        if PrinterFault.EATS_JOBS in self.faults:
            queued = [action for action in queued if isinstance(action, Ask)]
        self.mechanism.take(queued, now)
        if PrinterFault.REBOOTS in self.faults and any(isinstance(a, Strip) for a in queued):
            self.power_cycle(now)
        return self._said(answers, now)

    def speak(self, now: float) -> bytes:
        """Answers whose turn has come, and the automatic status when it changed."""
        self.mechanism.advance(now)
        said, self._out = self._out, b""
        if self._asb:
            status = self.automatic_status()
            if status != self._last_asb:
                self._last_asb = status
                said += status
        if PrinterFault.CHATTER in self.faults and self._chance.random() < CHATTERS:
            said += self._chance.randbytes(2)
        return self._said(said, now)

    def hung_up(self, now: float) -> None:
        """The host is gone: what it left unfinished is dropped, and its page stays torn."""
        if self.reader.mid_command and PrinterFault.KEEPS_WAITING not in self.faults:
            self.reader.reset()
            self.mechanism.take([Tear("host_gone")], now)

    def status_byte(self, kind: int) -> int:
        """The answer to DLE EOT 1 to 4 (Epson): bits 1 and 4 are always on, 0 and 7 never."""
        state = self._shown()
        bits = {
            1: (OFFLINE if state.halted else 0),
            2: 0x04 * state.cover_open + 0x20 * state.paper_out + 0x40 * (state.jam or state.hot),
            3: 0x08 * state.jam + 0x40 * (state.hot or state.cover_open),
            4: 0x0C * state.paper_low + 0x60 * state.paper_out,
        }
        return READY | bits[kind]

    def automatic_status(self) -> bytes:
        """The four bytes of GS a."""
        state = self._shown()
        first = 0x10 | 0x08 * state.halted | 0x20 * state.cover_open
        second = 0x08 * state.jam | 0x40 * state.hot
        third = 0x03 * state.paper_low | 0x0C * state.paper_out
        return bytes([first, second, third, 0])

    def tspl_state(self) -> int:
        """The answer to ESC !?: head open 1, jam 2, no paper 4, pause 16, printing 32, hot 128."""
        state = self._shown()
        return (
            0x01 * state.cover_open | 0x02 * state.jam | 0x04 * state.paper_out
            | 0x10 * state.paused | 0x20 * (state.busy and not state.halted) | 0x80 * state.hot
        )  # fmt: skip

    def tspl_long_state(self) -> bytes:
        """The answer to ESC !S: STX, message, warning, hardware, paper, ETX, CR LF."""
        state = self._shown()
        message = b"`" if state.paused else b"E" if state.halted else b"P" if state.busy else b"@"
        hardware = b"A" if state.hot else b"@"
        paper = b"A" if state.paper_out else b"B" if state.jam else b"@"
        return b"\x02" + message + b"@" + hardware + paper + b"\x03\r\n"

    def state(self, now: float) -> dict[str, object]:
        """Paper, lid, counts and faults, for the control door."""
        self.mechanism.advance(now)
        machine = self.mechanism
        return {
            "language": self.language,
            "pages": len(self.pages),
            "whole": sum(page.whole for page in self.pages),
            "torn": sum(not page.whole for page in self.pages),
            "blank": sum(page.blank for page in self.pages),
            "mm_fed": machine.rows_fed // DOTS_PER_MM,
            "mm_left": machine.paper.rows_left // DOTS_PER_MM,
            "cuts": machine.cuts,
            "cover_open": machine.cover_open,
            "paper_out": machine.paper_out,
            "paper_low": machine.paper_low,
            "paused": machine.paused,
            "printing": machine.busy and not machine.halted,
            "waiting": machine.busy,
            "after_reload": machine.after_reload,
            "complaints": machine.complaints[-20:],
            "faults": sorted(self.faults),
        }

    def _shown(self) -> Mechanism:
        """The mechanism as the printer describes it."""
        if PrinterFault.STUCK_BUSY in self.faults:
            return Mechanism(_todo=deque([Note("")]))
        return Mechanism() if PrinterFault.LYING_READY in self.faults else self.mechanism

    def _said(self, answer: bytes, now: float) -> bytes:
        if PrinterFault.SILENT in self.faults:
            return b""
        if PrinterFault.HALF_ANSWERS in self.faults:
            answer = answer[: len(answer) // 2]
        if PrinterFault.GARBAGE_STATUS in self.faults:
            answer = bytes(self._chance.randrange(0x80, 0x100) for _ in answer)
        return self._at_its_time(answer, now)

    def _at_its_time(self, answer: bytes, now: float) -> bytes:
        """What is said by now; a late printer says later what it would say now."""
        if answer and PrinterFault.LATE_ANSWERS in self.faults:
            self._late.append((now + LATE_SECONDS, answer))
            answer = b""
        while self._late and self._late[0][0] <= now:
            answer += self._late.popleft()[1]
        return answer

    def _answer_in_turn(self, ask: Ask) -> None:
        self._out += self._answer(ask)

    def _answer(self, ask: Ask) -> bytes:
        if ask.kind == "dle_eot":
            return bytes([self.status_byte(ask.data[0])])
        if ask.kind == "process_id":
            if PrinterFault.ECHO_LOST in self.faults:
                return b""
            wrong = PrinterFault.WRONG_ECHO in self.faults
            return b"\x37\x22" + (ask.data[::-1] if wrong else ask.data) + b"\x00"
        if ask.kind in ANSWERS:
            return ANSWERS[ask.kind](self._shown())
        metres = self.mechanism.rows_fed // (DOTS_PER_MM * 1000)
        plain: dict[str, bytes] = {
            "paper": bytes([0x03 * self.mechanism.paper_low]),
            "identity": b"_SIM-LABEL\x00" if ask.data[:1] > b"0" else b"\x02",
            "state": bytes([self.tspl_state()]),
            "long_state": self.tspl_long_state(),
            "readsta": self._readsta(),
            "model": b"SIM-TSPL\r\n",
            "mileage": f"{metres}\r\n".encode(),
            "memory": b"DRAM:4096KB FLASH:2048KB\r\n",
            "codepage": b"936\r\n",
            "say": ask.data + b"\r\n",
        }
        return plain[ask.kind]

    def _readsta(self) -> bytes:
        """KuaiMai's words for the sensors."""
        state = self._shown()
        word = b"LIBOPEN" if state.cover_open else b"PAPERERR" if state.jam else b"PAPER"
        if state.paper_out and not state.cover_open:
            word = b"NOPAPER"
        return b"0," + word + b"\r\n"

    def _control(self, control: Control) -> None:
        machine = self.mechanism
        if control.kind in ("pause", "resume"):
            machine.paused = control.kind == "pause"
        elif control.kind == "cancel":
            machine.cancel()
        elif control.kind == "reset":
            machine.cancel()
            self.reader.reset()
        elif control.kind == "set_reprint":
            machine.after_reload = "reprint" if control.value == "ON" else "forget"
        elif control.kind == "asb":
            self._asb, self._last_asb = control.value != "0", b""
