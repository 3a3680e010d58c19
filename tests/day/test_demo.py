"""The command that shows the day: what it compares, what it writes, and how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from simulators.caller import until
from station.services.tally import Label, Tally
from web import demo

WANTED = {
    "paid", "printed", "confirmed", "packed", "weighed", "signed", "handed_over", "held",
    "wrong_items_caught", "weight_alarms", "courier_mismatches", "labels_on_paper",
    "duplicate_labels", "chain_ok", "seconds", "bills", "bill_lines", "bill_findings",
    "bill_difference_fen", "slips",
}
GOOD = Tally(
    paid=10, printed=8, confirmed=8, packed=7, weighed=7, signed=7, handed_over=6, held=1,
    stopped=1, wrong_items_caught=3, weight_alarms=2, courier_mismatches=4, unfinished=0,
    ledger_ok=True, chain_ok=True,
)
ACCOUNT: dict[str, Any] = {
    "paid": 10, "held": 1, "signed": 7, "apart": 1, "handed_over": 6, "missing": 1,
    "planted": {"wrong_size": 2, "unknown": 1, "left_out": 1, "gift": 1, "waist_off": 1},
    "courier_mismatches": 4, "surprises": [],
}
PAPER = demo.Paper(found=8, duplicates=0, lost=())


def run_station(*words: object, **how: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "web.cli", "demo", *map(str, words)]
    return subprocess.Popen(command, text=True, encoding="utf-8", stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, **how)


def picture(size: tuple[int, int], *, black: tuple[int, int] = (0, 0), mode: str = "1") -> bytes:
    """A page as PNG with one black dot."""
    image = Image.new("1", size, 1)
    image.putpixel(black, 0)
    stream = io.BytesIO()
    image.convert(mode).save(stream, "PNG")
    return stream.getvalue()


def tray(*pages: bytes) -> Counter[bytes]:
    return Counter(demo.dots(page) for page in pages)


# --- What is compared -----------------------------------------------------------------------------


def test_a_day_in_which_all_agree_has_nothing_to_say():
    assert demo.disagreements(ACCOUNT, GOOD, PAPER) == []


@pytest.mark.parametrize(("name", "value"), [
    ("paid", 11), ("held", 0), ("printed", 9), ("confirmed", 7), ("signed", 6), ("stopped", 0),
    ("handed_over", 7), ("wrong_items_caught", 2), ("weight_alarms", 3),
    ("courier_mismatches", 3), ("unfinished", 1), ("ledger_ok", False), ("chain_ok", False),
])
def test_each_number_that_differs_is_named(name: str, value: object):
    wrong = demo.disagreements(ACCOUNT, replace(GOOD, **{name: value}), PAPER)
    assert any(line.startswith(f"{name}: ") for line in wrong)


def test_a_mistake_that_was_planted_and_not_caught_is_named():
    planted = {**ACCOUNT["planted"], "too_many": 1}
    (line,) = demo.disagreements({**ACCOUNT, "planted": planted}, GOOD, PAPER)
    assert line.startswith("wrong_items_caught: ")
    assert line.endswith("should be 4, 实为 is 3")


def test_a_doubled_label_and_a_lost_one_are_named():
    wrong = demo.disagreements(ACCOUNT, GOOD, demo.Paper(7, 1, ("7700",)))
    assert {line.split(":")[0] for line in wrong} == {"printed", "duplicate_labels", "7700"}


def test_a_parcel_that_nobody_named_missing_is_named():
    account = {**ACCOUNT, "missing": 0}
    assert demo.disagreements(account, GOOD, PAPER)[0].startswith("missing: ")


def test_what_surprised_the_robot_is_passed_on():
    account = {**ACCOUNT, "surprises": ["too_many: nothing instead of item.too_many"]}
    assert demo.disagreements(account, GOOD, PAPER) == account["surprises"]


# --- Paper ----------------------------------------------------------------------------------------


def test_a_label_is_found_by_its_dots_however_the_picture_was_packed():
    label = Label(1, "7700", 0, (picture((80, 120)),))
    found = demo.compare_paper((label,), tray(picture((80, 120), mode="L")))
    assert found == demo.Paper(1, 0, ())


def test_a_dot_in_another_place_is_another_label():
    label = Label(1, "7700", 0, (picture((80, 120)),))
    found = demo.compare_paper((label,), tray(picture((80, 120), black=(1, 0))))
    assert found == demo.Paper(0, 0, ("7700",))


def test_the_same_dots_on_paper_of_another_shape_are_another_label():
    label = Label(1, "7700", 0, (picture((80, 120)),))
    assert demo.compare_paper((label,), tray(picture((120, 80)))).lost == ("7700",)


@pytest.mark.pain("10")
def test_a_label_that_came_out_twice_is_a_duplicate():
    page = picture((80, 120))
    found = demo.compare_paper((Label(1, "7700", 0, (page,)),), tray(page, page))
    assert found == demo.Paper(1, 1, ())


def test_a_copy_stands_for_the_torn_label_before_it():
    labels = (
        Label(1, "7700", 0, (picture((80, 120)),)),
        Label(2, "7700", 1, (picture((80, 120), black=(5, 5)),)),
    )
    assert demo.compare_paper(labels, tray(*labels[1].pages)) == demo.Paper(1, 0, ())
    assert demo.compare_paper(labels, tray(*labels[0].pages)).lost == ("7700",)


def test_a_label_of_two_pages_is_whole_only_with_both():
    pages = (picture((80, 120)), picture((80, 120), black=(9, 9)))
    label = Label(1, "7700", 0, pages)
    assert demo.compare_paper((label,), tray(*pages)).found == 1
    assert demo.compare_paper((label,), tray(pages[0])).lost == ("7700",)


# --- The command ----------------------------------------------------------------------------------


def test_the_demo_packs_a_day_and_writes_its_numbers(tmp_path: Path):
    with run_station("--headless", "--parcels", 2, "--seed", 5, "--json", tmp_path / "day.json",
                     "--keep", tmp_path / "kept") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    numbers = json.loads((tmp_path / "day.json").read_text(encoding="utf-8"))
    assert numbers.keys() >= WANTED
    assert numbers["wrong"] == []
    assert numbers["paid"] == numbers["printed"] == numbers["labels_on_paper"] == 2
    assert numbers["chain_ok"] is True
    assert (tmp_path / "kept" / "station.db").exists()
    assert numbers["slips"] >= 2, "the day's report and a hand-over, word for word on the roll"
    assert numbers["bills"] >= 1
    assert {"heavier_step", "not_ours", "credit"} <= numbers["bill_findings"].keys()
    assert "账单里的错" in said
    assert "一天结束" in said
    assert "Traceback" not in said


def test_a_folder_that_holds_something_is_not_used(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with run_station("--headless", "--keep", tmp_path) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "不是空的" in said
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("file", ["none/day.json", "."])
def test_numbers_that_could_not_be_written_are_refused_before_the_day(tmp_path: Path, file: str):
    with run_station("--headless", "--json", tmp_path / file) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "没有这个文件夹" in said
    assert "机器人" not in said


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")
def test_a_demo_that_is_told_to_end_in_mid_day_leaves_no_child_and_no_folder(tmp_path: Path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with run_station("--headless", env=environment) as process:
        assert process.stdout is not None
        while "机器人" not in process.stdout.readline():
            pass
        until(lambda: len(children_of(process.pid)) == 3, "the bench, the roll and the robot")
        children = children_of(process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert list(tmp_path.iterdir()) == []


def children_of(pid: int) -> list[int]:
    """The processes whose parent is ``pid``; their second field after the name says so."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found
