"""Small exports as the API writes them, and what is counted in them, by name."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from bot.model import Table, Window
from bot.source.exports.insights import measure

WINDOW = Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), "Australia/Sydney")
NOW = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)

MENTIONS = (
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
"""The vendor's columns, spelling theirs."""

CASES = (
    "Case Id",
    "Account",
    "Network",
    "Date Opened (UTC)",
    "Date Closed (UTC)",
    "Last Agent",
    "First Reply Time (s)",
    "Resolution Time (s)",
    "Agents Involved",
    "Agent Interactions",
    "Sent Survey",
)

SUBMISSIONS = (
    "Submission Id",
    "Form",
    "Submitted At (UTC)",
    "Score",
    "Category",
    "Comment",
    "Agent",
    "Network",
    "Group",
)

CUSTOMER = {
    "Customer Username": "secret_handle",
    "Customer Fullname": "Secret Person",
    "Customer Message": "secret words, with a comma;\nand a line",
    "Agent Response": "secret answer",
    "Agent Notes": "secret note",
    "Customer Note": "secret remark",
}


def written(
    header: Sequence[str], rows: Sequence[Mapping[str, str]], delimiter: str = ",", fill: str = ""
) -> bytes:
    """Return a CSV with these cells; the others hold `fill`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows([row.get(name, fill) for name in header] for row in rows)
    return out.getvalue().encode()


def counted(
    folder: Path, report: str, content: bytes, window: Window = WINDOW, now: datetime = NOW
) -> dict[str, Table]:
    """Return the tables that are counted in a file, by name, in order."""
    file = folder / "export.csv"
    file.write_bytes(content)
    return {insight.name: insight.table for insight in measure(report, file, window, now).insights}


def message(published: str, wait: str = "", **cells: str) -> dict[str, str]:
    """Return a message; with a wait it is a reply, over the SLA above 120 minutes, by Dana Lee."""
    reply = {
        "Customer Wait Time (min)": wait,
        "Within Customer SLA": "No" if float(wait or 0) > 120 else "Yes",
        "Agent Reponse Date (UTC)": "2018-05-06 12:00:00",
        "Agent First Name": "Dana",
        "Agent Last Name": "Lee",
        "State": "responded",
    }
    base = {"Source Type": "Twitter", "State": "new", "Customer Publish Date (UTC)": published}
    return CUSTOMER | base | (reply if wait else {}) | cells
