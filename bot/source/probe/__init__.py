"""A look at the real API: token, names, and what its document leaves open, with few requests.

Everything is asked about the latest complete week that has settled: figures that still move would look
like a filter that works.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from bot.errors import SourceError, SourceUnavailable, TokenRefused
from bot.model import Configuration, Finding, Progress, Source, State
from bot.source.probe.clock_change import of_clock_change
from bot.source.probe.filters import of_filters
from bot.source.probe.findings import failure
from bot.source.probe.names import Named, look_up
from bot.source.probe.reports import of_every_report
from bot.source.probe.session import Asking
from bot.source.probe.settings import of_day_label, of_response_unit
from bot.source.probe.shapes import Recorder

__all__ = ["Recorder", "probe"]

STEPS: Mapping[str, Callable[[Asking, Named], Iterator[Finding]]] = {
    "filters": of_filters,
    "response times": of_response_unit,
    "days of NPS": of_day_label,
    "clock change": of_clock_change,
}
"""What is looked at after token and names, by its name for people."""


def probe(
    source: Source,
    recorder: Recorder,
    configuration: Configuration,
    now: datetime,
    progress: Progress,
    *,
    every_report: bool = False,
) -> Iterator[Finding]:
    """One finding after another; it ends early when the token is refused or the API cannot be reached.

    `now` is aware, UTC; `recorder` must observe `source`. With `every_report` each report type of the
    digests is asked for once too.
    """
    about = "token"
    try:
        progress("asking for the lists")
        groups = source.groups()
        yield Finding(State.FINE, about, f"accepted; groups that the API lists: {len(groups)}")
        about = "lists"
        named = look_up(source, groups, configuration.digests)
    except SourceError as error:
        yield failure(about if isinstance(error, TokenRefused) else "API", error)
        return
    yield from named.findings
    asking = Asking(source, recorder, configuration, now, progress)
    steps = {**STEPS, "reports": of_every_report} if every_report else STEPS
    for about, step in steps.items():
        try:
            yield from step(asking, named)
        except SourceError as error:
            yield failure(about, error)
            if isinstance(error, SourceUnavailable | TokenRefused):
                return
