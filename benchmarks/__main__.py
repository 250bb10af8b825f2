"""Medians of what a user waits for, beside what they would pick instead, in one run.

    make benchmark

Prints a table; docs/performance.md keeps the one last measured.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROUNDS = 15


def median_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median wall time of `work` in milliseconds, after one unmeasured run."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def run(*command: str) -> Callable[[], object]:
    """Return the milliseconds of a whole process, its output thrown away."""
    return lambda: subprocess.run(command, check=True, capture_output=True)


def start_up() -> list[tuple[str, float]]:
    """`--help` beside Python itself and beside importing everything at once."""
    return [
        ("python -c pass", median_ms(run(sys.executable, "-c", "pass"))),
        ("python -m bot --help", median_ms(run(sys.executable, "-m", "bot", "--help"))),
        (
            "the same, everything imported at once",
            median_ms(run(sys.executable, "-c", "import bot.app, weasyprint")),
        ),
    ]


def pdf() -> list[tuple[str, float]]:
    """Measure a warm two-page PDF by WeasyPrint, and beside it a whole Chromium printing the same HTML."""
    from benchmarks.edition import two_pages

    rows = [("warm PDF, two pages (WeasyPrint, pdf/ua-1)", median_ms(two_pages().pdf))]
    chromium = shutil.which("chromium")
    if chromium:
        rows.append(("the mail's HTML printed by chromium", median_ms(_by_chromium(chromium), 5)))
    return rows


def _by_chromium(chromium: str) -> Callable[[], object]:
    from benchmarks.edition import two_pages

    folder = Path(tempfile.mkdtemp())
    (folder / "edition.html").write_text(two_pages().html(), encoding="utf-8")
    quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    target = [
        f"--user-data-dir={folder}",
        f"--print-to-pdf={folder / 'out.pdf'}",
        f"file://{folder / 'edition.html'}",
    ]
    return run(chromium, *quiet, *target)


def reference() -> list[tuple[str, float]]:
    """Measure the reference week (twelve reports, thirty agents), warm: milliseconds of CPU."""
    from benchmarks.edition import reference_week

    week = reference_week()
    week.warm_up()
    return [
        ("its PDF", median_cpu_ms(week.pdf)),
        ("all forms: Slack, mail, PDF, pictures, CSVs", median_cpu_ms(week.every_form)),
        ("the mail and message of a second recipient", median_cpu_ms(week.second_recipient)),
    ]


def median_cpu_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median CPU time of this process for `work` in milliseconds, after one unmeasured run."""
    work()
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def loading() -> list[tuple[str, float]]:
    """`check --no-render` of large files: loading alone, and the whole process; yaml.safe_load beside it.

    Milliseconds of CPU: 10,000 digests are to take less than 5 s.
    """
    import yaml

    from benchmarks.files import file_of
    from bot.config import load

    rows = []
    for count in (100, 1_000, 10_000):
        path = file_of(count)
        rows.append((f"load and check {count:,} digests", median_cpu_ms(partial(load, path), 3)))
        rows.append((f"the whole command, with their {count * 3:,} next firings", checking(path)))
    text = file_of(10_000).read_text(encoding="utf-8")
    rows.append(
        ("10,000 digests by yaml.safe_load, unchecked", median_cpu_ms(lambda: yaml.safe_load(text), 1))
    )
    return rows


def checking(path: Path) -> float:
    """CPU time of one `check --no-render` in milliseconds."""
    return command_ms("check", "--no-render", "--config", str(path))


def planning() -> list[tuple[str, float]]:
    """`plan` over 100,000 firings, as CPU time of the whole command: it is to take less than 3 s."""
    from benchmarks.files import DAILY, file_of

    ahead = ("--now", "2026-11-22T00:00Z", "--days")
    path = str(file_of(1_000, DAILY))
    return [
        (
            f"plan, 1,000 daily digests, {days} {'day' if days == 1 else 'days'}",
            command_ms("plan", *ahead, str(days), "--config", path),
        )
        for days in (1, 10, 100)
    ]


def command_ms(*arguments: str) -> float:
    """CPU time of one command as a process, start-up and all, in milliseconds: the median of three."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(sys.executable, "-m", "bot", *arguments)()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    return statistics.median(times)


def reading_again() -> list[tuple[str, float]]:
    """Measure the longest gap between two ticks while nothing is read, and while ten thousand digests are."""
    from benchmarks.files import file_of
    from benchmarks.reloading import longest_gaps

    quiet, reading, took = longest_gaps(file_of(10_000))
    return [
        ("longest gap between ticks, nothing is read", quiet),
        ("longest gap while 10,000 digests are read again", reading),
        ("from the save until it counts", took),
    ]


def main() -> None:
    """Measure and print a table with ratios to the first row of each part."""
    for title, rows in (
        ("Start-up", start_up()),
        ("PDF", pdf()),
        ("The reference week, CPU", reference()),
        ("Large files, CPU", loading()),
        ("Looking ahead, CPU", planning()),
        ("Hot reload", reading_again()),
    ):
        print(f"\n| {title} | median, ms | ratio |\n|---|---:|---:|")
        for name, value in rows:
            print(f"| {name} | {value:.0f} | {value / rows[0][1]:.2f} |")
    from benchmarks.edition import reference_week

    print(f"\nThe reference week's PDF has {len(reference_week().pdf()) / 1000:.0f} kB.")


if __name__ == "__main__":
    main()
