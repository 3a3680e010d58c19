"""A shop in a folder of its own, worked on through the command line only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from web.cli import COMMANDS, main

Said = tuple[int, str]


@pytest.fixture
def station(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run one command; its exit code and everything that it said."""
    assert COMMANDS

    def act(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return act


@pytest.fixture
def shop(tmp_path: Path, station: Callable[..., Said]) -> Path:
    """A new shop's folder, made by `station init`, with a sender on its labels."""
    station("init", tmp_path)
    path = tmp_path / "station.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[paper.sender]", '[paper.sender]\nname = "甲店"'),
                    encoding="utf-8")
    return tmp_path
