"""A process that stood still keeps its work on SQLite; what one that was taken for gone says changes nothing."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ledger import Ledger, open_ledger
from bot.model import DeliveryState, Outcome, Receipt
from tests.doubles.ledger import address, silence
from tests.ledger.databases import kinds, ledgers_of
from tests.ledger.factories import NOW, claimed, deliveries_of, digest, occurrence, said
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


# What no living process does: it frees its lock, and looks dead.
UNHEARD = SENDING.replace("    runtime =", "    ledger._lock and ledger._lock.drop()\n    runtime =")


def rendered(ledger: Ledger) -> str:
    of = occurrence()
    ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
    assert ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
    return of.id


@pytest.mark.long
@pytest.mark.covers("The process is suspended during a send (SIGSTOP, a paused machine)")
def test_stopped_process_keeps_its_claim_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    with open_ledger(url, owner="here:2:b") as other:
        of = rendered(other)
        process = start(SENDING, url)
        assert told(process) == "sending"
        process.send_signal(signal.SIGSTOP)
        assert other.reap(NOW + timedelta(days=10)) == 0
        process.send_signal(signal.SIGCONT)
        tell(process)
        assert end(process).strip() == "[]"
        [pending] = other.deliveries(of)
        assert (pending.state, pending.attempts) == (DeliveryState.SENT, 1)


@pytest.mark.long
@pytest.mark.parametrize("kind", kinds())
@pytest.mark.covers("The process is suspended during a send (SIGSTOP, a paused machine)")
def test_stopped_process_that_was_taken_for_gone_is_fenced(kind: str, tmp_path: Path) -> None:
    with ledgers_of(kind, tmp_path) as make:
        other = make("here:2:b")
        of = rendered(other)
        process = start(UNHEARD, address(other))
        assert told(process) == "sending"
        process.send_signal(signal.SIGSTOP)
        if kind == "postgresql":
            assert other.reap(NOW) == 0, "heard a moment ago"
            silence(other, "there:1:a")
        assert other.reap(NOW) == 1
        [pending] = other.deliveries(of)
        assert pending.state is DeliveryState.UNKNOWN
        found = Outcome(DeliveryState.SENT, Receipt("8", "another of the same"))
        assert other.reconcile(pending.delivery, found, NOW)
        process.send_signal(signal.SIGCONT)
        tell(process)
        assert "but the claim was lost meanwhile" in end(process)
        [pending] = other.deliveries(of)
        assert (pending.state, pending.attempts) == (DeliveryState.SENT, 1)
        attempts = [attempt.state.value for attempt in other.attempts(pending.delivery.key)]
        assert attempts == ["unknown", "sent"]
