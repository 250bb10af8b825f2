"""A PostgreSQL server that may be stopped in the middle of everything; it waits for the disk, as in production."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.walk import free_ports

BINARIES = Path("/usr/lib/postgresql")
ACCESS = "host all all 10.99.0.0/24 trust\n"


@dataclass(frozen=True)
class Postgres:
    """A cluster in `folder`, at `address`."""

    folder: Path
    address: str
    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://bot@{self.address}:{self.port}/postgres"

    def restart(self, mode: str) -> None:
        """Stop as `mode` says ('fast' asks the clients to go, 'immediate' is a crash), and start again."""
        self.control("restart", "-m", mode)

    def control(self, action: str, *more: str) -> None:
        settings = f"-p {self.port} -k {self.folder} -c listen_addresses={self.address}"
        log = self.folder / "log"
        _as_owner("pg_ctl", "-D", self.folder / "data", "-w", "-o", settings, "-l", log, action, *more)


@contextmanager
def postgres(folder: Path, address: str) -> Iterator[Postgres]:
    """Provide a new cluster that runs."""
    folder.mkdir(mode=0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    _as_owner("initdb", "-D", folder / "data", "-U", "bot", "-A", "trust")
    with (folder / "data/pg_hba.conf").open("a", encoding="utf-8") as rules:
        rules.write(ACCESS)
    server = Postgres(folder, address, free_ports())
    server.control("start")
    try:
        yield server
    finally:
        server.control("stop", "-m", "immediate")


def _as_owner(program: str, *words: object) -> None:
    binary = max(BINARIES.glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    owner = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    done = subprocess.run(
        [*owner, binary, *map(str, words)], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert done.returncode == 0, (program, words)
