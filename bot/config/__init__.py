"""reports.yaml to Digest…: load, locate every problem (file:line:column), JSON Schema, sample.

The way of the file: `loading` (bytes) → `document` (nodes with places) → `values` (plain values)
→ `entries` (shape, one model per mapping) and `together` (what values mean together)
→ `meaning` (the model's words). `sentences` says for people what is wrong.
"""

from bot.config.addresses import is_allowed
from bot.config.loading import load
from bot.config.sample import sample_text
from bot.config.schema import json_schema
from bot.config.tables import METRICS

__all__ = ["METRICS", "is_allowed", "json_schema", "load", "sample_text"]
