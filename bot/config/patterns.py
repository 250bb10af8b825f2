"""Patterns for the JSON Schema, so that an editor's red line stands where `check` would complain.

They are written for both dialects that read them, Python's and JavaScript's: no named groups, no
look-behind, and in brackets no escape that JavaScript does not know.
"""

import re
from typing import Any

from bot.timetable import SCHEDULE_PATTERN, WINDOW_PATTERN

_UNWANTED = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
# One line without a blank at either end.
_LINE = rf"^[^\s{_UNWANTED}]([^{_UNWANTED}]*[^\s{_UNWANTED}])?$"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LOCALHOST = "".join(f"[{letter.upper()}{letter}]" for letter in "localhost")
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = rf"{_LOCAL}(\.{_LOCAL})*@{_DOMAIN}"
_SLACK_NAME = r"""#([^\sA-Z#@.,<>&"'`/\\:;!?*()\[\]{}|=+]|\{(group|agent)\.slug\}){1,80}"""
_SLACK_ID = "[CGDUW][A-Z0-9]{7,20}"
_SENDERS_NAME = r'([^<>@,;:\\"\[\]()]+|"[^"\\]*")'
_BRACES = r"\{\{|\}\}"


def text(*patterns: str) -> dict[str, Any]:
    """One line of text of at most 200 characters that has each of these patterns."""
    line = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": _LINE}
    return line | ({"allOf": [{"pattern": one} for one in patterns]} if patterns else {})


def with_names(names: tuple[str, ...]) -> str:
    """Text with no other `{name}` in it than these."""
    return rf"^([^{{}}]|{_BRACES}|\{{({'|'.join(names)})\}})*$"


def phrase(pattern: str, *examples: str) -> dict[str, Any]:
    """A phrase in letters of either size, with any blanks between its words.

    `patternErrorMessage` is what editors show instead of the pattern.
    """
    shape = {
        "pattern": f"^(?:{_PIECE.sub(_of_either_size, pattern)})$",
        "patternErrorMessage": f"Write a phrase such as: {examples[0]}",
    }
    return text() | {"examples": list(examples), "allOf": [shape]}


# What a pattern of phrases is made of: a group's opening, a class, an optional blank, a blank, a letter.
_PIECE = re.compile(r"\(\?P<\w+>|\[[^\]]*\]| \?| |[a-z]")


def _of_either_size(piece: re.Match[str]) -> str:
    found = piece[0]
    if found.startswith("(?P"):
        return "("
    if found.startswith("["):
        return found
    return {" ?": r"\s*", " ": r"\s+"}.get(found, f"[{found.upper()}{found}]")


SCHEDULE = phrase(
    SCHEDULE_PATTERN,
    "every monday at 09:00",
    "weekdays at 09:00",
    "every day at 08:30",
    "first business day of the month at 08:00",
    "monthly on the 1st at 08:00",
)
WINDOW = phrase(
    WINDOW_PATTERN, "last week", "yesterday", "last month", "last 7 days", "month to date", "since last run"
)
_CRON_FIELD = "[0-9A-Za-z*,/#-]+"
CRON = {
    "description": "Five fields: minute, hour, day of month, month, weekday",
    "examples": ["0 9 * * MON"],
    "type": "string",
    "maxLength": 200,
    "pattern": rf"^\s*{_CRON_FIELD}(\s+{_CRON_FIELD}){{4}}\s*$",
}
_PEOPLE = "members|self"
MAILBOX = f"^{_MAILBOX}$"
MAIL_TO = f"^({_MAILBOX}|{_PEOPLE})$"
SLACK = f"^({_SLACK_NAME}|{_SLACK_ID}|{_MAILBOX}|{_PEOPLE})$"
SENDER = f"^(({_SENDERS_NAME} )?<{_MAILBOX}>|{_MAILBOX})$"
DOMAIN = rf"^({_LABEL}(\.{_LABEL})+|{_LOCALHOST})$"
FOLDER = r"^(?!(.*[/\\])?\.\.([/\\]|$))"
DURATION = r"^([0-9]{1,9}(\.[0-9]{1,3})?[smhd] ?)*[0-9]{1,9}(\.[0-9]{1,3})?[smhd]$"
SHARE = r"^(0?[0-9]{1,2}(\.[0-9]{1,4})?|100(\.0{1,4})?) ?%$"
DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
LEAVING = "^(https://|mailto:)"
