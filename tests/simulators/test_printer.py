"""The printer as a device: bytes in, paper and honest answers out."""

from __future__ import annotations

import pytest

from simulators.mechanism import Paper
from simulators.printer import Printer
from simulators.printer_faults import SENTENCES, PrinterFault


def echo(number: int) -> bytes:
    """GS ( H fn 48: say this number when the page is out (Epson reference)."""
    return b"\x1d(H\x06\x0000" + f"{number:04d}".encode()


@pytest.fixture
def printer() -> Printer:
    """An ESC/POS printer: a 1200-row label takes one second."""
    return Printer("escpos", speed_mm=150)


@pytest.fixture
def tsc() -> Printer:
    return Printer("tspl", speed_mm=150)


def ask(printer: Printer, now: float, number: int) -> int:
    return printer.hear(b"\x10\x04" + bytes([number]), now)[0]


# --- ESC/POS -------------------------------------------------------------------------------------


def test_a_label_comes_out_whole(printer, raster):
    printer.hear(b"\x1b@" + raster(100, 1200, 0x5A) + b"\x0c", 0.0)
    printer.speak(1.5)
    page = printer.pages[0]
    assert (page.width, page.height, page.whole) == (800, 1200, True)
    assert page.rows == b"\x5a" * 120_000


def test_the_process_id_is_answered_when_printing_is_completed(printer, raster):
    assert printer.hear(raster(100, 1200) + b"\x0c" + echo(7), 0.0) == b""
    assert printer.speak(0.9) == b""
    assert printer.speak(1.1) == b"\x37\x220007\x00"
    assert printer.speak(2.0) == b""


def test_process_ids_come_in_the_order_of_the_pages(printer, raster):
    for number in (1, 2):
        printer.hear(raster(100, 1200) + b"\x0c" + echo(number), 0.0)
    assert printer.speak(1.5) == b"\x37\x220001\x00"
    assert printer.speak(3.0) == b"\x37\x220002\x00"


def test_no_process_id_for_a_page_that_never_came_out(printer, raster):
    printer.mechanism.leave_paper(300, 0.0)
    printer.hear(raster(100, 1200) + b"\x0c" + echo(7), 0.0)
    assert printer.speak(60.0) == b""
    printer.power_cycle(61.0)
    printer.mechanism.reload(62.0)
    assert printer.speak(90.0) == b""


@pytest.mark.parametrize(
    ("trouble", "answers"),
    [
        ("none", (0x12, 0x12, 0x12, 0x12)),
        ("cover", (0x1A, 0x16, 0x52, 0x12)),
        ("paper", (0x1A, 0x32, 0x12, 0x7E)),
        ("hot", (0x1A, 0x52, 0x52, 0x12)),
        ("jam", (0x1A, 0x52, 0x1A, 0x12)),
        ("low", (0x12, 0x12, 0x12, 0x1E)),
    ],
)
def test_dle_eot_tells_each_trouble_apart(printer, trouble, answers):
    machine = printer.mechanism
    if trouble == "cover":
        machine.open_cover(0.0, is_open=True)
    elif trouble in ("paper", "low"):
        machine.leave_paper(0 if trouble == "paper" else 1000, 0.0)
    elif trouble != "none":
        printer.set_fault(trouble, on=True, now=0.0)
    assert tuple(ask(printer, 0.0, number) for number in (1, 2, 3, 4)) == answers


def test_every_status_byte_has_epsons_fixed_bits(printer):
    for trouble in (False, True):
        printer.mechanism.open_cover(0.0, is_open=trouble)
        for number in (1, 2, 3, 4):
            assert ask(printer, 0.0, number) & 0b10010011 == 0b00010010


def test_status_is_answered_at_once_while_it_prints_or_is_stuck(printer, raster):
    printer.mechanism.open_cover(0.0, is_open=True)
    printer.hear(raster(100, 1200), 0.0)
    assert ask(printer, 0.1, 2) == 0x16


def test_gs_r_waits_for_its_turn(printer, raster):
    printer.hear(raster(100, 1200) + b"\x1dr\x01", 0.0)
    assert printer.speak(0.5) == b""
    assert printer.speak(1.5) == b"\x00"


