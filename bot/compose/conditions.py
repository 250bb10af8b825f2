"""Conditions for sending: `send_when`, judged on the key figures, and `when_empty`, judged on the dataset.

Missing data never suppresses an edition: silence would mean that all is well.
"""

from dataclasses import replace

from bot import model
from bot.model.report_types import KEY_FIGURE_REPORTS

NOTHING = "Nothing came in: no messages and no answers in this window."


def reason_to_suppress(digest: model.Digest, dataset: model.Dataset, edition: model.Edition) -> str:
    """Return why `send_when` is not met; '' where the edition goes out."""
    rule = digest.send_when
    answers = [dataset.current.get(report) for report in KEY_FIGURE_REPORTS]
    unknown = any(isinstance(answer, model.Unavailable) for answer in answers)
    if rule.kind == "always" or unknown:
        return ""
    figures = [kpi for block in edition.blocks if isinstance(block, model.Kpis) for kpi in block.items]
    if rule.kind == "target_missed":
        verdicts = [kpi.target.verdict for kpi in figures if kpi.target]
        if "missed" in verdicts:
            return ""
        known = "met" in verdicts
        return "no target was missed" if known else "no target could be missed: there was nothing to measure"
    return _small_change(figures[0], rule) if figures else "there is no key figure that could have changed"


def _small_change(first: model.Kpi, rule: model.SendWhen) -> str:
    """Return '' for a large change. A figure with a value in one window only counts as one."""
    now, before = first.figure, first.change.previous
    if now.value is None and (before is None or before.value is None):
        return f"{first.label} has no value"
    if now.value is None or before is None or before.value is None:
        return ""
    change = _relative_change(now.value, before.value, now.unit)
    if change > rule.share + 1e-9:
        return ""
    text = f"{first.label} changed by {round(100 * change, 1):g}%, from {before.text} to {now.text}"
    return f"{text}; that is not more than {100 * rule.share:g}%"


def _relative_change(now: float, before: float, unit: model.Unit) -> float:
    """Return the change as a share of the value before; for a share or a score in points of one hundred."""
    difference = abs(now - before)
    if unit is model.Unit.SHARE:
        return difference
    if unit is model.Unit.SCORE:
        return difference / 100
    if not before:
        return float("inf") if difference else 0.0
    return difference / abs(before)


def nothing_came_in(dataset: model.Dataset) -> bool:
    """Return whether every answer of the window is empty. An unavailable answer is not empty."""
    return bool(dataset.current) and all(map(_is_nothing, dataset.current.values()))


def _is_nothing(slot: model.Slot) -> bool:
    if not isinstance(slot, model.Present):
        return isinstance(slot, model.Empty)
    answer = slot.answer
    if isinstance(answer, model.ExportFile):
        return answer.rows == 0
    if isinstance(answer, model.Scalars):
        return not any(answer.values.values())
    if isinstance(answer, model.Series):
        return not any(point.value for points in answer.points.values() for point in points)
    # Agents and topics without messages may have rows, so counts decide where there are any.
    counts = [answer.column(column.name) for column in answer.columns if column.unit is model.Unit.COUNT]
    return not any(value for values in counts for value in values) if counts else not answer.rows


def shortened(edition: model.Edition) -> model.Edition:
    """Return the edition as one sentence, with its general notes and without files."""
    headline = model.Headline((model.Sentence(NOTHING),))
    notes = [block for block in edition.blocks if isinstance(block, model.Note) and not block.report]
    return replace(edition, summary_text=NOTHING, blocks=(headline, *notes), csvs=(), exports=(), brief=True)
