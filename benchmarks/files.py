"""Large reports.yaml files."""

import tempfile
from functools import cache
from pathlib import Path

HEAD = """timezone: Australia/Sydney
email: {from: reports@example.com, allowed_domains: [example.com]}
digests:
"""

DIGEST = """  d-{n}:
    schedule: every monday at 09:{minute:02}
    window: last week
    group: Group {n}
    reports: [summary, states_volume, user_summary]
    targets: {{broke_sla_share: 10%}}
    recipients:
      - slack: "#team-{n}"
        attach: [pdf]
      - email: lead-{n}@example.com
"""


@cache
def file_of(count: int) -> Path:
    """A valid file of `count` digests, two recipients each."""
    path = Path(tempfile.mkdtemp()) / "reports.yaml"
    digests = "".join(DIGEST.format(n=n, minute=n % 60) for n in range(count))
    path.write_text(HEAD + digests, encoding="utf-8")
    return path
