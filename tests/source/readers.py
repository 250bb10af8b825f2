"""Answers read as a report type, by kind of answer; keywords are settings of the API."""

from typing import Any

from bot.model import ApiSettings, Scalars, Series, Table, Window
from bot.source.reports import REPORTS
from tests.source.samples import APRIL


def scalars(report: str, answer: object, window: Window = APRIL, **settings: Any) -> Scalars:
    result = REPORTS[report](answer, window, ApiSettings(**settings))
    assert isinstance(result, Scalars)
    return result


def series(report: str, answer: object, window: Window = APRIL, **settings: Any) -> Series:
    result = REPORTS[report](answer, window, ApiSettings(**settings))
    assert isinstance(result, Series)
    return result


def table(report: str, answer: object, window: Window = APRIL, **settings: Any) -> Table:
    result = REPORTS[report](answer, window, ApiSettings(**settings))
    assert isinstance(result, Table)
    return result
