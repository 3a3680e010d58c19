"""Modules with one small mistake after another put in: which of them do their tests not notice?

The mistakes are those of ``mistakes.py``; ``noticing.py`` runs the focused tests on each. A mistake
under which all of them pass has survived and is named. Some are no mistakes at all, they change
nothing that can be seen: ``equal_mistakes.toml`` names them with the reason, and they do not count.
With ``--state`` what was found is kept in a file, and a run that was stopped goes on from there; a
mistake is tried again when the definition around it has changed.

    python campaigns/mutation.py --module station/domain/weights.py
    python campaigns/mutation.py --module drivers/scale --state scales.jsonl --least 85
    python campaigns/mutation.py --all --most 20 --state all.jsonl
    python campaigns/mutation.py --module drivers/scale --state scales.jsonl --again  # survivors
    python campaigns/mutation.py --all --state all.jsonl --table                      # runs nothing
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mistakes import Mistake, equal_ones, mistakes, split
from noticing import ROOT, run

_SQLITE = "-k not postgresql"  # the same tests once, on the quicker of the two databases

_SCALES = ("tests/drivers/scale", "--ignore=tests/drivers/scale/test_damaged_frames.py")

_WEIGHTS = (
    "tests/domain/test_pan_watch.py", "tests/domain/test_pan_watch_properties.py",
    "tests/domain/test_expected_weight.py", "tests/drivers/scale/test_traps.py",
)

_HISTORY = (
    "tests/services/test_history.py", "tests/services/test_heads.py",
    f"{_SQLITE} and not thousand",
)

_UNTIMED = "-k not milliseconds and not fails_after and not import_leaves"
"""Without the tests that watch the clock or take long, where others show the same."""

_NO_ALBUM = "-k " + " and ".join(f"not {one}" for one in (
    "far_more_than_either", "several_steps", "no_misread", "empty_page", "any_direction",
    "control_character"))
"""Without the tests that look at many pictures, or at none."""


def _printer(*files: str) -> tuple[str, ...]:
    return (*(f"tests/drivers/printer/test_{name}.py" for name in files), _UNTIMED)


_PRINTING = (
    *(f"tests/services/test_{one}.py" for one in (
        "printing", "print_loop", "print_loop_moments", "print_states")), _SQLITE,
)

FOCUSED: dict[str, tuple[str, ...]] = {
    "drivers/scale": _SCALES,
    "station/domain/weights.py": _WEIGHTS,
    "station/domain/scale_checks.py": ("tests/domain/test_scale_checks.py",),
    "station/services/weighing.py": (
        "tests/bench/test_weighing.py", "tests/bench/test_finishing.py", _SQLITE,
    ),
    "station/bench/checking.py": ("tests/bench/test_checking_the_scale.py",),
    "station/services/scale_checks.py": ("tests/services/test_scale_checks.py", _SQLITE),
    "station/services/package_weight.py": (
        "tests/services/test_before_the_van.py", _SQLITE + " and (weight or charged)",
    ),
    "station/orders/package_weight.py": ("tests/orders/test_package_weight.py",),
    "station/services/history.py": _HISTORY,
    "station/services/heads.py": _HISTORY,
    "station/services/archive_proof.py": (
        "tests/services/test_archiving.py", f"{_SQLITE} and not three_years",
    ),
    **dict.fromkeys((
        "drivers/__main__.py", "drivers/evdev_port.py", "drivers/flight.py", "drivers/garble.py",
        "drivers/hid_port.py", "drivers/hidraw_port.py", "drivers/port.py", "drivers/registry.py",
        "drivers/replay.py", "drivers/worker.py",
    ), ("tests/drivers/test_*.py",)),
    "drivers/interfaces.py": ("tests/drivers/test_*.py", "tests/drivers/printer/test_proofs.py"),
    "drivers/scanner": ("tests/drivers/scanner", "tests/drivers/test_registry.py"),
    **{f"drivers/camera/{one}.py": (f"tests/drivers/camera/test_{one}.py",) for one in (
        "photograph", "presence", "reader", "recorded", "regions", "settings", "stillness",
    )},
    "drivers/camera/worker.py": (
        "tests/drivers/camera/test_worker.py", "tests/drivers/camera/test_stream.py",
    ),
    **{f"drivers/camera/{one}.py": (
        f"tests/drivers/camera/test_{one}.py", "tests/drivers/test_what_happens_seldom.py",
    ) for one in ("mjpeg", "sources")},
    **dict.fromkeys(("drivers/camera/steps.py", "drivers/camera/vision.py"), (
        *(f"tests/drivers/camera/test_{one}.py" for one in ("steps", "regions", "reader")),
        _NO_ALBUM,
    )),
    "station/services/printing.py": _PRINTING,
    "station/print_jobs.py": (
        "tests/services/test_print_loop.py", "tests/services/test_print_loop_moments.py",
        "tests/services/test_slip_loop.py", _SQLITE + " and not pulled_at_any_byte"),
    "station/services/printing_facts.py": _PRINTING,
    **dict.fromkeys((
        "station/services/slips.py", "station/services/slip_content.py",
        "station/services/stock_slips.py", "station/services/counting.py",
    ), ("tests/services/test_slips.py", "tests/services/test_slip_figures.py", _SQLITE)),
    "station/domain/labels.py": ("tests/paper/test_waybill.py",),
    "station/domain/parcel.py": ("tests/domain/test_parcel.py",),
    "drivers/printer/__init__.py": _printer("building", "slow_lines", "lp_spool", "recorded"),
    "drivers/printer/cpcl.py": _printer("cpcl", "native"),
    "drivers/printer/epl.py": _printer("epl", "native"),
    "drivers/printer/escpos.py": _printer("escpos", "slow_lines"),
    "drivers/printer/escpos_replies.py": _printer("escpos_replies"),
    "drivers/printer/escpos_transport.py": _printer("escpos_transport"),
    "drivers/printer/ink.py": _printer("ink", "slow_lines"),
    "drivers/printer/label_printer.py": _printer(
        "label_printer", "in_flight", "lp_spool", "slow_lines"),
    "drivers/printer/languages.py": _printer(
        "escpos_replies", "building", "label_printer", "proofs", "tspl", "in_flight"),
    "drivers/printer/lp_spool.py": _printer("lp_spool"),
    "drivers/printer/models.py": _printer("building"),
    "drivers/printer/native.py": _printer("native"),
    "drivers/printer/pages.py": _printer("escpos", "cpcl", "building", "proofs"),
    "drivers/printer/proofs.py": _printer("proofs", "cpcl", "tspl", "label_printer"),
    "drivers/printer/recorded.py": _printer("recorded"),
    "drivers/printer/settings.py": (
        "tests/config/test_devices.py", *_printer("settings", "building", "slow_lines")),
    "drivers/printer/slips.py": (
        "tests/services/test_slip_codes.py", *_printer("slips")[:-1], _SQLITE),
    "drivers/printer/tspl.py": _printer("tspl", "native", "building"),
    "drivers/printer/wire.py": _printer("proofs", "building", "escpos_replies", "label_printer"),
    "drivers/printer/zpl.py": _printer("zpl", "native", "label_printer"),
}
"""The tests of a module or of a folder of modules, where --tests does not name them; the longest
name that fits counts. Of the tests named only those run that come by the mistake. --all is all of
these."""

@dataclass
class State:
    """How each mistake ended, kept in a file from run to run."""

    path: Path
    ends: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> State:
        """What the file holds; a last line that was cut off counts for nothing."""
        state = cls(path)
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            with suppress(ValueError):
                facts = json.loads(line)
                state.ends[facts["module"], facts["mistake"]] = facts["end"]
        return state

    def reread(self) -> None:
        """What other processes have written since counts as well."""
        self.ends = self.read(self.path).ends

    def told(self, module: Path, mistake: Mistake, end: str, test: str) -> None:
        """Keep how this one ended; a survivor is named at once, for a long run may be stopped."""
        facts = {"module": name(module), "mistake": mistake.key, "end": end, "by": test}
        with self.path.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(facts, ensure_ascii=False) + "\n")
        if end in SURVIVED:
            print(f"survived: {name(module)} {mistake}" + _UNSEEN * (end == "unseen"), flush=True)

    def end(self, module: Path, mistake: Mistake) -> str:
        """How it ended, "" if it was not tried."""
        return self.ends.get((name(module), mistake.key), "")


SURVIVED = ("survived", "unseen")
_UNSEEN = "   (no test comes by)"


@dataclass(frozen=True)
class Work:
    """A module's mistakes: those to be counted, and those that are known to be none."""

    module: Path
    real: list[Mistake]
    equal: list[Mistake]

    @classmethod
    def of(cls, module: Path, most: int, seed: int) -> Work:
        """All its mistakes or, by the seed, ``most`` of them."""
        made = list(mistakes(module.read_text(encoding="utf-8")))
        known = [one for one in equal_ones() if one.module == name(module)]
        real, equal = split(made, known)
        if most and most < len(real):
            chosen = random.Random(seed).sample(real, most)
            real, equal = sorted(chosen, key=lambda one: one.line), []
        return cls(module, real, equal)

    def open(self, state: State, *, again: bool) -> list[Mistake]:
        """What is still to be tried."""
        done = [end for end in _ENDS if not (again and end in SURVIVED)]
        return [one for one in (*self.real, *self.equal) if state.end(self.module, one) not in done]

    def ends(self, state: State) -> Counter[str]:
        """How many ended in each way."""
        return Counter(state.end(self.module, one) for one in self.real)

    def not_equal(self, state: State) -> list[Mistake]:
        """Those that are called equal and were noticed all the same."""
        return [one for one in self.equal
                if state.end(self.module, one) not in ("", *SURVIVED)]


