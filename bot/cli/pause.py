"""`pause` and `resume`: firings of a digest are skipped for a while, and say so in `history`."""

from argparse import Namespace
from datetime import datetime

from bot.cli.output import find_digest, load_app, say
from bot.compose.figures.wording import Wording
from bot.errors import UsageError
from bot.ledger import Ledger
from bot.model import DeliveryState, Digest, utc_text
from bot.service import plan_digest
from bot.timetable import next_firing


def pause(given: Namespace) -> int:
    """Skip this digest's firings from now on; a scheduler that runs knows it at its next tick."""
    app = load_app(given)
    find_digest(app.configuration, given.digest)
    with app.open_ledger() as ledger:
        if not ledger.pause(given.digest, app.clock.now()):
            say(f"{given.digest} is paused already, since {utc_text(ledger.paused()[given.digest])}")
            return 0
        say(f"paused {given.digest}: its firings are skipped until: digestbot resume {given.digest}")
        for occurrence_id in _under_way(ledger, given.digest):
            say(f"  {occurrence_id} was due before and still goes out")
    return 0


def resume(given: Namespace) -> int:
    """Let it fire again. What fell into the pause is skipped, also what no scheduler has seen yet."""
    app = load_app(given)
    digest = app.configuration.digest(given.digest)
    now = app.clock.now()
    with app.open_ledger() as ledger:
        since = ledger.paused().get(given.digest)
        if since is None:
            find_digest(app.configuration, given.digest)
            raise UsageError(f"{given.digest} is not paused.")
        if digest is not None:
            for line in plan_digest(digest, ledger, now, since):
                say(f"{line.digest}: {line.message}")
        ledger.resume(given.digest)
    say(f"resumed {given.digest}; next {_next(digest, now)}")
    return 0


def _next(digest: Digest | None, now: datetime) -> str:
    following = next_firing(digest, now) if digest is not None else None
    if digest is None or following is None:
        return "never"
    return Wording(digest.locale, digest.zone).moment(following.due)


def _under_way(ledger: Ledger, digest: str) -> list[str]:
    return [
        record.occurrence.id
        for record, duties in ledger.history(digest)
        if any(duty.state in (DeliveryState.READY, DeliveryState.SENDING) for duty in duties)
    ]
