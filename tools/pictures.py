"""Redraw the pictures of the README, the gallery and the preview: `make pictures`.

Needs chromium, pdftoppm, and what tools/checkers.sh installs.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.config import sample_text
from bot.model import Edition, SlackMessage
from bot.model.rendition import Picture
from bot.render import Renderer
from bot.render.slack.page import slack_html
from tests.editions.samples import NAMED, without_exports

ROOT = Path(__file__).parents[1]
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir>
<alias binding="same"><family>Inter</family><prefer><family>Digest Inter</family></prefer></alias>
</fontconfig>
"""
"""Mail programs have Inter, Roboto or Helvetica, which are as wide; this machine may have none of them."""
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
]
GALLERY = PICTURES / "gallery"
FORMS = {"mail": "as a mail", "phone": "as a mail on a phone", "slack": "in Slack", "pdf": "as a PDF"}
PAGE = ROOT / "docs" / "gallery.md"
INTRODUCTION = """# Gallery

Each kind of edition in every form: Slack, mail at 700 and at 380 pixels (the top), and the first two
pages of the PDF. Names and figures are invented. `make pictures` redraws them.
"""


def shoot(page: Path, target: Path, width: int, height: int, scale: float = 1.5) -> None:
    """Take a screenshot of a local page, `width` and `height` in CSS pixels."""
    with tempfile.TemporaryDirectory() as profile:
        size, out = f"--window-size={width},{height}", f"--screenshot={target}"
        sharp = f"--force-device-scale-factor={scale}"
        command = ["chromium", *QUIET, sharp, f"--user-data-dir={profile}", size, out, page.as_uri()]
        fonts = Path(profile) / "fonts.conf"
        fonts.write_text(FONTS.format(fonts=ROOT / "bot" / "render" / "fonts"), encoding="utf-8")
        known = os.environ | {"FONTCONFIG_FILE": str(fonts)}
        subprocess.run(command, check=True, capture_output=True, env=known)


def draw(demo: Path) -> None:
    """Draw the weekly digest in its three forms, and the demo's index."""
    folder = next(demo.glob("care-weekly/*"))
    message = json.loads((folder / "slack.json").read_text(encoding="utf-8"))
    picture = Picture("states_volume", "chart-states_volume.png", b"", "", 640, 300)
    page = folder / "slack.html"
    page.write_text(
        slack_html(SlackMessage(message["text"], tuple(message["blocks"]), (picture,)), [picture.name]),
        encoding="utf-8",
    )
    shoot(page, PICTURES / "slack.png", 720, 1060)
    shoot(folder / "email.html", PICTURES / "mail.png", 700, 1400)
    shoot(demo / "index.html", PICTURES / "index.png", 1280, 900)
    pdf = ["pdftoppm", "-r", "90", "-png", "-singlefile", str(folder / "report.pdf"), str(PICTURES / "pdf")]
    subprocess.run(pdf, check=True)


def draw_edition(name: str, edition: Edition, folder: Path) -> None:
    """One edition in every form, as `<name>-<form>.png`."""
    bundle = Renderer().bundle(edition)
    for picture in bundle.pictures:
        (folder / picture.name).with_suffix(".png").write_bytes(picture.png)
    names = [Path(picture.name).with_suffix(".png").name for picture in bundle.slack.pictures]
    (folder / "slack.html").write_text(slack_html(bundle.slack, names), encoding="utf-8")
    mail = bundle.email.html
    for picture in bundle.email.pictures:
        mail = mail.replace(f"cid:{picture.name}", Path(picture.name).with_suffix(".png").name)
    (folder / "mail.html").write_text(mail, encoding="utf-8")
    # Chromium's window is never as narrow as a telephone: the mail stands in a frame of that width.
    phone = '<body style="margin:0"><iframe src="mail.html" width="380" height="1300" style="border:0">'
    (folder / "phone.html").write_text(phone, encoding="utf-8")
    shoot(folder / "slack.html", GALLERY / f"{name}-slack.png", 700, 1000, 1)
    shoot(folder / "mail.html", GALLERY / f"{name}-mail.png", 700, 1300, 1)
    shoot(folder / "phone.html", GALLERY / f"{name}-phone.png", 380, 1300, 1)
    if bundle.pdf is None:
        raise SystemExit(f"the edition {name} has no PDF")
    (folder / "report.pdf").write_bytes(bundle.pdf.content)
    pdf = [
        "pdftoppm",
        "-r",
        "60",
        "-png",
        "-l",
        "2",
        str(folder / "report.pdf"),
        str(GALLERY / f"{name}-pdf"),
    ]
    subprocess.run(pdf, check=True)


def draw_preview(folder: Path) -> None:
    """Draw the page of `preview --serve`, whole and with a broken file, as `preview-<name>.png`."""
    file = folder / "reports.yaml"
    file.write_text(sample_text(), encoding="utf-8")
    command = [sys.executable, "-m", "bot", "preview", "--serve"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as page:
        lines = iter(page.stdout.readline, "") if page.stdout else iter(())
        url = next(line.split()[1] for line in lines if line.startswith("open "))
        script = ROOT / "tests" / "checkers" / "preview_pictures.mjs"
        draw_it = ["node", str(script), shutil.which("chromium") or "chromium", url, str(file), str(PICTURES)]
        subprocess.run(draw_it, check=True)
        page.terminate()


def _image(title: str, file: str, form: str) -> str:
    words = FORMS[form.partition("-")[0]]
    return f'<img src="pictures/gallery/{file}" alt="{title} {words}" width="300">'


def gallery_page() -> str:
    """Return the page of all pictures that are there."""
    parts = [INTRODUCTION]
    for name in NAMED:
        title = name.replace("-", " ").capitalize()
        files = sorted(path.name for path in GALLERY.glob(f"{name}-*.png"))
        images = " ".join(_image(title, file, Path(file).stem.removeprefix(f"{name}-")) for file in files)
        parts.append(f"## {title}\n\n{images}\n")
    return "\n".join(parts)


def main() -> None:
    """Draw every edition of the gallery, then make a demo and draw it, then the preview."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    for old in GALLERY.glob("*.png"):  # an edition that has a page less leaves none behind
        old.unlink()
    for name, make in NAMED.items():
        with tempfile.TemporaryDirectory() as folder:
            draw_edition(name, without_exports(make()), Path(folder))
    PAGE.write_text(gallery_page(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bot", "demo", "--out", folder]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        draw(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        draw_preview(Path(folder))


if __name__ == "__main__":
    main()
