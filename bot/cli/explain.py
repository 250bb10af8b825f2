"""`explain`: what happened to one occurrence, step by step, and what can be done now."""

from argparse import Namespace

from bot.actions.explain import story
from bot.cli.output import load_app, say
from bot.cli.resend import find_occurrence


def explain(given: Namespace) -> int:
    """The timeline of one occurrence, in its digest's zone."""
    app = load_app(given)
    with app.open_ledger() as ledger:
        record = find_occurrence(ledger, given.occurrence)
        for line in story(ledger, record):
            say(app.settings.redact(line))
    return 0
