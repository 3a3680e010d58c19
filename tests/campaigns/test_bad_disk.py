"""`campaigns/bad_disk.py`: a disk that answers with errors, where the library can be made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.fault("F11", "F12")
@pytest.mark.skipif(sys.platform != "linux", reason="nothing is preloaded there")
def test_a_disk_that_fails_at_any_call_is_told_and_loses_nothing() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "campaigns/bad_disk.py"), "--every", "500"], cwd=ROOT,
        capture_output=True, text=True, check=False)
    if done.returncode == 2:
        assert "no gcc" in done.stdout
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 answers lost, 0 damaged" in done.stdout
    assert "told as io" in done.stdout
    assert "told as full" in done.stdout
