"""A carrier's monthly bills, their lines and what became of disputes.

Revision 0008 follows 0007.
"""

from __future__ import annotations

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
