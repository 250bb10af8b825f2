"""The answers that the API document shows, and windows to ask for."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.model import Query, Window

SYDNEY = "Australia/Sydney"
APRIL = Window.of_dates(date(2018, 4, 1), date(2018, 4, 30), SYDNEY)
MAY = Window.of_dates(date(2018, 5, 1), date(2018, 5, 31), SYDNEY)

SUMMARY = {
    "total_volume": 81,
    "avg_response_time": 181795.692883103,
    "avg_action_response_time": 167207.984987586,
    "total_responded_to": 29,
    "broke_sla": 11,
    "broke_action_sla": 10,
    "min_response_time": 34.090906,
    "median_response_time": 649.951914,
    "max_response_time": 1387160.862218,
    "min_action_response_time": 5.63089,
    "median_action_response_time": 96.865511,
    "max_action_response_time": 1387064.010109,
    "avg_action_response_time_min": 2786.7997497931,
    "avg_response_time_min": 3029.9282147183835,
    "median_action_response_time_min": 1.6144251833333334,
    "median_response_time_min": 10.8325319,
}

JANE = {
    "first_name": "Jane",
    "last_name": "Pear",
    "mentions_assigned": 12,
    "user_id": "123",
    "responded_to": 9,
    "responded_to_in_private": 6,
    "avg_response_time": 17053.3492157778,
    "min_response_time": 56.983366,
    "max_response_time": 84664.420214,
    "avg_action_response_time": 278.770835555556,
    "min_action_response_time": 7.767898,
    "max_action_response_time": 2261.353394,
    "total_responded_to": 9,
    "broke_sla": 3,
    "broke_action_sla": 0,
    "avg_response_time_min": 284.22248692962995,
    "avg_action_response_time_min": 4.6461805925926,
    "fraction_responded_to": 0.75,
    "fraction_responded_to_in_private": 0.6666666666666666,
    "fraction_broke_sla": 0.3333333333333333,
    "fraction_broke_action_sla": 0.0,
}

CASES = b'Account,Network,Date Opened\r\nAcme,Twitter,2018-04-02\r\nAcme,"Face, book",2018-04-03\r\n'


def point(label: str, value: object) -> dict[str, object]:
    return {"state": "closed", "value": value, "date_range": {"date_from": label}}


STATES_VOLUME = {
    "closed": [
        point("2018-04-27 00:00", 174),
        point("2018-04-28 00:00", 234),
        point("2018-04-29 00:00", 255),
        point("2018-04-30 00:00", 108),
    ]
}


def summary_query(window: Window = APRIL, **filters: tuple[int, ...]) -> Query:
    return Query("summary", window, **filters)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(SYDNEY))  # type: ignore[arg-type]
