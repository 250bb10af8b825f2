"""Asking the API one question until it answers: the rate limit, retries and what each refusal means."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bot.errors import SourceError, SourceRefused, SourceUnavailable, SourceUnclear, TokenRefused
from bot.model import Clock, Limiter, Progress
from bot.source.access import HELP, Access
from bot.source.transport import Ask, NoAnswer, Reply, TooLarge, Transport
from bot.source.wording import plain_words, server_message

LARGEST_ANSWER = 64 * 1024 * 1024
MAX_ATTEMPTS = 4
MAX_UNCLEAR = 3
LONGEST_BACKOFF = 60.0
LONGEST_BLOCK = 3600.0
LONG_WAIT = 5.0
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
    """This attempt gave nothing; `wait` is at least how long (seconds) the server asked for."""

    error: SourceError
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """The parsed JSON of an answer."""

    value: object


class Missing(SourceError):
    """The server does not know what was asked for (404), where that may happen."""


@dataclass(frozen=True)
class Asker:
    """Sends questions with the token; every attempt is counted by `limiter` under `key`.

    `attempt_seconds` bounds one request from its first to its last byte. `random` gives 0..1.
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
    observe: Callable[[str, object], None] | None = None

    def ask(self, question: Question, deadline: float) -> object:
        """The answer's JSON, by `deadline` (monotonic seconds).

        Raises SourceRefused (permanent), SourceUnavailable (later perhaps), SourceUnclear (not
        JSON, several times), and Missing where the question says that a 404 may come.
        """
        unclear = 0
        for attempt in range(MAX_ATTEMPTS):
            self._take_turn(question, deadline)
            outcome = self._attempt(question, attempt, deadline)
            if isinstance(outcome, Told):
                if self.observe:
                    self.observe(question.what, outcome.value)
                return outcome.value
            unclear += isinstance(outcome.error, SourceUnclear)
            wait = max(outcome.wait, self._backoff(attempt))
            # A person waits at the other end; the engine comes back after a minute.
            given_up = unclear >= MAX_UNCLEAR or attempt + 1 == MAX_ATTEMPTS
            if given_up or self._is_past(wait, deadline):
                raise outcome.error
            self._sleep(wait, f"{question.what}: trying again")
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _take_turn(self, question: Question, deadline: float) -> None:
        while (wait := self.limiter.take(self.key)) > 0:
            if self._is_past(wait, deadline):
                raise SourceUnavailable(
                    f"The rate limit of the Activity API leaves no request for {question.what} "
                    f"for {wait:.0f} seconds.",
                    retry_after=wait,
                )
            self._sleep(wait, f"{question.what}: waiting for the API's rate limit")

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
        return Again(SourceUnavailable(text, retry_after=wait), wait)

    def _refusal(self, question: Question, status: int, body: bytes) -> str:
        host, said = host_of(question.url), self._said(question, body)
        quoted = f': "{said}"' if said else ""
        if status in (401, 403):
            return f"{host} did not accept the API token (HTTP {status}){quoted}. {HELP}"
        return f"{host} refused {question.what} (HTTP {status}){quoted}."

    def _said(self, question: Question, body: bytes) -> str:
        """The server's words, without our token and without the export's."""
        return server_message(body, (*self.access.secrets, *question.params.values()))

    def _backoff(self, attempt: int) -> float:
        """Full jitter: anything from nothing to twice as long as before, so that callers spread out."""
        return self.random() * min(LONGEST_BACKOFF, 2.0**attempt)

    def _is_past(self, wait: float, deadline: float) -> bool:
        return self.clock.monotonic() + wait >= deadline

    def _sleep(self, seconds: float, why: str) -> None:
        if seconds >= LONG_WAIT:
            self.progress(f"{why} ({seconds:.0f} s)")
        self.clock.sleep(seconds)


def host_of(url: str) -> str:
    """The host of one of our own addresses, for messages."""
    return plain_words(urlsplit(url).hostname or "", 80)


def read_json(body: bytes, question: Question) -> Told | Again:
    """Strict JSON (RFC 8259: UTF-8, no byte order mark); whatever else may be a passing fault."""
    try:
        text = body.decode("utf-8")
        return Told(json.loads(text, parse_int=_integer, parse_constant=float))
    except (ValueError, RecursionError):
        host = host_of(question.url)
        return Again(SourceUnclear(f"{host} answered {question.what} with something that is not JSON."))


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
