"""One item of `reports`: a name, or a name with options; and its JSON Schema."""

from collections.abc import Callable
from typing import Any

from pydantic_core import PydanticCustomError

from bot.config import patterns
from bot.config.checks import choice, name_or_id, refusal, wrong_type
from bot.config.problems import quoted, unknown_word
from bot.config.tables import NPS_CATEGORIES
from bot.model import Report
from bot.model.report_types import FORM_REPORTS, REPORT_TYPES

_OPTIONS: dict[str, Callable[[object], str]] = {
    "form": name_or_id,
    "nps_category": choice("NPS category", NPS_CATEGORIES),
}
_EXAMPLE = "{form: NPS Survey}"
_NAME = choice("report", tuple(REPORT_TYPES))
_OPTIONS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "form": {
            "description": "The survey, by name or id",
            "examples": ["NPS Survey"],
            "anyOf": [
                patterns.text(),
                {"type": "integer", "minimum": 1},
            ],
        },
        "nps_category": {
            "description": "Whose answers",
            "examples": ["detractors"],
            "default": "all",
            "enum": list(NPS_CATEGORIES),
        },
    },
    "required": ["form"],
    "additionalProperties": False,
}
REPORT_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": [name for name in REPORT_TYPES if name not in FORM_REPORTS]},
        {
            "type": "object",
            "properties": {
                name: {
                    "description": REPORT_TYPES[name].summary,
                    "examples": [{"form": "NPS Survey"}],
                    **_OPTIONS_SCHEMA,
                }
                for name in FORM_REPORTS
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
    ]
}


def report(value: object) -> Report:
    """`summary`, or `{nps_summary: {form: NPS Survey, nps_category: all}}`."""
    if isinstance(value, dict):
        return _with_options(value)
    name = _NAME(value)
    if name in FORM_REPORTS:
        raise refusal(_needs_form(name))
    return Report(name)


def report_name(item: object) -> str | None:
    """The name in an item of `reports` as the file has it, or None where none can be made out."""
    if isinstance(item, dict) and len(item) == 1:
        return str(next(iter(item)))
    return str(item) if isinstance(item, (str, int)) else None


def _with_options(value: dict[str, object]) -> Report:
    if len(value) != 1:
        # Mostly an option that stands beside its report instead of below it.
        raise refusal(f"write one report an item, with its options in it, such as nps_summary: {_EXAMPLE}")
    [(name, options)] = value.items()
    if name not in REPORT_TYPES:
        raise refusal(unknown_word("report", name, REPORT_TYPES), name, at_key=True)
    if name not in FORM_REPORTS:
        raise refusal(f"{name} has no options; write only its name", name, at_key=True)
    if options is not None and not isinstance(options, dict):
        raise refusal(wrong_type(options, f"keys with values, such as {_EXAMPLE}"), name)
    if not options or "form" not in options:
        _refuse_unknown(name, options or {})
        raise refusal(_needs_form(name), name)
    _refuse_unknown(name, options)
    return Report(name, **{key: _option(name, key, written) for key, written in options.items()})


def _refuse_unknown(name: str, options: dict[str, object]) -> None:
    for key in options:
        if key not in _OPTIONS:
            raise refusal(unknown_word("option", key, _OPTIONS), name, key, at_key=True)


def _option(name: str, key: str, written: object) -> str:
    try:
        return _OPTIONS[key](written)
    except PydanticCustomError as error:
        raise refusal(f"{key}: {error}", name, key) from None


def _needs_form(name: str) -> str:
    return f"{quoted(name)} is about one form; write, for example, {name}: {_EXAMPLE}"
