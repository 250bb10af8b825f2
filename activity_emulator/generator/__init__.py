"""The invented contact centre: `generate(seed, now)` is a pure function to the log's rows."""

from activity_emulator.generator.history import generate

__all__ = ["generate"]
