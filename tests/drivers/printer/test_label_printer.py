"""Pages that come out, and how the printer itself vouches for them."""

from __future__ import annotations

import pytest

from drivers.interfaces import (
    Bitmap,
    DeviceError,
    MaybeSent,
    NotSent,
    PaperState,
    Printer,
    Proof,
    SlipLine,
)
from drivers.printer import build_printer
from simulators.printer_faults import PrinterFault


def test_a_label_printer_is_what_the_station_calls_a_printer(small_bench):
    printer: Printer = small_bench.printer()
    assert printer.name == "front"


def test_nothing_is_opened_before_the_first_use(small_bench):
    small_bench.printer()
    assert small_bench.opened == 0


def test_a_page_comes_out_and_is_proven_as_well_as_the_language_can(small_bench, page, proven):
    printer = small_bench.printer()
    assert printer.print_page(page, job_id=7) is proven
    (paper,) = small_bench.device.pages
    assert paper.whole
    assert paper.rows == page.rows
    printer.close()
    assert small_bench.open_wires == 0


@pytest.mark.pain("2")
def test_ten_pages_use_one_connection_and_come_out_in_order(small_bench, small_page, proven):
    printer = small_bench.printer()
    pages = [small_page(seed) for seed in range(10)]
    proofs = {printer.print_page(page, job_id=job) for job, page in enumerate(pages, 1)}
    assert proofs == {proven}
    assert [paper.rows for paper in small_bench.device.pages] == [page.rows for page in pages]
    assert small_bench.opened == 1
    assert not small_bench.device.mechanism.complaints


def test_a_whole_waybill_in_either_size_comes_out_dot_for_dot(
    make_bench, language, make_page, proven
):
    for width, height in ((800, 1200), (608, 1040)):
        bench = make_bench(language, width=width, label_rows=height)
        page = make_page(width, height)
        page = Bitmap(width, height, page.rows.replace(b"\x10", b"\x30"))
        assert bench.printer().print_page(page, job_id=1) is proven
        (paper,) = bench.device.pages
        assert (paper.width, paper.height, paper.rows) == (width, height, page.rows)


@pytest.mark.parametrize("chunk_bytes", [64, 1000, 4096, 1 << 20])
def test_the_piece_size_changes_nothing_on_paper(small_bench, page, chunk_bytes, proven):
    printer = small_bench.printer(chunk_bytes=chunk_bytes)
    assert printer.print_page(page, job_id=1) is proven
    assert max(map(len, small_bench.writes)) <= chunk_bytes
    assert small_bench.device.pages[0].rows == page.rows


