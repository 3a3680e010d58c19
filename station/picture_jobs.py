"""The loop that draws product pictures, follows the stock with them, and keeps their second copy.

Everything it does can be done again: files are written whole under their own name, and a row says
afterwards how far they are.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from station.db.models import ProductPicture
from station.db.session import Database
from station.jobs import Clock, Loop
from station.paper import picture_files, pictures
from station.paper.fonts import Fonts
from station.paper.picture_files import EDITED, FINISHED, ORIGINALS
from station.services import garment_sizes
from station.services import pictures as records

logger = logging.getLogger(__name__)

@dataclass(frozen=True, slots=True)
class Studio:
    """Where pictures lie, where their second copy goes (None for nowhere), and whose they are."""

    folder: Path
    second: Path | None
    watermark: str
    fonts: Fonts


class PictureLoop(Loop):
    """Looks twice a minute what the stock says, and at once when a picture was taken."""

    def __init__(
        self, db: Database, studio: Studio, *, now: Clock, every: float = 30.0
    ) -> None:
        super().__init__("pictures", every=every)
        self._db, self._studio, self._now = db, studio, now
        self._trouble = ""  # with the second copy, as it was told last

    def step(self) -> bool:
        """Mark, draw and copy whatever lags behind."""
        if self._db.read(records.stale):
            self._db.write(partial(records.mark, now=self._now()))
        for picture in self._db.read(records.to_draw):
            self._draw(picture)
        if self._studio.second is not None:
            self._copy(self._studio.second)
        return False

    def _draw(self, picture: ProductPicture) -> None:
        try:
            self._make(picture)
        except (OSError, pictures.NoPicture) as error:
            logger.error("a product picture cannot be drawn: %s", type(error).__name__)
            trouble = "no_picture" if isinstance(error, pictures.NoPicture) else "disk"
            self._db.write(partial(
                records.failed, picture_id=picture.id, trouble=trouble, now=self._now()))
        else:
            self._db.write(partial(
                records.drawn, picture_id=picture.id, asked=picture.asked, now=self._now()))

    def _make(self, picture: ProductPicture) -> None:
        studio, file = self._studio, picture.file
        target = studio.folder / FINISHED / f"{file}.jpg"
        if picture.number == records.TABLE:
            table = self._db.read(partial(garment_sizes.table, item_no=picture.item_no))
            jpeg = pictures.size_table(table, shop=studio.watermark, fonts=studio.fonts)
            picture_files.keep(target, jpeg)
            return
        original = self._original(picture)
        edited = studio.folder / EDITED / f"{file}.png"
        if picture.withdrawn_at is not None:
            target.unlink(missing_ok=True)
            edited.unlink(missing_ok=True)
            return
        if not edited.exists():
            picture_files.keep(edited, pictures.edited(
                picture_files.read(original, pictures.LARGEST_FILE)))
        picture_files.keep(target, pictures.finished(
            picture_files.read(edited, pictures.LARGEST_FILE), watermark=studio.watermark,
            is_sold_out=bool(picture.marked), fonts=studio.fonts))

    def _original(self, picture: ProductPicture) -> Path:
        """The picture as it came, under its name."""
        folder = self._studio.folder
        original = folder / ORIGINALS / (picture.file + picture.suffix)
        waiting = picture_files.staged(folder, picture.sha256)
        if waiting.exists():
            waiting.replace(original)
        return original

    def _copy(self, second: Path) -> None:
        """A second folder that is not there is never made: its disk is away, and this one is no
        other."""
        done, trouble = [], ""
        rows = self._db.read(partial(records.to_copy, folder=str(second)))
        try:
            for row in rows:
                if not second.is_dir():
                    raise FileNotFoundError(second)
                picture_files.copy(
                    self._studio.folder, second, row.file, row.suffix, pictures.LARGEST_FILE)
                done.append((row.id, row.drawn))
        except OSError as error:
            logger.error("product pictures cannot be copied: %s", type(error).__name__)
            trouble = "disk"
        if done or (rows and trouble != self._trouble):
            self._trouble = trouble
            self._db.write(partial(self._tell, done=done, second=second, trouble=trouble))

    def _tell(
        self, session: Session, *, done: list[tuple[int, int]], second: Path, trouble: str
    ) -> None:
        records.copied(session, done, str(second))
        records.copies_stand(session, trouble, now=self._now())
