"""Asking the API one question until it answers: the rate limit, retries and what each refusal means."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bot.errors import (
    SourceBusy,
    SourceError,
    SourceRefused,
    SourceUnavailable,
    SourceUnclear,
    TokenRefused,
)
from bot.lib.sanitize import one_line
from bot.model import Clock, Limiter, Progress
from bot.source.cache.key_locks import Lanes
from bot.source.cache.wait_budget import Patience
from bot.source.http.auth import HELP, Access
from bot.source.http.server_message import server_message
from bot.source.http.transport import Ask, NoAnswer, Reply, TooLarge, Transport

LARGEST_ANSWER = 64 * 1024 * 1024
MAX_ATTEMPTS = 4
MAX_UNCLEAR = 3
LONGEST_BACKOFF = 60.0
LONGEST_BLOCK = 3600.0
LONGEST_INTEGER = 300
TRY_AGAIN = frozenset({408, 425})


@dataclass(frozen=True, slots=True)
class Question:
    """One request and its name for people: `what` completes "the API did not answer …"."""

    what: str
    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    may_be_missing: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """This attempt gave nothing; `wait` is at least how long (seconds) the server asked for.

    `is_blocked`: the limiter knows that wait already, and tells it to everybody.
    """

    error: SourceError
    wait: float = 0.0
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The parsed JSON of an answer, and its text as it came."""

    value: object
    text: str


class Missing(SourceError):
    """The server does not know what was asked for (404), where that may happen."""