def test_a_pause_is_made_after_each_block(short_bench, small_page):
    bench = short_bench("escpos")
    waited = []
    real = bench.time.pass_by
    printer = bench.printer(chunk_rows=16, pause_ms=50)
    printer._pause = lambda seconds: (waited.append(seconds), real(seconds))
    printer.print_page(small_page(), job_id=1)
    assert waited == [0.05] * (1 + 64 // 16 + 1)


def test_the_barrier_proves_that_the_bytes_were_read(short_bench, small_page):
    bench = short_bench("escpos")
    assert bench.outcome(bench.printer(proof="barrier"), small_page()) == "consumed"


def test_a_barrier_behind_an_open_cover_means_maybe_sent(short_bench, small_page):
    bench = short_bench("escpos")
    bench.device.mechanism.rows_per_second = 100.0
    bench.on_read = lambda bench: bench.device.mechanism.busy and bench.open_cover()
    assert bench.outcome(bench.printer(proof="barrier"), small_page()) == "maybe_sent"


def test_a_barrier_that_is_never_answered_proves_nothing(short_bench, small_page):
    bench = short_bench("escpos")
    bench.device._answer_in_turn = lambda _ask: None
    bench.device.mechanism.on_ask = lambda _ask: None
    printer = bench.printer(proof="barrier", proof_seconds=2.0)
    assert bench.outcome(printer, small_page()) == "none"


def test_no_proof_is_awaited_where_none_is_wanted(small_bench, page):
    start = small_bench.time.now
    assert small_bench.outcome(small_bench.printer(proof="none"), page) == "none"
    assert small_bench.time.now - start < 0.5


def test_a_printer_that_is_not_to_be_asked_is_asked_nothing(small_bench, page):
    printer = small_bench.printer(status="none")
    assert printer.status().state is PaperState.UNKNOWN
    assert small_bench.heard == b""
    assert small_bench.outcome(printer, page) == "none"
    assert small_bench.said == b""


@pytest.mark.parametrize("status", ["byte", "frame"])
def test_tspl_sees_the_page_print_in_both_status_dialects(short_bench, small_page, status):
    bench = short_bench("tspl")
    assert bench.outcome(bench.printer(status=status), small_page()) == "printed"


def test_the_kuaimai_words_with_the_mileage_prove_that_the_page_was_read(short_bench, small_page):
    bench = short_bench("tspl")
    printer = bench.printer(status="readsta", dialect="kuaimai")
    assert bench.outcome(printer, small_page()) == "consumed"
    bench.open_cover()
    assert printer.status().state is PaperState.COVER_OPEN


def test_a_printer_never_seen_printing_is_asked_for_its_mileage(short_bench, small_page):
    bench = short_bench("tspl")
    bench.fault("lying_ready")
    assert bench.outcome(bench.printer(), small_page()) == "consumed"
    assert bench.heard.endswith(b"~!@\r\n")


def test_without_a_mileage_nothing_is_proven(short_bench, small_page):
    bench = short_bench("tspl")
    bench.fault("lying_ready")
    bench.device.mechanism.on_ask = lambda _ask: None
    assert bench.outcome(bench.printer(), small_page()) == "none"


def test_printing_that_began_before_the_page_is_no_proof_of_it(short_bench, small_page):
    bench = short_bench("tspl")
    bench.device.mechanism.rows_per_second = 40.0
    first = bench.printer(proof="none")
    assert bench.outcome(first, small_page(1)) == "none"
    first.close()
    printer = bench.printer()
    assert printer.status().state is PaperState.PRINTING
    assert bench.outcome(printer, small_page(2), 2) == "consumed"


def test_a_plain_slip_prints_its_text(make_bench):
    bench = make_bench("escpos", width=384, label_rows=400)
    lines = [SlipLine("申通交接单", large=True), SlipLine("12 件")]
    assert bench.printer().print_slip(lines, job_id=1) is Proof.PRINTED
    assert [page.notes for page in bench.device.pages] == [("申通交接单", "12 件")]
    assert not bench.device.mechanism.complaints


@pytest.mark.parametrize("language", ["tspl", "zpl", "cpcl", "epl"])
def test_a_page_printer_refuses_plain_text_before_opening(make_bench, language):
    bench = make_bench(language)
    with pytest.raises(NotSent, match="no plain text"):
        bench.printer().print_slip([SlipLine("x")], job_id=1)
    assert bench.opened == 0


def test_every_fault_of_the_simulator_ends_in_an_honest_outcome(short_bench, language, small_page):
    for name in PrinterFault:
        bench = short_bench(language)
        if name is PrinterFault.STALL:
            continue  # the wire's fault, shown above
        bench.fault(name)
        outcome = bench.outcome(bench.printer(proof_seconds=3.0), small_page())
        assert outcome in ("not_sent", "maybe_sent", "printed", "consumed", "none"), name
        if outcome == "not_sent":
            assert bench.page_bytes() == b"", name


def test_errors_name_the_device_and_the_port(small_bench, page):
    small_bench.no_paper()
    with pytest.raises(DeviceError, match=r"front \(memory://\): paper_out"):
        small_bench.printer().print_page(page, job_id=1)


# --- Answers at awkward moments -----------------------------------------------------------------

READY = {bytes([0x10, 4, number]): [b"\x12"] for number in (1, 2, 3, 4)}


def on_script(scripted, time, script, **settings):
    wire = scripted(time, script)
    printer = build_printer("front", "memory://", "escpos", settings, clock=time)
    printer._open_wire = lambda: wire
    return printer, wire


def asked_id(number):
    return b"\x1d(H\x06\x0000%04d" % number


def reported_id(number):
    return b"\x37\x22%04d\x00" % number


def test_a_late_answer_for_one_page_does_not_vouch_for_the_next(scripted, virtual_time, page):
    """Two pages of one job: the first one's answer comes while the second is awaited."""
    script = {**READY, asked_id(7): [], asked_id(8): [reported_id(7)]}
    printer, wire = on_script(scripted, virtual_time, script, proof_seconds=3.0)
    assert printer.print_page(page, job_id=7) is Proof.NONE
    assert printer.print_page(page, job_id=7) is Proof.NONE
    assert asked_id(8) in wire.asked


def test_a_process_id_between_two_status_answers_is_not_lost(scripted, virtual_time, page):
    script = dict(READY)
    printer, wire = on_script(scripted, virtual_time, script, proof_seconds=5.0)

    def during_the_look(data, write=wire.write):
        if data == b"\x10\x04\x03" and asked_id(7) in wire.asked:
            wire.waiting.append(reported_id(7))
        write(data)

    wire.write = during_the_look
    assert printer.print_page(page, job_id=7) is Proof.PRINTED


@pytest.mark.parametrize("proof", ["process_id", "barrier"])
def test_where_no_time_is_left_for_a_proof_nothing_is_waited_for(
    scripted, virtual_time, page, proof
):
    printer, wire = on_script(scripted, virtual_time, dict(READY), proof=proof, proof_seconds=0)
    assert printer.print_page(page, job_id=7) is Proof.NONE
    assert wire.asked[-1] in (asked_id(7), b"\x1dr\x01")


@pytest.mark.parametrize("proof", ["process_id", "barrier"])
def test_a_proof_is_awaited_no_longer_than_it_may_take(scripted, virtual_time, page, proof):
    printer, wire = on_script(scripted, virtual_time, dict(READY), proof=proof, proof_seconds=0.5)
    printer.status()
    start = virtual_time.now
    assert printer.print_page(page, job_id=7) is Proof.NONE
    assert 0.5 <= virtual_time.now - start < 0.9
    assert wire.asked[-5:-4] in ([asked_id(7)], [b"\x1dr\x01"]), "and one look at the paper"


@pytest.mark.parametrize("proof", ["process_id", "barrier"])
def test_the_paper_is_looked_at_every_second_meanwhile(scripted, virtual_time, page, proof):
    printer, wire = on_script(scripted, virtual_time, dict(READY), proof=proof, proof_seconds=8)
    assert printer.print_page(page, job_id=7) is Proof.NONE
    assert wire.asked.count(b"\x10\x04\x04") in (8, 9)


def test_a_barrier_between_two_status_answers_is_not_lost(scripted, virtual_time, page):
    printer, wire = on_script(scripted, virtual_time, dict(READY), proof="barrier")

    def during_the_look(data, write=wire.write):
        if data == b"\x10\x04\x02" and b"\x1dr\x01" in wire.asked:
            wire.waiting.append(b"\x00")
        write(data)

    wire.write = during_the_look
    assert printer.print_page(page, job_id=7) is Proof.CONSUMED


def test_paper_that_runs_out_silently_at_the_last_moment_is_in_doubt(scripted, virtual_time, page):
    """The printer goes offline without saying why, and never reports the page."""
    printer, wire = on_script(scripted, virtual_time, dict(READY), proof_seconds=3.0)

    def goes_offline(data, write=wire.write):
        if data == asked_id(1):
            wire.answers = {b"\x10\x04\x01": [b"\x1a"]}
        write(data)

    wire.write = goes_offline
    with pytest.raises(MaybeSent, match="offline"):
        printer.print_page(page, job_id=1)
