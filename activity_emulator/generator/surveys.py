"""Surveys after a case, and what customers answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from activity_emulator.generator.chance import Chance, Quantiles, Weights
from activity_emulator.generator.days import SECOND, microseconds
from activity_emulator.generator.people import CARE_SURVEY, FORMS, SOCIAL, SURVEY, Row
from activity_emulator.generator.wording import COMMENTS

if TYPE_CHECKING:
    from activity_emulator.generator.conversations import Opening

SENT = 0.22
ANSWERED = 0.42
COMMENTED = 0.4
ANSWERING = Quantiles((0.0, 60), (0.5, 3600), (0.85, 20 * 3600), (1.0, 5 * 86_400))

# Who waited for over an hour is seldom a promoter.
SLOW = 3600 * SECOND
AFTER_A_QUICK_REPLY = Weights(
    [(10, 34.0), (9, 24.0), (8, 14.0), (7, 9.0), (6, 6.0), (5, 4.0), (3, 4.0), (0, 5.0)]
)
AFTER_A_SLOW_REPLY = Weights(
    [(10, 14.0), (9, 14.0), (8, 14.0), (7, 12.0), (6, 12.0), (4, 12.0), (2, 10.0), (0, 12.0)]
)

CREATED_AT = {form.id: microseconds(form.created_at) for form in FORMS}


def survey_rows(
    chance: Chance,
    ids: Iterator[int],
    begun: "Opening",
    case_id: int,
    replies: list[tuple[int, int]],
    now: int,
) -> Iterator[Row]:
    """A case's survey and its answer, if they have happened by `now`; `replies` are (user id, instant)."""
    user_id, replied_at = replies[-1]
    if not chance.happens(SENT):
        return
    sent_at = replied_at + int(chance.between(300, 3600) * SECOND)
    if sent_at > now or sent_at < CREATED_AT[SURVEY]:
        return
    survey_id = next(ids)
    yield "surveys", (survey_id, _form(chance, begun, sent_at), case_id, user_id, sent_at)
    answered_at = sent_at + int(ANSWERING.at(chance.share()) * SECOND)
    if chance.happens(ANSWERED) and answered_at <= now:
        slow = replies[0][1] - begun.at > SLOW
        score = chance.draw(AFTER_A_SLOW_REPLY if slow else AFTER_A_QUICK_REPLY)
        comment = chance.pick(COMMENTS) if chance.happens(COMMENTED) else None
        yield "survey_answers", (survey_id, answered_at, score, comment)


def _form(chance: Chance, begun: "Opening", sent_at: int) -> int:
    """The social team has a survey of its own since it was created."""
    own = begun.account.group == SOCIAL and sent_at >= CREATED_AT[CARE_SURVEY]
    return CARE_SURVEY if own and chance.happens(0.7) else SURVEY
