"""A name is not an identity: where Slack messages go when channels and people change behind their names."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.channels import SlackChannel
from bot.errors import DeliveryError, Retryability
from bot.model import Attach, Delivery, Finding, Receipt, Recipient, State
from tests.channels.renditions import NOW, OCCURRENCE, TOKEN, Book, TurnedClock, slack_message
from tests.channels.test_probing import at, probe_slack
from tests.doubles import slack_server as double
from tests.doubles.slack_server import SlackServer
from tests.doubles.slack_workspace import SlackChannelRoom, SlackPerson

LIST, POST = "conversations.list", "chat.postMessage"
CARE = Recipient("slack", "#social-care")


class Sender:
    """A channel with its book and clock, for several messages one after another."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack, self.book, self.clock = slack, Book(), TurnedClock()

    def send(self, recipient: Recipient = CARE, **changes: Any) -> Receipt:
        channel = SlackChannel(token=TOKEN, api_url=self.slack.url, address_book=self.book, clock=self.clock)
        message = slack_message(**({"files": ()} | changes))
        return channel.send(Delivery(OCCURRENCE, recipient), message, self.clock.now())

    def failure(self, recipient: Recipient = CARE, **changes: Any) -> DeliveryError:
        with pytest.raises(DeliveryError) as caught:
            self.send(recipient, **changes)
        return caught.value


@pytest.fixture
def sender(slack: SlackServer) -> Sender:
    return Sender(slack)


def care_of(slack: SlackServer) -> SlackChannelRoom:
    return next(room for room in slack.workspace.channels if room.id == "C0SOCIAL01")


def taken_over(slack: SlackServer) -> None:
    """Rename #social-care, and give its name to another channel."""
    care_of(slack).name = "social-care-old"
    slack.workspace.channels.append(SlackChannelRoom("C0NEW00001", "social-care"))


@pytest.mark.promise(
    "a Slack channel is renamed and another one takes its name",
    "the name in the file counts: posted to the channel that has it now, with a note of the one before; "
    "`check --online` says so",
)
def test_name_that_another_channel_took(sender: Sender, slack: SlackServer) -> None:
    sender.send()
    taken_over(slack)
    told = probe_slack(slack, at("#social-care"), known=sender.book.known)["Slack #social-care"]
    receipt = sender.send()
    assert [message.channel for message in slack.messages] == ["C0SOCIAL01", "C0NEW00001"]
    note = "#social-care is now another channel: C0NEW00001 (C0SOCIAL01 before)"
    assert note in receipt.detail
    assert (told.state, note in told.seen) == (State.UNCLEAR, True)
    assert sender.send().detail == ""


def test_note_is_not_lost_with_a_try_that_failed_before_the_post(sender: Sender, slack: SlackServer) -> None:
    sender.send()
    taken_over(slack)
    slack.fault("files.getUploadURLExternal", double.rate_limited(5))
    assert sender.failure().retryability is Retryability.RETRYABLE
    assert "is now another channel" in sender.send().note


def test_remembered_id_alone_would_reach_the_wrong_channel(sender: Sender, slack: SlackServer) -> None:
    """The guard: Slack itself takes a message for the id that the name had."""
    sender.send()
    taken_over(slack)
    assert sender.send(replace(CARE, address=sender.book.known["#social-care"])).provider_id.startswith(
        "C0SOC"
    )


@pytest.mark.promise(
    "a Slack channel is renamed and its old name is free",
    "fails at once and names the new name and the id to write",
)
def test_renamed_channel_is_named(sender: Sender, slack: SlackServer) -> None:
    sender.send()
    care_of(slack).name = "service"
    fault = sender.failure()
    assert fault.retryability is Retryability.PERMANENT
    assert "#social-care was renamed to #service: write that in reports.yaml, or its id C0SOCIAL01" in str(
        fault
    )
    known = sender.book.known
    assert "#service" in probe_slack(slack, at("#social-care"), known=known)["Slack #social-care"].seen
    assert len(slack.messages) == 1


@pytest.mark.parametrize("how", ["archived", "deleted"])
def test_channel_that_is_gone_is_looked_up_again(sender: Sender, slack: SlackServer, how: str) -> None:
    sender.send()
    old = care_of(slack)
    slack.workspace.channels.remove(old)
    if how == "archived":
        slack.workspace.channels.append(replace(old, archived=True, name="social-care-archived"))
    assert sender.failure().retryability is Retryability.PERMANENT
    slack.workspace.channels.append(SlackChannelRoom("C0NEW00001", "social-care"))
    assert "is now another channel" in sender.send().detail


