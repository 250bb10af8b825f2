"""A runtime that changes while a job runs: the delivery that is being sent ends, the rest goes on with the new."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import COMPOSE, DeliveryState, Job, Recipient
from bot.service import Loaded, Service
from tests.delivery.weeks import Weeks
from tests.doubles.channel import FakeChannel

CARE = Recipient("slack", "#care")


@pytest.fixture
def here() -> Weeks:
    return Weeks()


def test_old_runtime_ends_after_current_delivery(here: Weeks, tmp_path: Path) -> None:
    here.digest = replace(here.digest, recipients=(CARE, Recipient("slack", "#ops")))
    here.begin(0)
    service = Service(here.configuration(), here.runtime(), tmp_path, lambda result: None)
    new_slack = FakeChannel()
    new = replace(here.runtime(), channels={"slack": new_slack, "email": here.mail})
    here.slack.during = lambda: service._take(Loaded(here.configuration(), new))
    for lane in (COMPOSE, "slack"):
        service._run_job(Job(here.occurrence.id, lane, "care-weekly/"))
    assert here.states() == [DeliveryState.SENT, DeliveryState.READY]
    service._run_job(Job(here.occurrence.id, "slack", "care-weekly/"))
    assert here.states() == [DeliveryState.SENT, DeliveryState.SENT]
    assert (len(here.slack.took), len(new_slack.took)) == (1, 1)
