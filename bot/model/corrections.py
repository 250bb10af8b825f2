"""Corrections: an occurrence beside the one that it corrects, told apart by its slice.

A correction is planned, fetched, kept and delivered like everything that is sent, and a crash in between
loses it as little as a digest. Both versions are kept.
"""

import re
from dataclasses import replace

from bot.model.occurrence import Occurrence

CORRECTED = "_corrected-"
"""The slice of a correction begins so, then comes its number; no other slice has an underscore and this."""

_SLICE = re.compile(rf"{CORRECTED}([1-9][0-9]*)(?:-(.+))?", re.ASCII)


def correction_of(occurrence: Occurrence, number: int) -> Occurrence:
    """The `number`-th correction of an occurrence, counted from 1."""
    inner = f"-{occurrence.slice}" if occurrence.slice else ""
    return replace(occurrence, slice=f"{CORRECTED}{number}{inner}")


def correction_in(slice: str) -> tuple[int, str]:
    """The number in a correction's slice, and the slice of what it corrects; 0 and itself for another."""
    found = _SLICE.fullmatch(slice)
    return (int(found[1]), found[2] or "") if found else (0, slice)


def correction_number(occurrence: Occurrence) -> int:
    """Which correction it is, from 1; 0 for none."""
    return correction_in(occurrence.slice)[0]


def corrected_by(occurrence: Occurrence) -> Occurrence:
    """What a correction corrects; the occurrence itself when it is none."""
    return replace(occurrence, slice=correction_in(occurrence.slice)[1])
