"""Values that are a phrase or a mapping: attached files and holidays; and their JSON Schemas."""

from datetime import date
from typing import Any

from pydantic_core import PydanticCustomError

from bot.config import patterns
from bot.config.checks import calendar_date, refusal, region, wrong_type
from bot.config.problems import unknown_word
from bot.config.tables import FILES
from bot.model import Attach, Holidays
from bot.model.report_types import REPORT_TYPES

_ATTACH = "a list, such as [pdf, csv] or [csv: [case_details]]"
_FILES = "a list of reports, such as [case_details]"
_HOLIDAYS = "a country or region, such as AU-NSW, or {region: AU-NSW, dates: [2026-12-24]}"
_DATE = {"type": "string", "pattern": patterns.DATE}
_REGION = {
    "description": "A country, or a country and its part",
    "examples": ["AU-NSW"],
    "type": "string",
    "pattern": "^[A-Z]{2,3}(-.+)?$",
    "patternErrorMessage": "Write a country such as AU, or a part such as AU-NSW",
}

ATTACH_SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "anyOf": [
            {"enum": list(FILES)},
            {
                "type": "object",
                "properties": {
                    "csv": {
                        "description": "The CSV files of these reports of the digest only",
                        "examples": [["case_details"]],
                        "type": "array",
                        "minItems": 1,
                        "items": {"enum": list(REPORT_TYPES)},
                    }
                },
                "required": ["csv"],
                "additionalProperties": False,
            },
        ]
    },
}
SCHEDULE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        patterns.SCHEDULE,
        {
            "type": "object",
            "properties": {"cron": patterns.CRON},
            "required": ["cron"],
            "additionalProperties": False,
        },
    ]
}
WINDOW_SCHEMA: dict[str, Any] = {
    "anyOf": [
        patterns.WINDOW,
        {
            "type": "object",
            "properties": {
                "from": {"description": "The first day", "examples": ["2026-01-01"], **_DATE},
                "to": {"description": "The last day, included", "examples": ["2026-01-31"], **_DATE},
            },
            "required": ["from", "to"],
            "additionalProperties": False,
        },
    ]
}
HOLIDAYS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        _REGION,
        {
            "type": "object",
            "properties": {
                "region": _REGION,
                "dates": {
                    "description": "Days of your own, beside those of the region",
                    "examples": [["2026-12-24"]],
                    "type": "array",
                    "minItems": 1,
                    "items": _DATE,
                },
            },
            "minProperties": 1,
            "additionalProperties": False,
        },
    ]
}


def attach(value: object) -> Attach:
    """`[pdf, csv]` or `[csv: [case_details]]`. Which reports a digest has is checked elsewhere."""
    if not isinstance(value, list) or not value:
        raise refusal(wrong_type(value, _ATTACH) if value != [] else f"this is empty; write {_ATTACH}")
    pdf, csv, names = False, False, list[str]()
    for index, item in enumerate(value):
        if isinstance(item, dict):
            names += _csv_names(item, index)
        elif item not in FILES:
            raise refusal(_unknown_file(item), index)
        pdf, csv = pdf or item == "pdf", csv or item == "csv"
    return Attach(pdf=pdf, csv=csv or bool(names), csvs=None if csv or not names else tuple(names))


def _unknown_file(item: object) -> str:
    return unknown_word("file", item, FILES) if isinstance(item, str) else wrong_type(item, "pdf or csv")


def _csv_names(item: dict[str, object], index: int) -> list[str]:
    for key in item:
        if key != "csv":
            raise refusal(unknown_word("key", key, ("csv",)), index, key, at_key=True)
    names = item.get("csv")
    if not isinstance(names, list) or not names:
        raise refusal(
            wrong_type(names, _FILES) if names != [] else f"this is empty; write {_FILES}", index, "csv"
        )
    for position, name in enumerate(names):
        if not isinstance(name, str):
            raise refusal(wrong_type(name, "a report's name, such as case_details"), index, "csv", position)
        if name not in REPORT_TYPES:
            raise refusal(unknown_word("report", name, REPORT_TYPES), index, "csv", position)
    return names


def holidays(value: object) -> Holidays:
    """`AU-NSW`, or `{region: AU-NSW, dates: [2026-12-24]}`, either key alone too."""
    if not isinstance(value, dict):
        if not isinstance(value, str):
            raise refusal(wrong_type(value, _HOLIDAYS))
        return Holidays(region(value))
    for key in value:
        if key not in ("region", "dates"):
            raise refusal(unknown_word("key", key, ("region", "dates")), key, at_key=True)
    if not value:
        raise refusal(f"this is empty; write {_HOLIDAYS}")
    place = _region_in(value["region"]) if "region" in value else ""
    return Holidays(place, _dates(value["dates"]) if "dates" in value else ())


def _region_in(value: object) -> str:
    try:
        return region(value)
    except PydanticCustomError as error:
        raise refusal(str(error), "region") from None


def _dates(value: object) -> tuple[date, ...]:
    if not isinstance(value, list) or not value:
        expected = "a list of dates, such as [2026-12-24]"
        raise refusal(
            wrong_type(value, expected) if value != [] else f"this is empty; write {expected}", "dates"
        )
    return tuple(_date_at(item, index) for index, item in enumerate(value))


def _date_at(item: object, index: int) -> date:
    try:
        return calendar_date(item)
    except PydanticCustomError as error:
        raise refusal(str(error), "dates", index) from None