@pytest.mark.parametrize("error", ["is_archived", "channel_not_found"])
def test_channel_that_went_between_the_look_and_the_post(
    sender: Sender, slack: SlackServer, error: str
) -> None:
    sender.send()
    slack.fault("conversations.info", double.answered(b'{"ok":true,"channel":{"name":"social-care"}}'))
    taken_over(slack)
    slack.fault(POST, double.refused(error))
    assert sender.send().provider_id.startswith("C0NEW00001/")


def test_a_look_costs_one_request_and_no_list(sender: Sender, slack: SlackServer) -> None:
    sender.send()
    slack.requests.clear()
    sender.send()
    assert [len(slack.calls(name)) for name in ("conversations.info", LIST)] == [1, 0]


@pytest.mark.promise(
    "a person's mail address in Slack belongs to another person now",
    "looked up again at least daily: goes to whom the address belongs, and the attempt says who had it before",
)
def test_address_that_belongs_to_another_person(sender: Sender, slack: SlackServer) -> None:
    dana = Recipient("slack", "dana@example.com")
    sender.send(dana)
    slack.workspace.people = [SlackPerson("U0OTHER001", "dana@example.com")]
    sender.clock.at += timedelta(days=1)
    receipt = sender.send(dana)
    assert slack.messages[-1].channel == "D0OTHER001"
    assert "dana@example.com now belongs to another person: U0OTHER001 (U0DANA0001 before)" in receipt.detail


def test_person_who_left_gets_nothing(sender: Sender, slack: SlackServer) -> None:
    dana = Recipient("slack", "dana@example.com")
    sender.send(dana)
    slack.workspace.people = []
    fault = sender.failure(dana)  # the remembered id is refused: looked up at once, not after a day
    assert (fault.retryability, "users_not_found" in str(fault)) == (Retryability.PERMANENT, True)


# --- other organisations -------------------------------------------------------------------------

OUTSIDE = {
    "shared": {"is_ext_shared": True},
    "invited": {"is_ext_shared": False, "is_shared": False, "is_pending_ext_shared": True},
    "shared somehow": {"is_ext_shared": False, "is_shared": True},
}


@pytest.mark.promise(
    "a Slack channel is shared with another organisation",
    "refused, until the recipient says `shared_channel: true`; `check --online` says so too",
)
@pytest.mark.parametrize("how", OUTSIDE)
def test_channel_shared_with_another_organisation(sender: Sender, slack: SlackServer, how: str) -> None:
    sender.send()
    care_of(slack).more = OUTSIDE[how]
    fault = sender.failure()
    assert fault.retryability is Retryability.PERMANENT
    assert "shared_channel: true" in str(fault)
    assert sender.failure(replace(CARE, address="C0SOCIAL01")).retryability is Retryability.PERMANENT
    assert judged(slack, CARE).state is State.WRONG
    assert len(slack.messages) == 1
    allowed = replace(CARE, shared_channel=True)
    assert sender.send(allowed).provider_id.startswith("C0SOCIAL01/")
    assert judged(slack, allowed).state is State.FINE
    assert judged(slack, allowed, CARE).state is State.WRONG


def test_channel_of_workspaces_of_one_organisation_is_inside(sender: Sender, slack: SlackServer) -> None:
    care_of(slack).more = {"is_shared": True, "is_org_shared": True}
    assert sender.send().detail == ""
    assert judged(slack, CARE).state is State.FINE


def test_edit_of_a_channel_shared_meanwhile_is_refused(sender: Sender, slack: SlackServer) -> None:
    first = sender.send()
    care_of(slack).shared = True
    channel = SlackChannel(token=TOKEN, api_url=slack.url, address_book=sender.book, clock=sender.clock)
    with pytest.raises(DeliveryError, match="another organisation"):
        channel.replace(Delivery(OCCURRENCE, CARE), slack_message(files=()), first.provider_id, NOW)


def judged(slack: SlackServer, *recipients: Recipient) -> Finding:
    return probe_slack(slack, *recipients)["Slack #social-care"]


# --- what Slack's codes mean -----------------------------------------------------------------------


@pytest.mark.promise(
    "Slack refuses @channel or @here (`restricted_action`)", "sent once more without the mention, with a note"
)
@pytest.mark.parametrize("mention", ["channel", "here", "U0DANA0001"])
def test_mention_that_is_not_allowed(sender: Sender, slack: SlackServer, mention: str) -> None:
    slack.fault(POST, double.refused("restricted_action"))
    receipt = sender.send(replace(CARE, mention=(mention,)))
    [message] = slack.messages
    assert "broadcast" not in str(message.blocks)
    assert "without the mention (restricted_action)" in receipt.detail


