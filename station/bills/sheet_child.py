"""A program of its own: unpacks one XLSX into CSV files, inside limits, and ends.

``python sheet_child.py FILE FOLDER MEMORY_BYTES CPU_SECONDS`` writes FOLDER/0.csv, 1.csv, … (UTF-8,
one per sheet) and prints their names, each with whether it is hidden and how many of its rows are,
as JSON. It imports nothing
of ours, so that it starts fast and a hostile file meets as little as possible. Formulas are never
computed: what a cell showed when the file was saved is what is read.
"""

from __future__ import annotations

import csv
import datetime
import json
import re
import sys
import zipfile
from pathlib import Path

UNREADABLE, NO_MEMORY = 3, 4
_LONGEST = 32_767  # characters in a cell, by the format
_CHUNK = 1 << 20
_ROW = 4096  # characters in which the tag of a row ends
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=[\"'](?:1|true)[\"']")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_LINK = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_FACT = re.compile(r"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")


def _limit(memory: int, seconds: int) -> None:
    """Take no more memory, time or disk than this; Windows has no such limits."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * memory, 2 * memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _text(cell: object) -> str:
    """A cell as CSV carries it; whole numbers without the ".0" that spreadsheets keep them with."""
    if isinstance(cell, str):
        return cell[:_LONGEST]
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return str(cell)


def _hidden_rows(path: str) -> list[int]:
    """How many rows of each sheet the file says are hidden; [] where it does not tell."""
    try:
        with zipfile.ZipFile(path) as book:
            links = {}
            for tag in _LINK.findall(book.read("xl/_rels/workbook.xml.rels").decode()):
                facts = dict(_FACT.findall(tag))
                links[facts.get("Id", "")] = facts.get("Target", "")
            sheets = _SHEET.findall(book.read("xl/workbook.xml").decode())
            targets = [links[dict(_FACT.findall(tag)).get("r:id", "")] for tag in sheets]
            return [_hidden_in(book, target) for target in targets]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return []


def _hidden_in(book: zipfile.ZipFile, target: str) -> int:
    count, rest = 0, b""
    with book.open(target.lstrip("/") if target.startswith("/") else f"xl/{target}") as file:
        while piece := file.read(_CHUNK):
            rest += piece
            end = max((match.end() for match in _HIDDEN_ROW.finditer(rest)), default=0)
            count += len(_HIDDEN_ROW.findall(rest))
            rest = rest[max(end, len(rest) - _ROW) :]
    return count


def _unpack(path: str, folder: Path) -> list[tuple[str, bool, int]]:
    from python_calamine import (  # noqa: PLC0415 - only inside the limits
        CalamineWorkbook,
        SheetVisibleEnum,
    )

    book = CalamineWorkbook.from_path(path)
    names = []
    hidden = _hidden_rows(path)
    for index, about in enumerate(book.sheets_metadata):
        sheet = book.get_sheet_by_name(about.name)
        with (folder / f"{index}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([_text(cell) for cell in row] for row in sheet.iter_rows())
        rows = hidden[index] if len(hidden) == len(book.sheets_metadata) else 0
        names.append((about.name, about.visible != SheetVisibleEnum.Visible, rows))
    return names


def main(arguments: list[str]) -> int:
    """Unpack inside the limits; 0, UNREADABLE or NO_MEMORY."""
    path, folder, memory, seconds = arguments
    _limit(int(memory), int(seconds))
    try:
        names = _unpack(path, Path(folder))
    except MemoryError:
        return NO_MEMORY
    except BaseException as error:  # noqa: BLE001 - a panic of the reader, too, means unreadable
        return NO_MEMORY if "alloc" in str(error) else UNREADABLE
    json.dump(names, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
