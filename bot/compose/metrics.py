"""The metrics of the product: label, unit, and which direction is good.

Sources: API document, Summary Metrics and Team Summary. Shares and their bases follow the
document's samples: over SLA is `broke_sla` of `total_responded_to` (11 of 29), responded is
`total_responded_to` of `total_volume`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.model import Unit

Good = Literal["up", "down", "neither"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its wire name, its label for people, unit and good direction."""

    name: str
    label: str
    unit: Unit
    good: Good
    more: str = "more"
    fewer: str = "fewer"
    part: str = ""
    base: str = ""
    base_noun: str = ""

    def of(self, values: Mapping[str, float | None]) -> float | None:
        """The metric's value: read, or computed as part of base; None when either is missing."""
        if not self.part:
            return values.get(self.name)
        part, base = values.get(self.part), values.get(self.base)
        if part is None or not base:
            return None
        return part / base


MESSAGES = Metric("total_volume", "Messages", Unit.COUNT, "neither")
RESPONDED = Metric(
    "responded_share",
    "Responded",
    Unit.SHARE,
    "up",
    part="total_responded_to",
    base="total_volume",
    base_noun="message",
)
WAIT = Metric("avg_response_time", "Customer wait", Unit.SECONDS, "down", "longer", "shorter")
MEDIAN_WAIT = Metric("median_response_time", "Median wait", Unit.SECONDS, "down", "longer", "shorter")
HANDLING = Metric("avg_action_response_time", "Handling time", Unit.SECONDS, "down", "longer", "shorter")
OVER_SLA = Metric(
    "broke_sla_share",
    "Over SLA",
    Unit.SHARE,
    "down",
    part="broke_sla",
    base="total_responded_to",
    base_noun="reply",
)

SUMMARY_METRICS = (MESSAGES, RESPONDED, WAIT, MEDIAN_WAIT, HANDLING, OVER_SLA)
