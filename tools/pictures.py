"""Draw the README's pictures anew from the demo: `make pictures`. Needs chromium and pdftoppm."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.model import SlackMessage
from bot.model.rendition import Picture
from bot.render.slack_page import slack_html

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--hide-scrollbars",
    "--force-device-scale-factor=1.5",
]


def shoot(page: Path, name: str, width: int, height: int) -> None:
    """A screenshot of a local page, in CSS pixels."""
    target = PICTURES / name
    with tempfile.TemporaryDirectory() as profile:
        size, out = f"--window-size={width},{height}", f"--screenshot={target}"
        command = ["chromium", *QUIET, f"--user-data-dir={profile}", size, out, page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def draw(demo: Path) -> None:
    """The weekly digest in its three forms, and the demo's index."""
    folder = next(demo.glob("care-weekly/*"))
    message = json.loads((folder / "slack.json").read_text(encoding="utf-8"))
    picture = Picture("states_volume", "chart-states_volume.png", b"", "", 640, 300)
    page = folder / "slack.html"
    page.write_text(
        slack_html(SlackMessage(message["text"], tuple(message["blocks"]), (picture,)), [picture.name]),
        encoding="utf-8",
    )
    shoot(page, "slack.png", 720, 1060)
    shoot(folder / "email.html", "mail.png", 700, 1400)
    shoot(demo / "index.html", "index.png", 1280, 900)
    pdf = ["pdftoppm", "-r", "90", "-png", "-singlefile", str(folder / "report.pdf"), str(PICTURES / "pdf")]
    subprocess.run(pdf, check=True)  # noqa: S603


def main() -> None:
    """Make a demo and draw it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bot", "demo", "--out", folder]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)  # noqa: S603
        draw(Path(folder))


if __name__ == "__main__":
    main()
