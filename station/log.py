"""The station's log: one place through which every line goes, and which takes personal data out.

Whoever logs need not think of it: phones, addresses, secrets and sealed values are starred in the
finished line, and of an exception only its kind and the places in the code are written, because its
message may quote a row, a body or a file. Lines are for people, or one JSON object each
(``[log] format``). They go to the error stream and, to be read later, into files that take turns in
the data folder.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO, cast

from station.config import Log
from station.domain.streets import without_addresses

_HIDDEN = (
    # A mobile phone, however it is grouped, with or without the country's code.
    re.compile(r"(?<![\d.])(?:(?:\+|00)?86[- ]?)?[1１][3-9３-９]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),
    re.compile(r"(?<![\d-])0\d{2,3}[- ]?\d{7,8}(?!\d)"),  # a line with its area code
    re.compile(r"(?:whsec|pbkey)_[A-Za-z0-9+/=_-]+"),
    re.compile(r"PB(?:ID|OTP)-[A-Za-z0-9_-]+"),  # badges and one-time codes, as they are scanned
    re.compile(r"pb1:[0-9a-f]{8}:[A-Za-z0-9+/=]*"),
    re.compile(r"\$argon2\w*\$[^\s'\"]+"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"),  # user and password in a URL
)
_NAMED = re.compile(
    r"(?i)\b(pin(?: code)?|token|secret|password|passwd|badge|signature|authorization|cookie|name"
    r"|phone|mobile|street|address|buyer|company|receiver|consignee|姓名|电话|手机|地址|收件人|买家|口令|密码|密钥)"
    r"(['\"]?\s*[:=：]\s*)('[^']*'|\"[^\"]*\"|[^\s,;)}\]]+)"
)
_STARS = "***"

FILE_NAME = "station.log"
_FILE_BYTES = 5 * 2**20


def without_phones(text: str) -> str:
    """The text with every mobile phone replaced by stars; all else as it is."""
    return _HIDDEN[0].sub(_STARS, text)


def redact(text: str) -> str:
    """The text with phones, addresses, secrets and what is named as personal replaced by stars."""
    for pattern in _HIDDEN:
        text = pattern.sub(_STARS, text)
    return without_addresses(_NAMED.sub(rf"\1\2{_STARS}", text))


class Redacting(logging.Formatter):
    """Writes a record as one line for people (and the places of its exception), redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """The finished text."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at} {record.levelname.lower():<7} {record.name}: {_message(record)}"
        return "\n".join([line, *places(record)])


class RedactingJson(logging.Formatter):
    """Writes a record as one JSON object, redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """The finished text."""
        facts = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "message": _message(record),
        }
        if found := places(record):
            facts["trace"] = "\n".join(found)
        return json.dumps(facts, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """The message on one line. One that cannot be put together must not cost its record."""
    try:
        said = record.getMessage()
    except (TypeError, ValueError):
        said = str(record.msg)
    return " ".join(redact(said).split())


def places(record: logging.LogRecord) -> list[str]:
    """An exception's chain as kinds and places in the code, without any message."""
    found: list[str] = []
    link = record.exc_info[1] if record.exc_info else None
    while link is not None and len(found) < 200:  # an exception may be its own cause
        found += [f"  {type(link).__name__}", *_frames(link.__traceback__)]
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return found


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"    {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(trace)]


def start(settings: Log, stream: TextIO | None = None) -> logging.Handler:
    """Send every logger's lines to ``stream`` (the error stream) in the form that is set."""
    handler = _ToStream(stream or sys.stderr)
    handler.setFormatter(_formatter(settings))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(settings.level.upper())
    logging.captureWarnings(capture=True)
    return handler


@contextmanager
def kept(settings: Log, folder: Path) -> Iterator[None]:
    """Write every line into ``station.log`` in ``folder``, too, unless no files are wanted.

    At 5 MB a file makes place for the next. Only its owner may read it. Raises OSError if the
    folder cannot be written to; a disk that fills up later costs lines, never the work.
    """
    if not settings.files:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    handler = _OwnersFile(folder / FILE_NAME, maxBytes=_FILE_BYTES,
                          backupCount=settings.files - 1, encoding="utf-8", errors="replace")
    handler.setFormatter(_formatter(settings))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        with suppress(OSError):  # the disk is full: the last lines are lost, the end is not
            handler.close()


def last_lines(folder: Path, count: int) -> list[str]:
    """The newest lines of the files that ``keep`` wrote, redacted once more, the oldest first."""
    found: list[str] = []
    for name in (f"{FILE_NAME}.1", FILE_NAME):
        path = folder / name
        if path.exists():
            found += path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [redact(line) for line in found[-count:]]


class _Quiet(logging.Handler):
    """A line that cannot be written is lost: the standard library would print its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base's name
        """Say nothing: the record may hold what nobody should read."""


class _ToStream(_Quiet, logging.StreamHandler[TextIO]):
    """The error stream's lines."""


class _OwnersFile(_Quiet, RotatingFileHandler):
    """A log file that others on the computer cannot read."""

    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return cast(TextIOWrapper, open(
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors,
            opener=private))


def _formatter(settings: Log) -> logging.Formatter:
    return RedactingJson() if settings.format == "json" else Redacting()
