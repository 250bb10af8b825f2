"""A `mention_sla_export` of any size, quickly: blocks of rows, again and again."""

from pathlib import Path

from tests.source.insight_files import MENTIONS, message, written

BLOCK_ROWS = 10_000


def large_csv(file: Path, megabytes: int) -> Path:
    """At least so many megabytes of messages of the week of 30 April 2018, in a whole number of blocks."""
    file.parent.mkdir(parents=True, exist_ok=True)
    blocks = [_block(number) for number in range(3)]
    with file.open("wb") as out:
        out.write(written(MENTIONS, []))
        while out.tell() < megabytes * 1_000_000:
            out.write(blocks[out.tell() % 3])
    return file


def _block(number: int) -> bytes:
    """Rows that differ from each other, about 5 MB of them."""
    rows = []
    for n in range(BLOCK_ROWS):
        text = " ".join(f"{(n * 7919 + word * 104_729) % 1_000_003:x}" for word in range(45))
        published = f"2018-05-0{1 + n % 6} {n % 24:02}:{n % 60:02}:00"
        cells = {"Classifications": f"Topic {n % 900}; {number}", "Customer Message": text}
        rows.append(message(published, str(n % 500) if n % 5 else "", **cells))
    return written(MENTIONS, rows).partition(b"\r\n")[2]
