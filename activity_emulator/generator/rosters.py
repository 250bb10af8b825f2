"""Who is at work on which day."""

from datetime import date

from activity_emulator.generator.chance import Chance, Weights
from activity_emulator.generator.days import Day
from activity_emulator.generator.people import AGENTS, GROUPS, Agent

ABSENT = 0.06
WEEKS_OF_A_QUARTER = 13


class Rosters:
    """For each day and group the agents at work, by their load."""

    def __init__(self, seed: int, days: list[Day]) -> None:
        self._seed = seed
        self._days = days
        self._known: dict[tuple[int, int], Weights[Agent]] = {}

    def at_work(self, day: int, group: int) -> Weights[Agent]:
        """Agents of a group at work on day number `day`; never nobody."""
        key = (day, group)
        if key not in self._known:
            self._known.update(self._of(day))
        return self._known[key]

    def _of(self, number: int) -> dict[tuple[int, int], Weights[Agent]]:
        day = self._days[number].date
        chance = Chance(self._seed, "roster", day)
        employed = [agent for agent in AGENTS if agent.is_employed(day)]
        # One draw for each agent whether needed or not: who is ill must not depend on who is on leave.
        ill = {agent.id for agent in employed if chance.happens(ABSENT)}
        there = [agent for agent in employed if day.weekday() in agent.works and agent.id not in ill]
        there = [agent for agent in there if not _is_on_leave(self._seed, agent, day)]
        return {(number, group[0]): _by_load(group[0], there, employed) for group in GROUPS}


def _by_load(group: int, there: list[Agent], employed: list[Agent]) -> Weights[Agent]:
    members = [agent for agent in there if group in agent.groups]
    members = members or [agent for agent in employed if group in agent.groups]
    return Weights([(agent, agent.load) for agent in members])


def _is_on_leave(seed: int, agent: Agent, day: date) -> bool:
    """One week in each quarter."""
    quarter, week = (day.month - 1) // 3, day.toordinal() // 7
    leave = int(Chance(seed, "leave", agent.id, day.year, quarter).between(0, WEEKS_OF_A_QUARTER))
    return week % WEEKS_OF_A_QUARTER == leave
