"""A carrier's file opened with care: what it is, how large it would become, then its rows as text.

An XLSX is a ZIP: its size after unpacking is summed up from its index before anything is unpacked,
and a child process with limits on memory and time does the rest. A CSV is read as a stream.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from station.bills.trouble import StatementError

MIB = 1024 * 1024
LARGEST_FILE = 512 * MIB
LARGEST_UNPACKED = 1024 * MIB
LARGEST_RATIO = 120  # spreadsheets shrink to a tenth or a twentieth
_SMALL = 16 * MIB  # what any ratio may unpack to
_MOST_ENTRIES = 4096
_LARGEST_INDEX = MIB
_CHILD = Path(__file__).with_name("sheet_child.py")
_OLD = b"\xd0\xcf\x11\xe0"  # .xls, and whatever else Office wrote before 2007
_CHUNK = MIB
_SAMPLE = 65_536
_ENCODINGS = ("utf-8", "gb18030")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file as CSV on disk: its name ("" for a CSV's), and how to read it.

    ``hidden`` says that whoever opens the file does not see it, ``hidden_rows`` how many of its
    rows he does not see: a filter hides them, or somebody did.
    """

    name: str
    path: Path
    file: str
    encoding: str = "utf-8"
    delimiter: str = ","
    hidden: bool = False
    hidden_rows: int = 0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with their numbers, from 1 as a spreadsheet counts; empty rows are left out.

        Raises StatementError with the line where a quotation mark is not closed.
        """
        with self.path.open(encoding=self.encoding, newline="") as text:
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            try:
                yield from ((number, row) for number, row in enumerate(reader, 1) if row)
            except csv.Error:
                raise StatementError(
                    "broken_quotes", name=self.file, line=reader.line_num
                ) from None


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one spreadsheet may take."""

    memory: int = 0  # bytes; 0 is 512 MiB, and more for a file that is honestly large
    seconds: int = 120

    def memory_for(self, unpacked: int) -> int:
        """Bytes of memory for a file that unpacks to this size."""
        return self.memory or max(512 * MIB, min(2048 * MIB, 256 * MIB + 3 * unpacked))


_ORDINARY = Limits()


def open_sheets(
    path: Path, folder: Path, *, name: str = "", limits: Limits = _ORDINARY
) -> tuple[Sheet, ...]:
    """The tables of a CSV, XLSX or XLS. ``folder`` is an empty one for what is unpacked.

    Raises StatementError for whatever is too large, broken, locked, or no table.
    """
    name = name or path.name
    start = _first_bytes(path, name)
    if start.startswith(b"PK\x03\x04"):
        return _unpacked(path, name, folder, limits)
    if start.startswith(_OLD):
        return _old(path, name, folder, limits)
    _refuse_foreign(start, name)
    encoding = _encoding(path, name, start)
    return (Sheet("", path, name, encoding, _delimiter(path, encoding)),)


