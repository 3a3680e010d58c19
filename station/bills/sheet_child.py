"""A program of its own: unpacks one XLSX into CSV files, inside limits, and ends.

``python sheet_child.py FILE FOLDER MEMORY_BYTES CPU_SECONDS`` writes FOLDER/0.csv, 1.csv, … (UTF-8,
one per sheet) and prints their names, each with whether it is hidden, as JSON. It imports nothing
of ours, so that it starts fast and a hostile file meets as little as possible. Formulas are never
computed: what a cell showed when the file was saved is what is read.
"""

from __future__ import annotations

import csv
import datetime
import json
import sys
from pathlib import Path

UNREADABLE, NO_MEMORY = 3, 4
_LONGEST = 32_767  # characters in a cell, by the format


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


def _unpack(path: str, folder: Path) -> list[tuple[str, bool]]:
    from python_calamine import (  # noqa: PLC0415 - only inside the limits
        CalamineWorkbook,
        SheetVisibleEnum,
    )

    book = CalamineWorkbook.from_path(path)
    names = []
    for index, about in enumerate(book.sheets_metadata):
        sheet = book.get_sheet_by_name(about.name)
        with (folder / f"{index}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([_text(cell) for cell in row] for row in sheet.iter_rows())
        names.append((about.name, about.visible != SheetVisibleEnum.Visible))
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