def test_restricted_channel_fails_after_the_second_try(sender: Sender, slack: SlackServer) -> None:
    slack.fault(POST, *[double.refused("restricted_action")] * 2)
    assert sender.failure(replace(CARE, mention=("here",))).retryability is Retryability.PERMANENT
    assert len(slack.calls(POST)) == 2


@pytest.mark.promise(
    "a Slack token of a whole organisation cannot look names up (`missing_argument`: team_id)",
    "fails at once, here and in `check --online`, and says to write the channel's id",
)
@pytest.mark.parametrize("error", ["missing_argument", "enterprise_is_restricted"])
def test_token_of_a_whole_organisation(sender: Sender, slack: SlackServer, error: str) -> None:
    slack.fault(LIST, *[double.refused(error)] * 2)
    fault = sender.failure()
    assert (fault.retryability, "Write the channel's id" in str(fault)) == (Retryability.PERMANENT, True)
    finding = judged(slack, CARE)
    assert (finding.state, "C0123456789" in finding.seen) == (State.WRONG, True)


FILES = Recipient("slack", "#public-but-not-in", attach=Attach(pdf=True))


@pytest.mark.promise(
    "files for a public Slack channel that the bot is not in (`chat:write.public`)",
    "joins and shares them; where it may not join, nothing is posted and operators are told to invite the bot",
)
def test_files_to_a_public_channel_without_membership(sender: Sender, slack: SlackServer) -> None:
    from tests.channels.renditions import PDF

    scopes = slack.workspace.scopes
    slack.workspace.scopes = scopes.replace("channels:join", "chat:write.public")
    fault = sender.failure(FILES, files=(PDF,))
    assert (fault.retryability, "Invite the bot" in str(fault)) == (Retryability.PERMANENT, True)
    assert slack.files == []
    about = f"Slack {FILES.address}"
    assert probe_slack(slack, FILES)[about].state is State.WRONG
    assert probe_slack(slack, replace(FILES, attach=Attach()))[about].state is State.FINE
    slack.workspace.scopes = f"{scopes} chat:write.public"
    sender.send(FILES, files=(PDF,))
    assert [file.name for file in slack.files_in_thread(slack.messages[0].ts)] == [PDF.name]


def test_late_picture_joins_the_channel_that_took_the_message(sender: Sender, slack: SlackServer) -> None:
    slack.workspace.scopes += " chat:write.public"
    slack.fault("upload", double.server_error())
    sender.send(replace(FILES, attach=Attach()))
    assert [file.name for file in slack.files_in_thread(slack.messages[0].ts)] == ["chart-summary.png"]


# --- long lists ------------------------------------------------------------------------------------


@pytest.mark.promise(
    "a Slack channel on page 30 of the list, at 20 requests a minute",
    "the second round goes on where Slack asked to wait, and finds it",
)
def test_list_goes_on_where_it_stopped(sender: Sender, slack: SlackServer) -> None:
    slack.workspace.page_size = 1
    slack.workspace.channels[:0] = [SlackChannelRoom(f"C0X{n:06d}", f"other-{n}") for n in range(30)]
    slack.fault(LIST, *[double.Fault(accept=True)] * 20, double.rate_limited(60))
    assert sender.failure().retryability is Retryability.RETRYABLE
    sender.clock.sleep(60)
    assert sender.send().provider_id.startswith("C0SOCIAL01/")
    assert len(slack.calls(LIST)) == 33


@pytest.mark.parametrize("change", ["hours later", "the cursor is refused"])
def test_old_cursor_is_not_trusted(sender: Sender, slack: SlackServer, change: str) -> None:
    slack.workspace.page_size = 1
    slack.fault(LIST, double.Fault(accept=True), double.Fault(accept=True), double.rate_limited(60))
    sender.failure(replace(CARE, address="#ops"))
    slack.workspace.channels.insert(0, slack.workspace.channels.pop(2))
    if change == "hours later":
        sender.clock.sleep(3 * 3600)
    else:
        slack.fault(LIST, double.refused("invalid_cursor"))
    assert sender.send(replace(CARE, address="#ops")).provider_id.startswith("C0OPS00001/")


def test_found_name_leaves_no_cursor(sender: Sender, slack: SlackServer) -> None:
    slack.workspace.page_size = 1
    slack.fault(LIST, double.Fault(accept=True), double.rate_limited(60))
    sender.failure()
    sender.send()
    assert not any(address for name, address in sender.book.known.items() if name.startswith("list"))
