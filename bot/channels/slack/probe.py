"""Probe Slack before the first message: token, scopes, and every recipient.

Nothing is posted, joined or opened. Scopes: https://docs.slack.dev/reference/scopes
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slack_sdk.web import SlackResponse

from bot.channels.connection import failure
from bot.channels.slack.addresses import Addresses
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
    for address in dict.fromkeys(recipient.address for recipient in recipients):
        yield _of_address(api, addresses, address, scopes, bot)


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
    attached = any(recipient.attach.pdf or recipient.attach.csv for recipient in recipients)
    for name in FILES:
        without = "files cannot be attached" if attached else CHARTS
        wanted[name] = (State.WRONG if attached else State.UNCLEAR, without)
    if any(recipient.address.startswith("#") for recipient in recipients):
        wanted["channels:read"] = (State.WRONG, "#names cannot be looked up; ids can be used instead")
        wanted["groups:read"] = (State.UNCLEAR, "names of private channels cannot be looked up")
    if any("@" in recipient.address for recipient in recipients):
        wanted |= dict.fromkeys(PEOPLE, (State.WRONG, "people cannot be reached by their address"))
    for name, where in LOOKED_UP.items():
        effect = f"a message {where} whose answer was lost cannot be looked for, and stays unknown"
        wanted[name] = (State.UNCLEAR, effect)
    return wanted


def _of_address(
    api: SlackApi, addresses: Addresses, address: str, scopes: frozenset[str] | None, bot: str
) -> Finding:
    about = f"Slack {one_line(address, 80)}"
    try:
        slack_id = addresses.look_up_only(address)
        if slack_id[0] in "UW":
            return Finding(State.FINE, about, f"found: {slack_id}")
        room = api.conversations_info(channel=slack_id).get("channel")
        return _of_room(about, room if isinstance(room, dict) else {}, scopes, bot)
    except NETWORK_ERRORS as fault:
        return failure(about, refusal(fault).as_error("not to be seen", Retryability.RETRYABLE))
    except DeliveryError as error:
        return failure(about, error)


def _of_room(about: str, room: Mapping[str, Any], scopes: frozenset[str] | None, bot: str) -> Finding:
    """Return whether a message can go there, and who else reads it."""
    if room.get("is_archived"):
        return Finding(State.WRONG, about, "archived: nothing can be posted there")
    if not room.get("is_member", True):
        may_join = not room.get("is_private") and "channels:join" in (scopes or ())
        if not may_join:
            return Finding(State.WRONG, about, "the bot is not in it", f"type there: /invite @{bot}")
        return Finding(State.FINE, about, "the bot is not in it yet, and joins with the first message")
    if room.get("is_ext_shared") or room.get("is_pending_ext_shared"):
        seen = "shared with another organisation: people outside read the figures too"
        return Finding(State.UNCLEAR, about, seen, "make sure that this is meant")
    return Finding(State.FINE, about, "the bot is in it")
