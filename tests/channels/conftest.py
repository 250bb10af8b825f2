"""A local Slack for each test of the channel."""

from collections.abc import Iterator

import pytest

from tests.channels.renditions import TOKEN
from tests.doubles.slack_server import SlackServer


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(TOKEN) as server:
        yield server