_ENDS = ("failed", "hung", "broke", *SURVIVED)


def name(module: Path) -> str:
    """The module's path as the tables have it."""
    return module.relative_to(ROOT).as_posix()


def modules(where: Sequence[Path]) -> Iterator[Path]:
    """The modules named, and those in the folders named."""
    for place in where:
        path = place.resolve()
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def focused(module: Path) -> tuple[str, ...]:
    """The tests of this module, () if nobody has named any."""
    fitting = [key for key in FOCUSED if f"{name(module)}/".startswith(f"{key}/")]
    return tuple(_named(FOCUSED[max(fitting, key=len)])) if fitting else ()


def _named(tests: Sequence[str]) -> Iterator[str]:
    """The tests, with the files that a pattern stands for."""
    for one in tests:
        found = sorted(ROOT.glob(one)) if "*" in one else []
        yield from map(name, found) if found else [one]


def table(all_work: Sequence[Work], state: State) -> Iterator[str]:
    """A line for each module, and one for all."""
    total = Counter[str]()
    width = max(len(name(work.module)) for work in all_work)
    yield f"{'':{width}}  mistakes  noticed  share"
    for work in all_work:
        ends = work.ends(state)
        total += ends
        if ends:
            equal = f"   ({len(work.equal)} more change nothing)" if work.equal else ""
            yield f"{name(work.module):{width}}  {_figures(ends)}{equal}"
    yield f"{'all':{width}}  {_figures(total)}"


