"""`send_when`: its phrases, and what it needs of the rest of its digest."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from bot.config.checks import refusal, text
from bot.config.problems import quoted, unknown_word
from bot.config.yaml_tree import Path
from bot.model import SendWhen
from bot.model.report_types import KEY_FIGURE_REPORTS

_PHRASES = ("always", "target_missed", "change > 20%")
_CHANGE = re.compile(r"change ?> ?(?P<number>[0-9]{1,4}(?:\.[0-9]{1,2})?) ?%")
_MOST_PER_CENT = 1000

SEND_WHEN_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": ["always", "target_missed"]},
        {"type": "string", "pattern": r"^ *change *> *[0-9]{1,4}(\.[0-9]{1,2})? *% *$"},
    ]
}


def send_when(value: object) -> SendWhen:
    """`always`, `target_missed`, or `change > 20%`."""
    written = " ".join(text(value, "a condition: always, target_missed or change > 20%").split())
    if written == "always":
        return SendWhen()
    if written == "target_missed":
        return SendWhen("target_missed")
    match = _CHANGE.fullmatch(written)
    if not match:
        raise refusal(unknown_word("condition", written, _PHRASES))
    if not 0 < float(match["number"]) <= _MOST_PER_CENT:
        raise refusal(f"{quoted(written)} is out of range: from 0.01% to {_MOST_PER_CENT}%")
    return SendWhen("change", float(match["number"]) / 100)


def needed(entry: dict[str, Any], path: Path, reports: Sequence[str] | None) -> Iterator[tuple[Path, str]]:
    """What the condition of a digest needs and does not have. `reports`: None where they are not known."""
    rule = _checked(entry.get("send_when"))
    if rule is None or rule.kind == "always":
        return
    here = (*path, "send_when")
    if rule.kind == "target_missed":
        if not entry.get("targets"):
            yield (
                here,
                "send_when: there is no target to miss; write, for example, targets: {broke_sla_share: 10%}",
            )
        elif reports is not None and "summary" not in reports:
            yield here, "send_when: targets are about the figures of the report summary; add it to reports"
        return
    if entry.get("compare") == "none":
        yield here, "send_when: a change needs something to compare with; remove compare: none"
    if reports is not None and not set(reports) & set(KEY_FIGURE_REPORTS):
        yield here, "send_when: a change is that of the first key figure; add the report summary"


def _checked(value: object) -> SendWhen | None:
    try:
        return None if value is None else send_when(value)
    except PydanticCustomError:
        return None
