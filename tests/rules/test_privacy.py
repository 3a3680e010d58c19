"""Columns that hold personal data are sealed, or somebody wrote down why they need not be."""

import re

import pytest

from station.db.models import Base
from station.db.sealed import SEALED

PERSONAL = re.compile(
    r"(^|_)(phone|mobile|tel|street|address|buyer|recipient|receiver|consignee|memo|message"
    r"|strokes|png|photo|jpeg|payload|body|payer|company|raw)($|_)")

CLEAR = {
    "packaging.phone": "a supplier's number",
    "carrier_contact.phone": "a carrier's office",
    "webhook_event.body_sha256": "a keyed digest",
}
"""Columns whose names sound personal, with the reason why they stand in clear."""

COLUMNS = {
    f"{table.name}.{column.name}": column
    for table in Base.metadata.sorted_tables for column in table.columns
    if PERSONAL.search(column.name) and not column.name.endswith("_digest")
}


@pytest.mark.fault("F27")
@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_column_that_sounds_personal_is_sealed_or_excused(name: str):
    kind = COLUMNS[name].type
    assert isinstance(kind, SEALED) or name in CLEAR, (
        f"{name}: give it SealedText, SealedJson or SealedBytes(\"{name}\") of station.db.sealed "
        "(no change of its type in the migration), or an entry in CLEAR with the reason"
    )


@pytest.mark.parametrize("name", sorted(CLEAR))
def test_no_excuse_outlives_its_column(name: str):
    assert name in COLUMNS


def test_every_sealed_column_is_bound_to_its_own_place():
    sealed = {f"{table.name}.{column.name}": column.type.place
              for table in Base.metadata.sorted_tables for column in table.columns
              if isinstance(column.type, SEALED)}
    assert len(sealed) > 15
    assert sealed == {name: name for name in sealed}
