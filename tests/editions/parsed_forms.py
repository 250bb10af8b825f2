"""Readers of rendered forms: key figures, and cells by table, row and column."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from rich.cells import cell_len

from bot.model import EmailMessage, SlackMessage


@dataclass
class Statements:
    """The content of one form. `tiles`: (label, value, movement). `cells`: (table, row's name, column, text)."""

    headline: str = ""
    tiles: set[tuple[str, str, str]] = field(default_factory=set)
    cells: set[tuple[str, str, str, str]] = field(default_factory=set)

    def add_table(self, title: str, rows: Sequence[Sequence[str]]) -> None:
        """Add rows; the first holds the headings, and the first cell of each other row is its name."""
        heading, *body = rows
        for row in body:
            for column, content in zip(heading[1:], row[1:], strict=True):
                self.cells.add((plain(title), plain(row[0]), plain(column), plain(content)))


def plain(content: str) -> str:
    """Return the text without what forms add: blanks, directions, the mark of a figure beyond its target."""
    return " ".join(re.sub("[\u200d\u200e\u200f\u2066-\u2069\ufe0e●]", "", content).split())


def of_slack(message: SlackMessage) -> Statements:
    statements, title = Statements(), ""
    for block in message.blocks:
        if block["type"] == "section":
            statements.tiles |= {_slack_tile(part["text"]) for part in block.get("fields", [])}
        elif block["type"] == "rich_text":
            title = _rich(block)
            statements.headline = statements.headline or title
        elif block["type"] == "table":
            rows = [[cell.get("text", "") for cell in row] for row in block["rows"]]
            statements.add_table(title.split(" · ")[0], rows)
    return statements


def _rich(block: dict[str, object]) -> str:
    def texts(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            if node.get("type") == "text":
                yield str(node["text"])
            yield from (text for value in node.values() for text in texts(value))
        elif isinstance(node, list):
            yield from (text for item in node for text in texts(item))

    return "".join(texts(block["elements"]))


def _slack_tile(text: str) -> tuple[str, str, str]:
    label, value, *rest = html.unescape(text).split("\n")
    matched = re.match(r"\*(.*?)\*", value)
    assert matched is not None, text
    return plain(label), plain(matched[1]), _movement(" ".join(rest))


def _movement(content: str) -> str:
    """Return the movement below a value; '' for a tile without a comparison."""
    first = plain(content.split(" · ")[0])
    return first if re.match("▲|▼|no |nothing in |the ", first) else ""


class _Mail(HTMLParser):
    """Parse the mail's HTML by the classes of its templates."""

    def __init__(self) -> None:
        super().__init__()
        self.statements, self.title, self.kind = Statements(), "", ""
        self.tile: dict[str, str] = {}
        self.rows: list[list[str]] = []
        self.in_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = (dict(attrs).get("class") or "").split()
        if tag == "table" and "data" in names:
            self.in_data, self.rows = True, []
        elif tag == "tr" and self.in_data:
            self.rows.append([])
        elif tag in ("td", "th") and self.in_data:
            self.rows[-1].append("")
        elif tag == "h2":
            self.title = ""
        self.kind = "h2" if tag == "h2" else next(iter(names), self.kind if tag in ("b", "span") else "")
        if self.kind == "label":
            self._keep_tile()
            self.tile = {}

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self.in_data:
            self.statements.add_table(self.title, self.rows)
            self.in_data = False
        elif tag in ("p", "h2"):
            self.kind = ""

    def handle_data(self, data: str) -> None:
        if self.in_data and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data
        elif self.kind == "h2":
            self.title += data
        elif self.kind in ("label", "value", "movement"):
            self.tile.setdefault(self.kind, data)

    def close(self) -> None:
        super().close()
        self._keep_tile()

    def _keep_tile(self) -> None:
        if "value" in self.tile:
            label, value, movement = (self.tile.get(name, "") for name in ("label", "value", "movement"))
            self.statements.tiles.add((plain(label), plain(value), _movement(movement)))


def of_mail(mail: EmailMessage) -> Statements:
    reader = _Mail()
    reader.feed(mail.html)
    reader.close()
    return reader.statements


def of_text(mail: EmailMessage) -> Statements:
    """Parse the mail's text: tables stand around rules of hyphens, tiles below KEY FIGURES."""
    statements, lines = Statements(), mail.text.split("\n")
    for n, line in enumerate(lines):
        if line.startswith("---"):
            title, heading = _above(lines, n)
            body = [_cut_at(row, line) for row in _until_blank(lines[n + 1 :]) if "  " in row]
            statements.add_table(title, [heading, *body])
        elif line == "KEY FIGURES":
            statements.tiles |= {_text_tile(row) for row in _joined(_until_blank(lines[n + 1 :]))}
    return statements


def _above(lines: Sequence[str], rule: int) -> tuple[str, list[str]]:
    """Return a table's title and its headings, which take one line or two."""
    start = next(k for k in range(rule, 0, -1) if not lines[k - 1].strip())
    last = _cut_at(lines[rule - 1], lines[rule])
    first = _cut_at(lines[rule - 2], lines[rule])
    is_two = rule - 2 > start and lines[rule - 2].startswith("  ")
    return lines[start], [
        f"{part} {other}".strip() for part, other in zip(first, last, strict=True)
    ] if is_two else last


def _cut_at(line: str, rule: str) -> list[str]:
    """Return the cells of a line below the hyphens of its rule, counted in terminal columns."""
    starts = [cell_len(line[:n]) for n in range(len(line))]
    spans = [match.span() for match in re.finditer("-+", rule)]
    return [
        "".join(line[n] for n, at in enumerate(starts) if start <= at < end).strip() for start, end in spans
    ]


def _joined(lines: Sequence[str]) -> list[str]:
    """Join continuation lines of a movement with the line above."""
    matched: list[str] = []
    for line in lines:
        if line.startswith("   "):
            matched[-1] = f"{matched[-1]} {line.strip()}"
        else:
            matched.append(line)
    return matched


def _until_blank(lines: Sequence[str]) -> list[str]:
    return list(lines[: next((n for n, line in enumerate(lines) if not line.strip()), len(lines))])


def _text_tile(line: str) -> tuple[str, str, str]:
    label, value, *rest = re.split(r" {2,}", line.strip())
    return plain(label), plain(value), _movement(" ".join(rest))
