"""The vocabulary of the API: report types, metrics with their units and good directions, workflow states.

Sources: API document, Summary Metrics, Team Summary, Case Summary, NPS Summary and States Volume. Shares and
their bases follow the document's samples: over SLA is `broke_sla` of `total_responded_to` (11 of 29),
responded is `total_responded_to` of `total_volume`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.model import Unit

Good = Literal["up", "down", "neither"]

SUMMARY, CASE_SUMMARY, NPS_SUMMARY = "summary", "case_summary", "nps_summary"
STATES_VOLUME, RESPONSE_VOLUME, CASE_VOLUME = "states_volume", "response_volume", "case_volume"
NPS_VOLUME, NPS_SUBMISSIONS = "nps_volume", "nps_submissions"
CLASSIFICATIONS, CASE_CLASSIFICATIONS = "classifications", "case_classifications"
WORKFLOW_STATES, USER_SUMMARY, USER_VOLUME = "workflow_states", "user_summary", "user_volume"
SLA_EXPORT, CASES_EXPORT = "mention_sla_export", "case_details"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its wire name, its label for readers, its unit and its good direction.

    `says` starts a sentence about it ('Customers waited {} on average'). A share is `part` of `base`; an
    average or score rests on the count `sample`. `mean` and `median` name the two averages of a time:
    together they show how widely single times are spread.
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
        """Return the metric's value, read or computed as part of base; None when a value is missing."""
        if not self.part:
            return values.get(self.name)
        part, base = values.get(self.part), values.get(self.base)
        return None if part is None or not base else part / base


REPLIES, CLOSED_CASES, RECEIVED = "total_responded_to", "total_cases", "total_received"
FEW_REPLIES, FEW_ANSWERS, FEW_CASES = 20, 10, 10
"""Below this sample size an average, share or score says little, and the text says so."""
FEW = {REPLIES: FEW_REPLIES, CLOSED_CASES: FEW_CASES, RECEIVED: FEW_ANSWERS}
FEW |= {"total_volume": FEW_REPLIES, "total_sent": FEW_REPLIES}
"""The smallest telling sample, by the wire name of the count."""


def _share(name: str, label: str, good: Good, part: str, base: str, noun: str, says: str) -> Metric:
    return Metric(name, label, Unit.SHARE, good, "higher", "lower", part, base, noun, says=says)


def _time(name: str, label: str, sample: str, mean: str, median: str, says: str) -> Metric:
    more, fewer = "longer", "shorter"
    return Metric(name, label, Unit.SECONDS, "down", more, fewer, "", "", "", sample, mean, median, says)


def _per_case(name: str, label: str, says: str) -> Metric:
    return Metric(name, label, Unit.MEAN, "neither", sample=CLOSED_CASES, says=says)


def _count(name: str, label: str, says: str = "") -> Metric:
    return Metric(name, label, Unit.COUNT, "neither", says=says)


_WAITS = ("avg_response_time", "median_response_time")
_FIRST = ("first_reply_time", "median_first_reply_time")
_RESOLVED = ("resolution_time", "median_resolution_time")

MESSAGES = _count("total_volume", "Messages")
_RESPONDED = "{} of messages were responded to"
RESPONDED = _share("responded_share", "Responded", "up", REPLIES, MESSAGES.name, "message", _RESPONDED)
WAIT = _time(_WAITS[0], "Customer wait", REPLIES, *_WAITS, "Customers waited {} on average")
MEDIAN_WAIT = _time(_WAITS[1], "Median wait", REPLIES, *_WAITS, "The median wait was {}")
HANDLING = _time("avg_action_response_time", "Handling time", REPLIES, "", "", "Handling took {} on average")
OVER_SLA = _share(
    "broke_sla_share", "Over SLA", "down", "broke_sla", REPLIES, "reply", "{} of replies were over SLA"
)
SUMMARY_METRICS = (MESSAGES, RESPONDED, WAIT, MEDIAN_WAIT, HANDLING, OVER_SLA)

CASES = _count(CLOSED_CASES, "Cases closed")
FIRST_REPLY = _time(_FIRST[0], "First reply", CLOSED_CASES, *_FIRST, "The first reply took {} on average")
MEDIAN_FIRST_REPLY = _time(
    _FIRST[1], "Median first reply", CLOSED_CASES, *_FIRST, "The median first reply took {}"
)
RESOLUTION = _time(_RESOLVED[0], "Resolution", CLOSED_CASES, *_RESOLVED, "Resolution took {} on average")
MEDIAN_RESOLUTION = _time(
    _RESOLVED[1], "Median resolution", CLOSED_CASES, *_RESOLVED, "The median resolution took {}"
)
REPLIES_A_CASE = _per_case("agent_interactions", "Replies a case", "A case took {} replies on average")
AGENTS_A_CASE = _per_case("agents_involved", "Agents a case", "A case took {} agents on average")
_CASE_TIMES = (FIRST_REPLY, MEDIAN_FIRST_REPLY, RESOLUTION, MEDIAN_RESOLUTION)
CASE_METRICS = (CASES, *_CASE_TIMES, REPLIES_A_CASE, AGENTS_A_CASE)

NPS = Metric("nps_score", "NPS", Unit.SCORE, "up", "higher", "lower", sample=RECEIVED, says="NPS was {}")
ANSWERS = _count(RECEIVED, "Answers", "{} answers came in")
SENT = _count("total_sent", "Surveys sent", "{} surveys were sent")
RESPONSE_RATE = _share(
    "response_rate", "Response rate", "up", RECEIVED, SENT.name, "sent", "{} of surveys were answered"
)
PROMOTERS = _count("total_promoters", "Promoters", "There were {} promoters")
PASSIVES = _count("total_passives", "Passives", "There were {} passives")
DETRACTORS = _count("total_detractors", "Detractors", "There were {} detractors")
NPS_METRICS = (NPS, ANSWERS, RESPONSE_RATE, PROMOTERS, PASSIVES, DETRACTORS, SENT)

METRICS = (*SUMMARY_METRICS, *NPS_METRICS, *CASE_METRICS)
"""Every metric that can be a tile."""

OPEN_CASES = _count("open", "Open cases")
VOLUME = _count("volume", "Messages")
TOPIC_MENTIONS = _count("volume", "Topic mentions")
TOPIC_CASES = _count("volume", "Cases with this topic")

STATES = (
    *("closed", "no_response_required", "irrelevant", "duplicate", "redirected"),
    *("responded", "awaiting_approval", "in_progress", "new", "assigned"),
)
"""Workflow states from finished to open, as a chart stacks them; undocumented states come last."""
ALL, ALL_CLOSED = "all_states", "all_closed_states"
"""Totals that the API sends beside the single states; never add them to those."""


def stack_order(state: str) -> tuple[int, str]:
    """Return a sort key that orders workflow states from the bottom of a stack to its top."""
    return (STATES.index(state) if state in STATES else len(STATES), state)


def state_label(state: str) -> str:
    """Return a workflow state as readers see it: 'in_progress' is 'In progress'."""
    return state.replace("_", " ").capitalize()


def is_odd(value: float | None, unit: Unit) -> bool:
    """Return whether no count, time, share or score can have this value."""
    if value is None:
        return False
    if unit is Unit.SCORE:
        return abs(value) > 100
    return value < 0 or (unit is Unit.SHARE and value > 1)


def nps_score(promoters: float | None, detractors: float | None, received: float | None) -> float | None:
    """Return promoters less detractors in per cent of the answers; None without an answer (that is not 0)."""
    if promoters is None or detractors is None or not received or received < 0:
        return None
    return (promoters - detractors) / received * 100