def test_automatic_status_tells_every_change_once(printer):
    printer.hear(b"\x1da\x0e", 0.0)
    assert printer.speak(0.1) == b"\x10\x00\x00\x00"
    assert printer.speak(0.2) == b""
    printer.mechanism.open_cover(0.3, is_open=True)
    assert printer.speak(0.3) == b"\x38\x00\x00\x00"
    printer.mechanism.open_cover(0.4, is_open=False)
    printer.mechanism.leave_paper(0, 0.4)
    assert printer.speak(0.4) == b"\x18\x00\x0f\x00"
    printer.hear(b"\x1da\x00", 0.5)
    printer.mechanism.reload(0.6)
    assert printer.speak(0.6) == b""


def test_the_printer_says_what_it_is(printer):
    printer.hear(b"\x1dI\x43", 0.0)
    assert printer.speak(0.1) == b"_SIM-LABEL\x00"
    printer.hear(b"\x1dI\x01", 0.2)
    assert printer.speak(0.3) == b"\x02"


def test_a_host_that_vanishes_leaves_half_a_label(printer, raster):
    printer.hear(raster(100, 1200)[: 8 + 40_050], 0.0)
    printer.hung_up(0.1)
    printer.speak(5.0)
    assert [(page.height, page.torn) for page in printer.pages] == [(400, "host_gone")]
    printer.hear(b"\x1b@" + raster(100, 1200) + b"\x0c", 6.0)
    printer.speak(10.0)
    assert printer.pages[1].whole, "the next host's bytes are no longer taken for the image"


def test_a_host_that_hangs_up_after_its_last_byte_leaves_a_whole_label(printer, raster):
    printer.hear(raster(100, 1200) + b"\x0c", 0.0)
    printer.hung_up(0.0)
    printer.speak(5.0)
    assert [page.torn for page in printer.pages] == [""]


def test_a_full_buffer_stops_reading_while_nothing_moves(printer, raster):
    assert printer.hungry(0.0)
    printer.mechanism.open_cover(0.0, is_open=True)
    for _ in range(3):
        printer.hear(raster(100, 1200) + b"\x0c", 0.0)
    assert not printer.hungry(0.0)
    printer.mechanism.open_cover(1.0, is_open=False)
    assert printer.hungry(1.0)


def test_a_rolls_page_ends_where_it_is_cut(raster):
    printer = Printer(paper=Paper(width=576, kind="roll"))
    printer.hear("收据\n".encode("gb18030") + raster(72, 100) + b"\x1dVB\x20", 0.0)
    printer.speak(5.0)
    page = printer.pages[0]
    assert (page.width, page.height, page.notes) == (576, 30 + 100 + 32, ("收据",))
    assert printer.state(5.0)["cuts"] == 1


# --- TSPL ----------------------------------------------------------------------------------------


def test_a_tspl_label_comes_out(tsc, tspl_label):
    tsc.hear(tspl_label(0x00), 0.0)
    tsc.speak(2.0)
    page = tsc.pages[0]
    assert (page.width, page.height, page.whole) == (800, 1200, True)
    assert page.rows == b"\xff" * 120_000


def test_the_state_byte_follows_the_printing(tsc, tspl_label):
    assert tsc.hear(b"\x1b!?", 0.0) == b"\x00"
    tsc.hear(tspl_label(), 0.0)
    assert tsc.hear(b"\x1b!?", 0.5) == b"\x20"
    assert tsc.hear(b"\x1b!?", 1.5) == b"\x00"


@pytest.mark.parametrize(
    ("trouble", "byte", "long_state", "word"),
    [
        ("none", 0x00, b"\x02@@@@\x03\r\n", b"0,PAPER\r\n"),
        ("cover", 0x01, b"\x02E@@@\x03\r\n", b"0,LIBOPEN\r\n"),
        ("jam", 0x02, b"\x02E@@B\x03\r\n", b"0,PAPERERR\r\n"),
        ("paper", 0x04, b"\x02E@@A\x03\r\n", b"0,NOPAPER\r\n"),
        ("hot", 0x80, b"\x02E@A@\x03\r\n", b"0,PAPER\r\n"),
    ],
)
def test_tspl_tells_each_trouble_apart(tsc, trouble, byte, long_state, word):
    if trouble == "cover":
        tsc.mechanism.open_cover(0.0, is_open=True)
    elif trouble == "paper":
        tsc.mechanism.leave_paper(0, 0.0)
    elif trouble != "none":
        tsc.set_fault(trouble, on=True, now=0.0)
    assert tsc.hear(b"\x1b!?", 0.0)[0] == byte
    assert tsc.hear(b"\x1b!S", 0.0) == long_state
    assert tsc.hear(b"READSTA \r\n", 0.0) == word


