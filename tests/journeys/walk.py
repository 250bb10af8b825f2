"""A page of the documentation as a person follows it: its files written, its commands typed, its outputs compared.

A ```yaml block names its file in its first line, as a comment: `# reports.yaml` is the whole file,
`# reports.yaml, the digest NAME` takes that digest's place, or stands last where there is none.
A ```text block shows what the ```sh block before it prints, `…` for anything. A command that ends with
another status than 0 says so: `# exits with 3`.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from tests.journeys.world import ROOT

BLOCK = re.compile(r"^```(sh|yaml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w.-]+\.yaml)(?:, the digest ([a-z0-9-]+))?\n")
EXITS = re.compile(r"# exits with ([0-9]+)")
EMULATOR = "python -m bot emulator "
SERVICE = re.compile(r"python -m bot run --status 127\.0\.0\.1:([0-9]+)")
STATUS_PAGE = re.compile(r"status page at (http://\S+)")
PORT = 8080
"""The emulator's port on the page; two more follow it. Here it is another, so that two runs may stand side by side."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the page; `start` and `end` are where its text stands."""

    kind: str
    text: str
    start: int
    end: int


def blocks(page: str) -> Iterator[Block]:
    """Every ```sh, ```yaml and ```text block in its order."""
    for found in BLOCK.finditer(page):
        yield Block(found[1], found[2], found.start(2), found.end(2))


@dataclass(slots=True)
class Terminal:
    """Where the page's commands are typed; the emulator runs in a second one until the next takes its place."""

    folder: Path
    port: int = field(default_factory=lambda: free_ports())
    environment: dict[str, str] = field(default_factory=dict)
    emulator: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
        }

    def write(self, block: Block) -> None:
        """Do what an operator does with a ```yaml block."""
        named = FILE.match(block.text)
        assert named, f"this block names no file: {block.text}"
        path, content = self.folder / named[1], block.text[named.end() :]
        if named[2]:
            content = with_digest(path.read_text(encoding="utf-8"), named[2], content)
        path.write_text(content, encoding="utf-8")

    def type(self, commands: str) -> str:
        """Return what the lines of a ```sh block print, one after another."""
        return "".join(map(self._typed, filter(None, commands.splitlines())))

    def _typed(self, line: str) -> str:
        if line.startswith(EMULATOR):
            return self._serve(line)
        if served := SERVICE.fullmatch(line):
            return self._look_at(line.replace(f":{served[1]}", ":0"))
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        told = done.stdout + "".join(complaints(done.stderr))
        expected = EXITS.search(line)
        assert done.returncode == int(expected[1] if expected else 0), f"{line}\n{told}"
        return self._as_on_the_page(told)

    def _serve(self, line: str) -> str:
        """Start the emulator; of the lines that it prints, the exports are pasted."""
        self.close()
        words = line.replace(f"--port {PORT}", f"--port {self.port}").split()
        assert str(self.port) in words, f"{line} names no port"
        self.emulator = subprocess.Popen(
            [sys.executable, *words[1:]],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.emulator.stdout
        lines = [self.emulator.stdout.readline() for _ in range(5)]
        exports = dict(re.findall(r'^export (\w+)="(.*)"$', "".join(lines), re.MULTILINE))
        assert len(exports) == 4, f"{line} printed {lines}"
        self.environment |= exports
        return self._as_on_the_page("".join(lines))

    def _look_at(self, line: str) -> str:
        """Start the service, look at its page, and end it.

        It has a data folder of its own: its clock is the machine's, and in the page's folder it would find
        every digest of the past.
        """
        service = subprocess.Popen(
            [sys.executable, *line.split()[1:]],
            cwd=self.folder,
            env=self.environment | {"BOT_DATA_DIR": str(self.folder / "service")},
            stderr=subprocess.PIPE,
            text=True,
        )
        with service:
            assert service.stderr
            try:
                url = next(filter(None, (STATUS_PAGE.search(told) for told in service.stderr)))[1]
                with urlopen(url) as answer:
                    assert answer.status == 200
            finally:
                service.terminate()
                service.stderr.read()
        assert service.returncode == 0
        return ""

    def _as_on_the_page(self, text: str) -> str:
        for number in range(3):
            text = text.replace(f":{self.port + number}", f":{PORT + number}")
        return text

    def close(self) -> None:
        """Ctrl-C in the second terminal."""
        if self.emulator is not None:
            self.emulator.terminate()
            self.emulator.communicate(timeout=30)
            self.emulator = None


def complaints(stderr: str) -> Iterator[str]:
    """Yield the lines of stderr that stay on a terminal: progress, indented in a log, vanishes there."""
    yield from (line for line in stderr.splitlines(keepends=True) if not line.startswith("  "))


def with_digest(file: str, name: str, content: str) -> str:
    """Return the file with this digest, as a person puts it: in the place of its namesake, or at the end."""
    old = re.compile(rf"^  {re.escape(name)}:\n(?:(?:    .*)?\n)*", re.MULTILINE)
    if old.search(file):
        return old.sub(lambda _: content + "\n", file).rstrip("\n") + "\n"
    return f"{file}\n{content}"


def free_ports() -> int:
    """Return the first of three free ports in a row."""
    for first in range(21_080, 30_000, 10):
        if all(map(_is_free, range(first, first + 3))):
            return first
    raise AssertionError("no three free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


def is_shown(shown: str, printed: str) -> bool:
    """Whether the page shows what was printed; `…` stands for anything."""
    parts = map(re.escape, timeless(shown).split("…"))
    return re.fullmatch("(?s:.*?)".join(parts), timeless(printed)) is not None


def timeless(text: str) -> str:
    """Mask what depends on the speed of the machine and its fonts.

    That is minutes and seconds, except full and half hours as schedules have them; how long a try took;
    kilobytes.
    """
    text = re.sub(r"(?<!\d)([0-2]\d):(?![03]0:00)[0-5]\d:[0-5]\d(?!\d)", r"\1:mm:ss", text)
    return re.sub(r"\([0-9]+ kB\)", "(kB)", re.sub(r"\b[0-9]+\.[0-9] s\b", "S s", text))
