"""What the forkserver preloads for each PDF: WeasyPrint, the templates, and one function.

Imports WeasyPrint, so only the process that `process.py` starts imports this module.
"""

import gc

import weasyprint  # noqa: F401 - children inherit it

import bot.render.pdf.adapter  # noqa: F401
from bot.model import Edition
from bot.render.pdf.document import render_pdf
from bot.render.templates import environment


def document(edition: Edition, overrides: str, marking: str) -> bytes:
    """Return the edition as PDF. Raise TemplateFailed."""
    return render_pdf(edition, env=environment(overrides), marking=marking).content


# Children share the pages of what is imported as long as their garbage collector does not touch it.
gc.collect()
gc.freeze()
