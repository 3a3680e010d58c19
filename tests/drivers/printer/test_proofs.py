"""Watching a printer print: what its answers prove, in whatever order they come."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import PaperState, PrinterStatus, Proof
from drivers.printer.pages import TORN, Interrupted
from drivers.printer.proofs import IDLE_SECONDS, KEPT, ReplyReader, Watch, alike, asked
from drivers.printer.wire import Conversation

READY, PRINTING, SILENT = PaperState.READY, PaperState.PRINTING, PaperState.UNKNOWN
STATES = st.lists(st.sampled_from(PaperState), max_size=30)


class Teller:
    """Says one state after another, each after a tenth of a second; the last one for ever."""

    def __init__(self, *states):
        self.now, self._states, self.said = 50.0, list(states), []

    def ask(self):
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        self.said.append(state)
        return PrinterStatus(state)

    def pass_by(self, seconds):
        self.now += seconds

    def watch(self, *, before=READY, seconds=5.0, mute=False):
        watch = Watch(self.ask, self.pass_by, mute_at_work=mute)
        talk = Conversation(None, clock=lambda: self.now, answer_seconds=1.0)
        end = self.now + seconds
        return watch.proof(talk, PrinterStatus(before), end, lambda: Proof.CONSUMED)


def test_at_work_and_ready_again_is_printed():
    teller = Teller(READY, PRINTING, PRINTING, READY)
    assert teller.watch() is Proof.PRINTED
    assert len(teller.said) == 4, "asked no longer than needed"


def test_low_paper_after_the_page_is_printed_all_the_same():
    assert Teller(PRINTING, PaperState.PAPER_LOW).watch() is Proof.PRINTED


def test_always_ready_is_what_the_language_makes_of_it():
    teller = Teller(READY)
    assert teller.watch() is Proof.CONSUMED
    assert teller.now - 50.0 == pytest.approx(IDLE_SECONDS, abs=0.15)


def test_work_that_began_before_the_page_is_no_proof_of_it():
    assert Teller(PRINTING, READY).watch(before=PRINTING) is Proof.CONSUMED


def test_being_ready_for_a_moment_between_two_works_is_not_idle():
    states = ([READY] * 10 + [PRINTING]) * 3
    assert Teller(*states, PRINTING).watch(before=PRINTING) is Proof.NONE


@pytest.mark.parametrize("state", sorted(TORN))
def test_trouble_ends_the_wait_at_once(state):
    teller = Teller(PRINTING, state)
    with pytest.raises(Interrupted) as said:
        teller.watch()
    assert said.value.state is state
    assert teller.now - 50.0 < 0.5


def test_a_pause_is_waited_for_and_then_in_doubt():
    with pytest.raises(Interrupted) as said:
        Teller(PaperState.PAUSED).watch(seconds=2.0)
    assert said.value.state is PaperState.PAUSED
    assert Teller(PaperState.PAUSED, PRINTING, READY).watch() is Proof.PRINTED


def test_silence_means_work_only_where_the_language_says_so():
    assert Teller(SILENT, READY).watch(mute=True) is Proof.PRINTED
    assert Teller(SILENT, READY).watch() is Proof.CONSUMED
    assert Teller(SILENT).watch(mute=True) is Proof.NONE


def test_silence_is_no_work_where_nothing_is_said_about_it():
    teller = Teller(SILENT, READY)
    watch = Watch(teller.ask, teller.pass_by)
    talk = Conversation(None, clock=lambda: teller.now, answer_seconds=1.0)
    ready, end = PrinterStatus(READY), teller.now + 5
    assert watch.proof(talk, ready, end, lambda: Proof.CONSUMED) is Proof.CONSUMED


def test_nonsense_is_no_silence():
    teller = Teller(READY)
    answers = iter([PrinterStatus(SILENT, b"?!")])
    teller.ask = lambda: next(answers, PrinterStatus(READY))
    assert teller.watch(mute=True) is Proof.CONSUMED


@given(STATES, st.sampled_from(PaperState), st.booleans())
def test_no_order_of_answers_proves_more_than_was_seen(states, before, mute):
    teller = Teller(*states, READY)
    proof = None
    with contextlib.suppress(Interrupted):
        proof = teller.watch(before=before, mute=mute)
    assert (proof is None) == (not PrinterStatus(teller.said[-1]).may_print)
    if proof is Proof.PRINTED:
        assert before is not PRINTING
        assert PRINTING in teller.said or (mute and SILENT in teller.said)
        assert teller.said[-1] in (READY, PaperState.PAPER_LOW)


@given(STATES, st.floats(0.0, 9.0))
def test_the_wait_is_bounded(states, seconds):
    teller = Teller(*states, PRINTING)
    with contextlib.suppress(Interrupted):
        teller.watch(seconds=seconds)
    assert teller.now - 50.0 <= seconds + 0.2


@pytest.mark.parametrize("before", [READY, PaperState.PAPER_LOW, SILENT, PRINTING])
def test_where_no_time_is_left_nothing_is_asked_and_nothing_proven(before):
    teller = Teller(READY)
    assert teller.watch(before=before, seconds=0) is Proof.NONE
    assert teller.said == []


def test_a_printer_is_asked_ten_times_a_second_and_is_idle_after_one_and_a_half():
    teller = Teller(READY)
    teller.watch()
    assert len(teller.said) in (15, 16, 17)
    assert teller.now - 50.0 == pytest.approx(1.5, abs=0.11)


def test_just_one_and_a_half_seconds_of_rest_are_enough():
    teller = Teller(READY)
    teller.pass_by = lambda _seconds: None
    ask = teller.ask

    def in_half_a_second():
        teller.now += 0.5
        return ask()

    teller.ask = in_half_a_second
    assert teller.watch() is Proof.CONSUMED
    assert len(teller.said) == 4


# --- One question -------------------------------------------------------------------------------


@pytest.mark.parametrize(("raw", "value"), [(b"\x00", 0), (b"\x41\x41", 0x41), (b"\x00\x41", None)])
def test_one_byte_answers_are_one_byte_however_often(raw, value):
    assert alike(raw) == value


def test_an_answer_that_never_becomes_whole_is_unknown_with_its_bytes(virtual_time, scripted):
    wire = scripted(virtual_time, {b"?": [b"ab", b"c"]})
    talk = Conversation(wire, clock=virtual_time, answer_seconds=0.5)
    assert asked(talk, b"?", lambda _raw: None) == PrinterStatus(SILENT, b"abc")


@pytest.mark.fault("F34")
@given(st.lists(st.binary(max_size=200), max_size=9))
def test_a_babbling_printer_costs_no_memory(pieces):
    reader = ReplyReader(lambda _raw: None)
    for piece in pieces:
        assert reader.feed(piece) is None
    assert reader.raw == b"".join(pieces)[-KEPT:]
    assert len(reader.raw) <= 256


@pytest.mark.parametrize("first", [b"", b"a"])
def test_where_there_is_no_time_to_listen_once_is_enough(virtual_time, first):
    class Wire:
        read_some = iter([first, b"more"]).__next__

    talk, heard = Conversation(Wire(), clock=virtual_time, answer_seconds=1.0), []
    assert talk.listen(heard.append, 0) is None
    assert heard == [first] * bool(first)
