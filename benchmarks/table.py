"""A script's figures as a table that fits a terminal: what was measured left, units on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Figures = Mapping[str, Any]
MOST_COLUMNS = 8


def lines(found: Figures) -> Iterator[str]:
    """The figures that stand alone, one to a line, then a table of each kind that has several."""
    while len(found) == 1 and isinstance(only := next(iter(found.values())), Mapping):
        found = only  # a name that stands over everything says nothing
    alone = {name: value for name, value in found.items() if not isinstance(value, Mapping)}
    width = max(map(len, alone), default=0)
    for name, value in alone.items():
        yield f"  {_plain(name):<{width}}  {_shown(value)}"
    for columns, rows in _tables(dict(_rows(found))).items():
        yield ""
        yield from _drawn(columns, rows)


def _rows(found: Figures, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each innermost group of figures and its name."""
    for key, value in found.items():
        if isinstance(value, Mapping):
            whole = f"{name} {_plain(key)}".strip()
            own = {k: v for k, v in value.items() if not isinstance(v, Mapping)}
            if own:
                yield whole, own
            yield from _rows(value, whole)


def _tables(
    rows: dict[str, dict[str, Any]],
) -> dict[tuple[str, ...], dict[str, dict[str, Any]]]:
    """Rows that have the same figures, or some of them, stand in one table."""
    tables: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    kinds = sorted({tuple(figures) for figures in rows.values()}, key=len, reverse=True)
    for name, figures in rows.items():
        columns = next(kind for kind in kinds if set(figures) <= set(kind))
        tables.setdefault(columns, {})[name] = figures
    return dict(_turned(columns, of) for columns, of in tables.items())


def _turned(
    columns: tuple[str, ...], rows: dict[str, dict[str, Any]]
) -> tuple[tuple[str, ...], dict[str, dict[str, Any]]]:
    """A table of few rows that would be too wide stands on its side."""
    if len(columns) <= MOST_COLUMNS or len(rows) >= len(columns):
        return columns, rows
    turned = {column: {name: rows[name].get(column) for name in rows} for column in columns}
    return tuple(rows), turned


def _drawn(columns: tuple[str, ...], rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The head, its words one below the other, and the rows."""
    words = [_plain(column).split() for column in columns]
    cells = {name: [_shown(of.get(column)) for column in columns] for name, of in rows.items()}
    first = max(len(_plain(name)) for name in rows)
    widths = [max(map(len, (*words[at], *(row[at] for row in cells.values()))))
              for at in range(len(columns))]
    high = max(map(len, words))
    stacked = [[""] * (high - len(of)) + of for of in words]
    head = [["", *(of[level] for of in stacked)] for level in range(high)]
    for row in [*head, *([_plain(name), *values] for name, values in cells.items())]:
        right = (f"{text:>{width}}" for text, width in zip(row[1:], widths, strict=True))
        yield "  ".join([f"  {row[0]:<{first}}", *right]).rstrip()


def _plain(name: str) -> str:
    """``one_p99_ms`` as words."""
    return name.replace("_", " ")


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
