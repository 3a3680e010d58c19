"""`campaigns/killed_midway.py`: copies, restores and upgrades killed on their way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "campaigns/killed_midway.py"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.fault("F31")
@pytest.mark.parametrize(("what", "every", "least"), [
    ("backup", 3, 10), ("restore", 4, 10), ("states", 61, 15), ("upgrade", 311, 3),
    pytest.param("server", 230, 1, marks=pytest.mark.postgres)])
def test_what_is_killed_on_its_way_is_as_before_or_whole_and_runs_again(
    what: str, every: int, least: int
) -> None:
    done = run(str(SCRIPT), "--what", what, "--every", str(every))
    assert done.returncode == 0, done.stdout + done.stderr
    kills = int(done.stdout.split(": ")[1].split(" kills")[0])
    assert kills >= least


@pytest.mark.parametrize(("spoilt", "said"), [
    ("backup._also_named = lambda database, aside: database.replace(aside)", "no database at all"),
    ("backup.restore = lambda *_, **__: 1 // 0", "the work failed"),
], ids=["moved away first", "fails"])
def test_a_way_back_that_is_not_safe_is_seen(spoilt: str, said: str) -> None:
    _is_seen(spoilt, said, "'restore'")


def test_an_upgrade_that_commits_on_its_way_is_seen() -> None:
    _is_seen("schema._begin_immediate = lambda _: None", "neither the old state nor the new",
             "'states', '--first', '300', '--kills', '1'")


def _is_seen(spoilt: str, said: str, what: str) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import killed_midway as k\n"
        f"from station.db import backup, schema\n{spoilt}\nsys.argv = ['k', '--what', {what}]\n"
        "sys.exit(k.main())"
    )
    done = run("-c", script)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout
