"""A CUPS queue: the page reaches ``lp`` whole and raw, and a refusal is certainly not sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from drivers.interfaces import MaybeSent, NotSent, PaperState, PortRefused, Proof
from drivers.printer import build_printer, is_serial
from drivers.printer.lp_spool import open_queue
from drivers.printer.settings import Delivery

LP = """#!/bin/sh
printf '%s\\n' "$@" > {home}/words
cat > {home}/page
{then}
"""


@pytest.fixture
def cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a program lp first on the path; ``then`` is what it does after reading its page."""

    def install(then: str = "exit 0") -> Path:
        program = tmp_path / "bin" / "lp"
        program.parent.mkdir(exist_ok=True)
        program.write_text(LP.format(home=tmp_path, then=then))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        return tmp_path

    return install


def test_a_page_reaches_the_queue_whole_and_raw(cups, page):
    home = cups()
    printer = build_printer("front", "lp://labels", "tspl", {})
    assert printer.status().state is PaperState.UNKNOWN
    assert printer.print_page(page, job_id=1) is Proof.NONE
    assert (home / "words").read_text().split() == ["-d", "labels", "-o", "raw", "-t", "packbench"]
    handed = (home / "page").read_bytes()
    assert handed.startswith(b"SIZE ")
    assert handed.endswith(b"PRINT 1,1\r\n")
    assert b"\x1b!?" not in handed
    assert printer.print_page(page, job_id=2) is Proof.NONE  # the next page is a job of its own
    assert (home / "page").read_bytes() == handed


def test_what_lp_refuses_was_not_sent(cups, page):
    cups('echo "lp: The printer or class does not exist." >&2; exit 1')
    printer = build_printer("front", "lp://nowhere", "zpl", {})
    with pytest.raises(NotSent, match="does not exist"):
        printer.print_page(page, job_id=1)


def test_of_what_lp_says_two_hundred_letters_are_told(cups, page):
    cups("printf '%0300d' 7 >&2; exit 1")
    printer = build_printer("front", "lp://labels", "zpl", {})
    with pytest.raises(NotSent, match=r"refuses: 0{200}$"):
        printer.print_page(page, job_id=1)


def test_an_lp_that_hangs_is_given_up_and_the_page_in_doubt(cups, page):
    cups("exec sleep 30")
    printer = build_printer("front", "lp://labels", "tspl", {"write_seconds": 0.2})
    with pytest.raises(MaybeSent, match=r"lp did not end in 0\.2 s"):
        printer.print_page(page, job_id=1)
    home = cups()
    assert printer.print_page(page, job_id=2) is Proof.NONE
    assert (home / "page").read_bytes().startswith(b"\r\nCLS\r\nSIZE "), "and no dot to fill"


@pytest.mark.fault("F21")
@pytest.mark.parametrize("queue", [
    "", "-oops", "a b", "a;rm -rf /", "$(reboot)", "a/b", "..", "a" * 200, "标签", "a%0Ab", "-d",
])
def test_a_queues_name_is_a_name_and_no_word_for_lp(cups, queue):
    cups()
    with pytest.raises(PortRefused):
        open_queue(f"lp://{queue}", device="front", delivery=Delivery())


def test_without_lp_the_way_out_is_said(monkeypatch, page):
    monkeypatch.setenv("PATH", "/nowhere")
    printer = build_printer("front", "lp://labels", "tspl", {})
    with pytest.raises(NotSent, match=r"cups-client.*escpos\+win32"):
        printer.print_page(page, job_id=1)


def test_a_queue_is_no_serial_line():
    assert not is_serial("lp://labels")


def lpstat(home: Path, then: str) -> None:
    program = home / "bin" / "lpstat"
    program.write_text(f"#!/bin/sh\necho \"$@\" > {home}/asked\n{then}\n")
    program.chmod(0o755)


@pytest.mark.pain("6")
def test_a_paused_queue_gets_no_page_that_would_come_out_some_other_day(cups, page):
    home = cups()
    lpstat(home, "echo 'printer labels disabled since Sat 28 Nov 2026 -'; echo '  Paused'")
    printer = build_printer("front", "lp://labels", "tspl", {})
    with pytest.raises(NotSent, match="cupsenable labels"):
        printer.print_page(page, job_id=1)
    assert not (home / "page").exists()
    lpstat(home, "echo 'printer labels is idle.  enabled since Sat 28 Nov 2026'")
    assert printer.print_page(page, job_id=1) is Proof.NONE
    assert (home / "asked").read_text().split() == ["-p", "labels"]
    assert (home / "page").read_bytes().startswith(b"SIZE ")


def test_another_queue_that_is_paused_is_no_matter(cups, page):
    lpstat(cups(), "echo 'printer labels2 disabled since Sat 28 Nov 2026 -'")
    printer = build_printer("front", "lp://labels", "tspl", {})
    assert printer.print_page(page, job_id=1) is Proof.NONE


def test_a_queue_that_was_deleted_is_told_by_lp(cups, page):
    home = cups('echo "lp: Error - unknown destination labels" >&2; exit 1')
    lpstat(home, "echo 'lpstat: Invalid destination name' >&2; exit 1")
    with pytest.raises(NotSent, match="unknown destination"):
        build_printer("front", "lp://labels", "tspl", {}).print_page(page, job_id=1)


def test_an_lpstat_that_hangs_has_sent_nothing(cups, page):
    home = cups()
    lpstat(home, "exec sleep 30")
    printer = build_printer("front", "lp://labels", "tspl", {"write_seconds": 0.2})
    with pytest.raises(NotSent, match="lpstat did not end"):
        printer.print_page(page, job_id=1)
    assert not (home / "page").exists()


def test_a_page_that_was_given_up_is_not_in_the_next_one(cups, page):
    home = cups()
    wire = open_queue("lp://labels", device="front", delivery=Delivery())
    wire.write(b"first")
    wire.close()
    wire.write(b"second")
    wire.finish()
    assert (home / "page").read_bytes() == b"second"
    assert wire.read_some() == b""
