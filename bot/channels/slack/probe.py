"""Probe Slack before the first message: token, scopes, and every recipient.

Nothing is posted, joined or opened. Scopes: https://docs.slack.dev/reference/scopes
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from slack_sdk.web import SlackResponse

from bot.channels.connection import failure
from bot.channels.slack.addresses import Addresses, obstacle
from bot.channels.slack.api import NETWORK_ERRORS, SlackApi, refusal
from bot.errors import DeliveryError, Retryability
from bot.lib.sanitize import one_line
from bot.model import Finding, Recipient, State

INSTALL: Final = "add it under OAuth & Permissions of the Slack app, and install the app again"

FILES, CHARTS = ("files:write", "files:read"), "charts stay out of the message"
PEOPLE: Final = ("users:read", "users:read.email", "im:write")
LOOKED_UP: Mapping[str, str] = {
    "channels:history": "in public channels",
    "groups:history": "in private channels",
    "im:history": "in direct messages",
}
"""Without these, a message whose answer was lost cannot be looked up and stays `unknown`."""


def probe_slack(api: SlackApi, addresses: Addresses, recipients: Sequence[Recipient]) -> Iterator[Finding]:
    """Yield findings; stop early if the token is refused or Slack cannot be reached."""
    try:
        answer = api.auth_test()
    except NETWORK_ERRORS as fault:
        yield failure("Slack token", refusal(fault).as_error("Slack refused it", Retryability.RETRYABLE))
        return
    bot, team = (one_line(str(answer.get(name) or "?"), 80) for name in ("user", "team"))
    yield Finding(State.FINE, "Slack token", f"accepted; the bot is @{bot} in {team}")
    scopes = _scopes(answer)
    yield from _of_scopes(scopes, recipients)
    for recipient in _each_once(recipients):
        yield _of_address(addresses, recipient, scopes or frozenset(), bot)


def _scopes(answer: SlackResponse) -> frozenset[str] | None:
    """Return the token's scopes by the header that Slack sends with every answer; None without it."""
    headers: Mapping[str, Any] = answer.headers
    text = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
    return None if text is None else frozenset(scope.strip() for scope in str(text).split(","))


def _of_scopes(scopes: frozenset[str] | None, recipients: Sequence[Recipient]) -> Iterator[Finding]:
    if scopes is None:
        yield Finding(State.UNCLEAR, "Slack scopes", "Slack did not say what this token may do")
        return
    missing = [(name, *why) for name, why in _wanted(recipients).items() if name not in scopes]
    if not missing:
        yield Finding(State.FINE, "Slack scopes", f"all that are used: {', '.join(sorted(scopes))}")
    for name, state, why in missing:
        yield Finding(state, f"scope {name}", f"missing: {why}", INSTALL)


def _wanted(recipients: Sequence[Recipient]) -> dict[str, tuple[State, str]]:
    """Return each scope that these recipients need, with the state and the effect of its absence."""
    wanted = {"chat:write": (State.WRONG, "nothing can be posted")}
    attached = any(map(_has_files, recipients))
    for name in FILES:
        without = "files cannot be attached" if attached else CHARTS
        wanted[name] = (State.WRONG if attached else State.UNCLEAR, without)
    if any(recipient.address[0] in "#CG" for recipient in recipients):
        unseen = "channels cannot be looked at, and nothing is posted to one unseen"
        wanted["channels:read"] = (State.WRONG, unseen)
        wanted["groups:read"] = (State.UNCLEAR, f"private {unseen}")
    if any("@" in recipient.address for recipient in recipients):
        wanted |= dict.fromkeys(PEOPLE, (State.WRONG, "people cannot be reached by their address"))
    for name, where in LOOKED_UP.items():
        effect = f"a message {where} whose answer was lost cannot be looked for, and stays unknown"
        wanted[name] = (State.UNCLEAR, effect)
    return wanted


def _each_once(recipients: Sequence[Recipient]) -> Iterator[Recipient]:
    """Yield one recipient for each address: with files if one has them, shared only if all may be."""
    for address in dict.fromkeys(recipient.address for recipient in recipients):
        same = [recipient for recipient in recipients if recipient.address == address]
        first = max(same, key=_has_files)
        yield replace(first, shared_channel=all(recipient.shared_channel for recipient in same))


def _has_files(recipient: Recipient) -> bool:
    return recipient.attach.pdf or recipient.attach.csv


def _of_address(addresses: Addresses, recipient: Recipient, scopes: frozenset[str], bot: str) -> Finding:
    """Return whether a message can go to where the next one would go."""
    about = f"Slack {one_line(recipient.address, 80)}"
    try:
        destination = addresses.look_up(recipient.address)
    except DeliveryError as error:
        return failure(about, error)
    if destination.id[0] in "UWD":
        finding = Finding(State.FINE, about, f"found: {destination.id}")
    else:
        finding = _of_room(about, destination.room, recipient, scopes, bot)
    if not destination.note:
        return finding
    state = State.UNCLEAR if finding.state is State.FINE else finding.state
    todo = finding.todo or "make sure that this is meant: messages go there"
    return Finding(state, about, f"{destination.note}; {finding.seen}", todo)


def _of_room(
    about: str, room: Mapping[str, Any], recipient: Recipient, scopes: frozenset[str], bot: str
) -> Finding:
    """Return whether a message can go there, and who else reads it."""
    if problem := obstacle(room, recipient):
        return Finding(State.WRONG, about, problem)
    if room.get("is_member", True):
        return Finding(State.FINE, about, "the bot is in it")
    if not room.get("is_private") and "channels:join" in scopes:
        return Finding(State.FINE, about, "the bot is not in it yet, and joins with the first message")
    if not room.get("is_private") and "chat:write.public" in scopes and not _has_files(recipient):
        return Finding(State.FINE, about, "the bot is not in it, and posts all the same")
    return Finding(State.WRONG, about, "the bot is not in it", f"type there: /invite @{bot}")
