"""Whether a composed edition goes out, by the digest's `send_when`; if not, why, in words.

Judged on the key figures that readers would see. What nobody knows, because it could not be loaded, never
keeps an edition back: silence would say that all is well.
"""

from bot.model import Dataset, Digest, Edition, Kpi, Kpis, SendWhen, Unavailable, Unit
from bot.model.report_types import KEY_FIGURE_REPORTS


def reason_to_keep_back(digest: Digest, dataset: Dataset, edition: Edition) -> str:
    """Why `send_when` is not met; '' where the edition goes out."""
    rule = digest.send_when
    if rule.kind == "always" or _are_unknown(dataset):
        return ""
    figures = [kpi for block in edition.blocks if isinstance(block, Kpis) for kpi in block.items]
    if rule.kind == "target_missed":
        return _no_target_missed(figures)
    return (
        _too_little_moved(figures[0], rule) if figures else "there is no key figure that could have changed"
    )


def _are_unknown(dataset: Dataset) -> bool:
    return any(isinstance(dataset.current.get(report), Unavailable) for report in KEY_FIGURE_REPORTS)


def _no_target_missed(figures: list[Kpi]) -> str:
    verdicts = [kpi.target.verdict for kpi in figures if kpi.target]
    if "missed" in verdicts:
        return ""
    known = sum(verdict == "met" for verdict in verdicts)
    return "no target was missed" if known else "no target could be missed: there was nothing to measure"


def _too_little_moved(first: Kpi, rule: SendWhen) -> str:
    """A figure that has no value before, or has none now, has changed as far as it can."""
    now, before = first.figure, first.change.previous
    if now.value is None and (before is None or before.value is None):
        return f"{first.label} has no value"
    if now.value is None or before is None or before.value is None:
        return ""
    moved = _moved(now.value, before.value, now.unit)
    if moved > rule.share + 1e-9:
        return ""
    change = f"{first.label} changed by {round(100 * moved, 1):g}%, from {before.text} to {now.text}"
    return f"{change}; that is not more than {100 * rule.share:g}%"


def _moved(now: float, before: float, unit: Unit) -> float:
    """How far it moved: of what it was; a share and a score by points, a hundred of which are all."""
    difference = abs(now - before)
    if unit is Unit.SHARE:
        return difference
    if unit is Unit.SCORE:
        return difference / 100
    if not before:
        return float("inf") if difference else 0.0
    return difference / abs(before)
