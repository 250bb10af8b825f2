"""reports.yaml to Digest…: load, locate every problem (file:line:column), JSON Schema, sample.

The way of a file: `load` (bytes) → `yaml_tree` (plain values with places) → `validation` against the `schema`
(one model per mapping, its values of `values`, `addresses`, `timing` and `report_items`) → `cross_checks`
(what values mean together) → `to_model`. `diff` says what changes between two files, `watch` sees a save.
"""

from pathlib import Path

from bot.config.addresses import is_allowed
from bot.config.load import load
from bot.config.schema import json_schema

__all__ = ["is_allowed", "json_schema", "load", "sample_text"]

_PACKAGED_SAMPLE = Path(__file__).with_name("sample_reports.yaml")
_SAMPLE_IN_CHECKOUT = Path(__file__).parents[2] / "reports.yaml"


def sample_text() -> str:
    """Return the commented reports.yaml to start from: packaged in a wheel, at the top of a checkout."""
    source = _PACKAGED_SAMPLE if _PACKAGED_SAMPLE.is_file() else _SAMPLE_IN_CHECKOUT
    return source.read_text(encoding="utf-8")
