"""Each report type of the digests, asked once: for the shape of its answer."""

from collections.abc import Iterator

from bot.errors import SourceError, SourceUnavailable, TokenRefused
from bot.model import Finding, Query, State
from bot.source.exports.job import EXPORTS
from bot.source.probe.findings import failure
from bot.source.probe.names import Named
from bot.source.probe.session import Asking

WIRE_TYPES = {"workflow_states": "user_volume"}
"""Report types that the API calls otherwise (API document: Workflow States)."""


def of_every_report(asking: Asking, named: Named) -> Iterator[Finding]:
    """Whether each answer is understood. Exports are not started: their files are customers' data."""
    form = next((one.id for found in named.forms.values() for one in found), None)
    failed = 0
    queries = tuple(_queries(asking, form))
    for query in queries:
        try:
            asking.answer(query)
        except (SourceUnavailable, TokenRefused):
            raise
        except SourceError as error:
            failed += 1
            yield failure(query.type, error)
    if not failed:
        yield Finding(State.FINE, "reports", f"all {len(queries)} kinds that the digests use were understood")


def _queries(asking: Asking, form: int | None) -> Iterator[Query]:
    wanted = {report.type for digest in asking.configuration.digests for report in digest.reports}
    for name in sorted({WIRE_TYPES.get(one, one) for one in wanted - set(EXPORTS)}):
        if not name.startswith("nps_"):
            yield Query(name, asking.week)
        elif form is not None:
            yield Query(name, asking.week, form=form, nps_category="all")
