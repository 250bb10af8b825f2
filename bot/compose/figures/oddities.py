"""Values that cannot be, said as such: shown as they came, with a note that the API gave them."""

from collections.abc import Iterable, Sequence

from bot.compose.figures.wording import Wording, plural
from bot.model import Block, Chart, Figure, Kpis, Note, TableBlock, Unit

MOST = 3
"""So many are named; the others are counted."""


def with_oddities(report: str, blocks: Sequence[Block], words: Wording) -> tuple[Block, ...]:
    """The blocks, and a note below them where a value is negative or a share above the whole."""
    odd = list(dict.fromkeys(told for block in blocks for told in _odd(block, words)))
    if not odd:
        return tuple(blocks)
    named = ", ".join(odd[:MOST])
    rest = len(odd) - MOST
    more = f" and {rest} more such {plural(rest, 'value')}" if rest > 0 else ""
    shown = "it is shown as it came" if len(odd) == 1 else "they are shown as they came"
    return (*blocks, Note(f"The API gave {named}{more}; {shown}.", "info", report, "Unusual values"))


def is_odd(value: float | None, unit: Unit) -> bool:
    """Whether no count, time, share or score can have this value."""
    if value is None:
        return False
    if unit is Unit.SCORE:
        return abs(value) > 100
    return value < 0 or (unit is Unit.SHARE and value > 1)


def _odd(block: Block, words: Wording) -> Iterable[str]:
    if isinstance(block, Kpis):
        for kpi in block.items:
            evidence = f" ({kpi.explanation})" if kpi.explanation else ""
            yield from _figure(kpi.figure, f"{kpi.label}{evidence}")
    elif isinstance(block, TableBlock):
        yield from _table(block)
    elif isinstance(block, Chart):
        yield from _chart(block, words)


def _figure(one: Figure | None, label: str) -> Iterable[str]:
    if one is not None and one.window != "change" and is_odd(one.value, one.unit):
        yield f"{one.text} for {label}"


def _table(block: TableBlock) -> Iterable[str]:
    for row in block.rows:
        for column, cell in zip(block.columns, row, strict=True):
            yield from _figure(cell.figure, f"{column.label}, {row[0].text}")


def _chart(block: Chart, words: Wording) -> Iterable[str]:
    for series in block.series:
        for label, value in zip(block.labels, series.values, strict=True):
            if is_odd(value, block.unit):
                yield f"{words.value(value, block.unit)} for {series.label}, {label}"
