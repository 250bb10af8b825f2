"""The page of `preview --serve`: what every digest looks like, kept up with the file while somebody edits it.

`watching` sees a file saved, `file_state` reads it and keeps the last good one, `editions` composes,
`forms` makes what is looked at (and nothing else), `page` remembers the last good rendition, `server` answers
a browser on this machine. What the browser runs is `static/`: no figure is worded there.
"""

from bot.web.preview.described import Look
from bot.web.preview.editions import known_to_sample
from bot.web.preview.file_state import OpenApp
from bot.web.preview.page import Page
from bot.web.preview.page_clock import PageClock
from bot.web.preview.server import PageServer

__all__ = ["Look", "OpenApp", "Page", "PageClock", "PageServer", "known_to_sample"]
