"""The answers that the API document shows, field for field, and windows to ask for."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.model import Query, Window

SYDNEY = "Australia/Sydney"
APRIL = Window.of_dates(date(2018, 4, 1), date(2018, 4, 30), SYDNEY)
MAY = Window.of_dates(date(2018, 5, 1), date(2018, 5, 31), SYDNEY)

JUNE = Window.of_dates(date(2018, 6, 1), date(2018, 6, 30), SYDNEY)

SUMMARY: dict[str, Any] = {
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

BARRY = {
    "first_name": "Barry",
    "last_name": "Banana",
    "mentions_assigned": 7,
    "user_id": "789",
    "responded_to": 1,
    "responded_to_in_private": 1,
    "avg_response_time": 352842.64921,
    "min_response_time": 352842.64921,
    "max_response_time": 352842.64921,
    "avg_action_response_time": 134.51357,
    "min_action_response_time": 134.51357,
    "max_action_response_time": 134.51357,
    "total_responded_to": 1,
    "broke_sla": 1,
    "broke_action_sla": 0,
    "avg_response_time_min": 5880.710820166667,
    "avg_action_response_time_min": 2.241892833333333,
    "fraction_responded_to": 0.14285714285714285,
    "fraction_responded_to_in_private": 1.0,
    "fraction_broke_sla": 1.0,
    "fraction_broke_action_sla": 0.0,
}

JANE_HOLDS: dict[str, Any] = {
    "user_id": 123,
    "first_name": "Jane",
    "last_name": "Pear",
    "states": {
        "all_states": 166,
        "all_closed_states": 110,
        "new": 0,
        "assigned": 15,
        "in_progress": 14,
        "responded": 27,
        "awaiting_approval": 0,
        "redirected": 0,
        "irrelevant": 0,
        "duplicate": 0,
        "closed": 110,
        "no_response_required": 0,
    },
}

BARRY_HOLDS: dict[str, Any] = {
    "user_id": 789,
    "first_name": "Barry",
    "last_name": "Banana",
    "states": {
        "all_states": 4,
        "all_closed_states": 1,
        "new": 0,
        "assigned": 1,
        "in_progress": 1,
        "responded": 1,
        "awaiting_approval": 0,
        "redirected": 0,
        "irrelevant": 0,
        "duplicate": 0,
        "closed": 1,
        "no_response_required": 0,
    },
}

WORKFLOW_STATES = [
    {"state": "closed", "volume": 92},
    {"state": "responded", "volume": 49},
    {"state": "assigned", "volume": 26},
    {"state": "in_progress", "volume": 13},
    {"state": "duplicate", "volume": 4},
    {"state": "awaiting_approval", "volume": 1},
]

CLASSIFICATIONS = [
    {"classification_id": 123, "classification": "amusing", "state": "assigned", "volume": 2},
    {"classification_id": 123, "classification": "amusing", "state": "all_states", "volume": 3},
    {"classification_id": 123, "classification": "amusing", "state": "closed", "volume": 1},
    {"classification_id": 143, "classification": "customer service", "state": "responded", "volume": 1},
    {"classification_id": 143, "classification": "customer service", "state": "all_states", "volume": 1},
]

RESPONSE_VOLUME = {
    "avg_response_time": [
        {"value": 317691.388907962, "date_range": {"date_from": "2018-06-05 00:00"}},
        {"value": 31159.3797606667, "date_range": {"date_from": "2018-06-06 00:00"}},
        {"value": 69850.8753626667, "date_range": {"date_from": "2018-06-07 00:00"}},
        {"value": 10661.255474, "date_range": {"date_from": "2018-06-08 00:00"}},
    ]
}

CASE_SUMMARY = {
    "total_cases": 10,
    "first_reply_time": 305511.915624,
    "resolution_time": 427361.668069,
    "median_first_reply_time": 83991.86431,
    "median_resolution_time": 310362.299289,
    "agent_interactions": 2.4,
    "agents_involved": 1.0,
}

CASE_VOLUME: dict[str, list[dict[str, Any]]] = {
    "open": [
        {"value": 9, "date_range": {"date_from": "2018-04-01 00:00"}},
        {"value": 9, "date_range": {"date_from": "2018-04-02 00:00"}},
        {"value": 9, "date_range": {"date_from": "2018-04-03 00:00"}},
        {"value": 9, "date_range": {"date_from": "2018-04-04 00:00"}},
        {"value": 9, "date_range": {"date_from": "2018-04-05 00:00"}},
        {"value": 10, "date_range": {"date_from": "2018-04-06 00:00"}},
        {"value": 9, "date_range": {"date_from": "2018-04-07 00:00"}},
    ]
}

CASE_CLASSIFICATIONS = [
    {"classification_id": 466, "classification": "positive", "volume": 1},
    {"classification_id": 526, "classification": "social nps", "volume": 1},
    {"classification_id": 528, "classification": "feedback", "volume": 1},
    {"classification_id": 1246, "classification": "amusing", "volume": 1},
    {"classification_id": 1465, "classification": "image", "volume": 1},
    {"classification_id": 1467, "classification": "loyalty", "volume": 1},
    {"classification_id": 1472, "classification": "bot", "volume": 1},
]

NPS_SUMMARY: dict[str, Any] = {
    "total_sent": 16,
    "total_received": 12,
    "total_promoters": 9,
    "total_passives": 1,
    "total_detractors": 2,
    "nps_score": 58.333333333333336,
}

NO_ANSWERS = {
    "total_sent": 0,
    "total_received": 0,
    "total_promoters": 0,
    "total_passives": 0,
    "total_detractors": 0,
    "nps_score": 0.0,
}

NPS_VOLUME = [
    {"date": "2018-04-01T13:00:00+00:00", "timestamp": 1522587600, "data": NO_ANSWERS},
    {"date": "2018-04-02T13:00:00+00:00", "timestamp": 1522674000, "data": NO_ANSWERS},
    {"date": "2018-04-03T13:00:00+00:00", "timestamp": 1522760400, "data": NO_ANSWERS},
    {"date": "2018-04-04T13:00:00+00:00", "timestamp": 1522846800, "data": NO_ANSWERS},
    {"date": "2018-04-05T13:00:00+00:00", "timestamp": 1522933200, "data": NO_ANSWERS},
    {"date": "2018-04-06T13:00:00+00:00", "timestamp": 1523019600, "data": NO_ANSWERS},
    {"date": "2018-04-07T13:00:00+00:00", "timestamp": 1523106000, "data": NO_ANSWERS},
]

USERS = [
    {
        "id": 12345,
        "email": "jane@example.com",
        "first_name": "Jane",
        "last_name": "Remington",
        "timezone": "Australia/Sydney",
        "gmtoffset": 10,
        "sign_in_count": 76,
        "last_sign_in_at": "2018-03-21T06:09:01Z",
        "archived": False,
        "groups": [123, 456, 789],
    }
]

GROUPS = [{"id": 123, "name": "Social Customer Care", "comment": "Social customer care team members"}]

FORMS = [
    {
        "id": 55,
        "name": "NPS Survey",
        "title": "Lexer NPS Survey",
        "archived": False,
        "created_at": "2018-05-26T21:54:19Z",
        "groups": [123],
        "nps": True,
        "form_url": "https://d1z1wrkt4y2iqm.cloudfront.net/123455678899876543/1/form",
    }
]

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

ANSWERS: dict[str, object] = {
    "summary": SUMMARY,
    "states_volume": STATES_VOLUME,
    "workflow_states": WORKFLOW_STATES,
    "classifications": CLASSIFICATIONS,
    "response_volume": RESPONSE_VOLUME,
    "user_summary": [JANE, BARRY],
    "user_volume": [JANE_HOLDS, BARRY_HOLDS],
    "case_summary": CASE_SUMMARY,
    "case_volume": CASE_VOLUME,
    "case_classifications": CASE_CLASSIFICATIONS,
    "nps_summary": NPS_SUMMARY,
    "nps_volume": NPS_VOLUME,
}
"""What the document shows for each report type that is answered at once."""

WINDOWS = {"response_volume": JUNE}
"""The windows that samples lie in, where it is not APRIL."""


def summary_query(window: Window = APRIL, groups: tuple[int, ...] = (), users: tuple[int, ...] = ()) -> Query:
    return Query("summary", window, groups, users)


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(SYDNEY))
