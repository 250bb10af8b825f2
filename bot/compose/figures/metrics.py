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
    """One metric: its wire name, its label for people, unit and good direction.

    `says` is the beginning of a sentence about it ('Customers waited {} on average'). A share is `part` of
    `base`; an average or score rests on the count called `sample`. `mean` and `median` are the names of a
    time's two averages, which together show how much single times differ.
    """

    name: str
    label: str
    unit: Unit
    good: Good
    more: str = "more"
    fewer: str = "fewer"
    part: str = ""
    base: str = ""
    base_noun: str = ""
    sample: str = ""
    mean: str = ""
    median: str = ""
    says: str = ""

    def of(self, values: Mapping[str, float | None]) -> float | None:
        """The metric's value: read, or computed as part of base; None when either is missing."""
        if not self.part:
            return values.get(self.name)
        part, base = values.get(self.part), values.get(self.base)
        if part is None or not base:
            return None
        return part / base


REPLIES, CLOSED_CASES, RECEIVED = "total_responded_to", "total_cases", "total_received"
FEW_REPLIES, FEW_ANSWERS, FEW_CASES = 20, 10, 10
"""Below so many an average, share or score says little; it is said to be small."""
FEW = {
    REPLIES: FEW_REPLIES,
    CLOSED_CASES: FEW_CASES,
    RECEIVED: FEW_ANSWERS,
    "total_volume": FEW_REPLIES,
    "total_sent": FEW_REPLIES,
}
"""The same by the wire name of what is counted."""


def _share(name: str, label: str, good: Good, part: str, base: str, noun: str, says: str) -> Metric:
    return Metric(
        name, label, Unit.SHARE, good, "higher", "lower", part=part, base=base, base_noun=noun, says=says
    )


def _time(name: str, label: str, sample: str, mean: str, median: str, says: str) -> Metric:
    return Metric(
        name,
        label,
        Unit.SECONDS,
        "down",
        "longer",
        "shorter",
        sample=sample,
        mean=mean,
        median=median,
        says=says,
    )


MESSAGES = Metric("total_volume", "Messages", Unit.COUNT, "neither")
RESPONDED = _share(
    "responded_share",
    "Responded",
    "up",
    REPLIES,
    "total_volume",
    "message",
    "{} of messages were responded to",
)
_WAITS = ("avg_response_time", "median_response_time")
WAIT = _time(_WAITS[0], "Customer wait", REPLIES, *_WAITS, "Customers waited {} on average")
MEDIAN_WAIT = _time(_WAITS[1], "Median wait", REPLIES, *_WAITS, "The median wait was {}")
HANDLING = _time("avg_action_response_time", "Handling time", REPLIES, "", "", "Handling took {} on average")
OVER_SLA = _share(
    "broke_sla_share", "Over SLA", "down", "broke_sla", REPLIES, "reply", "{} of replies were over SLA"
)

SUMMARY_METRICS = (MESSAGES, RESPONDED, WAIT, MEDIAN_WAIT, HANDLING, OVER_SLA)

CASES = Metric(CLOSED_CASES, "Cases closed", Unit.COUNT, "neither")
_FIRST = ("first_reply_time", "median_first_reply_time")
_RESOLVED = ("resolution_time", "median_resolution_time")
FIRST_REPLY = _time(_FIRST[0], "First reply", CLOSED_CASES, *_FIRST, "The first reply took {} on average")
MEDIAN_FIRST_REPLY = _time(
    _FIRST[1], "Median first reply", CLOSED_CASES, *_FIRST, "The median first reply took {}"
)
RESOLUTION = _time(_RESOLVED[0], "Resolution", CLOSED_CASES, *_RESOLVED, "Resolution took {} on average")
MEDIAN_RESOLUTION = _time(
    _RESOLVED[1], "Median resolution", CLOSED_CASES, *_RESOLVED, "The median resolution took {}"
)
REPLIES_A_CASE = Metric(
    "agent_interactions",
    "Replies a case",
    Unit.MEAN,
    "neither",
    sample=CLOSED_CASES,
    says="A case took {} replies on average",
)
AGENTS_A_CASE = Metric(
    "agents_involved",
    "Agents a case",
    Unit.MEAN,
    "neither",
    sample=CLOSED_CASES,
    says="A case took {} agents on average",
)

CASE_METRICS = (
    CASES,
    FIRST_REPLY,
    MEDIAN_FIRST_REPLY,
    RESOLUTION,
    MEDIAN_RESOLUTION,
    REPLIES_A_CASE,
    AGENTS_A_CASE,
)

NPS = Metric("nps_score", "NPS", Unit.SCORE, "up", "higher", "lower", sample=RECEIVED, says="NPS was {}")
ANSWERS = Metric(RECEIVED, "Answers", Unit.COUNT, "neither", says="{} answers came in")
SENT = Metric("total_sent", "Surveys sent", Unit.COUNT, "neither", says="{} surveys were sent")
RESPONSE_RATE = _share(
    "response_rate",
    "Response rate",
    "up",
    RECEIVED,
    "total_sent",
    "sent",
    "{} of surveys were answered",
)
PROMOTERS = Metric("total_promoters", "Promoters", Unit.COUNT, "neither", says="There were {} promoters")
PASSIVES = Metric("total_passives", "Passives", Unit.COUNT, "neither", says="There were {} passives")
DETRACTORS = Metric("total_detractors", "Detractors", Unit.COUNT, "neither", says="There were {} detractors")

NPS_METRICS = (NPS, ANSWERS, RESPONSE_RATE, PROMOTERS, PASSIVES, DETRACTORS, SENT)

METRICS = (*SUMMARY_METRICS, *NPS_METRICS, *CASE_METRICS)
"""Every metric that may be a tile."""

OPEN_CASES = Metric("open", "Open cases", Unit.COUNT, "neither")
VOLUME = Metric("volume", "Messages", Unit.COUNT, "neither")
TOPIC_MENTIONS = Metric("volume", "Topic mentions", Unit.COUNT, "neither")
TOPIC_CASES = Metric("volume", "Cases with this topic", Unit.COUNT, "neither")
