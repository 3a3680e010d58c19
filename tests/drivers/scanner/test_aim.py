"""AIM identifiers: taken off the code, and said in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Scan
from drivers.scanner.aim import READ_AS, symbology
from drivers.scanner.framing import ScannerFraming, Suffix


@pytest.mark.parametrize(("raw", "data", "words"), [
    # printed examples: JADAK flexpoint manual app. C; Datalogic QD2300 p.165; Symbol LS1203 B-2
    (b"]C1AIMID", "AIMID", "GS1-128 (FNC1 first)"),
    (b"]C0AIMID", "AIMID", "Code 128"),
    (b"]A7AIMID", "AIMID", "Code 39 full ASCII, check character checked and stripped"),
    (b"]F04123", "4123", "Codabar without check digit"),
    (b"]M14123", "4123", "MSI"),
    (b"]X0412356", "412356", "Trioptic Code 39"),
    (b"]E06901234567892", "6901234567892", "EAN-13, UPC-A or UPC-E as 13 digits"),
    (b"]E496385074", "96385074", "EAN-8"),
    (b"]d2010690123456789210A", "010690123456789210A", "GS1 Data Matrix (FNC1 first)"),
    (b"]Q1https://a.example", "https://a.example", "QR"),
    (b"]G0X93", "X93", "Code 93"), (b"]I01234", "1234", "Interleaved 2 of 5"),
    (b"]L0PDF", "PDF", "PDF417"), (b"]z0AZ", "AZ", "Aztec"),
])
@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\t", b""])
def test_the_identifier_is_taken_off_and_said_in_words(raw, data, words, end):
    framing = ScannerFraming(Suffix.AUTO)
    (scan,) = [*framing.feed(raw + end), *framing.flush()]
    assert isinstance(scan, Scan)
    assert (scan.data, symbology(scan.aim)) == (data, words)


@pytest.mark.parametrize("aim", [None, "", "]", "]C", "]Y9", "C0]", "]C00", "[C0"])
def test_what_is_no_identifier_has_no_words(aim):
    assert symbology(aim) == ""


@given(st.text(max_size=4))
def test_no_text_breaks_it(text):
    assert isinstance(symbology(text), str)


def test_every_identifier_is_three_signs():
    assert all(len(aim) == 3 and aim[0] == "]" for aim in READ_AS)
