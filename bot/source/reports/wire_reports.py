"""The JSON of the reports that are answered at once, as models: what is read of each answer.

The field names are the API's own. Only what tells an answer from another is required; any number
may be null or absent. The `*_min` doubles (minutes) are left out. Source: API document.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter

from bot.source.reports.wire import (
    Count,
    IdText,
    Mean,
    Name,
    Score,
    Seconds,
    Share,
    Wire,
    Words,
    finite,
)


class SummaryWire(Wire):
    """`summary`. Averages are absent or null when nothing was responded to."""

    total_volume: Count
    total_responded_to: Count = None
    broke_sla: Count = None
    broke_action_sla: Count = None
    avg_response_time: Seconds = None
    median_response_time: Seconds = None
    min_response_time: Seconds = None
    max_response_time: Seconds = None
    avg_action_response_time: Seconds = None
    median_action_response_time: Seconds = None
    min_action_response_time: Seconds = None
    max_action_response_time: Seconds = None


class AgentSummaryWire(Wire):
    """One agent of `user_summary`. Shares are as sent; `responded_to` is the base of the private
    and SLA shares, `mentions_assigned` that of `fraction_responded_to` (the samples show it)."""

    user_id: IdText
    first_name: Words = ""
    last_name: Words = ""
    mentions_assigned: Count = None
    responded_to: Count = None
    responded_to_in_private: Count = None
    total_responded_to: Count = None
    broke_sla: Count = None
    broke_action_sla: Count = None
    avg_response_time: Seconds = None
    min_response_time: Seconds = None
    max_response_time: Seconds = None
    avg_action_response_time: Seconds = None
    min_action_response_time: Seconds = None
    max_action_response_time: Seconds = None
    fraction_responded_to: Share = None
    fraction_responded_to_in_private: Share = None
    fraction_broke_sla: Share = None
    fraction_broke_action_sla: Share = None


class DateRangeWire(Wire):
    """`date_from` is the bucket's start, `2018-04-27 00:00`, local and without a zone."""

    date_from: Annotated[str, Field(max_length=40)]


class PointWire(Wire):
    """One bucket of a series."""

    value: Count = None
    date_range: DateRangeWire


class ResponseVolumeWire(Wire):
    """`response_volume`; the setting says in which unit, whatever the document's table says."""

    avg_response_time: list[PointWire]


class CaseVolumeWire(Wire):
    """`case_volume`: the cases that are open on each day."""

    open: list[PointWire]


class AgentVolumeWire(Wire):
    """One agent of `user_volume`. `states` is an object (the document's table says array)."""

    user_id: IdText
    first_name: Words = ""
    last_name: Words = ""
    states: dict[str, Count]


class StateWire(Wire):
    """One state of `user_volume` in its other shape, which the document calls Workflow States."""

    state: Name
    volume: Count = None


class TopicStateWire(Wire):
    """One row of `classifications`; its `state` may be `all_states`."""

    classification_id: IdText
    classification: Words = ""
    state: Name
    volume: Count = None


class TopicWire(Wire):
    """One row of `case_classifications`."""

    classification_id: IdText
    classification: Words = ""
    volume: Count = None


class CaseSummaryWire(Wire):
    """`case_summary`. The last two are means per case."""

    total_cases: Count
    first_reply_time: Seconds = None
    resolution_time: Seconds = None
    median_first_reply_time: Seconds = None
    median_resolution_time: Seconds = None
    agent_interactions: Mean = None
    agents_involved: Mean = None


class NpsSummaryWire(Wire):
    """`nps_summary`. Without answers the API's score is 0.0, which is not a score."""

    total_sent: Count = None
    total_received: Count
    total_promoters: Count = None
    total_passives: Count = None
    total_detractors: Count = None
    nps_score: Score = None


class NpsCountsWire(Wire):
    """The counts of one day of `nps_volume`; its score is left to be computed from them."""

    total_sent: Count = None
    total_received: Count = None
    total_promoters: Count = None
    total_passives: Count = None
    total_detractors: Count = None


class NpsDayWire(Wire):
    """One day of `nps_volume`: `date` in UTC, `timestamp` the same moment in epoch seconds."""

    date: Annotated[str, Field(max_length=40)]
    timestamp: Annotated[float | None, BeforeValidator(finite)] = None
    data: NpsCountsWire


SUMMARY = TypeAdapter(SummaryWire)
STATES_VOLUME = TypeAdapter(dict[str, list[PointWire]])
RESPONSE_VOLUME = TypeAdapter(ResponseVolumeWire)
AGENT_SUMMARIES = TypeAdapter(list[AgentSummaryWire])
AGENT_VOLUMES = TypeAdapter(list[AgentVolumeWire])
WORKFLOW_STATES = TypeAdapter(list[StateWire])
CLASSIFICATIONS = TypeAdapter(list[TopicStateWire])
CASE_SUMMARY = TypeAdapter(CaseSummaryWire)
CASE_VOLUME = TypeAdapter(CaseVolumeWire)
CASE_CLASSIFICATIONS = TypeAdapter(list[TopicWire])
NPS_SUMMARY = TypeAdapter(NpsSummaryWire)
NPS_VOLUME = TypeAdapter(list[NpsDayWire])
