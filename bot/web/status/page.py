"""The page for people: what `static/status.html.j2` shows, worded here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import __version__
from bot.actions.explain import STANDS, STATES
from bot.compose.figures.wording import Wording, plural
from bot.model import DeliveryRecord, Digest, OccurrenceRecord, Recipient
from bot.timetable import Firing, window_for
from bot.web.status.health import DEGRADED, UNWELL, WELL, health
from bot.web.status.lookout import RECENT, TROUBLED, Standing

SHOWN = 30
"""Coming firings that the page lists."""

FOLDER = Path(__file__).parent / "static"
TITLES = {WELL: "All is well", DEGRADED: "Somebody has to look", UNWELL: "Not well"}


@dataclass(frozen=True, slots=True)
class Coming:
    """One coming firing in words."""

    digest: str
    title: str
    due: str
    window: str
    whom: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one occurrence; `duties` say how each delivery stands."""

    name: str
    state: str
    due: str
    reason: str
    duties: tuple[str, ...]


class PageMaker:
    """Makes the HTML. Whatever it prints is redacted, then escaped."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: redact(value) if isinstance(value, str) else value,
        )

    def overview(self, standing: Standing) -> str:
        """The page itself."""
        _, judged = health(standing)
        file = standing.pulse.file
        words = Wording(standing.configuration.digests[0].locale, standing.configuration.digests[0].zone)
        return self._environment.get_template("status.html.j2").render(
            version=__version__,
            status=judged["status"],
            title=TITLES[judged["status"]],
            reasons=judged["reasons"],
            now=words.moment(standing.now),
            path=standing.configuration.path,
            file=file,
            since=words.moment(file.since) if file and file.since else "",
            digests=_counted(len(standing.configuration.digests)),
            coming=[_coming(*pair) for pair in standing.following[:SHOWN]],
            unlisted=max(0, len(standing.following) - SHOWN),
            troubled=[_outcome(*row) for row in standing.troubled],
            recent=[_outcome(*row) for row in standing.recent],
            held=[_outcome(record, ()) for record in standing.held],
            paused=list(_paused(standing, words)),
            stops=[(s.channel, words.moment(s.since), s.reason) for s in standing.stops],
            used=standing.used,
            usable=standing.usable,
            span=words.duration(standing.configuration.api.limit_seconds),
            most=(RECENT, TROUBLED),
        )

    def story(self, occurrence_id: str, lines: tuple[str, ...]) -> str:
        """What `explain` says of one occurrence."""
        return self._environment.get_template("story.html.j2").render(
            version=__version__, name=occurrence_id, lines=lines
        )


def _coming(digest: Digest, firing: Firing) -> Coming:
    words = Wording(digest.locale, digest.zone)
    whom = ", ".join(_address(recipient) for recipient in digest.recipients)
    window = words.window(window_for(digest, firing))
    return Coming(digest.name, digest.title, words.moment(firing.due), window, whom)


def _outcome(record: OccurrenceRecord, duties: tuple[DeliveryRecord, ...]) -> Outcome:
    words = Wording(record.definition.locale, record.definition.zone)
    state = STATES[record.state] + (", late" if record.late else "")
    due = words.moment(record.occurrence.due)
    return Outcome(record.occurrence.id, state, due, record.reason, tuple(map(_duty, duties)))


def _duty(duty: DeliveryRecord) -> str:
    tries = f" after {duty.attempts} {plural(duty.attempts, 'try', 'tries')}" if duty.attempts > 1 else ""
    error = f": {duty.error}" if duty.error else ""
    test = " (TEST)" if duty.delivery.kind.value == "test" else ""
    return f"{_address(duty.delivery.recipient)}{test}: {STANDS[duty.state]}{tries}{error}"


def _paused(standing: Standing, words: Wording) -> Iterator[tuple[str, str]]:
    for digest in standing.configuration.digests:
        if digest.name in standing.paused:
            yield digest.name, f"by a person since {words.moment(standing.paused[digest.name])}"
        elif digest.paused:
            yield digest.name, "in reports.yaml"


def _counted(digests: int) -> str:
    return f"{digests} {plural(digests, 'digest')}"


def _address(recipient: Recipient) -> str:
    return f"{recipient.channel} {recipient.address}"
