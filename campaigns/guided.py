"""Coverage-guided fuzzing: input that reaches new code is kept and damaged further (atheris).

The doors, their samples and what must hold there are those of ``fuzz.py``. atheris is no part of
the locked packages (its wheels exist for Linux and few versions of Python):
``pip install 'packbench[fuzz]'`` brings it. A finding ends the run; its file is named.

    python campaigns/guided.py --door webhook --seconds 120
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

SHOWS = ("F2", "F16", "F18", "F22")

LONGEST = 4096  # bytes of an input


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--door", default="webhook", help="its whole name, as in fuzz.py")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--inputs", type=int, default=-1, help="end after so many")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        import atheris  # noqa: PLC0415 - optional
    except ImportError:
        print("请先安装 Please install first: pip install 'packbench[fuzz]'")
        return 2
    with atheris.instrument_imports(include=["station", "drivers"]):
        import fuzz  # noqa: PLC0415 - what is imported here is watched
    with fuzz.quick_folder() as quick:
        child = os.fork()  # atheris ends its process and clears nothing away
        if child == 0:
            _fuzz(atheris, fuzz, quick, options)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _fuzz(atheris: Any, fuzz: Any, quick: Path, options: argparse.Namespace) -> None:
    """Fuzz one door, and end the process."""
    findings = Path(tempfile.mkdtemp(prefix="guided-", dir=quick.parent))
    with fuzz.doors(quick) as doors:
        if options.door not in doors:
            print(f"one of: {', '.join(doors)}", file=sys.stderr)
            os._exit(2)
        samples, take = doors[options.door]
        corpus = quick / "corpus"
        corpus.mkdir()
        for number, sample in enumerate(samples):
            (corpus / str(number)).write_bytes(sample)
        os.chdir(findings)  # a finding is written here
        print(f"{options.door}: {len(samples)} samples, findings go to {findings}", flush=True)
        atheris.Setup(
            [sys.argv[0], str(corpus), f"-max_total_time={options.seconds}", "-timeout=10",
             f"-runs={options.inputs}", f"-max_len={LONGEST}", f"-seed={options.seed}",
             "-print_final_stats=1"], take)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
