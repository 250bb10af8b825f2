"""The numbers as a table of Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.crashes.matrix import Outcome

HEADS = (
    "delivery",
    "points",
    "killed",
    "once",
    "adopted",
    "unknown, had arrived",
    "unknown, had not",
    "twice",
    "lost",
)


def matrix_table(outcomes: Iterable[Outcome]) -> str:
    """One row for each way of delivering."""
    rows: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        rows.setdefault(outcome.row, []).append(outcome)
    return _table(HEADS, [_row(name, mine) for name, mine in rows.items()])


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    counted = Counter(outcome.verdict for outcome in outcomes)
    doubtful = Counter(bool(outcome.arrived.count) for outcome in outcomes if outcome.verdict == "unknown")
    killed = sum(outcome.status < 0 for outcome in outcomes)
    numbers = [len(outcomes), killed, counted["once"], counted["adopted"], doubtful[True], doubtful[False]]
    return name, *map(str, [*numbers, counted["twice"], counted["lost"]])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def exceptions(outcomes: Iterable[Outcome]) -> str:
    """Where something else than `once` came of it, by row and place, in the order of the run."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for outcome in outcomes:
        if outcome.verdict != "once":
            place = outcome.point.name.rpartition(" #")[0]
            found[outcome.row, outcome.point.scenario, place, outcome.verdict] += 1
    return _table(
        ("delivery", "run", "killed", "result", "times"), [(*key, str(n)) for key, n in found.items()]
    )


def problems(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return a sentence for each outcome that must not be."""
    return tuple(f"{o.row}, {o.point.scenario}, {o.point.name}: {o.problem}" for o in outcomes if o.problem)
