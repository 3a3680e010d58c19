"""The kinds of trouble with a database, for those who put them into words."""

from __future__ import annotations

from station.db.trouble import Trouble, trouble_of

__all__ = ["Trouble", "trouble_of"]
