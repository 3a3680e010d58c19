"""Alembic runs this for every command; `station.db.schema` hands it an open transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from station.db.models import Base, UtcDateTime


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name the database's own types, so that old ones outlive our classes."""
    is_time = kind == "type" and isinstance(item, UtcDateTime)
    return "sa.DateTime(timezone=True)" if is_time else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    render_item=plain_type,
    # SQLite cannot alter a column in place: the table is rebuilt beside and renamed.
    render_as_batch=True,
)
context.run_migrations()
