"""How a row of the table of bad files is written: a good file, one change, and a mark at the place of the fault."""

from dataclasses import dataclass
from enum import StrEnum

from tests.config.config_files import GOOD

MARK = "⇩"
"""Stands in a row's text just before the character that the message must point at; the file is without it."""


class Fault(StrEnum):
    """What is wrong with a key: it has a misspelt neighbour, another kind of value, or a value it cannot have."""

    UNKNOWN = "unknown neighbour"
    TYPE = "wrong type"
    RANGE = "out of range"
    MEANING = "what it means"


class OnlyCheck(StrEnum):
    """Why an editor's JSON Schema accepts a file that `check` refuses."""

    ZONES = "the time zones are those of the machine's database"
    LOCALES = "the locales are Babel's"
    REGIONS = "the regions with holidays are those of the package holidays"
    DISK = "it is about files on the disk"
    LENGTHS = "a sum such as 1h 30m has bounds, which a pattern cannot add up"
    DAYS = "which days a month has is more than a pattern can say"
    PHRASES = "a phrase is read by a grammar of its own"
    CRON = "when cron fires is computed"
    ADDRESSES = "the rules of mail addresses are longer than a pattern should be"
    YAML = "it is no YAML, or YAML's last word about a key written twice"
    TOGETHER = "two values contradict each other"


@dataclass(frozen=True)
class Bad:
    """One file with one fault; `text` has the mark, `message` is the only one."""

    key: str
    fault: Fault
    text: str
    message: str
    only_check: OnlyCheck | None = None

    @property
    def content(self) -> str:
        """The file."""
        assert self.text.count(MARK) == 1, self.text
        return self.text.replace(MARK, "")

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of the mark, from 1."""
        before = self.text.partition(MARK)[0]
        return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def top(line: str) -> str:
    """Return the good file below one line."""
    return f"{line}\n{GOOD}"


def instead(old: str, new: str) -> str:
    """Return the good file with one part exchanged."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def mail(more: str) -> str:
    """Return the good file with more in its `email`."""
    return instead("allowed_domains: [example.com]}", f"allowed_domains: [example.com], {more}}}")


def digest(line: str) -> str:
    """Return the good file with a line more in its digest."""
    return instead("    window: last week\n", f"    window: last week\n    {line}\n")


def schedule(value: str) -> str:
    """Return the good file with another schedule."""
    return instead("schedule: every monday at 09:00", f"schedule: {value}")


def window(value: str) -> str:
    """Return the good file with another window."""
    return instead("window: last week", f"window: {value}")


def reports(value: str) -> str:
    """Return the good file with other reports."""
    return instead("reports: [summary, case_details]", f"reports: {value}")


def recipient(written: str) -> str:
    """Return the good file with another recipient."""
    return instead('- slack: "#a"', f"- {written}")


def operator(written: str) -> str:
    """Return the good file with an operator."""
    return top(f"on_failure:\n  - {written}")