def _figures(ends: Counter[str]) -> str:
    tried = ends.total() - ends[""]
    noticed = tried - sum(ends[end] for end in SURVIVED)
    left = f"   {ends['']} not tried" if ends[""] else ""
    return f"{tried:8}  {noticed:7}  {share(ends):4.0f} %{left}"


def share(ends: Counter[str]) -> float:
    """How many of a hundred mistakes that were tried were noticed."""
    tried = ends.total() - ends[""]
    return 100 * (tried - sum(ends[end] for end in SURVIVED)) / max(tried, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", type=Path, nargs="+", default=[], action="extend",
                        help="modules, or folders of them")
    parser.add_argument("--all", action="store_true", help="all that have focused tests")
    parser.add_argument("--tests", nargs="*", default=[])
    parser.add_argument("--most", type=int, default=0, help="so many of each module; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, help="keeps what was found, and goes on from there")
    parser.add_argument("--again", action="store_true", help="try what survived once more")
    parser.add_argument("--table", action="store_true", help="show what is known, run nothing")
    parser.add_argument("--least", type=float, default=0, help="fail if a module's share is lower")
    asked = parser.parse_args()
    where = [ROOT / key for key in FOCUSED] if asked.all else asked.module
    if not where:
        parser.error("name modules or folders with --module, or --all")
    groups: dict[tuple[str, ...], dict[Path, Work]] = {}
    for module in modules(where):
        tests = tuple(asked.tests) or focused(module)
        if not tests:
            parser.error(f"name the tests of {module.name} with --tests")
        groups.setdefault(tests, {})[module] = Work.of(module, asked.most, asked.seed)
    with TemporaryDirectory() as folder:
        state = State.read(asked.state.resolve() if asked.state else Path(folder) / "state")
        if not asked.table:
            _try(groups, state, again=asked.again)
        return _tell([work for group in groups.values() for work in group.values()],
                     state, asked.least)


def _try(groups: Mapping[tuple[str, ...], Mapping[Path, Work]], state: State, *,
         again: bool) -> None:
    for tests, group in groups.items():
        plan = {module: work.open(state, again=again) for module, work in group.items()}
        plan = {module: made for module, made in plan.items() if made}
        if plan:
            begin = time.monotonic()
            run(tests, plan, state.told)
            print(f"{sum(map(len, plan.values()))} mistakes in {time.monotonic() - begin:.0f} s",
                  flush=True)
    state.reread()


def _tell(all_work: Sequence[Work], state: State, least: float) -> int:
    """Print the table; 1 if an equal mistake is none, or a share is too low."""
    print("\n".join(table(all_work, state)))
    wrong = [f"{name(work.module)} {one}: is called equal, and a test notices it"
             for work in all_work for one in work.not_equal(state)]
    for work in all_work:
        ends = work.ends(state)
        if ends.total() - ends[""] and share(ends) < least:
            wrong.append(f"{name(work.module)}: {share(ends):.0f} %, not {least:.0f} %")
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
