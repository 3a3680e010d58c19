"""Codes for a screen, as SVG: the one-time code's bars, and the square that a phone takes over."""

from __future__ import annotations

import zxingcpp


def bars_svg(text: str) -> str:
    """Code 128, drawn wide enough for a scanner that reads it off a screen."""
    return _svg(text, zxingcpp.BarcodeFormat.Code128, scale=4)


def square_svg(text: str) -> str:
    """A QR code."""
    return _svg(text, zxingcpp.BarcodeFormat.QRCode, scale=6)


def _svg(text: str, kind: zxingcpp.BarcodeFormat, *, scale: int) -> str:
    code = zxingcpp.create_barcode(text, kind)
    return str(code.to_svg(scale=scale, add_hrt=False, add_quiet_zones=True))
