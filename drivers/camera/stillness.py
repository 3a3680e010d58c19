"""A bench at rest need not be looked at again and again.

Nearly all pictures of a bench are the one before. A stamp-sized average of the picture tells
whether anything has moved, for a tenth of what looking costs; noise is averaged away in it. While
nothing moves the pictures are averaged, so that a code in poor light comes out of the noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.camera.vision import Grey, opencv

STAMP = (48, 27)
MOVED_LEAST, MOVED_SHARE = 3.0, 0.05
"""A cell of the stamp must change by so many grey levels, or by this share of the contrast: a
label in the dark is a small change, and in the light so is the noise."""

RELOOK = 1.0
"""Seconds after which a picture at rest is looked at all the same."""

WEIGHT = 0.1
"""Of each new picture in the mean: some twenty pictures count."""


class Stillness:
    """Compares each picture with the one that was looked at last."""

    def __init__(self) -> None:
        self._stamp: NDArray[np.float32] | None = None
        self._mean: NDArray[np.float32] | None = None
        self._looked = 0.0

    def forget(self) -> None:
        """Let the next picture be looked at."""
        self._stamp = self._mean = None

    def rests(self, grey: Grey, at: float) -> bool:
        """True if nothing has moved since the last look, and that was not long ago."""
        cv2 = opencv()
        stamp = cv2.resize(grey, STAMP, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._has_moved(stamp):
            self._stamp, self._mean, self._looked = stamp, None, at
            return False
        self._average(grey)
        if at - self._looked < RELOOK:
            return True
        self._looked = at
        return False

    def _has_moved(self, stamp: NDArray[np.float32]) -> bool:
        if self._stamp is None:
            return True
        limit = max(MOVED_LEAST, MOVED_SHARE * float(np.ptp(stamp)))
        return float(np.abs(stamp - self._stamp).max()) > limit

    def best(self, grey: Grey) -> Grey:
        """The picture to look at: the mean of a resting scene, its contrast stretched."""
        if self._mean is None:
            return grey
        dark, bright = float(self._mean.min()), float(self._mean.max())
        stretched = (self._mean - dark) * (255 / max(bright - dark, 1.0))
        return np.asarray(stretched, np.uint8)

    def _average(self, grey: Grey) -> None:
        cv2 = opencv()
        if self._mean is None or self._mean.shape != grey.shape:
            self._mean = grey.astype(np.float32)
        else:
            cv2.accumulateWeighted(grey, self._mean, WEIGHT)
