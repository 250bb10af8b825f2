"""Tables of the docs that come from the code: keys of reports.yaml, metrics, and what tests are marked with."""

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.config import json_schema, load
from bot.model import Tally
from bot.service import FileStatus, ServiceStatus
from bot.web.status.collect import StatusSnapshot
from bot.web.status.health import SnapshotMetrics

DEFINITIONS = {
    "file": "",
    "brand": "BrandEntry",
    "email": "MailEntry",
    "activity_api": "ApiEntry",
    "rate_limit": "RateLimitEntry",
    "retention": "RetentionEntry",
    "digest": "DigestEntry",
    "recipient": "RecipientEntry",
}
UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def key_table(name: str) -> str:
    """Return the table of one mapping of reports.yaml: key, meaning, example, default."""
    schema = json_schema()
    mapping = schema["$defs"][DEFINITIONS[name]] if DEFINITIONS[name] else schema
    required = mapping.get("required", ())
    rows = [_row(key, entry, required=key in required) for key, entry in mapping["properties"].items()]
    return "\n".join(["| key | meaning | example | default |", "|---|---|---|---|", *rows])


def _row(key: str, entry: dict[str, Any], *, required: bool) -> str:
    example = _code(entry["examples"][0]) if entry.get("examples") else ""
    default = "required" if required else _default(entry.get("default"))
    return f"| `{key}` | {entry.get('description', '')} | {example} | {default} |".replace("||", "| |")


def _default(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("kind")
    if value in (None, "", []):
        return ""
    return f"`{_duration(value)}`" if isinstance(value, float) else _code(value)


def _duration(seconds: float) -> str:
    """Return whole seconds as reports.yaml writes them: 48h, 30d."""
    size, unit = next(
        (size, unit) for size, unit in UNITS if (seconds % size == 0 and seconds >= 2 * size) or size == 1
    )
    return f"{seconds / size:g}{unit}"


def _code(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if "|" not in text else f"`{text}`".replace("|", "\\|")


def metrics_table() -> str:
    """Return the table of all metric families: name, kind, labels, meaning."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    file = FileStatus("reports.yaml", now)
    snapshot = StatusSnapshot(
        now=now,
        configuration=load(Path(__file__).parents[2] / "reports.yaml"),
        service=ServiceStatus(0, 0, 0, True, file),
        next_firings=(),
        paused={},
        recent=(),
        unserved=(),
        held=(),
        late=(),
        stops=(),
        tally=Tally({}, {}, {}),
        is_overdue=False,
        jobs={},
        oldest_seconds=0.0,
        requests_used=0,
        requests_usable=95,
        owner="",
        processes=(),
    )
    rows = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for family in SnapshotMetrics(snapshot).collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = ", ".join(f"`{label}`" for label in vars(family)["_labelnames"])
        rows.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    return "\n".join(rows)


def marks(file: Path, name: str) -> Iterator[tuple[str, ...]]:
    """Yield the arguments of every `@pytest.mark.<name>(…)` in a test file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{name}":
            yield tuple(str(ast.literal_eval(argument)) for argument in node.args)
