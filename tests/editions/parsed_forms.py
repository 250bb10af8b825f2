"""Parsers of the forms: key figures, and cells by table, row and column."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from rich.cells import cell_len

from bot.model import EmailMessage, SlackMessage


@dataclass
class ParsedForm:
    """`tiles`: (label, value, movement). `cells`: (table, row's name, column, words)."""

    headline: str = ""
    tiles: set[tuple[str, str, str]] = field(default_factory=set)
    cells: set[tuple[str, str, str, str]] = field(default_factory=set)

    def add_table(self, title: str, rows: Sequence[Sequence[str]]) -> None:
        """Add rows; the first row has the headings, the first cell of each other row its name."""
        heading, *body = rows
        for row in body:
            for column, words in zip(heading[1:], row[1:], strict=True):
                self.cells.add((plain(title), plain(row[0]), plain(column), plain(words)))


def plain(words: str) -> str:
    """Drop what a form adds to text: blanks, direction marks, the mark of a figure beyond its target."""
    return " ".join(re.sub("[\u200d\u200e\u200f\u2066-\u2069\ufe0e●]", "", words).split())


def parse_slack(message: SlackMessage) -> ParsedForm:
    form, title = ParsedForm(), ""
    for block in message.blocks:
        if block["type"] == "section":
            form.tiles |= {_slack_tile(item["text"]) for item in block.get("fields", [])}
        elif block["type"] == "rich_text":
            title = _rich(block)
            form.headline = form.headline or title
        elif block["type"] == "table":
            rows = [[cell.get("text", "") for cell in row] for row in block["rows"]]
            form.add_table(title.split(" · ")[0], rows)
    return form


def _rich(block: Mapping[str, object]) -> str:
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
    bold = re.match(r"\*(.*?)\*", value)
    assert bold is not None, text
    return plain(label), plain(bold[1]), _movement(" ".join(rest))


def _movement(words: str) -> str:
    """Return the first line below a value if it is a movement; a tile without comparison has none."""
    first = plain(words.split(" · ")[0])
    return first if re.match("▲|▼|no |nothing in |the ", first) else ""


class _Mail(HTMLParser):
    """Parse the mail by the classes of its templates."""

    def __init__(self) -> None:
        super().__init__()
        self.form, self.title, self.kind = ParsedForm(), "", ""
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
            self.form.add_table(self.title, self.rows)
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
            self.form.tiles.add((plain(label), plain(value), _movement(movement)))


def parse_html(mail: EmailMessage) -> ParsedForm:
    reader = _Mail()
    reader.feed(mail.html)
    reader.close()
    return reader.form


def parse_text(mail: EmailMessage) -> ParsedForm:
    """Parse the text part: tables are the lines around rules of hyphens, tiles those below KEY FIGURES."""
    form, lines = ParsedForm(), mail.text.split("\n")
    for n, line in enumerate(lines):
        if line.startswith("---"):
            title, heading = _above(lines, n)
            body = [_cut_at(row, line) for row in _until_blank(lines[n + 1 :]) if "  " in row]
            form.add_table(title, [heading, *body])
        elif line == "KEY FIGURES":
            form.tiles |= {_text_tile(row) for row in _joined(_until_blank(lines[n + 1 :]))}
    return form


def _above(lines: Sequence[str], rule: int) -> tuple[str, list[str]]:
    """Return a table's title and its headings, which take one line or two."""
    start = next(k for k in range(rule, 0, -1) if not lines[k - 1].strip())
    last = _cut_at(lines[rule - 1], lines[rule])
    first = _cut_at(lines[rule - 2], lines[rule])
    is_two = rule - 2 > start and lines[rule - 2].startswith("  ")
    return lines[start], [
        f"{upper} {lower}".strip() for upper, lower in zip(first, last, strict=True)
    ] if is_two else last


def _cut_at(line: str, rule: str) -> list[str]:
    """Return the cells of a line below the hyphens of its rule, counted in terminal columns."""
    starts = [cell_len(line[:n]) for n in range(len(line))]
    spans = [match.span() for match in re.finditer("-+", rule)]
    return [
        "".join(line[n] for n, at in enumerate(starts) if start <= at < end).strip() for start, end in spans
    ]


def _joined(lines: Sequence[str]) -> list[str]:
    """Join lines that continue below the movement with the line above."""
    joined: list[str] = []
    for line in lines:
        if line.startswith("   "):
            joined[-1] = f"{joined[-1]} {line.strip()}"
        else:
            joined.append(line)
    return joined


def _until_blank(lines: Sequence[str]) -> list[str]:
    return list(lines[: next((n for n, line in enumerate(lines) if not line.strip()), len(lines))])


def _text_tile(line: str) -> tuple[str, str, str]:
    label, value, *rest = re.split(r" {2,}", line.strip())
    return plain(label), plain(value), _movement(" ".join(rest))
