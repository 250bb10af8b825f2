"""tests/activity_emulator/worked-log.md as data: its tables, and the log that its first ones describe."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "worked-log.md"
NOW = datetime(2026, 4, 10, tzinfo=UTC)
FORM = 55

Row = dict[str, str]
Tables = dict[str, list[tuple[Any, ...]]]


def sections() -> dict[str, list[list[Row]]]:
    """Return heading → its tables, each a list of rows by column name."""
    page: dict[str, list[list[Row]]] = {"": []}
    heading, lines = "", PAGE.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            page[heading] = []
        elif line.startswith("|---"):
            page[heading].append(_rows(_cells(lines[number - 1]), lines[number + 1 :]))
    return page


def _rows(header: list[str], lines: list[str]) -> list[Row]:
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(header, _cells(line), strict=True)))
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables() -> Tables:
    """Return the log of the page, as `Log.of` takes it."""
    agents, accounts, classifications, messages, surveys = sections()["The log"]
    users = {row["agent"].split()[0]: int(row["id"]) for row in agents}
    account = {row["network"]: place for place, row in enumerate(accounts, 1)}
    topics = {row["classification"]: int(row["id"]) for row in classifications}
    return {
        "networks": [(place, network) for network, place in account.items()],
        "accounts": [(place, place, row["account"]) for place, row in enumerate(accounts, 1)],
        "customers": [
            (number, f"c{number}", f"Customer {number}", f"c{number}@example.com", None)
            for number in sorted({int(row["customer"]) for row in messages})
        ],
        "groups": [(int(row["group id"]), row["group"], "") for row in agents],
        "users": [_user(row) for row in agents],
        "memberships": [(int(row["id"]), int(row["group id"])) for row in agents],
        "forms": [(FORM, "NPS Survey", "How did we do?", False, NOW, True, "https://forms.example.com/55")],
        "classifications": [(place, name) for name, place in topics.items()],
        "cases": sorted(
            {
                (int(row["case"]), account[row["network"]], int(row["customer"]))
                for row in messages
                if row["case"]
            }
        ),
        **_messages(messages, users, account, topics),
        **_surveys(surveys, users),
    }


def _user(row: Row) -> tuple[Any, ...]:
    first, last = row["agent"].split()
    address = f"{first.lower()}@example.com"
    return (int(row["id"]), address, first, last, "Australia/Sydney", 10, 1, NOW, False)


def _messages(
    messages: list[Row], users: dict[str, int], account: dict[str, int], topics: dict[str, int]
) -> Tables:
    rows: Tables = {
        name: [] for name in ("messages", "states", "assignments", "responses", "message_classifications")
    }
    for row in messages:
        number, published = int(row["#"]), datetime.fromisoformat(row["published"])
        case = int(row["case"]) if row["case"] else None
        owner = (account[row["network"]], int(row["customer"]), case)
        rows["messages"].append((number, *owner, published, row["private"] == "yes", f"Message {number}"))
        for step, (state, at) in enumerate([("new", published), *_steps(row["states"], published, str)]):
            rows["states"].append((number, step, state, at))
        for user, at in _steps(row["assigned"], published, users.__getitem__):
            rows["assignments"].append((number, user, at))
        for place, (user, at) in enumerate(_steps(row["responses"], published, users.__getitem__)):
            rows["responses"].append((100 * number + place, number, user, at, "Hello", None))
        for topic in filter(None, row["classifications"].split(", ")):
            rows["message_classifications"].append((number, topics[topic]))
    return rows


def _steps(cell: str, published: datetime, named: Callable[[str], Any]) -> list[tuple[Any, datetime]]:
    """Parse `Ann 0:10:00, Bob 0:40:00`: an agent or state, and the time after the message."""
    steps = []
    for step in filter(None, cell.split(", ")):
        name, duration = step.split()
        hours, minutes, seconds = map(int, duration.split(":"))
        # In UTC, for a sum in a zone would be wall time.
        at = published.astimezone(UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        steps.append((named(name), at))
    return steps


def _surveys(surveys: list[Row], users: dict[str, int]) -> Tables:
    return {
        "surveys": [
            (
                int(row["survey"]),
                FORM,
                int(row["case"]),
                users[row["agent"]],
                datetime.fromisoformat(row["sent"]),
            )
            for row in surveys
        ],
        "survey_answers": [
            (int(row["survey"]), datetime.fromisoformat(row["answered"]), int(row["score"]), None)
            for row in surveys
            if row["answered"]
        ],
    }
