"""Reports over the whole window: the key figures and topics of messages and of cases."""

from bot.model import ApiSettings, Column, Scalars, Table, Unit, Window
from bot.source.reports.wire import (
    Count,
    IdText,
    Mean,
    Name,
    Seconds,
    Text,
    Wire,
    check_distinct,
    parse,
    scalars,
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


class CaseSummaryWire(Wire):
    """`case_summary`. The last two are means per case."""

    total_cases: Count
    first_reply_time: Seconds = None
    resolution_time: Seconds = None
    median_first_reply_time: Seconds = None
    median_resolution_time: Seconds = None
    agent_interactions: Mean = None
    agents_involved: Mean = None


class TopicWire(Wire):
    """One row of `case_classifications`."""

    classification_id: IdText
    classification: Text = ""
    volume: Count = None


class TopicStateWire(TopicWire):
    """One row of `classifications`; its `state` may be `all_states`."""

    state: Name


TOPIC = (Column("classification_id"), Column("classification"))
VOLUME = Column("volume", Unit.COUNT)


def read_summary(answer: object, window: Window, api: ApiSettings) -> Scalars:
    """Return one value per metric, in seconds or counts. A volume of 0 is a figure, not an empty answer."""
    return scalars(parse(SummaryWire, answer, "summary"))


def read_case_summary(answer: object, window: Window, api: ApiSettings) -> Scalars:
    """Return the cases closed in the window: their number, seconds, and means per case."""
    return scalars(parse(CaseSummaryWire, answer, "case_summary"))


def read_classifications(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """Return messages by classification (id as text) and state; rows of `all_states` must not be added up."""
    topics = parse(list[TopicStateWire], answer, "classifications")
    check_distinct([(topic.classification_id, topic.state) for topic in topics], "row", "classifications")
    rows = tuple(
        (topic.classification_id, topic.classification, topic.state, topic.volume) for topic in topics
    )
    return Table((*TOPIC, Column("state"), VOLUME), rows) if rows else None


def read_case_classifications(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """Return cases by classification, each counted once in it; ids as text."""
    topics = parse(list[TopicWire], answer, "case_classifications")
    check_distinct([topic.classification_id for topic in topics], "classification", "case_classifications")
    rows = tuple((topic.classification_id, topic.classification, topic.volume) for topic in topics)
    return Table((*TOPIC, VOLUME), rows) if rows else None
