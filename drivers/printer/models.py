"""Printer models whose ways are known: the settings that differ from their language's usual ones.

A model completes what the configuration leaves out and changes nothing that it says. Each line
names its source; none has been seen here on paper yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Model:
    """A model's language and the settings that differ, with where they are from."""

    language: str
    words: str
    settings: Mapping[str, object] = field(default_factory=dict)


MODELS: Mapping[str, Model] = {
    "kuaimai": Model(
        "tspl", "快麦 KM-202 and its kin: their SDK writes 10,000 bytes at a time, asks READSTA",
        {"dialect": "kuaimai", "chunk_bytes": 10_000, "status": "readsta", "font": "tss32"},
    ),
    "gprinter": Model(
        "tspl", "佳博 GP-2120T and its kin: manual page 30, one status byte with a cover bit;"
        " their SDK names TSS24.BF2",
        {"status": "byte", "font": "tss24"},
    ),
    "xprinter": Model(
        "tspl", "芯烨 XP-420B and its kin: 104 mm head, most answer no question (LPrint's notes)",
        {"status": "none", "proof": "none", "head_dots": 832},
    ),
    "tsc": Model(
        "tspl", "TSC TTP-244 Plus and newer, firmware V6.29: manual page 85, the status frame",
        {"status": "frame"},
    ),
    "zebra": Model("zpl", "Zebra with ZPL II: ~HQES and ~HS, guide 45541L-004 page 191"),
    "zpl-clone": Model(
        "zpl", "clones that take ZPL and know only ~HS, or nothing (LPrint's notes)",
        {"status": "hs"},
    ),
    "zebra-mobile": Model(
        "cpcl", "Zebra QL and QLn: CPCL manual page 211, answers only between two labels",
        {"status": "esc_hi"},
    ),
    "hprt-mobile": Model(
        "cpcl", "汉印 HM-A300 and its kin: their SDK names the Chinese fonts and their sizes",
        {"font": "hprt"},
    ),
    "zebra-epl": Model("epl", "Zebra LP/TLP 2844: ^ee where the port can answer"),
    "epson": Model(
        "escpos", "Epson TM-L90, L100, T88: says by GS ( H that a page came out",
        {"proof": "process_id"},
    ),
    "epson-m30": Model(
        "escpos", "Epson TM-m30: now and then prints images as letters unless bands are short"
        " (python-escpos 631, Odoo)",
        {"proof": "process_id", "chunk_rows": 100},
    ),
    "escpos-clone": Model(
        "escpos", "ESC/POS clones with 4 kB buffers: short bands and pauses (escpos-php 206)",
        {"proof": "barrier", "chunk_rows": 128, "chunk_bytes": 1024, "pause_ms": 50},
    ),
}
