"""The status page in real Chromium: by day, by night, on a phone, with and without scripts, with axe-core."""

from pathlib import Path
from typing import Any

import pytest

from tests.checkers.running import found, script
from tests.checkers.test_pages import grave, html_validate
from tests.web.status.conftest import FILE, Here, here
from tests.web.status.test_page import failed_for_dana, worker_of

pytestmark = pytest.mark.check
__all__ = ["here"]


@pytest.fixture
def seen(here: Here, tmp_path: Path) -> dict[str, Any]:
    """Return the script's report on a service with a failure, a stopped channel, a pause, a broken save, a worker."""
    failed_for_dana(here)
    here.ledger.open_circuit("slack", "invalid_auth", "", here.clock.now())
    here.ledger.pause("care-weekly", here.clock.now())
    here.file.write_text(FILE.replace("every day at 20:00", "every day at 26:00"), encoding="utf-8")
    here.look_at_file()
    with worker_of(here) as worker:
        worker.note_file("another")
        looked: dict[str, Any] = script("status.mjs", found("chromium"), here.serve().url, tmp_path)
    return looked


def test_it_is_readable_for_everybody_and_loads_nothing_from_elsewhere(seen: dict[str, Any]) -> None:
    assert len(seen["axe"]) == 6
    assert all(look["passed"] > 10 for look in seen["axe"])
    assert grave(seen["axe"]) == []
    assert (seen["elsewhere"], seen["console"]) == ([], [])
    assert max(seen["overflow"].values()) <= 0
    assert seen["plain"] == "Not well", "without scripts it says the same"
    assert seen["fresh"] == "Not well", "with them it keeps up by itself"
    assert seen["kept"] == "mine", "but not while a form has the focus"
    assert seen["stale"].endswith("the service does not answer any more")


def test_it_is_valid_html(here: Here, tmp_path: Path) -> None:
    occurrence = failed_for_dana(here)
    for name, path in (("page", "/"), ("story", f"/explain/{occurrence}")):
        (tmp_path / f"{name}.html").write_text(here.get(path)[1], encoding="utf-8")
    status, words = html_validate(tmp_path / "page.html", tmp_path / "story.html")
    assert status == 0, words
