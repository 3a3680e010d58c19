"""Where product pictures lie: three folders that the owner can open, one name in all of them (M11).

``originals`` holds what the camera gave, untouched; ``edited`` the picture 710 px wide, which may
be edited further by hand; ``jpg`` what the shop shows. A name is item number and running number.
A file appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from pathlib import Path

ORIGINALS, EDITED, FINISHED = "originals", "edited", "jpg"
FOLDERS = (ORIGINALS, EDITED, FINISHED)

_LONGEST = 150  # bytes of a name: with its number and suffix every disk takes it
_PART = ".part"


def name(item_no: str, number: int) -> str:
    """The files' name without a suffix: "JN8801-2".

    Letters of every script stay; whatever a disk might take for a folder, a device or a hidden
    file is written as %2F, so that two item numbers never share a name.
    """
    text = unicodedata.normalize("NFC", item_no)
    safe = "".join(char if char.isalnum() or char in "-_" else _escaped(char) for char in text)
    if len(safe.encode()) > _LONGEST:
        safe = f"{safe[:24]}~{hashlib.sha256(safe.encode()).hexdigest()[:16]}"
    return f"{safe}-{number}"


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def staged(folder: Path, sha256: str) -> Path:
    """Where a picture waits that has no number yet."""
    return folder / ORIGINALS / f".{sha256}{_PART}"


def keep(path: Path, data: bytes) -> None:
    """Write a file beside its place, durable, then move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_PART)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)  # the owner opens these with other programs
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def read(path: Path, most: int) -> bytes:
    """A file of at most ``most`` bytes. OSError for a larger one."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(f"{path.name} has more than {most} bytes")
    return data


def copy(folder: Path, target: Path, file: str, suffix: str, most: int) -> None:
    """Bring the second copy of one picture's files up to what is there; each is read again."""
    for place in places(file, suffix):
        source, second = folder / place, target / place
        if not source.exists():
            second.unlink(missing_ok=True)  # withdrawn
            continue
        data = read(source, most)
        if second.exists() and read(second, most) == data:
            continue
        keep(second, data)
        if read(second, most) != data:
            raise OSError(f"{second.name} is not what was written")


def places(file: str, suffix: str) -> tuple[Path, ...]:
    """The files of one picture, below the folder; a size table was never photographed."""
    original = (Path(ORIGINALS, file + suffix),) if suffix else ()
    return (*original, Path(EDITED, f"{file}.png"), Path(FINISHED, f"{file}.jpg"))
