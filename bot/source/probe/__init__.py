"""`check --online` at the real API: token, names, and what its document leaves open, with few requests.

Everything is asked about the latest complete week that has settled: figures that still move would look
like a filter that works.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from bot.errors import SourceError, SourceUnavailable, TokenRefused
from bot.model import Configuration, Finding, Progress, Source, State
from bot.source.probe import observations
from bot.source.probe.names import Lookup, look_up
from bot.source.probe.observations import ProbeSession, failure
from bot.source.probe.shapes import Recorder

__all__ = ["Recorder", "probe"]

STEPS: Mapping[str, Callable[[ProbeSession, Lookup], Iterator[Finding]]] = {
    "filters": observations.filters,
    "response times": observations.response_times,
    "days of NPS": observations.nps_days,
    "clock change": observations.clock_change,
}
"""The observations after token and names, by their names in a failed finding."""


def probe(
    source: Source,
    recorder: Recorder,
    configuration: Configuration,
    now: datetime,
    progress: Progress,
    *,
    every_report: bool = False,
) -> Iterator[Finding]:
    """Yield one finding after another; end early when the token is refused or the API cannot be reached.

    `now` is aware, UTC; `recorder` must observe `source`. With `every_report` also ask each report type of
    the digests once.
    """
    about = "token"
    try:
        progress("asking for the lists")
        groups = source.groups()
        yield Finding(State.FINE, about, f"accepted; groups that the API lists: {len(groups)}")
        about = "lists"
        lookup = look_up(source, groups, configuration.digests)
    except SourceError as error:
        yield failure(about if isinstance(error, TokenRefused) else "API", error)
        return
    yield from lookup.findings
    session = ProbeSession(source, recorder, configuration, now, progress)
    steps = {**STEPS, "reports": observations.every_report} if every_report else STEPS
    for about, step in steps.items():
        try:
            yield from step(session, lookup)
        except SourceError as error:
            yield failure(about, error)
            if isinstance(error, SourceUnavailable | TokenRefused):
                return
