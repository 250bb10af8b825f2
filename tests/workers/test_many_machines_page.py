"""docs/howto/many-machines.md, typed from top to bottom against a real PostgreSQL: one of two hosts is killed."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.journeys.walk import Terminal, blocks, free_ports, is_shown
from tests.journeys.world import ROOT
from tests.ledger.databases import on_postgres

PAGE = ROOT / "docs/howto/many-machines.md"
EXPORT = re.compile(r"export (\w+)=(.*)")
STATUS_PORTS = ("8090", "8091")
DATABASE = ("DROP DATABASE IF EXISTS digestbot WITH (FORCE)", "DROP ROLE IF EXISTS digestbot")
WITHIN = 90.0
"""Seconds until the page's output is as shown: a host is gone after 45."""


@pytest.fixture
def terminal(url: str, tmp_path: Path) -> Iterator[Terminal]:
    """Yield a terminal beside the server at `url`; afterwards the hosts and the database are gone."""
    made = Terminal(tmp_path)
    server = make_url(url)
    made.environment |= {
        "PGHOST": str(server.host),
        "PGPORT": str(server.port),
        "PGUSER": str(server.username),
    }
    made.environment["PGDATABASE"] = str(server.database)
    drop(url)
    yield made
    made.close()
    for host in tmp_path.glob("*.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(host.read_text()), signal.SIGKILL)
    drop(url)


def drop(url: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in DATABASE:
            connection.execute(statement)  # type: ignore[call-overload]


def typed(terminal: Terminal, commands: str, first_port: int) -> str:
    """Type the commands as this machine needs them: psql may already, and the status ports are free ones."""
    for number, port in enumerate(STATUS_PORTS):
        commands = commands.replace(port, str(first_port + number))
    printed = ""
    for line in commands.splitlines():
        if exported := EXPORT.fullmatch(line):
            terminal.environment[exported[1]] = exported[2]
        elif not line.startswith("pip install "):
            printed += terminal.type(line.removeprefix("sudo -u postgres "))
    return printed


@pytest.mark.slow
@pytest.mark.parametrize("url", on_postgres())
def test_the_page_does_what_it_shows(terminal: Terminal) -> None:
    commands, printed, first_port = "", "", 0
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        if block.kind == "yaml":
            terminal.write(block)
        elif block.kind == "sh":
            # Chosen when the emulator listens: they must not be its.
            first_port = first_port or (free_ports() if terminal.emulator else 0)
            commands = block.text
            printed = typed(terminal, commands, first_port)
        else:
            began = time.monotonic()
            while not is_shown(block.text, printed):
                assert time.monotonic() - began < WITHIN, f"shown:\n{block.text}\nprinted:\n{printed}"
                # What the page shows some time later comes from commands that only look.
                printed = typed(terminal, commands, first_port)
