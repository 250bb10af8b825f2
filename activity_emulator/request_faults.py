"""Fault injection: the faults that one request meets, and the answers that they change."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from threading import Event
from typing import Any

from flask import Response, abort, jsonify

from activity_emulator.errors import Reason
from activity_emulator.exports import Job
from activity_emulator.faults import OF_JOBS, Fault, Faults

FAULT_HEADER = "X-Emulator-Fault"
PAGE = (
    "<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>\n"
)


class RequestFaults:
    """The faults for one request: those of its own header first. `met`: the names of those it met."""

    def __init__(self, header: Faults, active: Faults, target: str) -> None:
        self._header, self._active = header, active
        self._target = target
        self.met: list[str] = []

    def wait(self, stopped: Event) -> None:
        """Wait for a `delay`. Abort with 503 when the emulator stops meanwhile."""
        fault = self.take("delay")
        if fault is not None:
            low, _, high = fault.value.partition("-")
            seconds = random.uniform(float(low), float(high or low))  # noqa: S311 (jitter is no secret)
            if stopped.wait(seconds):
                abort(503)

    def replacement(self) -> Response | None:
        """Return the answer that replaces the right one: a refusal, a server error or a page."""
        fault = self.take("429", "5xx", "html")
        if fault is None:
            return None
        if fault.kind == "html":
            return Response(PAGE, content_type="text/html; charset=utf-8")
        answer = jsonify(error=Reason.RATE_LIMITED.text if fault.kind == "429" else "Internal error")
        answer.status_code = int(fault.name)
        if fault.value:
            answer.headers["Retry-After"] = fault.value
        return answer

    def take(self, *kinds: str) -> Fault | None:
        """Take the first fault of these kinds that this request meets."""
        fault = self._header.take(kinds, self._target) or self._active.take(kinds, self._target)
        return self._record(fault)

    def of_new_job(self, report_type: str) -> tuple[Fault, ...]:
        """Take the faults that stick to the job of this request: its header's, and those with a count."""
        faults: list[Fault] = []
        for kind in OF_JOBS:
            fault = self._header.take((kind,), report_type)
            fault = fault or self._active.take((kind,), report_type, counted=True)
            faults += [fault] if fault else []
        return tuple(faults)

    def of_job(self, kind: str, job: Job) -> Fault | None:
        """Take the fault of this kind of an export job: its own, this request's, or one for all jobs."""
        own = next((fault for fault in job.faults if fault.kind == kind), None)
        fault = own or self._header.take((kind,), job.report_type)
        return self._record(fault or self._active.take((kind,), job.report_type, counted=False))

    def _record(self, fault: Fault | None) -> Fault | None:
        if fault is not None:
            self.met.append(fault.name)
        return fault


def cut(answer: Response) -> Response:
    """Cut an answer: announce its whole length, send half of it, then close the connection."""
    length = max(1, answer.content_length or answer.calculate_content_length() or 0)
    answer.response = _first(length // 2, answer.iter_encoded())
    answer.headers["Content-Length"] = str(length)
    return answer


def _first(size: int, parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield part[:size]
        size -= len(part)
        if size <= 0:
            return


def as_states(agents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the document's other shape of `user_volume`: each state's sum over the agents, largest first.

    Without sums of states (`all_…`) and states with 0, as in the document's sample.
    """
    volumes: Counter[str] = Counter()
    for agent in agents:
        volumes.update({state: n for state, n in agent["states"].items() if not state.startswith("all_")})
    return [{"state": state, "volume": volume} for state, volume in volumes.most_common() if volume]
