"""What stands in a PDF's margins on every page is decoration: programs that read aloud skip it.

WeasyPrint 70 marks the words of margin boxes as content and leads nowhere from the structure tree, which
is neither decoration nor content (ISO 14289-1 section 7.8: running heads are pagination artifacts).
"""

from typing import Any

_PAGINATION = {"Type": "/Pagination"}


def margins_as_artifacts(document: Any, pdf: Any) -> None:
    """A finisher for `write_pdf`: what the structure tree does not lead to becomes a pagination artifact."""
    told = _told(pdf)
    pieces = _object(pdf, _object(pdf, pdf.catalog["StructTreeRoot"])["ParentTree"])["Nums"]
    for number, page in enumerate(pdf.page_references):
        stream = _object(pdf, _object(pdf, page)["Contents"]).stream
        for place, properties in enumerate(stream):
            piece = properties.get("MCID") if isinstance(properties, dict) else None
            if piece is not None and (page, piece) not in told:
                stream[place - 1] = "/Artifact"
                properties.clear()
                properties.update(_PAGINATION)
                pieces[2 * number + 1][piece] = "null"


def _told(pdf: Any) -> set[tuple[bytes, int]]:
    """Page and number of each piece of content that the structure tree leads to."""
    found: set[tuple[bytes, int]] = set()
    waiting = [pdf.catalog["StructTreeRoot"]]
    while waiting:
        element = _object(pdf, waiting.pop())
        for kid in element.get("K", ()):
            if isinstance(kid, int):
                found.add((element["Pg"], kid))
            else:
                waiting.append(kid)
    return found


def _object(pdf: Any, reference: bytes) -> Any:
    """The object that `b'12 0 R'` means."""
    return pdf.objects[int(reference.split()[0])]
