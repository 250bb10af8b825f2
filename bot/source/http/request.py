"""One request to the API until it is answered: the rate limit, retries, and what each refusal means."""

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.errors import SourceBusy, SourceError, SourceRefused, SourceUnavailable, SourceUnclear, TokenRefused
from bot.lib.sanitize import one_line, without_secrets
from bot.model import Clock, Limiter, Progress
from bot.source.cache.waits import KeyLocks, WaitBudget
from bot.source.http.endpoints import ADVICE, ApiToken
from bot.source.http.transport import HttpRequest, HttpResponse, NoAnswer, TooLarge, Transport, host_of

LARGEST_ANSWER = 64 * 1024 * 1024
MAX_ATTEMPTS = 4
MAX_UNCLEAR = 3
LONGEST_BACKOFF_SECONDS = 60.0
LONGEST_BLOCK_SECONDS = 3600.0
LONGEST_INTEGER = 300
TRY_AGAIN = frozenset({408, 425})

LONGEST_MESSAGE = 200
SHORTEST_SECRET = 8
"""Shorter ones (the emulator's) are no secrets, and taking them out would garble words."""

QUERY = re.compile(r"(https?://[^\s?]*)\?\S*")
"""What follows the `?` of an address: there a signature may stand."""

MESSAGE_KEYS = ("message", "error", "errors", "description", "type")


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long things may take, in seconds, and who asks.

    `attempt` bounds one attempt from its first to its last byte, `deadline` one request with its retries and
    waits, `export` one export from start to complete; its status is first asked for after `first_poll`. A
    wait longer than `wait` is SourceBusy. `lists` is the age up to which users, groups and forms are used
    again. `urgent` requests, for which a person waits, may use the limit's reserved slots. `random` gives
    0..1 for backoff with jitter.
    """

    attempt: float = 120.0
    deadline: float = 600.0
    wait: float = 600.0
    export: float = 7200.0
    first_poll: float = 5.0
    lists: float = 3600.0
    urgent: bool = False
    random: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request and its name for people: `what` completes "the API did not answer …"."""

    what: str
    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    may_be_missing: bool = False


@dataclass(frozen=True, slots=True)
class RetryLater:
    """A failure to retry after at least `wait` seconds. `is_blocked`: the limiter knows and holds up all."""

    error: SourceError
    wait: float = 0.0
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """The parsed JSON of an answer, and its text as it came."""

    value: object
    text: str


class NotFound(SourceError):
    """The server does not know what was asked for (404), where that may happen."""


