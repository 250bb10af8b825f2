"""A process that stood still is alive: nobody takes its work away (SQLite)."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ledger import open_ledger
from bot.model import DeliveryState
from tests.ledger.factories import NOW, deliveries_of, digest, occurrence, said
from tests.ledger.processes import end, start, tell, told

SENDING = """
import sys
from dataclasses import dataclass
from bot.errors import BotError
from bot.ledger import open_ledger
from bot.model import Receipt
from bot.delivery.pipeline import run_occurrence
from bot.delivery.runtime import Runtime
from bot.render import Renderer
from tests.ledger.factories import TurnedClock, occurrence

class Channel:
    def send(self, delivery, rendition, now):
        print("sending", flush=True)
        sys.stdin.readline()
        return Receipt("7")

    def close(self):
        pass

with open_ledger(sys.argv[1], owner="there:1:a") as ledger:
    runtime = Runtime(None, ledger, {"email": Channel()}, Renderer(), TurnedClock(), lambda text: None)
    result = run_occurrence(runtime, ledger.occurrence(occurrence().id))
    print([str(error) for error in result.errors])
"""


@pytest.mark.long
@pytest.mark.covers("The process is suspended during a send (SIGSTOP, a paused machine)")
def test_stopped_process_keeps_its_claim_on_sqlite(tmp_path: Path) -> None:
    url, of = f"sqlite:///{tmp_path}/bot.db", occurrence()
    with open_ledger(url, owner="here:2:b") as other:
        other.plan(of, digest(), deliveries_of(of), NOW, late=False)
        claim = other.claim_occurrence(of.id, NOW)
        assert claim is not None
        other.save_snapshot(claim, said(of), NOW)
        process = start(SENDING, url)
        assert told(process) == "sending"
        process.send_signal(signal.SIGSTOP)
        assert other.reap(NOW + timedelta(days=10)) == 0
        process.send_signal(signal.SIGCONT)
        tell(process)
        assert end(process).strip() == "[]"
        [pending] = other.deliveries(of.id)
        assert (pending.state, pending.attempts) == (DeliveryState.SENT, 1)
