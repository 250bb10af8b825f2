"""Large reports.yaml files."""

import tempfile
from functools import cache
from pathlib import Path

HEAD = """timezone: Australia/Sydney
email: {from: reports@example.com, allowed_domains: [example.com]}
digests:
"""

DIGEST = """  d-{n}:
    schedule: {schedule}:{minute:02}
    window: {window}
    group: Group {n}
    reports: [summary, states_volume, user_summary]
    targets: {{broke_sla_share: 10%}}
    recipients:
      - slack: "#team-{n}"
        attach: [pdf]
      - email: lead-{n}@example.com
"""


WEEKLY = ("every monday at 09", "last week")
DAILY = ("every day at 09", "yesterday")


@cache
def file_of(count: int, when: tuple[str, str] = WEEKLY) -> Path:
    """Return a valid file of `count` digests, two recipients each, in the sixty minutes of an hour."""
    path = Path(tempfile.mkdtemp()) / "reports.yaml"
    schedule, window = when
    digests = (DIGEST.format(n=n, minute=n % 60, schedule=schedule, window=window) for n in range(count))
    path.write_text(HEAD + "".join(digests), encoding="utf-8")
    return path