@dataclass(frozen=True)
class ApiRequester:
    """Sends requests under the limit; `observe` gets each request's name and its answer as it came."""

    transport: Transport
    token: ApiToken
    clock: Clock
    limiter: Limiter
    progress: Progress
    limits: HttpLimits
    observe: Callable[[str, object], None] | None = None
    _locks: KeyLocks = field(default_factory=KeyLocks)

    def send(self, request: ApiRequest, deadline: float) -> ApiAnswer:
        """Return the answer, by `deadline` (monotonic seconds).

        Raises SourceRefused (permanent), SourceBusy (the limit), SourceUnavailable (retryable),
        SourceUnclear (not JSON, several times), and NotFound where the request says that a 404 may come.
        """
        budget = WaitBudget(self.clock, self.progress, self.limits.wait, deadline)
        unclear = 0
        for attempt in range(MAX_ATTEMPTS):
            outcome = self._limited_attempt(request, attempt, budget, deadline)
            if isinstance(outcome, ApiAnswer):
                if self.observe:
                    self.observe(request.what, outcome.value)
                return outcome
            unclear += isinstance(outcome.error, SourceUnclear)
            # A person waits at the other end; the service comes back after a minute.
            if unclear >= MAX_UNCLEAR or attempt + 1 == MAX_ATTEMPTS:
                raise outcome.error
            if not outcome.is_blocked:
                self._back_off(request, outcome, attempt, budget)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _limited_attempt(
        self, request: ApiRequest, attempt: int, budget: WaitBudget, deadline: float
    ) -> ApiAnswer | RetryLater:
        """Make one attempt. However it ends, tell the limiter once that its request has landed."""
        stamp = self._acquire(request, budget)
        try:
            return self._attempt(request, attempt, deadline)
        finally:
            self.limiter.release(self.token.key, stamp)

    def _acquire(self, request: ApiRequest, budget: WaitBudget) -> int:
        """Wait for a slot under the limit; return its stamp. Threads queue: all would wake for one slot."""
        joined = self.clock.monotonic()
        with self._locks.hold(self.token.key, budget.left):
            budget.spend(self.clock.monotonic() - joined)
            while (turn := self.limiter.acquire(self.token.key, urgent=self.limits.urgent)).wait > 0:
                if not budget.allows(turn.wait):
                    raise SourceBusy(
                        f"The rate limit of the Activity API leaves no request for {request.what} "
                        f"for {turn.wait:.0f} seconds.",
                        retry_after=turn.wait,
                    )
                budget.wait(turn.wait, f"{request.what}: waiting for the API's rate limit")
            return turn.stamp

    def _back_off(self, request: ApiRequest, failed: RetryLater, attempt: int, budget: WaitBudget) -> None:
        """Wait with full jitter, or as long as the server says. Raises the failure if that is too long."""
        jitter = self.limits.random() * min(LONGEST_BACKOFF_SECONDS, 2.0**attempt)
        wait = max(failed.wait, jitter)
        if not budget.allows(wait):
            raise failed.error
        budget.wait(wait, f"{request.what}: trying again")

    def _attempt(self, request: ApiRequest, attempt: int, deadline: float) -> ApiAnswer | RetryLater:
        limit = min(deadline, self.clock.monotonic() + self.limits.attempt)
        headers = self.token.headers_for(request.url)
        exchange = HttpRequest(request.method, request.url, limit, headers, request.params, request.body)
        try:
            return self.transport.exchange(exchange, lambda response: self._judge(request, response, attempt))
        except NoAnswer as error:
            text = f"The Activity API did not answer {request.what}: {error}."
            return RetryLater(SourceUnavailable(text))
        except TooLarge:
            size = LARGEST_ANSWER // 1024 // 1024
            host = host_of(request.url)
            text = f"The answer of {host} to {request.what} is larger than {size} MB. Ask for less."
        raise SourceUnclear(text)

    def _judge(self, request: ApiRequest, response: HttpResponse, attempt: int) -> ApiAnswer | RetryLater:
        status, body = response.status, response.body(LARGEST_ANSWER)
        if 200 <= status < 300:
            return read_json(body, request)
        if status == 429:
            return self._rate_limited(request, response, attempt)
        if status in TRY_AGAIN or status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), self.clock.now()) or 0.0
            text = f"The Activity API failed to answer {request.what} (HTTP {status})."
            return RetryLater(SourceUnavailable(text, retry_after=wait or None), wait)
        if status == 404 and request.may_be_missing:
            raise NotFound(f"{host_of(request.url)} does not know this {request.what} (HTTP 404).")
        refused = TokenRefused if status in (401, 403) else SourceRefused
        raise refused(self._refusal(request, status, body))

    def _rate_limited(self, request: ApiRequest, response: HttpResponse, attempt: int) -> RetryLater:
        """Block the token for everybody as long as the API says, or for a random while if it does not."""
        asked = retry_after(response.headers.get("Retry-After"), self.clock.now())
        wait = asked if asked else max(1.0, self.limits.random() * min(300.0, 10.0 * 2**attempt))
        self.limiter.block(self.token.key, wait)
        text = f"The Activity API's rate limit was exceeded while asking for {request.what} (HTTP 429)."
        return RetryLater(SourceUnavailable(text, retry_after=wait), is_blocked=True)

    def _refusal(self, request: ApiRequest, status: int, body: bytes) -> str:
        """Quote the server's message, without our token and without the export's."""
        host = host_of(request.url)
        message = server_message(body, (*self.token.secrets, *request.params.values()))
        quoted = f': "{message}"' if message else ""
        if status in (401, 403):
            return f"{host} did not accept the API token (HTTP {status}){quoted}. {ADVICE}"
        return f"{host} refused {request.what} (HTTP {status}){quoted}."


def read_json(body: bytes, request: ApiRequest) -> ApiAnswer | RetryLater:
    """Parse strict JSON (RFC 8259: UTF-8, no byte order mark); anything else may be a passing fault."""
    try:
        text = body.decode("utf-8")
        return ApiAnswer(parse_json(text), text)
    except (ValueError, RecursionError):
        text = f"{host_of(request.url)} answered {request.what} with something that is not JSON."
        return RetryLater(SourceUnclear(text))


def parse_json(text: str) -> object:
    """Return the value. Raises ValueError or RecursionError for what is not JSON or nested too deep."""
    return json.loads(text, parse_int=_integer, parse_constant=float)


def _integer(text: str) -> int | float:
    """Return an integer, or infinity (so: no value) for one too long to be meant."""
    return int(text) if len(text) <= LONGEST_INTEGER else float("inf")


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110, 10.2.3), at most an hour, or None; `now` is aware."""
    if text is None:
        return None
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST_BLOCK_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_BLOCK_SECONDS)


def server_message(body: bytes, secrets: Iterable[str]) -> str:
    """Return the message of a JSON or text error, without `secrets`; '' for HTML and for none."""
    text = body[:65536].decode("utf-8", "replace").strip()
    if text.startswith(("{", "[", '"')):
        text = _message_in(text)
    elif text.startswith("<"):
        text = ""
    text = without_secrets(text, (secret for secret in secrets if len(secret) >= SHORTEST_SECRET), "[secret]")
    return one_line(QUERY.sub(r"\1?…", text), LONGEST_MESSAGE)


def _message_in(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    for _ in range(4):
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = next((value[key] for key in MESSAGE_KEYS if value.get(key)), None)
    return ""
