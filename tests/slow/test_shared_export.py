"""An export of 50 MB that another host fetched."""

from pathlib import Path

import pytest

from tests.ledger.databases import kinds
from tests.ledger.test_shared_exports import send_from_two_hosts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", kinds())
def test_another_host_sends_an_export_of_50_mb(kind: str, tmp_path: Path, emulator_folder: Path) -> None:
    send_from_two_hosts(tmp_path, emulator_folder, kind, 50)
    for copy in tmp_path.rglob("*.csv"):
        copy.unlink()