def test_troubles_add_up_in_the_state_byte(tsc):
    tsc.mechanism.leave_paper(0, 0.0)
    tsc.mechanism.open_cover(0.0, is_open=True)
    assert tsc.hear(b"\x1b!?", 0.0) == b"\x05"


def test_a_tilde_question_is_a_barrier_behind_the_label(tsc, tspl_label):
    tsc.hear(tspl_label() + b"~!T\r\n" + b'OUT "job 9"\r\n', 0.0)
    assert tsc.speak(0.5) == b""
    assert tsc.speak(1.5) == b"SIM-TSPL\r\njob 9\r\n"


def test_the_mileage_is_whole_metres(tsc, tspl_label):
    tsc.hear(tspl_label(copies=7) + b"~!@\r\n", 0.0)
    assert tsc.speak(60.0) == b"1\r\n", "seven labels of 152 mm are 1.06 m"


def test_memory_and_code_page_are_told(tsc):
    tsc.hear(b"~!A\r\n~!I\r\n", 0.0)
    assert tsc.speak(0.1) == b"DRAM:4096KB FLASH:2048KB\r\n936\r\n"


def test_pause_resume_and_cancel(tsc, tspl_label):
    tsc.hear(tspl_label(copies=2), 0.0)
    tsc.hear(b"\x1b!P", 0.1)
    assert tsc.hear(b"\x1b!?", 5.0) == b"\x10"
    assert tsc.hear(b"\x1b!S", 5.0)[1:2] == b"`"
    tsc.hear(b"\x1b!O", 5.0)
    tsc.hear(b"\x1b!.", 5.5)
    tsc.speak(20.0)
    assert [page.torn for page in tsc.pages] == ["cancelled"]


def test_reset_forgets_the_canvas_and_the_queue(tsc, tspl_label):
    tsc.hear(tspl_label(copies=2), 0.0)
    tsc.hear(b"\x1b!R", 0.0)
    tsc.hear(b"PRINT 1\r\n", 1.0)
    tsc.speak(5.0)
    assert tsc.pages[-1].blank


@pytest.mark.parametrize(("setting", "pages"), [("ON", 2), ("OFF", 1)])
def test_set_reprint_decides_whether_a_torn_label_comes_again(tsc, tspl_label, setting, pages):
    tsc.hear(f"SET REPRINT {setting}\r\n".encode(), 0.0)
    tsc.mechanism.leave_paper(500, 0.0)
    tsc.hear(tspl_label(), 0.0)
    tsc.speak(10.0)
    assert tsc.pages[0].torn == "paper_out"
    tsc.mechanism.reload(20.0)
    tsc.speak(30.0)
    assert len(tsc.pages) == pages
    assert tsc.pages[-1].whole is (setting == "ON")


def test_a_half_sent_bitmap_leaves_no_paper_and_the_next_label_is_whole(tsc, tspl_label):
    tsc.hear(tspl_label()[:70_000], 0.0)
    tsc.hung_up(0.1)
    tsc.hear(tspl_label(), 1.0)
    tsc.speak(5.0)
    assert [page.torn for page in tsc.pages] == [""]


# --- the fault menu ------------------------------------------------------------------------------


def test_every_fault_has_a_sentence_in_chinese_and_english():
    assert set(SENTENCES) == set(PrinterFault)
    assert all(" · " in fault.sentence for fault in PrinterFault)
    assert len(PrinterFault) >= 8


def test_an_unknown_fault_or_language_is_refused(printer):
    with pytest.raises(ValueError, match="no printer fault 'fire'; known are silent"):
        printer.set_fault("fire", on=True, now=0.0)
    with pytest.raises(ValueError, match="known are escpos, tspl, zpl, cpcl, epl"):
        Printer("dpl")  # type: ignore[arg-type]


