"""What the warm process holds ready for each PDF: WeasyPrint, our templates' room, and one function.

Imports WeasyPrint, so that it is itself imported only by the process that `process.py` starts.
"""

import gc

import weasyprint  # noqa: F401 - here, so that children are born with it

import bot.render.pdf.fetcher  # noqa: F401
from bot.model import Edition
from bot.render.pdf.document import render_pdf
from bot.render.templates import environment


def document(edition: Edition, overrides: str, marking: str) -> bytes:
    """The edition as PDF. Raises TemplateFailed."""
    return render_pdf(edition, env=environment(overrides), marking=marking).content


# What was imported stays: a child that does not look for garbage in it shares its pages.
gc.collect()
gc.freeze()
