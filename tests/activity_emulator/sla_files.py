"""Files in the format of `mention_sla_export`."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

COLUMNS = (
    "Account Name",
    "Source Type",
    "Agent First Name",
    "Agent Last Name",
    "Last Action Date (UTC)",
    "Customer Wait Time (min)",
    "In Queue (min)",
    "Agent Response Time (min)",
    "Within Customer SLA",
    "Within Agent SLA",
    "State",
    "Customer Publish Date (UTC)",
    "Customer Username",
    "Customer Fullname",
    "Customer Message",
    "Agent Reponse Date (UTC)",
    "Agent Response",
    "Classifications",
    "Agent Notes",
    "Customer Note",
)
PUBLISHED, RESPONDED = "Customer Publish Date (UTC)", "Agent Reponse Date (UTC)"

JANE = {"Agent First Name": "Jane", "Agent Last Name": "Pear"}
BARRY = {"Agent First Name": "Barry", "Agent Last Name": "Banana"}


def row(published: str, state: str = "closed", **cells: str) -> dict[str, str]:
    """Return a message of one customer on one account; further cells by column."""
    return {
        "Account Name": "Acme Care",
        "Source Type": "Facebook",
        "Customer Username": "fan",
        PUBLISHED: published,
        "State": state,
        **cells,
    }


def answered(published: str, responded: str, state: str = "closed", **cells: str) -> dict[str, str]:
    """Return a message that Jane responded to."""
    return row(
        published, state, **{**JANE, RESPONDED: responded, "Last Action Date (UTC)": responded, **cells}
    )


def text_of(
    rows: Iterable[Mapping[str, str]], columns: tuple[str, ...] = COLUMNS, delimiter: str = ","
) -> str:
    """Return the rows as CSV, without further keys of a row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write(path: Path, *rows: Mapping[str, str]) -> Path:
    """Write a file with these rows."""
    path.write_text(text_of(rows), encoding="utf-8", newline="")
    return path
