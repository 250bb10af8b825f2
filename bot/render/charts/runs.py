"""Where a series has values and where it has gaps."""

from collections.abc import Sequence


def runs(values: Sequence[float | None]) -> list[range]:
    """Indices of each stretch without a gap, in order: `[1, 2, None, 3]` gives 0..1 and 3..3."""
    found: list[range] = []
    for n, value in enumerate(values):
        if value is None:
            continue
        if found and found[-1].stop == n:
            found[-1] = range(found[-1].start, n + 1)
        else:
            found.append(range(n, n + 1))
    return found


def fitted(values: Sequence[float | None], count: int) -> tuple[float | None, ...]:
    """Exactly `count` values: what is missing at the end is a gap."""
    return (*values[:count], *([None] * (count - len(values))))