@dataclass(frozen=True)
class Asker:
    """Sends questions with the token; every attempt is counted by `limiter` under `key`.

    `attempt_seconds` bounds one request from its first to its last byte; one question sleeps no longer than
    `patience_seconds` in all. `urgent` ones may use the limit's reserved slots. `random` gives 0..1.
    `observe` is told each question's name and its answer as it came, before anything is believed of it.
    """

    transport: Transport
    access: Access
    clock: Clock
    limiter: Limiter
    key: str
    progress: Progress
    random: Callable[[], float]
    attempt_seconds: float
    patience_seconds: float
    urgent: bool
    observe: Callable[[str, object], None] | None = None
    _line: Lanes = field(default_factory=Lanes)

    def ask(self, question: Question, deadline: float) -> Told:
        """The answer, by `deadline` (monotonic seconds).

        Raises SourceRefused (permanent), SourceBusy (the limit), SourceUnavailable (later perhaps),
        SourceUnclear (not JSON, several times), and Missing where the question says that a 404 may come.
        """
        patience = Patience(self.clock, self.progress, self.patience_seconds, deadline)
        unclear = 0
        for attempt in range(MAX_ATTEMPTS):
            outcome = self._take_turn_and_try(question, attempt, patience, deadline)
            if isinstance(outcome, Told):
                if self.observe:
                    self.observe(question.what, outcome.value)
                return outcome
            unclear += isinstance(outcome.error, SourceUnclear)
            # A person waits at the other end; the engine comes back after a minute.
            if unclear >= MAX_UNCLEAR or attempt + 1 == MAX_ATTEMPTS:
                raise outcome.error
            if not outcome.is_blocked:
                self._back_off(question, outcome, attempt, patience)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _take_turn_and_try(
        self, question: Question, attempt: int, patience: Patience, deadline: float
    ) -> Told | Again:
        """One attempt. However it ends, the limiter is told once that its request has landed."""
        stamp = self._take_turn(question, patience)
        try:
            return self._attempt(question, attempt, deadline)
        finally:
            self.limiter.release(self.key, stamp)

    def _take_turn(self, question: Question, patience: Patience) -> int:
        """A place under the limit. Threads stand in line for it: all would wake for the same free place,
        and keep the limiter's database busy with nothing."""
        joined = self.clock.monotonic()
        with self._line.lane(self.key, patience.left):
            patience.spend(self.clock.monotonic() - joined)
            return self._next_turn(question, patience)

    def _next_turn(self, question: Question, patience: Patience) -> int:
        while (turn := self.limiter.acquire(self.key, urgent=self.urgent)).wait > 0:
            if not patience.allows(turn.wait):
                raise SourceBusy(
                    f"The rate limit of the Activity API leaves no request for {question.what} "
                    f"for {turn.wait:.0f} seconds.",
                    retry_after=turn.wait,
                )
            patience.wait(turn.wait, f"{question.what}: waiting for the API's rate limit")
        return turn.stamp

    def _back_off(self, question: Question, failed: Again, attempt: int, patience: Patience) -> None:
        """Wait with full jitter (from nothing to twice as long as before, so that callers spread out), or
        as long as the server says. Raises the failure when that is too long."""
        jitter = self.random() * min(LONGEST_BACKOFF, 2.0**attempt)
        wait = max(failed.wait, jitter)
        if not patience.allows(wait):
            raise failed.error
        patience.wait(wait, f"{question.what}: trying again")

    def _attempt(self, question: Question, attempt: int, deadline: float) -> Told | Again:
        limit = min(deadline, self.clock.monotonic() + self.attempt_seconds)
        headers = self.access.headers_for(question.url)
        ask = Ask(question.method, question.url, limit, headers, question.params, question.body)
        host = host_of(question.url)
        try:
            return self.transport.exchange(ask, lambda reply: self._judge(question, reply, attempt))
        except NoAnswer as error:
            text = f"The Activity API did not answer {question.what}: {error}."
            return Again(SourceUnavailable(text))
        except TooLarge:
            size = LARGEST_ANSWER // 1024 // 1024
            text = f"The answer of {host} to {question.what} is larger than {size} MB. Ask for less."
        raise SourceUnclear(text)

    def _judge(self, question: Question, reply: Reply, attempt: int) -> Told | Again:
        status, body = reply.status, reply.body(LARGEST_ANSWER)
        if 200 <= status < 300:
            return read_json(body, question)
        if status == 429:
            return self._limited(question, reply, attempt)
        if status in TRY_AGAIN or status >= 500:
            wait = retry_after(reply.headers.get("Retry-After"), self.clock.now()) or 0.0
            text = f"The Activity API failed to answer {question.what} (HTTP {status})."
            return Again(SourceUnavailable(text, retry_after=wait or None), wait)
        if status == 404 and question.may_be_missing:
            raise Missing(f"{host_of(question.url)} does not know this {question.what} (HTTP 404).")
        refused = TokenRefused if status in (401, 403) else SourceRefused
        raise refused(self._refusal(question, status, body))

    def _limited(self, question: Question, reply: Reply, attempt: int) -> Again:
        """429: nobody uses this token for as long as the API says, or a random while if it does not."""
        asked = retry_after(reply.headers.get("Retry-After"), self.clock.now())
        wait = asked if asked else max(1.0, self.random() * min(300.0, 10.0 * 2**attempt))
        self.limiter.block(self.key, wait)
        text = f"The Activity API's rate limit was exceeded while asking for {question.what} (HTTP 429)."
        return Again(SourceUnavailable(text, retry_after=wait), is_blocked=True)

    def _refusal(self, question: Question, status: int, body: bytes) -> str:
        host, said = host_of(question.url), self._said(question, body)
        quoted = f': "{said}"' if said else ""
        if status in (401, 403):
            return f"{host} did not accept the API token (HTTP {status}){quoted}. {HELP}"
        return f"{host} refused {question.what} (HTTP {status}){quoted}."

    def _said(self, question: Question, body: bytes) -> str:
        """The server's words, without our token and without the export's."""
        return server_message(body, (*self.access.secrets, *question.params.values()))


def host_of(url: str) -> str:
    """The host of one of our own addresses, for messages."""
    return one_line(urlsplit(url).hostname or "", 80)


def read_json(body: bytes, question: Question) -> Told | Again:
    """Strict JSON (RFC 8259: UTF-8, no byte order mark); whatever else may be a passing fault."""
    try:
        text = body.decode("utf-8")
        return Told(parse_json(text), text)
    except (ValueError, RecursionError):
        host = host_of(question.url)
        return Again(SourceUnclear(f"{host} answered {question.what} with something that is not JSON."))


def parse_json(text: str) -> object:
    """The value. Raises ValueError or RecursionError for what is not JSON or nested too deep."""
    return json.loads(text, parse_int=_integer, parse_constant=float)


def _integer(text: str) -> int | float:
    """An integer, or infinity (so: no value) for one too long to be meant."""
    return int(text) if len(text) <= LONGEST_INTEGER else float("inf")


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), at most an hour.

    None when it is absent or rubbish. `now` is aware.
    """
    if text is None:
        return None
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST_BLOCK)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_BLOCK)
