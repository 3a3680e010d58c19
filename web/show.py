"""Numbers and times as people in the shop read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from station.domain.vocabulary import SHOP_ZONE


def grams(value: int | None) -> str:
    """Grams as "850 g", from one kilogram on as "1.250 kg"; "—" where there is none."""
    if value is None:
        return "—"
    if abs(value) < 1000:
        return f"{value} g"
    sign = "-" if value < 0 else ""
    kilos, rest = divmod(abs(value), 1000)
    return f"{sign}{kilos}.{rest:03d} kg"


def kilos(value: int | None) -> str:
    """A charging step as "2 kg" or "0.5 kg"; "—" where there is none."""
    return "—" if value is None else f"{value / 1000:g} kg"


def centimetres(value: int | None) -> str:
    """Millimetres as "82.5 cm"; "—" where there is none."""
    return "—" if value is None else f"{value / 10:.1f} cm"


def size(sides: tuple[int, int, int]) -> str:
    """Millimetres as "40 × 30 × 15.5 cm"."""
    return " × ".join(f"{side / 10:g}" for side in sides) + " cm"


def yuan(value: int | None) -> str:
    """Fen as "¥12.50"; "—" where there is none."""
    if value is None:
        return "—"
    sign = "-" if value < 0 else ""
    whole, fen = divmod(abs(value), 100)
    return f"{sign}¥{whole}.{fen:02d}"


def clock(moment: datetime | None) -> str:
    """A moment in the shop's zone as "11-23 16:00"."""
    return "—" if moment is None else f"{moment.astimezone(SHOP_ZONE):%m-%d %H:%M}"


def second(moment: datetime | None) -> str:
    """A moment in the shop's zone to the second, with its year."""
    return "—" if moment is None else f"{moment.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M:%S}"


def span(length: timedelta) -> str:
    """A length of time, roughly, in Chinese: "2小时10分", "3天4小时". The sign is dropped."""
    minutes = int(abs(length).total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days:
        return f"{days}天{hours}小时"
    return f"{hours}小时{minutes}分" if hours else f"{minutes}分"


def until(deadline: datetime, now: datetime) -> str:
    """What is left until a deadline, or by how much it was missed."""
    left = deadline - now
    return f"还有{span(left)}" if left > timedelta(0) else f"已晚{span(left)}"


def grouped(code: str) -> str:
    """A long code in groups of four, so that eyes can hold it: "7701 2345 6789 012"."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def folded(rows: Iterable[str]) -> list[str]:
    """Equal rows that follow each other as one with their number: "a", "a", "b" as "a ×2", "b"."""
    runs = ((row, sum(1 for _ in same)) for row, same in groupby(rows))
    return [f"{row} ×{count}" if count > 1 else row for row, count in runs]


_COLORS = {
    "黑": "#2b2d33", "白": "#ffffff", "灰": "#9a9da3", "红": "#c0392b",
    "粉": "#f0a6b8", "橙": "#e8873a", "黄": "#f0c945", "绿": "#4c9a5b",
    "青": "#3f9aa0", "蓝": "#3f6fb5", "紫": "#7d5aa6", "棕": "#7a5236",
    "咖": "#6b4a33", "卡其": "#c3a878", "米": "#efe6cf", "杏": "#ecd3b0",
    "藏": "#26365c", "牛仔": "#5b7ea8",
}


def swatch(color: str) -> str:
    """A colour to draw for a colour's Chinese name, by the last name in it: 深蓝色 is blue."""
    found = [(color.rfind(name), value) for name, value in _COLORS.items() if name in color]
    return max(found)[1] if found else "#c9c2b2"
