"""A picture kept as evidence: JPEG, never larger than allowed."""

from __future__ import annotations

from drivers.camera.vision import Colour, opencv

QUALITIES = (88, 75, 60, 45)
SMALLER = 0.75
SMALLEST_SIDE = 32


def squeezed(frame: Colour, most_bytes: int) -> tuple[bytes, int, int]:
    """A JPEG file of at most ``most_bytes``, its width and height.

    Quality is given up first, down to where writing stays legible, and then size. Raises
    ValueError if even a stamp is too large.
    """
    cv2 = opencv()
    while min(frame.shape[:2]) >= SMALLEST_SIDE:
        for quality in QUALITIES:
            good, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if good and data.size <= most_bytes:
                return data.tobytes(), frame.shape[1], frame.shape[0]
        frame = cv2.resize(frame, None, fx=SMALLER, fy=SMALLER, interpolation=cv2.INTER_AREA)
    raise ValueError(f"no photograph fits into {most_bytes} bytes")
