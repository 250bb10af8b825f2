"""The metrics of the product: label, unit, and which direction is good.

Sources: API document, Summary Metrics, Team Summary, Case Summary and NPS Summary. Shares and their
bases follow the document's samples: over SLA is `broke_sla` of `total_responded_to` (11 of 29), responded is
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

CASES = Metric("total_cases", "Cases closed", Unit.COUNT, "neither")
FIRST_REPLY = Metric("first_reply_time", "First reply", Unit.SECONDS, "down", "longer", "shorter")
MEDIAN_FIRST_REPLY = Metric(
    "median_first_reply_time", "Median first reply", Unit.SECONDS, "down", "longer", "shorter"
)
RESOLUTION = Metric("resolution_time", "Resolution", Unit.SECONDS, "down", "longer", "shorter")
MEDIAN_RESOLUTION = Metric(
    "median_resolution_time", "Median resolution", Unit.SECONDS, "down", "longer", "shorter"
)
REPLIES_A_CASE = Metric("agent_interactions", "Replies a case", Unit.MEAN, "neither")
AGENTS_A_CASE = Metric("agents_involved", "Agents a case", Unit.MEAN, "neither")

CASE_METRICS = (
    CASES,
    FIRST_REPLY,
    MEDIAN_FIRST_REPLY,
    RESOLUTION,
    MEDIAN_RESOLUTION,
    REPLIES_A_CASE,
    AGENTS_A_CASE,
)

NPS = Metric("nps_score", "NPS", Unit.SCORE, "up", "higher", "lower")
ANSWERS = Metric("total_received", "Answers", Unit.COUNT, "neither")
SENT = Metric("total_sent", "Surveys sent", Unit.COUNT, "neither")
RESPONSE_RATE = Metric(
    "response_rate",
    "Response rate",
    Unit.SHARE,
    "up",
    part="total_received",
    base="total_sent",
    base_noun="survey sent",
)
PROMOTERS = Metric("total_promoters", "Promoters", Unit.COUNT, "neither")
PASSIVES = Metric("total_passives", "Passives", Unit.COUNT, "neither")
DETRACTORS = Metric("total_detractors", "Detractors", Unit.COUNT, "neither")

NPS_METRICS = (NPS, ANSWERS, RESPONSE_RATE, PROMOTERS, PASSIVES, DETRACTORS, SENT)

OPEN_CASES = Metric("open", "Open cases", Unit.COUNT, "neither")
VOLUME = Metric("volume", "Messages", Unit.COUNT, "neither")
TOPIC_MENTIONS = Metric("volume", "Topic mentions", Unit.COUNT, "neither")
TOPIC_CASES = Metric("volume", "Cases with this topic", Unit.COUNT, "neither")

FEW_REPLIES, FEW_ANSWERS, FEW_CASES = 20, 10, 10
"""Below so many an average, share or score says little; it is said to be small."""
