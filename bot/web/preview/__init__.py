"""The page of `preview --serve`: what every digest looks like, kept up with the file while a person edits it.

`state` reads the file, keeps the last good reading and composes editions; `forms` renders what is looked at
(and nothing else) into `documents`; `overview` describes what is around it; `page` answers a browser on this
machine. What the browser runs is `static/`: no figure is worded there.
"""

from bot.web.preview.overview import Look
from bot.web.preview.page import Page, PageServer
from bot.web.preview.state import PageClock, compose_preview

__all__ = ["Look", "Page", "PageClock", "PageServer", "compose_preview"]
