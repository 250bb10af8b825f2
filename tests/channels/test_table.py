"""The table of channels is complete, and each one is a Channel."""

from typing import get_args, get_type_hints

import pytest

from bot.channels import CHANNELS
from bot.model import Recipient


def test_every_channel_that_a_recipient_may_name_is_in_the_table() -> None:
    assert set(CHANNELS) == set(get_args(get_type_hints(Recipient)["channel"]))


@pytest.mark.parametrize("name", CHANNELS)
def test_each_sends(name: str) -> None:
    assert list(get_type_hints(CHANNELS[name].send)) == ["delivery", "rendition", "now", "return"]
