"""Bad files for keys of the contract that are not built yet: each is refused as unknown until it is.

When a key comes, `keys_of_the_file` knows it and `test_every_key` asks for its rows. They stand here already; one
that has its message counts from the moment that its key exists, the others are still without:

    python -m tests.config.bad_later

prints those of the keys that exist now with what `check` says, to be read, mended and moved to
`bad_keys_of_digest.py` and `bad_keys_of_file.py`.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.config import load
from bot.errors import ConfigError
from tests.config.bad_rows import Bad, Fault, operator, recipient
from tests.config.keys import keys_of_the_file

UNKNOWN, TYPE, RANGE, MEANING = Fault.UNKNOWN, Fault.TYPE, Fault.RANGE, Fault.MEANING

ROWS: list[Bad] = [
    Bad("digests.*.recipients[].mention", UNKNOWN, recipient('slack: "#a"\n        ⇩mentions: dana@example.com'), 'unknown key "mentions"; did you mean "mention"?'),
    Bad("digests.*.recipients[].mention", TYPE, recipient('slack: "#a"\n        mention: ⇩5'), "mention: the number 5 stands here; write here, channel, or a person's mail address"),
    Bad("digests.*.recipients[].mention", RANGE, recipient('slack: "#a"\n        mention: ⇩everybody'), 'mention: "everybody" cannot be mentioned; write here, channel, a person\'s mail address or their Slack id such as U0123456789'),
    Bad("on_failure[].mention", UNKNOWN, operator('slack: "#b"\n    ⇩mentions: dana@example.com'), 'unknown key "mentions"; did you mean "mention"?'),
    Bad("on_failure[].mention", TYPE, operator('slack: "#b"\n    mention: ⇩5'), "mention: the number 5 stands here; write here, channel, or a person's mail address"),
    Bad("on_failure[].mention", RANGE, operator('slack: "#b"\n    mention: ⇩everybody'), 'mention: "everybody" cannot be mentioned; write here, channel, a person\'s mail address or their Slack id such as U0123456789'),
    Bad("digests.*.recipients[].mention", MEANING, recipient('email: a@example.com\n        mention: ⇩here'), "mention: only a message in Slack can mention somebody; remove it here"),
]  # fmt: skip


def to_paste() -> Iterator[str]:
    """The rows of keys that exist now, each with all that `check` says of it."""
    known = keys_of_the_file()
    path = Path(tempfile.mkdtemp()) / "reports.yaml"
    for row in ROWS:
        if row.key in known:
            path.write_text(row.content, encoding="utf-8")
            yield f"    {row.key} {row.fault}: {_said(path)}"


def _said(path: Path) -> str:
    try:
        load(path)
    except ConfigError as error:
        return " AND ".join(f"{one.line}:{one.column} {one.message}" for one in error.problems)
    return "IT LOADS"


if __name__ == "__main__":
    print("\n".join(to_paste()) or "none of these keys exists yet")
