"""Printers that answer anything at all: the wait ends, in a word of ours that is honest."""

from __future__ import annotations

import itertools
import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.interfaces import (
    Bitmap,
    DeviceError,
    DeviceGone,
    MaybeSent,
    NotSent,
    PaperState,
    Proof,
    SlipLine,
)
from drivers.printer import build_printer
from drivers.printer.escpos import process_id
from drivers.printer.escpos_replies import ReplyReader as EscPosReplies
from drivers.printer.label_printer import LabelPrinter

LANGUAGES = ("escpos", "tspl", "zpl", "cpcl", "epl")
CONVERSATIONS = (
    ("escpos", {}), ("escpos", {"proof": "barrier"}), ("tspl", {"status": "byte"}),
    ("tspl", {"status": "frame"}), ("tspl", {"status": "readsta"}), ("zpl", {"status": "hqes"}),
    ("zpl", {"status": "hs"}), ("cpcl", {"status": "esc_h"}), ("cpcl", {"status": "esc_hi"}),
    ("epl", {"status": "ee"}),
)
GOOD = (
    b"\x12", b"\x16", b"\x32", b"\x00", b"\x20", b"\x05", b"\x02@@@@\x03\r\n",
    b"\x02E@A@\x03\r\n", b"0,PAPER\r\n", b"0,NOPAPER\r\n", b"07\r\n", b"01\r\n", b"7\"0001\0",
    b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,1,2,6,0,00000000,1,000\x03\r\n",
    b"\r\n PRINTER STATUS\r\n ERRORS: 0 00000000 00000000\r\n WARNINGS: 0 00000000 00000000\r\n",
)
"""Whole answers of every language, given to questions of any of them."""
PAGE = Bitmap(16, 16, bytes(32))
LONGEST = 3.0 + 60.0 + 15.0  # seconds: the proof, the page, and the questions about it


class Liar:
    """A wire whose printer answers whatever comes to its mind, whole, damaged or in pieces."""

    def __init__(self, seed: int, mood: str) -> None:
        self.chance, self.mood, self.now = random.Random(seed), mood, 0.0
        self._out = b""

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def open(self, *_: object, **__: object) -> Liar:
        return self

    def read_some(self) -> bytes:
        self.now += 0.02
        if self.mood == "vanishes" and self.chance.random() < 0.01:
            raise DeviceGone("p", "x", "gone")
        if self.mood == "babbles" and self.chance.random() < 0.3:
            self._out += self.chance.randbytes(self.chance.randint(0, 4))
        said = self._out[: self.chance.randint(1, 40)]
        self._out = self._out[len(said):]
        return said

    def write(self, data: bytes) -> None:  # noqa: ARG002 - a liar does not listen
        self.now += self.chance.choice([0.0, 1.0]) if self.mood == "dawdles" else 0.0
        said = bytearray(self.chance.choice(GOOD))
        if self.mood != "mistakes itself" and self.chance.random() < 0.5:
            said[self.chance.randrange(len(said))] = self.chance.randrange(256)
            del said[self.chance.randrange(len(said)) :]
        self._out = (self._out + bytes(said))[-4000:]

    def close(self) -> None:
        self._out = b""


class Noisy(Liar):
    """A wire with these bytes on it, whatever is asked."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__(0, "noise")
        self._pieces = pieces

    def read_some(self) -> bytes:
        self.now += 0.02
        return self._pieces.pop(0) if self._pieces else b""

    def write(self, data: bytes) -> None:
        """Hear nothing."""


def printer_of(liar: Liar, language: str, given_settings: dict[str, str]) -> LabelPrinter:
    return build_printer(
        "p", "socket://x:1", language, {**given_settings, "proof_seconds": 3.0},
        clock=lambda: liar.now, pause=liar.wait, opener=liar.open)  # type: ignore[arg-type]


MOODS = st.sampled_from(["lies", "babbles", "vanishes", "dawdles", "mistakes itself"])


@pytest.mark.parametrize(("language", "given_settings"), CONVERSATIONS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1 << 30), mood=MOODS)
def test_whatever_a_printer_answers_each_call_ends_in_time_and_in_one_of_our_words(
    language: str, given_settings: dict[str, str], seed: int, mood: str
):
    liar = Liar(seed, mood)
    printer = printer_of(liar, language, given_settings)
    for job in (1, 2):
        began = liar.now
        with suppress(DeviceError):
            assert isinstance(printer.status().state, PaperState)
        with suppress(NotSent, MaybeSent):
            if language == "escpos" and job == 2:
                said = printer.print_slip([SlipLine("收")], job_id=job)
            else:
                said = printer.print_page(PAGE, job_id=job)
            assert isinstance(said, Proof)
        assert liar.now - began < 2 * LONGEST


@pytest.mark.parametrize(("language", "given_settings"), CONVERSATIONS)
@settings(max_examples=25, deadline=None)
@given(noise=st.lists(st.binary(max_size=12), max_size=12))
def test_bytes_that_are_no_answer_never_prove_a_page(
    language: str, given_settings: dict[str, str], noise: list[bytes]
):
    """High bytes alone: no language answers with them, so nothing is known and nothing claimed."""
    noisy = Noisy([bytes(byte | 0x80 | 0x11 for byte in piece) for piece in noise])
    printer = printer_of(noisy, language, given_settings)
    with suppress(NotSent, MaybeSent):
        assert printer.print_page(PAGE, job_id=1) is not Proof.PRINTED


@pytest.mark.fault("F8")
@pytest.mark.parametrize(("mine", "theirs"), list(itertools.permutations(LANGUAGES, 2)))
def test_another_printer_at_the_same_address_proves_nothing(
    short_bench, small_page, mine: str, theirs: str
) -> None:
    """The router gives the address away: what answers now, or does not, is of another language."""
    bench, other = short_bench(mine), short_bench(theirs)
    printer = bench.printer()
    assert bench.outcome(printer, small_page(1), 1) in ("printed", "consumed")
    bench.device = other.device
    assert printer.status().state is PaperState.UNKNOWN
    assert bench.outcome(printer, small_page(2), 2) == "none", "no word vouches for this page"
    assert bench.opened >= 2, "it was looked for over a fresh connection"


def reported(*numbers: int) -> bytes:
    """Answers to GS ( H, as Epson's manual frames them: 37 22, four digits, 00."""
    return b"".join(b"7\"%04d\0" % number for number in numbers)


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("answers", "is_proven"),
    [((7,), True), ((7, 7, 7), True), ((9, 3, 7), True), ((6,), False), ((6, 8), False),
     ((70, 700, 7777), False), ((), False)])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_process_ids_that_come_twice_or_in_any_order_vouch_for_their_own_page_alone(
    answers: tuple[int, ...], is_proven: bool, size: int
) -> None:
    replies = EscPosReplies()
    stream, found = reported(*answers), False
    for start in range(0, len(stream), size):
        found |= bool(replies.take_process_id(stream[start : start + size], process_id(7)))
    assert found is is_proven
