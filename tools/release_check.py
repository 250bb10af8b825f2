"""Check that this commit can be released: packages build, and version, tag and changelog agree.

Usage: python tools/release_check.py. Exit status 1 with a line for each problem.
"""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot import __version__  # noqa: E402


def problems(dist: Path) -> Iterator[str]:
    """Yield what stands against a release of the packages in `dist`."""
    wheel, sdist = next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        headers = HeaderParser().parsestr(archive.read(metadata).decode())
    if headers["Version"] != __version__:
        yield f"the wheel's version is {headers['Version']}, bot/__init__.py says {__version__}"
    if headers["License-Expression"] != "MIT":
        yield "the wheel names no licence"
    for package in ("bot", "activity_emulator"):
        if f"{package}/py.typed" not in names:
            yield f"the wheel lacks {package}/py.typed"
    with tarfile.open(sdist) as archive:
        if not any(name.endswith("/LICENSE") for name in archive.getnames()):
            yield "the source archive lacks LICENSE"
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    tags = _git("tag", "--points-at", "HEAD").split()
    if tags and f"v{__version__}" not in tags:
        yield f"this commit has the tag {tags[0]}, bot/__init__.py says {__version__}"
    if tags and f"## [{__version__}]" not in changelog:
        yield f"CHANGELOG.md has no section for {__version__}"
    if "## [Unreleased]" not in changelog:
        yield "CHANGELOG.md has no section Unreleased"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout


def main() -> int:
    """Build both packages into a temporary folder and check them."""
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        found = tuple(problems(Path(folder)))
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        print(f"digestbot {__version__} can be released")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
