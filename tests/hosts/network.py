"""Hosts in namespaces of their own on a bridge; where that is not allowed, plain processes on loopback."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MADE = "HOSTS_IN_NAMESPACES"
APART = ("--net", "--uts", "--mount", "--propagation", "private")
FIRST = (
    "unshare",
    *APART,
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "sh",
    "-c",
    '"$@"; exit $?',
    "sh",
)
"""What ends the first process ends all others: nothing is left behind, however the run ends."""

SERVERS = "10.99.0.1"
"""Of the namespace with the bridge, where PostgreSQL, Slack, the mail server and the emulator listen."""

LIVE = 'hostname "$1" && mount --bind "$2" "$3" && cd "$3" && ip link set lo up && echo ready && read -r _'
CONTAINER = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def enter_namespaces(module: str, arguments: Sequence[str]) -> None:
    """Replace this process by the same command in namespaces of its own, where they may be made."""
    if MADE in os.environ or subprocess.run([*FIRST, "ip", "link"], capture_output=True).returncode:
        return
    os.environ[MADE] = "1"
    os.execvp("unshare", [*FIRST, sys.executable, "-m", module, *arguments])


def has_namespaces() -> bool:
    return MADE in os.environ


@dataclass(frozen=True)
class Place:
    """Where the processes of one host run; `inside` is its own folder as they call it."""

    name: str
    inside: Path
    enter: tuple[str, ...] = ()
    address: str = "127.0.0.1"
    cable: str = ""

    def plug(self, is_in: bool) -> None:
        """Put the cable in or pull it."""
        _run("ip", "link", "set", self.cable, "up" if is_in else "down")


@contextmanager
def bridge() -> Iterator[str]:
    """Provide the address that servers listen at."""
    if not has_namespaces():
        yield "127.0.0.1"
        return
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "hosts", "type", "bridge")
    _run("ip", "address", "add", f"{SERVERS}/24", "dev", "hosts")
    _run("ip", "link", "set", "hosts", "up")
    try:
        yield SERVERS
    finally:
        _run("ip", "link", "delete", "hosts")


@contextmanager
def place(number: int, name: str, folder: Path, *, as_container: bool = False) -> Iterator[Place]:
    """Provide the place of one host; `folder`/`name` exists and is what it has of its own.

    In namespaces every host finds its own under the same path, `folder`/here. In a container each process
    has process ids of its own.
    """
    own, here, address = folder / name, folder / "here", f"10.99.0.{number + 2}"
    if not has_namespaces():
        yield Place(name, own)
        return
    here.mkdir(exist_ok=True)
    with subprocess.Popen(
        ["unshare", *APART, "sh", "-c", LIVE, "sh", name, own, here],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as anchor:
        assert anchor.stdout is not None
        assert anchor.stdout.readline() == "ready\n"
        target, cable = str(anchor.pid), f"cable-{number}"
        _run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", target)
        _run("ip", "link", "set", cable, "master", "hosts", "up")
        _run("nsenter", "--target", target, "--net", "ip", "address", "add", f"{address}/24", "dev", "eth0")
        _run("nsenter", "--target", target, "--net", "ip", "link", "set", "eth0", "up")
        enter = ("nsenter", "--target", target, "--net", "--uts", "--mount", "--wd")
        try:
            yield Place(name, here, enter + (CONTAINER if as_container else ()), address, cable)
        finally:
            _run("ip", "link", "delete", cable)
            anchor.kill()


def _run(*words: str) -> None:
    subprocess.run(words, check=True)
