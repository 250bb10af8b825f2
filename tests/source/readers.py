"""Answers read as a report type, by kind of answer; keywords are settings of the API."""

from typing import Any

from bot.model import ApiSettings, Scalars, Series, Table, Window
from bot.source.reports import REPORTS
from tests.source.samples import APRIL


def scalars(report: str, answer: object, window: Window = APRIL, **settings: Any) -> Scalars:
    made = REPORTS[report](answer, window, ApiSettings(**settings))
    assert isinstance(made, Scalars)
    return made


def series(report: str, answer: object, window: Window = APRIL, **settings: Any) -> Series:
    made = REPORTS[report](answer, window, ApiSettings(**settings))
    assert isinstance(made, Series)
    return made


def table(report: str, answer: object, window: Window = APRIL, **settings: Any) -> Table:
    made = REPORTS[report](answer, window, ApiSettings(**settings))
    assert isinstance(made, Table)
    return made
