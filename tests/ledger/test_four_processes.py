"""Four processes on one store send each delivery once; 2,000 of them in the slow suite (tests/slow)."""

from pathlib import Path

import pytest

from bot.ledger import open_ledger
from bot.model import DeliveryState, OccurrenceState
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.factories import NOW
from tests.ledger.senders import PROCESSES, firings, plan, send_together

STORES = ["sqlite", *on_postgres()]


@pytest.mark.long
@pytest.mark.parametrize("url", STORES)
def test_four_processes_send_each_of_200_deliveries_once(url: str, tmp_path: Path) -> None:
    send_each_once(url, tmp_path, occurrences=10, each=20)


def send_each_once(url: str, folder: Path, *, occurrences: int, each: int) -> list[int]:
    """Run the proof for any number of processes; return how many each sent."""
    if url == "sqlite":
        url = f"sqlite:///{folder}/bot.db"
    else:
        empty_postgres()
    keys = plan(url, occurrences, each)
    assert len(set(keys)) == occurrences * each
    taken, counts = send_together(url, folder / "taken")
    assert set(taken) == set(keys)
    assert set(taken.values()) == {1}
    assert (len(counts), sum(counts)) == (PROCESSES, len(keys))
    with open_ledger(url, owner="here:0:x") as ledger:
        assert ledger.outstanding(NOW) == ()
        proofs: set[str] = set()
        for of in firings(occurrences):
            record = ledger.occurrence(of.id)
            assert record is not None
            assert record.state is OccurrenceState.DONE
            found = ledger.deliveries(of.id)
            assert {(pending.state, pending.attempts) for pending in found} == {(DeliveryState.SENT, 1)}
            proofs |= {pending.provider_id for pending in found}
    assert len(proofs) == len(keys)
    return counts
