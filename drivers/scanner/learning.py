"""A scanner's suffix and prefix, learned from three scans.

The suffix is what ends all three. A prefix is harder: three waybills of one carrier begin alike
without any prefix. So where the codes are not known only signs count that no waybill and no item
number begins with; where they are, the prefix is what stands before them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from drivers.scanner.framing import AIM, LONGEST, Suffix

SCANS = 3
ENDS = re.compile(rb"[\r\n\t]+\Z")
SUFFIXES = {
    b"": Suffix.NONE, b"\r": Suffix.CR, b"\n": Suffix.LF, b"\r\n": Suffix.CRLF, b"\t": Suffix.TAB,
}
NAMES = {b"": "none", b"\r": "cr", b"\n": "lf", b"\r\n": "crlf", b"\t": "tab"}
"""The suffix's name in the configuration, by its bytes."""

NO_CODE_BEGINS = re.compile(r"[^0-9A-Za-z\]]*")
"""Letters and digits begin codes, and ``]`` an AIM identifier."""


class NotLearned(ValueError):
    """The scans do not agree; the message says in what, and what to do."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What the scanner sends around each code, ready for its settings."""

    suffix: Suffix
    suffix_name: str
    prefix: str
    codes: tuple[str, ...]

    def rows(self, port: str, **line: object) -> Iterator[str]:
        """Yield the lines of station.toml for the scanner at ``port``."""
        yield "[[bench.scanner]]"
        for name, value in {"port": port, **line, **self.settings()}.items():
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"

    def settings(self) -> dict[str, str]:
        """Return the scanner's settings by their names in the configuration."""
        return {"suffix": self.suffix_name, **({"prefix": self.prefix} if self.prefix else {})}


class Lesson:
    """Three scans while the station runs: the bytes between two pauses, whatever the settings are.

    The scanner's own thread gives it what it reads; any thread may look.
    """

    def __init__(self) -> None:
        self.scans: list[bytes] = []
        self._piece = b""

    @property
    def is_over(self) -> bool:
        """True once enough was heard."""
        return len(self.scans) >= SCANS

    def hear(self, data: bytes) -> None:
        """Take what was read; a flood is no scan and is cut off."""
        self._piece = (self._piece + data)[:LONGEST]

    def pause(self) -> bool:
        """Take note of quiet; True if it ended a scan."""
        if not self._piece or self.is_over:
            return False
        self.scans.append(self._piece)
        self._piece = b""
        return True


class Source(Protocol):
    """A port that a scanner hangs on."""

    def read_some(self) -> bytes:
        """Return what has come, b"" after a pause."""
        ...


def scans_from(port: Source) -> Iterator[bytes]:
    """Yield as many scans as are needed, each once its pause has come."""
    lesson = Lesson()
    while not lesson.is_over:
        if data := port.read_some():
            lesson.hear(data)
        elif lesson.pause():
            yield lesson.scans[-1]


def learn(scans: Sequence[bytes], known: Sequence[str] = ()) -> Learned:
    """Learn from three scans, each the bytes between two pauses, suffix included.

    ``known`` is what the three barcodes hold, where that is known. Raises NotLearned if there are
    not three scans, if they end differently, hold nothing, or do not hold what is known.
    """
    if len(scans) != SCANS:
        raise NotLearned(f"要扫 {SCANS} 次 {SCANS} scans are needed, not {len(scans)}")
    ends = [_end(scan) for scan in scans]
    end, *_ = ends
    if set(ends) != {end} or end not in SUFFIXES:
        shown = ", ".join(repr(one) for one in ends)
        raise NotLearned(
            f"结尾不一致，慢慢再扫 the scans end differently or strangely ({shown}): scan slowly"
        )
    bodies = [_text(scan.removesuffix(end)) for scan in scans]
    prefix = _known_prefix(bodies, known) if known else _common_signs(bodies)
    codes = tuple(body.removeprefix(prefix) for body in bodies)
    if not all(codes):
        raise NotLearned("有一次没有内容 a scan holds no code: scan three different labels")
    return Learned(SUFFIXES[end], NAMES[end], prefix, codes)


def _end(scan: bytes) -> bytes:
    found = ENDS.search(scan)
    return found[0] if found else b""


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotLearned(
            "请扫普通条码 a scan holds Chinese or damaged bytes: scan plain barcodes"
        ) from error


def _common_signs(bodies: Sequence[str]) -> str:
    if len(set(bodies)) == 1:
        raise NotLearned(
            "三次是同一个条码 the three scans are the same: scan three different labels"
        )
    alike = takewhile(lambda signs: len(set(signs)) == 1, zip(*bodies, strict=False))
    found = NO_CODE_BEGINS.match("".join(sign for sign, *_ in alike))
    return found[0] if found else ""


def _known_prefix(bodies: Sequence[str], known: Sequence[str]) -> str:
    if len(known) != SCANS:
        raise NotLearned(f"{SCANS} known codes are needed, not {len(known)}")
    prefixes = set()
    for body, code in zip(bodies, known, strict=True):
        if not body.endswith(code):
            raise NotLearned("a scan does not hold the code that it should: scan them in order")
        head = body[:len(body) - len(code)]
        aim = AIM.search(head)
        prefixes.add(head[:aim.start()] if aim and aim.end() == len(head) else head)
    if len(prefixes) != 1:
        raise NotLearned(f"different prefixes were seen: {sorted(prefixes)}")
    return prefixes.pop()
