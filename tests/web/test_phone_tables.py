"""Tables on a phone: a wide one stands as cards whose figures name themselves."""

from __future__ import annotations

import re
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"
TABLE = re.compile(r'<table(?: class="([^"]*)")?>(.*?)</table>', re.DOTALL)


def tables(name: str) -> list[tuple[set[str], str]]:
    """The tables of a template: their classes and what stands in them."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return [(set(kind.split()), inside) for kind, inside in TABLE.findall(text)]


OWN_WAY = {"handover_panel.html", "case_statistics.html", "privacy.html"}
"""Their sheets lay them out, or they are looked at on a desk: bars, and a person's whole file."""


def test_a_table_of_seven_columns_or_more_is_cards_on_a_phone() -> None:
    names = {str(one.relative_to(TEMPLATES)) for one in TEMPLATES.rglob("*.html")} - OWN_WAY
    wide = [(name, kinds) for name in sorted(names) for kinds, inside in tables(name)
            if inside.split("</tr>")[0].count("<th") > 6]
    assert len(wide) > 9
    assert [name for name, kinds in wide if "cards" not in kinds] == []


def test_the_figures_on_a_card_name_themselves() -> None:
    """Without the header a bare sum says nothing; a count of pieces or a state does."""
    bare = re.compile(r'<td class="num"( data-what="\S[^"]*")?>[^<]*\| yuan')
    found = [(name, one) for name in sorted(str(path.relative_to(TEMPLATES))
                                            for path in TEMPLATES.rglob("*.html"))
             for kinds, inside in tables(name) if "cards" in kinds
             for one in bare.findall(inside)]
    assert len(found) > 12
    assert [name for name, named in found if not named] == []


def test_every_cell_of_a_tariff_says_what_it_is_where_no_header_does() -> None:
    cells = [cell for kinds, inside in tables("tariff_edit.html") if "cards" in kinds
             for cell in re.findall(r"<td(.*?)>\{\{ (?:cell|choice)\(", inside)]
    assert len(cells) == 16
    assert all(re.fullmatch(r' data-what="\S[^"]*"', cell) for cell in cells), cells
