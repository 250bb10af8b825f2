"""How everything stands in Prometheus' text format 0.0.4 (its document "Exposition formats").

Digests and channels are its only names: no address of a reader is among them.
"""

from collections.abc import Iterable, Iterator, Mapping

from bot import __version__
from bot.model import DeliveryState, OccurrenceState
from bot.model.channel_types import CHANNEL_TYPES
from bot.web.status.health import overdue, unwell
from bot.web.status.lookout import Standing

TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
Sample = tuple[Labels, float]
NONE: Labels = {}


def metrics(standing: Standing) -> str:
    """All families, each with its help and type, ended by a line feed."""
    return "".join(line + "\n" for line in _lines(standing))


def _lines(standing: Standing) -> Iterator[str]:
    pulse, tally = standing.pulse, standing.tally
    bad = [*unwell(pulse), *overdue(standing)]
    yield from family("build_info", "gauge", "The version that runs.", [({"version": __version__}, 1)])
    yield from family("up_and_well", "gauge", "1 when /health answers 200.", [(NONE, not bad)])
    yield from family(
        "deliveries_total",
        "counter",
        "Tries at deliveries by how they ended (ready: tried again later); what is old is forgotten.",
        [({"channel": at, "state": state}, n) for (at, state), n in _by_channel(tally.tries, TRIED)],
    )
    yield from family(
        "deliveries_standing",
        "gauge",
        "Deliveries as they stand now.",
        [({"channel": at, "state": state}, n) for (at, state), n in _by_channel(tally.deliveries, STANDING)],
    )
    yield from family(
        "occurrences",
        "gauge",
        "Occurrences as they stand now.",
        [({"state": state}, tally.occurrences.get(state, 0)) for state in OccurrenceState],
    )
    yield from family(
        "next_due_timestamp_seconds",
        "gauge",
        "When each digest is due next.",
        [({"digest": digest.name}, firing.due.timestamp()) for digest, firing in standing.following],
    )
    yield from _of_service(standing)


def _of_service(standing: Standing) -> Iterator[str]:
    pulse, file = standing.pulse, standing.pulse.file
    yield from family(
        "tick_age_seconds", "gauge", "Since the scheduler's last tick.", _known(pulse.tick_age_seconds)
    )
    yield from family(
        "plan_age_seconds",
        "gauge",
        "Since the last plan that ended.",
        _known(pulse.plan_age_seconds),
    )
    yield from family("requests_used", "gauge", "API requests that count now.", [(NONE, standing.used)])
    yield from family(
        "requests_usable", "gauge", "API requests that may count at once.", [(NONE, standing.usable)]
    )
    is_good = file is None or file.is_good
    yield from family("configuration_ok", "gauge", "1 while the last save counts.", [(NONE, is_good)])
    if file is not None:
        yield from family(
            "configuration_read_timestamp_seconds",
            "gauge",
            "When what counts was read.",
            [(NONE, file.read_at.timestamp())],
        )
    stopped = {stop.channel for stop in standing.stops}
    yield from family(
        "channel_stopped",
        "gauge",
        "1 while a channel does not let us in.",
        [({"channel": channel}, channel in stopped) for channel in CHANNEL_TYPES],
    )
    yield from family("held", "gauge", "Occurrences that wait for a person.", [(NONE, len(standing.held))])
    yield from family("overdue", "gauge", "1 while work waits too long.", [(NONE, standing.is_overdue)])


TRIED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.READY)
STANDING = tuple(DeliveryState)


def _by_channel(
    counts: Mapping[tuple[str, DeliveryState], int], states: Iterable[DeliveryState]
) -> Iterator[tuple[tuple[str, DeliveryState], int]]:
    """Every channel and state, zeros too: an alert on what never happened needs a series to watch."""
    for channel in CHANNEL_TYPES:
        for state in states:
            yield (channel, state), counts.get((channel, state), 0)


def family(name: str, kind: str, help_text: str, samples: Iterable[Sample]) -> Iterator[str]:
    """One metric family; values are written as integers where they are."""
    full = f"digestbot_{name}"
    yield f"# HELP {full} {help_text}"
    yield f"# TYPE {full} {kind}"
    for labels, value in samples:
        inner = ",".join(f'{label}="{escaped(text)}"' for label, text in labels.items())
        yield f"{full}{{{inner}}} {_number(value)}" if inner else f"{full} {_number(value)}"


def escaped(text: str) -> str:
    """A label's value as the format wants it: backslash, quote and line feed are escaped."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _known(value: float | None) -> list[Sample]:
    return [] if value is None else [(NONE, value)]


def _number(value: float) -> str:
    return f"{int(value)}" if float(value).is_integer() else f"{value:.3f}"
