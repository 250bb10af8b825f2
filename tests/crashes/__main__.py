"""`python -m tests.crashes`: the whole crash matrix and the random kills, as tables. `make crash-matrix`.

`--rows slack,folder` takes some; `--kills N` sets how many random kills of each seed (0: none); SLOW_SHARE=short a tenth.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.crashes.matrix import ROWS
from tests.crashes.random_kills import KILLS, random_table
from tests.crashes.stage import stage
from tests.crashes.table import exceptions, matrix_table, problems
from tests.crashes.working import at_random, matrix


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """0 when nothing is lost, and nothing doubled but what may be."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes")
    parser.add_argument("--rows", default=",".join(name.replace(", ", "-") for name in ROWS))
    parser.add_argument("--kills", type=int, default=KILLS)
    given = parser.parse_args()
    rows = [name for name in ROWS if name.replace(", ", "-") in given.rows.split(",")]
    wrong: tuple[str, ...] = ()
    with tempfile.TemporaryDirectory() as kept:
        with stage(Path(kept)):
            _tell("the emulator's data is made")
        found = matrix(rows, kept, _tell) if rows else []
        print(matrix_table(found), exceptions(found), sep="\n\n", flush=True)
        wrong += problems(found)
        if given.kills:
            tallies = at_random(given.kills, kept, _tell)
            print("", random_table(tallies), sep="\n")
            wrong += tuple(problem for tally in tallies for problem in tally.problems)
    print("", *wrong or ("Nothing is lost, and nothing doubled but what may be.",), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
