"""What each form says, read back from the form itself: key figures, and cells by table, row and column."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from rich.cells import cell_len

from bot.model import EmailMessage, SlackMessage


@dataclass
class Said:
    """`tiles`: (label, value, movement). `cells`: (table, row's name, column, words)."""

    headline: str = ""
    tiles: set[tuple[str, str, str]] = field(default_factory=set)
    cells: set[tuple[str, str, str, str]] = field(default_factory=set)

    def add_table(self, title: str, rows: Sequence[Sequence[str]]) -> None:
        """Rows, the first of them the headings; the first cell of each other row names it."""
        heading, *body = rows
        for row in body:
            for column, words in zip(heading[1:], row[1:], strict=True):
                self.cells.add((plain(title), plain(row[0]), plain(column), plain(words)))


def plain(words: str) -> str:
    """Without what a form adds around words: blanks, directions, the mark of a figure beyond its target."""
    return " ".join(re.sub("[\u200d\u200e\u200f\u2066-\u2069\ufe0e●]", "", words).split())


def of_slack(message: SlackMessage) -> Said:
    said, title = Said(), ""
    for block in message.blocks:
        if block["type"] == "section":
            said.tiles |= {_slack_tile(one["text"]) for one in block.get("fields", [])}
        elif block["type"] == "rich_text":
            title = _rich(block)
            said.headline = said.headline or title
        elif block["type"] == "table":
            rows = [[cell.get("text", "") for cell in row] for row in block["rows"]]
            said.add_table(title.split(" · ")[0], rows)
    return said


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
    found = re.match(r"\*(.*?)\*", value)
    assert found is not None, text
    return plain(label), plain(found[1]), _movement(" ".join(rest))


def _movement(words: str) -> str:
    """The first of what stands below a value, where that says how it moved: a tile without a comparison has none."""
    first = plain(words.split(" · ")[0])
    return first if re.match("▲|▼|no |nothing in |the ", first) else ""


class _Mail(HTMLParser):
    """Reads the classes of the mail's templates."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.title, self.kind = Said(), "", ""
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
            self.said.add_table(self.title, self.rows)
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
            self.said.tiles.add((plain(label), plain(value), _movement(movement)))


def of_mail(mail: EmailMessage) -> Said:
    reader = _Mail()
    reader.feed(mail.html)
    reader.close()
    return reader.said


def of_text(mail: EmailMessage) -> Said:
    """Tables are the lines around rules of hyphens; tiles the lines below KEY FIGURES."""
    said, lines = Said(), mail.text.split("\n")
    for n, line in enumerate(lines):
        if line.startswith("---"):
            title, heading = _above(lines, n)
            body = [_cut_at(row, line) for row in _until_blank(lines[n + 1 :]) if "  " in row]
            said.add_table(title, [heading, *body])
        elif line == "KEY FIGURES":
            said.tiles |= {_text_tile(row) for row in _joined(_until_blank(lines[n + 1 :]))}
    return said


def _above(lines: Sequence[str], rule: int) -> tuple[str, list[str]]:
    """A table's title, and its headings, which take one line or two."""
    start = next(k for k in range(rule, 0, -1) if not lines[k - 1].strip())
    last = _cut_at(lines[rule - 1], lines[rule])
    first = _cut_at(lines[rule - 2], lines[rule])
    is_two = rule - 2 > start and lines[rule - 2].startswith("  ")
    return lines[start], [
        f"{one} {other}".strip() for one, other in zip(first, last, strict=True)
    ] if is_two else last


def _cut_at(line: str, rule: str) -> list[str]:
    """Return the cells of a line below the hyphens of its rule, counted in terminal columns."""
    starts = [cell_len(line[:n]) for n in range(len(line))]
    spans = [match.span() for match in re.finditer("-+", rule)]
    return [
        "".join(line[n] for n, at in enumerate(starts) if start <= at < end).strip() for start, end in spans
    ]


def _joined(lines: Sequence[str]) -> list[str]:
    """Lines of which those that go on below the movement are one with the line above."""
    found: list[str] = []
    for line in lines:
        if line.startswith("   "):
            found[-1] = f"{found[-1]} {line.strip()}"
        else:
            found.append(line)
    return found


def _until_blank(lines: Sequence[str]) -> list[str]:
    return list(lines[: next((n for n, line in enumerate(lines) if not line.strip()), len(lines))])


def _text_tile(line: str) -> tuple[str, str, str]:
    label, value, *rest = re.split(r" {2,}", line.strip())
    return plain(label), plain(value), _movement(" ".join(rest))
