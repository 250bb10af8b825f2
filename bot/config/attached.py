"""What a recipient's attached files mean together with the reports of the digest."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from bot.config import mappings
from bot.config.problems import quoted
from bot.config.yaml_tree import Path
from bot.model import Attach
from bot.model.report_types import PERSONAL_EXPORTS, REPORT_TYPES

Finding = tuple[Path, str]
_HAVE = {False: "has customers' own words in it", True: "have customers' own words in them"}


def csvs_without_report(recipient: dict[str, Any], path: Path, reports: Sequence[str]) -> Iterator[Finding]:
    """Each CSV that is picked by name and is none of the digest's reports."""
    value = recipient.get("attach")
    for index, item in enumerate(value if isinstance(value, list) else []):
        names = item.get("csv") if isinstance(item, dict) else None
        for position, name in enumerate(names if isinstance(names, list) else []):
            if isinstance(name, str) and name in REPORT_TYPES and name not in reports:
                yield (
                    (*path, "attach", index, "csv", position),
                    f"the report {quoted(name)} is not in this digest's reports; "
                    "add it there or leave it out here",
                )


def personal_data(recipient: dict[str, Any], path: Path, reports: Sequence[str]) -> Iterator[Finding]:
    """Customers' own words leave in a message only where somebody wrote that they may.

    A folder stays in the house: it needs no such word. A wrong value of `personal_data` has a complaint
    of its own.
    """
    sent = "slack" in recipient or "email" in recipient
    if not sent or recipient.get("personal_data", False) is not False:
        return
    wanted = _attached(recipient)
    names = [
        name
        for name in PERSONAL_EXPORTS
        if name in reports and wanted.csv and (wanted.csvs is None or name in wanted.csvs)
    ]
    if names:
        yield (*path, "attach"), _sentence(names, reports)


def _attached(recipient: dict[str, Any]) -> Attach:
    try:
        return mappings.attach(recipient["attach"]) if "attach" in recipient else Attach()
    except PydanticCustomError:
        return Attach()


def _sentence(names: Sequence[str], reports: Sequence[str]) -> str:
    files = " and ".join(f"{name}.csv" for name in names)
    others = [name for name in reports if name in REPORT_TYPES and name not in PERSONAL_EXPORTS]
    instead = f", or pick other files, such as attach: [csv: [{others[-1]}]]" if others else ""
    return (
        f"attach: {files} {_HAVE[len(names) > 1]}; "
        f"if they may leave with this message, write personal_data: true beside attach{instead}"
    )
