"""What a host can tell a scanner: golden bytes out of the manuals."""

from __future__ import annotations

import pytest

from drivers.scanner.commands import BEEPING, COMMANDS, Word, command


@pytest.mark.parametrize(("make", "word", "told"), [
    ("honeywell", Word.READ, "16540d"),  # Datalogic/HHP 7000 manual page 159
    ("honeywell", Word.STOP, "16550d"),
    ("cipherlab", Word.DISABLE, "44"),  # CipherLab 1664 manual page 252
    ("cipherlab", Word.ENABLE, "45"),
    ("cipherlab", Word.BEEP, "23402f2f2f2f0d"),
    ("cipherlab", Word.RESUME, "23402e2e2e2e0d"),
    ("cipherlab", Word.SAVE, "23403130393939390d"),
    ("metrologic", Word.BEEP, "07"),
])
def test_a_command_is_the_bytes_of_the_manual(make, word, told):
    assert command(make, word) == bytes.fromhex(told)


@pytest.mark.parametrize(("make", "word"), [
    ("honeywell", Word.BEEP), ("nobody", Word.BEEP), ("", Word.READ), ("metrologic", Word.SAVE),
])
def test_what_a_make_does_not_know_is_not_said(make, word):
    assert command(make, word) is None


def test_no_two_commands_of_a_make_are_the_same():
    for known in COMMANDS.values():
        assert len(set(known.values())) == len(known)
    assert {"cipherlab", "metrologic"} == BEEPING
