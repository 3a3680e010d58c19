"""AIM identifiers in words: which symbology a scanner says that it has read (ISO/IEC 15424).

``]cm``: ``c`` is the symbology, ``m`` how it was read. The words are for people who set a scanner
up; the bench goes by what a code says, not by what it was printed in.
"""

from __future__ import annotations

FULL_ASCII = "Code 39 full ASCII"
READ_AS: dict[str, str] = {
    "]A0": "Code 39", "]A1": "Code 39, check character checked",
    "]A2": "Code 39, check character checked and stripped",
    "]A3": "Code 39, check character checked and stripped",
    "]A4": FULL_ASCII, "]A5": f"{FULL_ASCII}, check character checked",
    "]A7": f"{FULL_ASCII}, check character checked and stripped",
    "]C0": "Code 128", "]C1": "GS1-128 (FNC1 first)", "]C2": "Code 128 (FNC1 second)",
    "]C4": "ISBT 128",
    "]E0": "EAN-13, UPC-A or UPC-E as 13 digits", "]E1": "two-digit supplement",
    "]E2": "five-digit supplement", "]E3": "EAN-13, UPC-A or UPC-E with supplement",
    "]E4": "EAN-8",
    "]F0": "Codabar without check digit", "]F1": "Codabar ABC",
    "]F2": "Codabar, check digit checked", "]F4": "Codabar, check digit checked and stripped",
    "]I0": "Interleaved 2 of 5", "]I1": "Interleaved 2 of 5, check digit checked",
    "]I3": "Interleaved 2 of 5, check digit checked and stripped",
    "]M0": "MSI, check digit checked", "]M1": "MSI",
    "]Q0": "QR, model 1", "]Q1": "QR", "]Q2": "QR with ECI", "]Q3": "GS1 QR (FNC1 first)",
    "]Q4": "GS1 QR (FNC1 first) with ECI", "]Q5": "QR (FNC1 second)",
    "]Q6": "QR (FNC1 second) with ECI",
    "]X0": "Trioptic Code 39",
    "]d0": "Data Matrix, before ECC 200", "]d1": "Data Matrix",
    "]d2": "GS1 Data Matrix (FNC1 first)", "]d3": "Data Matrix (FNC1 second)",
    "]d4": "Data Matrix with ECI", "]d5": "GS1 Data Matrix (FNC1 first) with ECI",
    "]d6": "Data Matrix (FNC1 second) with ECI",
    "]e0": "GS1 DataBar or composite", "]J0": "DotCode", "]J1": "GS1 DotCode",
}
SYMBOLOGIES: dict[str, str] = {
    "A": "Code 39", "B": "Telepen", "C": "Code 128", "D": "Code One", "E": "EAN or UPC",
    "F": "Codabar", "G": "Code 93", "H": "Code 11", "I": "Interleaved 2 of 5", "J": "DotCode",
    "K": "Code 16K", "L": "PDF417", "M": "MSI", "N": "Anker", "O": "Codablock",
    "P": "Plessey", "Q": "QR", "R": "straight 2 of 5", "S": "straight 2 of 5", "U": "MaxiCode",
    "X": "another symbology", "d": "Data Matrix", "e": "GS1 DataBar", "h": "Han Xin",
    "o": "OCR", "p": "a post's own", "z": "Aztec",
}


def symbology(aim: str | None) -> str:
    """What an identifier such as "]C1" stands for; "" if none was sent or nobody knows it."""
    if aim is None or len(aim) != 3 or not aim.startswith("]"):
        return ""
    return READ_AS.get(aim) or SYMBOLOGIES.get(aim[1], "")
