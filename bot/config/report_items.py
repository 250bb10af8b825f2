"""What a digest contains: its reports, the files that go along, and the condition to send it."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

from bot.config.messages import below, quoted, refusal, require_keys, require_list, unknown_word, wrong_type
from bot.config.values import ITEM, NAME_SCHEMA, choice, kind, mapping_schema, name_or_id, text
from bot.model import Attach, Report, SendWhen
from bot.model.report_types import FORM_REPORTS, REPORT_TYPES

FILES = ("pdf", "csv")
NPS_CATEGORIES = ("all", "promoters", "passives", "detractors")
_OPTIONS: dict[str, Callable[[object], str]] = {
    "form": name_or_id,
    "nps_category": choice("NPS category", NPS_CATEGORIES),
}
_NAME = choice("report", tuple(REPORT_TYPES))
_EXAMPLE = "{form: NPS Survey}"
_ATTACH = "a list, such as [pdf, csv] or [csv: [case_details]]"
_CSV_REPORTS = "a list of reports, such as [case_details]"
_CONDITIONS = ("always", "target_missed", "change > 20%")
_CHANGE = r"^ *change *> *[0-9]{1,4}(\.[0-9]{1,2})? *% *$"
_MAX_PER_CENT = 1000


def report(value: object) -> Report:
    """Return the report of `summary`, or of `{nps_summary: {form: NPS Survey, nps_category: all}}`."""
    if isinstance(value, dict):
        return _report_with_options(value)
    name = _NAME(value)
    if name in FORM_REPORTS:
        raise refusal(_needs_form(name))
    return Report(name)


def _report_with_options(value: dict[str, object]) -> Report:
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
    for key in options or ():
        if key not in _OPTIONS:
            raise refusal(unknown_word("option", key, _OPTIONS), name, key, at_key=True)
    if not options or "form" not in options:
        raise refusal(_needs_form(name), name)
    checked = {key: below((name, key), _OPTIONS[key], options[key], f"{key}: ") for key in options}
    return Report(name, **checked)


def _needs_form(name: str) -> str:
    return f"{quoted(name)} is about one form; write, for example, {name}: {_EXAMPLE}"


def files(value: object) -> list[Any]:
    """Return the items of `[pdf, csv]` or `[csv: [case_details]]` as they are written."""
    items = require_list(value, _ATTACH)
    for index, file in enumerate(items):
        if isinstance(file, dict):
            below((index,), _csv_names, file)
        elif not isinstance(file, str):
            raise refusal(wrong_type(file, "pdf or csv"), index)
        elif file not in FILES:
            raise refusal(unknown_word("file", file, FILES), index)
    return items


def attachment(items: Sequence[Any]) -> Attach:
    """Return the files that items of `attach` mean."""
    names = tuple(name for _, _, name in picked_csvs(items))
    every = "csv" in items
    return Attach(pdf="pdf" in items, csv=every or bool(names), csvs=None if every else names or None)


def picked_csvs(items: Sequence[Any]) -> Iterator[tuple[int, int, str]]:
    """Yield each report whose CSV is picked by name, with the places of its item and of the name in it."""
    for index, file in enumerate(items):
        if isinstance(file, dict):
            for position, name in enumerate(file["csv"]):
                yield index, position, name


def _csv_names(value: dict[str, object]) -> list[str]:
    require_keys(value, ("csv",))
    names = require_list(value.get("csv"), _CSV_REPORTS, "csv")
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise refusal(wrong_type(name, "a report's name, such as case_details"), "csv", index)
        if name not in REPORT_TYPES:
            raise refusal(unknown_word("report", name, REPORT_TYPES), "csv", index)
    return names


def send_when(value: object) -> SendWhen:
    """Return the condition of `always`, `target_missed`, or `change > 20%`."""
    written = " ".join(text(value, "a condition: always, target_missed or change > 20%").split())
    if written == "always":
        return SendWhen()
    if written == "target_missed":
        return SendWhen("target_missed")
    if not re.fullmatch(_CHANGE, written):
        raise refusal(unknown_word("condition", written, _CONDITIONS))
    per_cent = float(re.findall(r"[0-9.]+", written)[0])
    if not 0 < per_cent <= _MAX_PER_CENT:
        raise refusal(f"{quoted(written)} is out of range: from 0.01% to {_MAX_PER_CENT}%")
    return SendWhen("change", per_cent / 100)


_OPTIONS_SCHEMA = mapping_schema(
    {
        "form": {"description": "The survey, by name or id", "examples": ["NPS Survey"], **NAME_SCHEMA},
        "nps_category": {
            "description": "Whose answers",
            "examples": ["detractors"],
            "default": "all",
            "enum": list(NPS_CATEGORIES),
        },
    },
    required=["form"],
)
_NPS_SCHEMAS = {
    name: {"description": REPORT_TYPES[name].summary, "examples": [{"form": "NPS Survey"}], **_OPTIONS_SCHEMA}
    for name in FORM_REPORTS
}
_REPORT_SCHEMA = {
    "anyOf": [
        {"enum": [name for name in REPORT_TYPES if name not in FORM_REPORTS]},
        mapping_schema(_NPS_SCHEMAS, minProperties=1, maxProperties=1),
    ]
}
_CSV_SCHEMA = {
    "description": "The CSV files of these reports of the digest only",
    "examples": [["case_details"]],
    "type": "array",
    "minItems": 1,
    "items": {"enum": list(REPORT_TYPES)},
}
_ATTACH_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "items": {"anyOf": [{"enum": list(FILES)}, mapping_schema({"csv": _CSV_SCHEMA}, required=["csv"])]},
}
_SEND_WHEN_SCHEMA = {"anyOf": [{"enum": ["always", "target_missed"]}, {"type": "string", "pattern": _CHANGE}]}

ReportItem = Annotated[Report, *kind(report, _REPORT_SCHEMA), ITEM]
Files = Annotated[list[Any], *kind(files, _ATTACH_SCHEMA)]
Condition = Annotated[SendWhen, *kind(send_when, _SEND_WHEN_SCHEMA)]
