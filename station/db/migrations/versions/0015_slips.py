"""Print jobs of slips, which name their subject: a hand-over, a list for a supplier, a day.

Revision 0015 follows 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "print_job", sa.Column("about", sa.String(length=48), nullable=False, server_default=""))
    named = sa.text("about <> ''")
    op.create_index("ix_print_job_about", "print_job", ["about"],
                    sqlite_where=named, postgresql_where=named)
    under_way = sa.text("about <> '' AND state IN ('waiting', 'sending')")
    op.create_index("uq_print_job_about", "print_job", ["about"], unique=True,
                    sqlite_where=under_way, postgresql_where=under_way)


def downgrade() -> None:
    op.execute(sa.text(
        "DELETE FROM page_image WHERE job_id IN (SELECT id FROM print_job WHERE kind = 'slip')"))
    op.execute(sa.text("DELETE FROM print_job WHERE kind = 'slip'"))
    op.drop_index("uq_print_job_about", "print_job")
    op.drop_index("ix_print_job_about", "print_job")
    op.drop_column("print_job", "about")
