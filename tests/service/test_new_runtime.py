"""A runtime that changes while the worker delivers: the delivery that is being sent ends, the rest goes on with the new."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import DeliveryState
from bot.service import Loaded, Service
from tests.delivery.weeks import Weeks
from tests.doubles.channel import FakeChannel


@pytest.fixture
def here() -> Weeks:
    return Weeks()


def test_old_runtime_ends_after_current_delivery(here: Weeks, tmp_path: Path) -> None:
    new_mail = FakeChannel()
    here.begin(0)
    service = Service(here.configuration(), here.runtime(), tmp_path, lambda result: None)
    new = replace(here.runtime(), channels={"slack": here.slack, "email": new_mail})
    send = here.slack.send

    def saved_meanwhile(*of):  # type: ignore[no-untyped-def]
        service._take(Loaded(here.configuration(), new))
        return send(*of)

    here.slack.send = saved_meanwhile  # type: ignore[method-assign]
    service._deliver_until_stopped()
    assert here.states() == [DeliveryState.SENT, DeliveryState.READY]
    assert service._wake.is_set(), "the next round begins at once"
    here.slack.send = send  # type: ignore[method-assign]
    service._deliver_until_stopped()
    assert here.states() == [DeliveryState.SENT, DeliveryState.SENT]
    assert (len(here.slack.took), len(here.mail.took), len(new_mail.took)) == (1, 0, 1)
    assert service.is_well()
