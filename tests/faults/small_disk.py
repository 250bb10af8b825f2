"""A real disk that is small: a tmpfs of a few hundred kilobytes that only our own children see.

It lives in a mount namespace of its own, inside a user namespace (util-linux: unshare, nsenter), so that whoever
runs the tests needs no rights; we look into it through /proc.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.filling import fill

MOUNT_AND_WAIT = 'mount -t tmpfs -o size="$1",mode=700 tmpfs "$2" && echo mounted && exec cat'


@dataclass(frozen=True)
class SmallDisk:
    """Over `folder`, for those who see it; `seen` is where everybody does."""

    folder: Path
    seen: Path
    holder: int

    def inside(self, working_folder: Path, *command: str) -> list[str]:
        """Return the command, started in `folder` by a shell that sees the disk."""
        enter = ["nsenter", "--target", str(self.holder), "--user", "--mount", "--preserve-credentials"]
        return [*enter, "sh", "-c", 'cd "$0" && exec "$@"', str(working_folder), *command]

    def fill(self) -> None:
        """Leave not one byte free."""
        fill(self.seen / "ballast")

    def clear(self) -> None:
        """Take the ballast away again."""
        (self.seen / "ballast").unlink()

    def lock_writing(self, locked: bool) -> None:
        """Mount it read-only, or writable again."""
        remount = ["mount", "-o", f"remount,{'ro' if locked else 'rw'}", str(self.folder)]
        subprocess.run(self.inside(Path("/"), *remount), check=True, timeout=60)


@contextmanager
def small_disk(folder: Path, size: str = "1m") -> Iterator[SmallDisk]:
    """Mount a disk of `size` bytes (with k or m) over `folder`, which is created if it is absent."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT_AND_WAIT]
    with subprocess.Popen(
        [*command, "sh", size, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        line = holder.stdout.readline()
        assert line == "mounted\n", "this machine does not allow mounts in a user namespace (see unshare(1))"
        try:
            yield SmallDisk(folder, Path(f"/proc/{holder.pid}/root{folder}"), holder.pid)
        finally:
            holder.communicate(timeout=30)
