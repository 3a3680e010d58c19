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

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

SHOWS = ("F2", "F16", "F18", "F22")

LONGEST = 4096  # bytes of an input


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--door", default="webhook", help="its whole name, as in fuzz.py")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        import atheris  # noqa: PLC0415 - optional
    except ImportError:
        print("请先安装 Please install first: pip install 'packbench[fuzz]'")
        return 2
    with atheris.instrument_imports(include=["station", "drivers"]):
        import fuzz  # noqa: PLC0415 - what is imported here is watched
    folder = Path(tempfile.mkdtemp(prefix="guided-"))
    with fuzz.doors(folder) as doors:
        if options.door not in doors:
            parser.error(f"one of: {', '.join(doors)}")
        samples, take = doors[options.door]
        corpus = folder / "corpus"
        corpus.mkdir()
        for number, sample in enumerate(samples):
            (corpus / str(number)).write_bytes(sample)
        os.chdir(folder)  # a finding is written here
        print(f"{options.door}: {len(samples)} samples, findings go to {folder}", flush=True)
        atheris.Setup(
            [sys.argv[0], str(corpus), f"-max_total_time={options.seconds}", "-timeout=10",
             f"-max_len={LONGEST}", f"-seed={options.seed}", "-print_final_stats=1"],
            take)
        atheris.Fuzz()  # ends the process
    return 0


if __name__ == "__main__":
    sys.exit(main())
