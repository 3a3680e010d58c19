"""Windows' spooler, with python-escpos' own class over a module that behaves as win32print does.

As Microsoft documents it: a document that ends is printed, one that is aborted is not; WritePrinter
says how many bytes it took. None of this has run on Windows.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from drivers.interfaces import Bitmap, MaybeSent, NotSent, Proof
from drivers.printer import build_printer
from drivers.printer.escpos_transport import load_escpos

PAGE = Bitmap(16, 4, bytes.fromhex("80 01 ff 00 0f f0 55 aa"))


class SpoolerError(Exception):
    """pywintypes.error: no OSError, and three values."""


@dataclass
class Spooler:
    """The queues, what is printed, and what may go wrong."""

    queues: tuple[str, ...] = ("label queue",)
    takes: int | None = None
    fails_at: str = ""
    documents: dict[int, bytearray] = field(default_factory=dict)
    printed: list[bytes] = field(default_factory=list)
    opened: int = 0

    def step(self, name: str) -> None:
        if self.fails_at == name:
            raise SpoolerError(1722, name, "The RPC server is unavailable.")

    def enum(self, *_: Any) -> list[dict[str, str]]:
        return [{"pPrinterName": name} for name in self.queues]

    def open(self, name: str) -> int:
        self.step("OpenPrinter")
        if name not in self.queues:
            raise SpoolerError(1801, "OpenPrinter", "The printer name is invalid.")
        self.opened += 1
        return self.opened

    def start(self, handle: int, _level: int, document: tuple[str, str, str]) -> int:
        self.step("StartDocPrinter")
        assert document[2] == "RAW", "nothing is made a picture of"
        self.documents[handle] = bytearray()
        return handle

    def write(self, handle: int, data: bytes) -> int:
        self.step("WritePrinter")
        taken = data if self.takes is None else data[: self.takes]
        self.documents[handle] += taken
        return len(taken)

    def end(self, handle: int) -> None:
        self.step("EndDocPrinter")
        if document := bytes(self.documents.pop(handle)):
            self.printed.append(document)

    def abort(self, handle: int) -> None:
        self.step("AbortPrinter")
        self.documents.pop(handle, None)


@pytest.fixture
def spooler(monkeypatch: pytest.MonkeyPatch) -> Spooler:
    made = Spooler()
    load_escpos()
    library = sys.modules["escpos.printer.win32raw"]
    win32print, pywintypes = ModuleType("win32print"), ModuleType("pywintypes")
    for name, what in {
        "PRINTER_ENUM_NAME": 8, "PRINTER_ENUM_LOCAL": 2, "PRINTER_ENUM_CONNECTIONS": 4,
        "EnumPrinters": made.enum, "OpenPrinter": made.open,
        "GetDefaultPrinter": lambda: made.queues[0], "StartDocPrinter": made.start,
        "StartPagePrinter": lambda _: made.step("StartPagePrinter"), "WritePrinter": made.write,
        "EndPagePrinter": lambda _: made.step("EndPagePrinter"), "EndDocPrinter": made.end,
        "AbortPrinter": made.abort, "ClosePrinter": lambda _: None,
    }.items():
        setattr(win32print, name, what)
    pywintypes.error = SpoolerError  # type: ignore[attr-defined]
    for name, module in (("win32print", win32print), ("pywintypes", pywintypes)):
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(library, name, module, raising=False)
    monkeypatch.setattr(library, "_DEP_WIN32PRINT", True)
    return made


def printer(queue: str = "label%20queue") -> Any:
    return build_printer("front", f"escpos+win32://{queue}", "escpos", {})


def test_each_page_is_a_document_of_its_own_and_whole(spooler: Spooler) -> None:
    front = printer()
    assert [front.print_page(PAGE, job_id=number) for number in (1, 2)] == [Proof.NONE] * 2
    first, second = spooler.printed
    assert first == second
    assert first.startswith(b"\x1b@\x1dv0")
    assert not spooler.documents, "no document is left open"


@pytest.mark.fault("F8")
def test_a_page_that_the_spooler_took_in_part_is_in_doubt_and_abandoned(spooler: Spooler) -> None:
    """A full disk: the library would end the document, and half a label would come out unsaid."""
    spooler.takes = 9
    front = printer()
    with pytest.raises(MaybeSent, match="took 9 of"):
        front.print_page(PAGE, job_id=1)
    assert (spooler.printed, spooler.documents) == ([], {})
    spooler.takes = None
    assert front.print_page(PAGE, job_id=2) is Proof.NONE
    assert len(spooler.printed) == 1


@pytest.mark.fault("F8")
def test_a_page_of_which_the_spooler_took_nothing_was_not_sent(spooler: Spooler) -> None:
    spooler.takes = 0
    with pytest.raises(NotSent, match="took 0 of"):
        printer().print_page(PAGE, job_id=1)
    assert (spooler.printed, spooler.documents) == ([], {})


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("step", "outcome"),
    [("OpenPrinter", NotSent), ("StartDocPrinter", NotSent), ("StartPagePrinter", NotSent),
     ("WritePrinter", MaybeSent), ("EndPagePrinter", MaybeSent), ("EndDocPrinter", MaybeSent)])
def test_a_spooler_that_dies_at_any_step_ends_in_one_of_our_words(
    spooler: Spooler, step: str, outcome: type[Exception]
) -> None:
    spooler.fails_at = step
    front = printer()
    with pytest.raises(outcome):
        front.print_page(PAGE, job_id=1)
    assert spooler.printed == []
    spooler.fails_at = ""
    assert front.print_page(PAGE, job_id=2) is Proof.NONE
    assert spooler.printed, "the next page comes out"


def test_a_queue_that_was_deleted_gets_nothing(spooler: Spooler) -> None:
    spooler.queues = ("another",)
    with pytest.raises(NotSent, match="front"):
        printer().print_page(PAGE, job_id=1)
    assert spooler.printed == []


def test_a_slip_and_every_language_go_through_it_raw(spooler: Spooler) -> None:
    for language in ("escpos", "tspl", "zpl", "cpcl", "epl"):
        front = build_printer("front", "escpos+win32://label%20queue", language, {})
        assert front.print_page(PAGE, job_id=1) is Proof.NONE
    assert len(spooler.printed) == 5
