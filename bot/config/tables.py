"""The words that reports.yaml may use in this version, one table each."""

from bot.model import Unit

REPORT_TYPES: dict[str, str] = {
    "summary": "the key figures of the window",
    "states_volume": "messages over time by workflow state",
    "workflow_states": "assigned messages by workflow state",
    "classifications": "topics of messages",
    "response_volume": "the average response time over time",
    "user_summary": "the agents, one row each",
    "user_volume": "each agent's messages by workflow state",
    "case_summary": "the key figures of cases",
    "case_volume": "open cases, day by day",
    "case_classifications": "topics of cases",
    "nps_summary": "the NPS and its answers",
    "nps_volume": "the NPS, day by day",
    "case_details": "every case, as a CSV file",
    "nps_submissions": "every NPS answer, as a CSV file",
    "mention_sla_export": "every message with its waits, as a CSV file",
}

NPS_REPORTS = ("nps_summary", "nps_volume", "nps_submissions")
"""These are about one form, and may be about one category of its answers."""

NPS_CATEGORIES = ("all", "promoters", "passives", "detractors")

PERSONAL_EXPORTS = ("nps_submissions", "mention_sla_export")
"""Exports with customers' own words (API document): attached only where `personal_data: true` stands."""

AGENT_EXPORTS = ("case_details", "nps_submissions", "mention_sla_export")
"""Exports with columns that name whoever took part: no agent gets them as their own."""

METRICS: dict[str, Unit] = {
    "broke_sla_share": Unit.SHARE,
    "responded_share": Unit.SHARE,
    "avg_response_time": Unit.SECONDS,
    "median_response_time": Unit.SECONDS,
    "avg_action_response_time": Unit.SECONDS,
}

SUBJECT_NAMES = ("title", "window", "brand", "headline")
"""What may stand between braces in `subject:`."""

LEAVING_NAMES = ("recipient", "digest")
"""What may stand between braces in `email.unsubscribe:`."""

CHANNELS = ("slack", "email", "folder")
PAPERS = ("A4", "Letter")
COMPARISONS = ("none", "previous window", "same window last year")
ON_HOLIDAY = ("send", "skip", "next business day")
FOR_EACH = ("group", "agent")
WHEN_EMPTY = ("send", "note", "skip")
IF_INCOMPLETE = ("mark", "hold")
CATCH_UP = ("latest", "all", "none")
RESPONSE_UNITS = ("seconds", "minutes")
DAY_LABELS = ("start", "end")
ON_UNKNOWN = ("resend", "hold")
MENTIONS = ("here", "channel")
AGENTS = ("names", "initials", "none")
FILES = ("pdf", "csv")
SECRET_WORDS = ("token", "password", "secret", "api_key", "smtp_url")
