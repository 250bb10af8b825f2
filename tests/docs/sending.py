"""Send the digest `by-network` of FOLDER once, from the emulator, with the command line in SOURCE.

    python -m tests.docs.sending FOLDER EMULATOR_FOLDER SOURCE

A process of its own, so that `bot` and `activity_emulator` may be those of another folder.
"""

import subprocess
import sys
from pathlib import Path

from tests.journeys.world import world


def main(folder: Path, emulator_folder: Path, source: str) -> int:
    text = (folder / "reports.yaml").read_text(encoding="utf-8")
    with world(folder, emulator_folder) as servers:
        servers.write(text)
        for command in (("check", "--no-render"), ("send", "by-network", "--at", "2026-11-23T09:00")):
            done = subprocess.run(
                [sys.executable, "-m", "bot", *command],
                cwd=servers.folder,
                env=servers.env(PYTHONPATH=source),
                capture_output=True,
                text=True,
            )
            sys.stdout.write(done.stdout)
            sys.stderr.write(done.stderr)
            if done.returncode:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
