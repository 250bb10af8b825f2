"""The words that reports.yaml may use in this version, one table each."""

from bot.model import Unit

NPS_CATEGORIES = ("all", "promoters", "passives", "detractors")

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
