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


def correction_number(occurrence: Occurrence) -> int:
    """Which correction it is, from 1; 0 for none."""
    found = _SLICE.fullmatch(occurrence.slice)
    return int(found[1]) if found else 0


def corrected_by(occurrence: Occurrence) -> Occurrence:
    """What a correction corrects; the occurrence itself when it is none."""
    found = _SLICE.fullmatch(occurrence.slice)
    return replace(occurrence, slice=found[2] or "") if found else occurrence