def test_a_silent_printer_prints_and_answers_nothing(printer, raster):
    printer.set_fault("silent", on=True, now=0.0)
    assert printer.hear(b"\x10\x04\x01" + raster(100, 1200) + b"\x0c" + echo(1), 0.0) == b""
    assert printer.speak(5.0) == b""
    assert len(printer.pages) == 1


def test_a_stalled_printer_reads_nothing(printer):
    printer.set_fault("stall", on=True, now=0.0)
    assert not printer.hungry(0.0)


def test_garbage_status_is_no_status_at_all(printer):
    printer.set_fault("garbage_status", on=True, now=0.0)
    for _ in range(20):
        assert ask(printer, 0.0, 1) & 0x80, "no real status byte has its highest bit set"


def test_a_lying_printer_says_ready_without_paper(printer):
    printer.set_fault("lying_ready", on=True, now=0.0)
    printer.mechanism.leave_paper(0, 0.0)
    assert [ask(printer, 0.0, n) for n in (1, 2, 3, 4)] == [0x12] * 4


def test_a_lost_echo_leaves_a_whole_label_without_proof(printer, raster):
    printer.set_fault("echo_lost", on=True, now=0.0)
    printer.hear(raster(100, 1200) + b"\x0c" + echo(1), 0.0)
    assert printer.speak(5.0) == b""
    assert printer.pages[0].whole


@pytest.mark.parametrize("fault", list(PrinterFault))
def test_every_fault_can_be_switched_off_again(printer, raster, fault):
    printer.set_fault(fault, on=True, now=0.0)
    printer.set_fault(fault, on=False, now=0.0)
    printer.hear(raster(100, 1200, 0x42) + b"\x0c" + echo(3), 0.0)
    assert printer.speak(5.0) == b"\x37\x220003\x00"
    assert [page.rows for page in printer.pages] == [b"\x42" * 120_000]


def test_a_printer_that_keeps_waiting_eats_the_next_job_as_dots(printer, raster):
    printer.set_fault("keeps_waiting", on=True, now=0.0)
    printer.hear(raster(100, 1200)[:40_008], 0.0)
    printer.hung_up(0.1)
    printer.hear(raster(100, 1200) + b"\x0c", 1.0)
    printer.speak(40.0)  # its rest is six hundred lines of text
    page = printer.pages[0]
    assert page.rows[40_000:40_008] == raster(100, 1200)[:8], "a command came out as dots"
    assert page.height > 1200, "and its own rest was printed as text"


def test_power_off_in_mid_label_tears_it(printer, raster):
    printer.hear(b"\x1da\x0e" + raster(100, 1200) + b"\x0c", 0.0)
    printer.power_cycle(0.5)
    printer.mechanism.open_cover(1.0, is_open=True)
    assert printer.speak(5.0) == b"", "automatic status is off after a restart"
    assert [(page.height, page.torn) for page in printer.pages] == [(600, "power")]


def test_the_state_counts_paper(printer, raster):
    printer.hear(raster(100, 1200) + b"\x0c" + b"\x0c", 0.0)
    printer.speak(3.0)
    printer.mechanism.tear_at = 100
    printer.hear(raster(100, 1200) + b"\x0c", 3.0)
    state = printer.state(9.0)
    wanted = {"pages": 3, "whole": 2, "torn": 1, "blank": 1, "waiting": False, "language": "escpos"}
    assert {name: state[name] for name in wanted} == wanted
    assert state["mm_fed"] == 152 + 152 + 12


def test_a_printer_on_a_wire_vanishes_in_mid_label(rig, printer, raster):
    bench = rig(printer)
    bench.line.faults.cut_in = 8 + 30_000
    bench.call().sendall(raster(100, 1200) + b"\x0c")
    for _ in range(50):
        bench.line.step(0.05)
        if bench.line.faults.gone:
            break
    bench.line.step()
    bench.after(5.0)
    assert [(page.height, page.torn) for page in printer.pages] == [(300, "host_gone")]


def test_a_printer_on_a_wire_answers_over_split_packets(rig, printer, raster):
    bench = rig(printer)
    bench.line.faults.split = 1
    bench.call()
    bench.send(b"\x10\x04\x01")
    assert bench.read(1) == b"\x12"
    bench.send(raster(100, 1200) + b"\x0c" + echo(5))
    bench.after(2.0)
    assert bench.read(7) == b"\x37\x220005\x00"
