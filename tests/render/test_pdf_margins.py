"""Screen readers skip running heads and page numbers, and nothing else."""

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
from weasyprint import HTML

from bot.render.pdf.adapter import margins_as_artifacts
from bot.render.pdf.document import render_pdf
from tests.render.pieces import ENV
from tests.render.sample_edition import EDITION

PAGE = """<html lang="en"><title>Foot</title><style>@page { @bottom-left { content: "Foot" } }</style>
<p>Words</p></html>"""


def marked(page: pikepdf.Page) -> Iterator[tuple[str, int | None, bool]]:
    """Each outermost marked piece with text in it: its tag, its number, whether it is pagination."""
    depth, text = 0, False
    opened: tuple[str, int | None, bool] = ("", None, False)
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        name = str(instruction.operator)
        if name in ("BDC", "BMC"):
            if depth == 0:
                properties = operands[1] if name == "BDC" else {}
                number = properties.get("/MCID")
                opened = (
                    str(operands[0]),
                    None if number is None else int(number),
                    properties.get("/Type") == "/Pagination",
                )
                text = False
            depth += 1
        elif name == "TJ":
            text = True
        elif name == "EMC":
            depth -= 1
            if depth == 0 and text:
                yield opened


def tagged(document: pikepdf.Pdf) -> set[tuple[int, int]]:
    """Page number and piece of content that the structure tree leads to."""
    numbers: dict[Any, int] = {page.objgen: number for number, page in enumerate(document.pages)}
    content, waiting = set(), [document.Root.StructTreeRoot]
    while waiting:
        element = waiting.pop()
        for kid in element.get("/K", []):
            if isinstance(kid, pikepdf.Dictionary):
                waiting.append(kid)
            else:
                content.add((numbers[element["/Pg"].objgen], int(kid)))
    return content


def astray(document: pikepdf.Pdf) -> list[tuple[int, str, int | None]]:
    """Return text that is neither in the structure tree nor an artifact."""
    led_to = tagged(document)
    return [
        (number, tag, piece)
        for number, page in enumerate(document.pages)
        for tag, piece, pagination in marked(page)
        if not pagination and (piece is None or (number, piece) not in led_to)
    ]


def test_all_text_is_tagged_or_artifact() -> None:
    with pikepdf.open(io.BytesIO(render_pdf(EDITION, env=ENV).content)) as document:
        assert astray(document) == []
        for number, page in enumerate(document.pages):
            # The mark, the footer and the page number; from the second page on the running head.
            assert sum(pagination for _, _, pagination in marked(page)) == (4 if number else 3)
            assert sum(piece is not None for _, piece, _ in marked(page)) > 3, number


def test_artifacts_belong_to_no_element() -> None:
    with pikepdf.open(io.BytesIO(render_pdf(EDITION, env=ENV).content)) as document:
        pieces = dict(zip(*[iter(document.Root.StructTreeRoot.ParentTree.Nums)] * 2, strict=True))
        for number, page in enumerate(document.pages):
            used = {piece for _, piece, _ in marked(page) if piece is not None}
            assert all(pieces[number][piece] is not None for piece in used)
            assert sum(element is None for element in pieces[number]) == (4 if number else 3)


def test_without_finisher_margins_are_untagged_content() -> None:
    plain = HTML(string=PAGE).write_pdf(pdf_variant="pdf/ua-1")
    finished = HTML(string=PAGE).write_pdf(pdf_variant="pdf/ua-1", finisher=margins_as_artifacts)
    with pikepdf.open(io.BytesIO(plain)) as document:
        assert len(astray(document)) == 1
    with pikepdf.open(io.BytesIO(finished)) as document:
        assert astray(document) == []
