"""The wheel stands alone: installed in an empty environment, it runs in an empty folder."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, status: int = 0) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=600)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.mark.check
def test_templates_fonts_and_the_sample_travel_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "bot/templates/slack/message.json.j2" in names
    assert "bot/templates/pdf/report.css" in names
    assert "bot/render/fonts/inter-400.ttf" in names
    assert "bot/web/preview/static/page.html" in names
    assert "bot/web/preview/static/page.js" in names
    assert "bot/web/status/static/status.html.j2" in names
    assert "bot/web/status/static/status.css" in names
    assert "bot/templates/shared/preview_csv.html.j2" in names
    assert "bot/config/sample_reports.yaml" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "tools/"))]


@pytest.mark.check
def test_the_wheel_delivers_without_extras_and_demonstrates_with_them(wheel: Path, tmp_path: Path) -> None:
    environment, here = tmp_path / "venv", tmp_path / "empty"
    here.mkdir()
    venv.create(environment, with_pip=True)
    pip = (environment / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    constraints = ROOT / "requirements-base.lock"
    run(*pip, "--require-hashes", "-r", constraints, cwd=here)
    run(*pip, "--no-deps", wheel, cwd=here)
    bot = environment / "bin/digestbot"
    run(bot, "init", cwd=here)
    assert "no digest was rendered" in run(bot, "check", cwd=here)
    assert "digestbot[demo]" in run(bot, "demo", cwd=here, status=2)
    run(*pip, f"{wheel}[demo]", cwd=here)
    assert "index.html" in run(bot, "demo", "--out", "shown", cwd=here)
    assert (here / "shown/index.html").stat().st_size > 10_000
    assert len(list((here / "shown").glob("*/*/report.pdf"))) >= 2
    assert "no errors" in run(bot, "check", cwd=here)
