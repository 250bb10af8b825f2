"""Text, fonts, glyphs and attachments of a PDF, read with pikepdf."""

import io
import re
from dataclasses import dataclass

import pikepdf

_PAIRS = re.compile(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")


@dataclass(frozen=True)
class Read:
    """Text of each page, names of the fonts used, and the number of glyphs without a character."""

    pages: tuple[str, ...]
    fonts: frozenset[str]
    boxes: int
    attachments: tuple[str, ...]
    title: str
    size: tuple[float, float]

    @property
    def text(self) -> str:
        return "\n".join(self.pages)

    @property
    def squeezed(self) -> str:
        """All words without blanks: independent of where lines break."""
        return "".join(self.text.split())


def read(content: bytes) -> Read:
    """Parse a PDF. Raise pikepdf.PdfError if it is not one."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        fonts: set[str] = set()
        boxes: list[int] = []
        pages = tuple(_words(page.obj, page.resources, fonts, boxes) for page in pdf.pages)
        box = [float(n) for n in pdf.pages[0].mediabox]
        title = str(pdf.docinfo.get("/Title", ""))
        return Read(pages, frozenset(fonts), len(boxes), tuple(pdf.attachments), title, (box[2], box[3]))


def _words(content: pikepdf.Object, resources: pikepdf.Object, fonts: set[str], boxes: list[int]) -> str:
    text: list[str] = []
    mapping: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(content):
        operands = instruction.operands
        match str(instruction.operator):
            case "Tf":
                font = resources.Font[str(operands[0])]
                fonts.add(str(font.BaseFont).split("+")[-1])
                mapping = _to_unicode(font)
            case "Tj" | "TJ":
                pieces = operands[0] if str(instruction.operator) == "TJ" else [operands[0]]
                strings = (bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String))
                text.extend(_decoded(string, mapping, boxes) for string in strings)
            case "Do":
                inner = resources.XObject[str(operands[0])]
                if inner.Subtype == "/Form":
                    text.append(_words(inner, inner.get("/Resources", resources), fonts, boxes))
            case "ET":
                text.append("\n")
    return "".join(text)


def _decoded(raw: bytes, mapping: dict[int, str], boxes: list[int]) -> str:
    codes = [int.from_bytes(raw[n : n + 2]) for n in range(0, len(raw), 2)]
    boxes += [code for code in codes if code == 0]
    return "".join(mapping.get(code, "") for code in codes)


def _to_unicode(font: pikepdf.Object) -> dict[int, str]:
    table = font.ToUnicode.read_bytes().decode("latin-1")
    return {
        int(code, 16): bytes.fromhex(text).decode("utf-16-be", "replace")
        for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL)
        for code, text in _PAIRS.findall(block)
    }