def _first_bytes(path: Path, name: str) -> bytes:
    if not path.is_file():
        raise StatementError("no_file", name=name)
    size = path.stat().st_size
    if size == 0:
        raise StatementError("empty", name=name)
    if size > LARGEST_FILE:
        raise StatementError("too_big", name=name, mib=size // MIB, most=LARGEST_FILE // MIB)
    with path.open("rb") as file:
        return file.read(4096)


def _refuse_foreign(start: bytes, name: str) -> None:
    """Refuse what people download instead of a table."""
    text = start.lstrip()[:512].lower()
    for kind, marks in (
        ("PDF", (b"%pdf",)), ("HTML", (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")),
        ("RAR/7z", (b"rar!", b"7z\xbc\xaf")), ("PNG/JPEG", (b"\x89png", b"\xff\xd8\xff")),
    ):  # fmt: skip
        if text.startswith(marks):
            raise StatementError("not_a_spreadsheet", name=name, kind=kind)
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise StatementError("not_a_spreadsheet", name=name, kind="binary")


def _encoding(path: Path, name: str, start: bytes) -> str:
    """The encoding in which the whole file is text: by its mark, else UTF-8, else GB18030."""
    marked = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "")
    furthest = 0
    for encoding in (marked,) if marked else _ENCODINGS:
        bad_line = _first_bad_line(path, encoding)
        if bad_line is None:
            return encoding
        furthest = max(furthest, bad_line)
    raise StatementError("undecodable", name=name, line=furthest)


def _first_bad_line(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                line += decoder.decode(chunk).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return line + bytes(error.object[: error.start]).count(b"\n")
    return None


def _delimiter(path: Path, encoding: str) -> str:
    """Comma, tab, semicolon or bar: whichever the beginning of the file has most of."""
    with path.open(encoding=encoding, newline="") as text:
        sample = text.read(_SAMPLE)
    outside = re.sub(r'"[^"]*"', "", sample)
    return max(",\t;|", key=outside.count)


def _unpacked(path: Path, name: str, folder: Path, limits: Limits) -> tuple[Sheet, ...]:
    unpacked = _checked_size(path, name)
    return _by_child(path, name, folder, limits.memory_for(unpacked), limits.seconds)


def _old(path: Path, name: str, folder: Path, limits: Limits) -> tuple[Sheet, ...]:
    """The tables of an .xls, which nothing packs; one with a password looks the same outside."""
    memory = limits.memory_for(10 * path.stat().st_size)
    try:
        return _by_child(path, name, folder, memory, limits.seconds)
    except StatementError as error:
        if error.code != "unreadable":
            raise
        raise StatementError("old_spreadsheet", name=name) from None


def _by_child(
    path: Path, name: str, folder: Path, memory: int, seconds: int
) -> tuple[Sheet, ...]:
    """The tables as the limited child wrote them down; its end in words where it wrote none."""
    child = _run_child(path, name, folder, memory, seconds)
    if child.returncode == 0:
        names = json.loads(child.stdout)
        return tuple(
            Sheet(sheet, folder / f"{index}.csv", name, hidden=hidden, hidden_rows=rows)
            for index, (sheet, hidden, rows) in enumerate(names)
        )
    if child.returncode == 3:
        raise StatementError("unreadable", name=name)
    if child.returncode in (-24, -9):  # SIGXCPU, or killed by the kernel at the hard limit
        raise StatementError("too_slow", name=name, seconds=seconds)
    raise StatementError("too_much", name=name, mib=memory // MIB)


def _run_child(
    path: Path, name: str, folder: Path, memory: int, seconds: int
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", "-B", str(_CHILD), str(path.resolve()),
               str(folder.resolve()), str(memory), str(seconds)]
    try:
        return subprocess.run(  # noqa: S603 - our own program, with paths that we made
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StatementError("too_slow", name=name, seconds=2 * seconds) from None


def _checked_size(path: Path, name: str) -> int:
    """What the ZIP would unpack to; refuses a bomb by its index alone."""
    packed = path.stat().st_size
    try:
        if _index_size(path) > _LARGEST_INDEX:
            raise StatementError("broken_zip", name=name)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise StatementError("broken_zip", name=name) from None
    total = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_ENTRIES or total > LARGEST_UNPACKED or (
        total > _SMALL and total > LARGEST_RATIO * packed
    ):
        raise StatementError(
            "inflates", name=name, mib=-(-total // MIB), ratio=total // max(packed, 1)
        )
    _refuse_other_zips(entries, name)
    return total


def _refuse_other_zips(entries: list[zipfile.ZipInfo], name: str) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise StatementError("encrypted", name=name)
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise StatementError("not_a_spreadsheet", name=name, kind="ZIP")


def _index_size(path: Path) -> int:
    """Bytes of the ZIP's index by its end record, so that a huge index is never loaded.

    The record is the last 22 bytes, and a comment of up to 65,535 more (APPNOTE.TXT 4.3.16).
    """
    with path.open("rb") as file:
        file.seek(0, io.SEEK_END)
        file.seek(max(0, file.tell() - 65_557))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("no end record")
    return int.from_bytes(tail[at + 12 : at + 16], "little")
