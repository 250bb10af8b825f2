"""A PDF's pages as pictures, by poppler's `pdftoppm` where it is installed.

Pictures keep their place when they are replaced, follow the page's own scrolling, and need no viewer. A
browser's viewer is the way out where the program is missing.
"""

import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

PROGRAM = "pdftoppm"
DOTS_PER_INCH, MOST_PAGES, MOST_SECONDS = 144, 12, 30


@lru_cache(maxsize=16)
def page_pictures(content: bytes) -> tuple[bytes, ...]:
    """The pages as PNGs; () when the program is missing or cannot draw them."""
    program = shutil.which(PROGRAM)
    if program is None:
        return ()
    with tempfile.TemporaryDirectory(prefix="digestbot-pages-") as folder:
        command = [program, "-png", "-r", str(DOTS_PER_INCH), "-l", str(MOST_PAGES), "-", f"{folder}/page"]
        try:
            # Our own PDF, by its content: nothing of it is in the command.
            subprocess.run(command, input=content, capture_output=True, check=True, timeout=MOST_SECONDS)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return ()
        return tuple(path.read_bytes() for path in sorted(Path(folder).glob("page-*.png")))
