"""The JSON Schema of reports.yaml, for editors, made from the models that also validate."""

from typing import Any

from bot.config.entries import ReportsFile


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) with descriptions and examples. Editors complete and check with it.

    It knows the shape; what a phrase means, and what values mean together, only `load` knows.
    """
    schema = ReportsFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "reports.yaml"}
