"""`python -m station.db.migrations.revise "what changes"`: write the next migration's draft.

Read it, say in its docstring what it changes for the shop, and run `ruff format` on it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from station.db import schema


def revise(message: str) -> Path:
    """Compare the models with all migrations so far; write the difference as the next one."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        schema.upgrade(url)
        config = schema.alembic_config()
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        with schema.transaction(url) as connection:
            config.attributes["connection"] = connection
            script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    if script is None or isinstance(script, list):
        raise schema.SchemaError("the draft was not written")
    path = Path(script.path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{revise(' '.join(sys.argv[1:]))}\n")
