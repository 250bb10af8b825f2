"""The machine's clock for a page that may be closed at any moment."""

import threading

from bot.errors import SourceBusy
from bot.service import SystemClock


class PageClock(SystemClock):
    """The machine's clock, whose waits end when the page does."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Wait; raises SourceBusy when the page is closed meanwhile."""
        if self.stopping.wait(max(0.0, seconds)):
            raise SourceBusy("The preview was closed.", 0.0)
