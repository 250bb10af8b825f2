"""The handling of one message: its states, assignments and responses."""

from dataclasses import dataclass, field

from activity_emulator.generator.chance import Chance, Quantiles, Weights
from activity_emulator.generator.days import HOUR, SECOND, Day, Hours
from activity_emulator.generator.people import ESCALATIONS, Agent, Rosters
from activity_emulator.log.schema import CLOSED_STATES

UNASSIGNED = 0.065
REPLIED = 0.8
SECOND_AGENT = 0.04
APPROVAL = 0.04
SECOND_REPLY = 0.06
LEFT_OPEN = 0.04

# Agents close old messages: otherwise open cases accumulate over the years.
TIDIED = 0.98
TIDIED_AFTER_DAYS = (3, 14)

# Seconds of opening time from a customer's message to the response.
WAIT = Quantiles(
    (0.0, 25),
    (0.05, 90),
    (0.15, 280),
    (0.3, 620),
    (0.5, 1200),
    (0.7, 2200),
    (0.85, 3800),
    (0.93, 5400),
    (0.97, 7600),
    (0.99, 11_500),
    (0.998, 22_000),
    (1.0, 60_000),
)
# From the response to closing.
CLOSING = Quantiles((0.0, 20), (0.4, 600), (0.7, 4 * 3600), (0.95, 16 * 3600), (1.0, 60 * 3600))
# From an unassigned message to its closing.
SORTING = Quantiles((0.0, 60), (0.6, 3600), (0.9, 12 * 3600), (1.0, 48 * 3600))

UNANSWERED = Weights(
    [
        ("no_response_required", 44.0),
        ("duplicate", 16.0),
        ("redirected", 14.0),
        ("irrelevant", 10.0),
        ("closed", 9.0),
        ("in_progress", 4.0),
        ("assigned", 2.0),
        ("awaiting_approval", 1.0),
    ]
)
SORTED_OUT = Weights(
    [("irrelevant", 52.0), ("duplicate", 18.0), ("no_response_required", 18.0), ("new", 12.0)]
)


@dataclass(slots=True)
class Handling:
    """A message's states, assignments and responses with their instants, which may be in the future."""

    states: list[tuple[str, int]]
    assignments: list[tuple[int, int]] = field(default_factory=list)
    responses: list[tuple[int, int]] = field(default_factory=list)

    def until(self, now: int) -> "Handling":
        """Return the part up to `now`."""
        return Handling(
            [step for step in self.states if step[1] <= now],
            [step for step in self.assignments if step[1] <= now],
            [step for step in self.responses if step[1] <= now],
        )


class Desk:
    """The desk that handles messages, with the agents and opening hours of each day."""

    def __init__(self, days: list[Day], hours: Hours, rosters: Rosters) -> None:
        self._days, self._hours, self._rosters = days, hours, rosters

    def handle(
        self, chance: Chance, day: int, published_at: int, group: int, before: Agent | None
    ) -> Handling:
        """Handle a message published on day number `day`; `before` answered the customer last."""
        if before is None and chance.happens(UNASSIGNED):
            handling = _sorted_out(chance, published_at)
        else:
            handling = self._assigned(chance, day, published_at, group, before)
        _tidy_up(chance, handling)
        return handling

    def day_of(self, at: int) -> int:
        """Return the number of the local day of an instant, or of the last day."""
        return self._hours.day_of(at)

    def _assigned(
        self, chance: Chance, day: int, published_at: int, group: int, before: Agent | None
    ) -> Handling:
        agent = before or chance.draw(self._rosters.at_work(day, group))
        wait = int(WAIT.at(chance.share()) * SECOND * agent.speed * self._days[day].pace)
        done_at, done_day = self._hours.after(day, published_at, wait)
        agent = self._present(chance, agent, done_day, group)
        assigned_at = done_at - int(wait * chance.between(0.12, 0.6))
        handling = Handling([("new", published_at), ("assigned", assigned_at)], [(agent.id, assigned_at)])
        if not chance.happens(REPLIED + self._days[day].replies):
            _put_aside(chance, handling, done_at)
        elif chance.happens(SECOND_AGENT):
            other = chance.draw(self._rosters.at_work(done_day, chance.pick((group, ESCALATIONS))))
            _hand_over(chance, handling, other, done_at)
        else:
            _answer(chance, handling, done_at)
        return handling

    def _present(self, chance: Chance, agent: Agent, day: int, group: int) -> Agent:
        """Return the agent, or a colleague if the agent is not at work on that day."""
        at_work = self._rosters.at_work(day, group)
        return agent if agent in at_work else chance.draw(at_work)


def _sorted_out(chance: Chance, published_at: int) -> Handling:
    states = [("new", published_at)]
    state = chance.draw(SORTED_OUT)
    if state != "new":
        states.append((state, published_at + int(SORTING.at(chance.share()) * SECOND)))
    return Handling(states)


def _put_aside(chance: Chance, handling: Handling, done_at: int) -> None:
    state = chance.draw(UNANSWERED)
    if state == "assigned":
        return
    assigned_at = handling.assignments[0][1]
    handling.states.append(("in_progress", assigned_at + (done_at - assigned_at) // 3))
    if state != "in_progress":
        handling.states.append((state, done_at))


def _answer(chance: Chance, handling: Handling, done_at: int) -> None:
    agent_id, assigned_at = handling.assignments[-1]
    handling.states.append(("in_progress", assigned_at + (done_at - assigned_at) // 3))
    if chance.happens(APPROVAL):
        handling.states.append(("awaiting_approval", assigned_at + (done_at - assigned_at) * 2 // 3))
    handling.states.append(("responded", done_at))
    handling.responses.append((agent_id, done_at))
    last_at = done_at
    if chance.happens(SECOND_REPLY):
        last_at += int(chance.between(20, 400) * SECOND)
        handling.responses.append((agent_id, last_at))
    _close(chance, handling, last_at)


def _hand_over(chance: Chance, handling: Handling, other: Agent, done_at: int) -> None:
    """Let a second agent take over: before the first has answered, or to add something afterwards."""
    first_id, assigned_at = handling.assignments[0]
    if chance.happens(0.5):
        handling.assignments.append((other.id, assigned_at + (done_at - assigned_at) // 2))
        _answer(chance, handling, done_at)
        return
    taken_at = done_at + int(chance.between(60, 1800) * SECOND)
    added_at = taken_at + int(chance.between(60, 3600) * SECOND)
    handling.states += [("in_progress", assigned_at + 1), ("responded", done_at), ("assigned", taken_at)]
    handling.states.append(("responded", added_at))
    handling.responses += [(first_id, done_at), (other.id, added_at)]
    handling.assignments.append((other.id, taken_at))
    _close(chance, handling, added_at)


def _close(chance: Chance, handling: Handling, last_at: int) -> None:
    if not chance.happens(LEFT_OPEN):
        closed_at = last_at + int(CLOSING.at(chance.share()) * SECOND)
        handling.states.append(("closed", min(closed_at, last_at + 72 * HOUR)))


def _tidy_up(chance: Chance, handling: Handling) -> None:
    state, at = handling.states[-1]
    if state not in CLOSED_STATES and chance.happens(TIDIED):
        handling.states.append(("closed", at + int(chance.between(*TIDIED_AFTER_DAYS) * 24 * HOUR)))
