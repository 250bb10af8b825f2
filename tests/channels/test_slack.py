"""Delivery to a strict local Slack: what people then see there, and what each failure means."""

from typing import Any

import pytest

from bot.channels import SlackChannel
from bot.errors import CannotLookUp, ChannelAuthError, DeliveryError, LedgerError, Retryability, UsageError
from bot.ledger import Ledger, RateLimiter
from bot.model import Permit, Picture
from tests.channels.renditions import (
    CHART,
    CSV,
    NOW,
    PDF,
    PNG,
    TOKEN,
    Book,
    TurnedClock,
    delivery,
    slack_message,
    table,
)
from tests.doubles import slack_server as double
from tests.doubles.ledger import beside, new_ledger
from tests.doubles.slack_rules import pings
from tests.doubles.slack_server import SlackServer

POST = "chat.postMessage"


def channel_to(slack: SlackServer, token: str = TOKEN, **more: Any) -> SlackChannel:
    parts: dict[str, Any] = {"address_book": Book(), "clock": TurnedClock()} | more
    return SlackChannel(token=token, api_url=slack.url, **parts)


def failure(slack: SlackServer, address: str = "#social-care", **changes: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel_to(slack).send(delivery("slack", address), slack_message(**changes), NOW)
    assert TOKEN not in str(caught.value)
    return caught.value


def send(slack: SlackServer, address: str = "#social-care", **changes: Any) -> str:
    return channel_to(slack).send(delivery("slack", address), slack_message(**changes), NOW).provider_id


def block_types(slack: SlackServer) -> list[str]:
    return [block["type"] for block in slack.messages[-1].blocks]


def test_message_chart_and_files_arrive(slack: SlackServer) -> None:
    provider_id = send(slack, thread_pictures=(Picture("nps", "chart-nps", PNG, "NPS", 600, 340),))
    (message,) = slack.messages
    assert provider_id == f"C0SOCIAL01/{message.ts}"
    assert message.text == "Reply time rose to 2 h."
    assert block_types(slack) == ["header", "section", "image", "table"]
    chart, *files = slack.files
    assert message.blocks[2]["slack_file"] == {"id": chart.id}
    assert (chart.content, chart.channel) == (CHART.png, "")
    assert slack.files_in_thread(message.ts) == files
    assert [(file.name, file.content) for file in files] == [
        (PDF.name, PDF.content),
        (CSV.name, CSV.content),
        ("chart-nps.png", PNG),
    ]
    assert files[0].initial_comment == "Files of this report"
    assert len(slack.calls("files.completeUploadExternal")) == 2


def test_post_disables_unfurling_and_carries_key_in_metadata(slack: SlackServer) -> None:
    pending = delivery("slack", "#social-care")
    channel_to(slack).send(pending, slack_message(), NOW)
    (message,) = slack.messages
    wanted = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}
    assert {name: message.arguments[name] for name in wanted} == wanted
    files = " ".join(file.id for file in slack.files_in_thread(message.ts))
    payload = {"key": pending.key, "files": files}
    assert message.metadata == {"event_type": "digest_delivery", "event_payload": payload}
    assert pings(message.arguments) == []


def test_files_are_uploaded_before_post_shared_after(slack: SlackServer) -> None:
    send(slack)
    order = [request.method for request in slack.requests]
    assert order.index(POST) > max(i for i, method in enumerate(order) if method == "upload")
    assert order[-1] == "files.completeUploadExternal"


def test_bytes_go_up_without_the_token(slack: SlackServer) -> None:
    send(slack)
    assert all("Authorization" not in request.headers for request in slack.calls("upload"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("#leads", "G0LEADS001"),
        ("ops", "C0OPS00001"),
        ("C0GENERAL1", "C0GENERAL1"),
        ("dana@example.com", "D0DANA0001"),
        ("U0DANA0001", "D0DANA0001"),
    ],
)
def test_addresses_are_resolved(slack: SlackServer, written: str, expected: str) -> None:
    assert send(slack, written).split("/")[0] == expected
    assert slack.messages[0].channel == expected


def test_name_is_resolved_once_and_remembered(slack: SlackServer) -> None:
    book = Book()
    for _ in range(2):
        channel_to(slack, address_book=book).send(delivery("slack", "#ops"), slack_message(), NOW)
    assert book.known == {"#ops": "C0OPS00001"}
    assert len(slack.calls("conversations.list")) == 2  # two pages, once


def test_unknown_channel_is_permanent_with_suggestion(slack: SlackServer) -> None:
    fault = failure(slack, "#social-car")
    assert fault.retryability is Retryability.PERMANENT
    assert "#social-care" in str(fault)


def test_names_match_exactly(slack: SlackServer) -> None:
    assert failure(slack, "#op").retryability is Retryability.PERMANENT
    assert slack.messages == []


def test_recreated_channel_is_found_by_name(slack: SlackServer) -> None:
    book = Book({"#ops": "C0DELETED1"})
    channel_to(slack, address_book=book).send(delivery("slack", "#ops"), slack_message(), NOW)
    assert slack.messages[0].channel == book.known["#ops"] == "C0OPS00001"


def test_public_channels_resolve_without_private_scope(slack: SlackServer) -> None:
    slack.workspace.scopes = slack.workspace.scopes.replace("groups:read", "")
    assert send(slack).startswith("C0SOCIAL01/")


def test_archived_and_secret_channels_are_refused(slack: SlackServer) -> None:
    for address, reason in (("C0OLD00001", "is_archived"), ("C0SECRET01", "channel_not_found")):
        fault = failure(slack, address)
        assert fault.retryability is Retryability.PERMANENT
        assert reason in str(fault)


def test_public_channel_is_joined_once(slack: SlackServer) -> None:
    assert send(slack, "#public-but-not-in", files=()).startswith("C0PUBLIC01/")
    assert len(slack.calls(POST)) == 2
    slack.fault(POST, double.refused("not_in_channel"), double.refused("not_in_channel"))
    assert failure(slack).retryability is Retryability.PERMANENT
    assert len(slack.calls("conversations.join")) == 2


def test_unjoinable_channel_says_whom_to_ask(slack: SlackServer) -> None:
    slack.workspace.scopes = slack.workspace.scopes.replace("channels:join", "")
    fault = failure(slack, "C0PUBLIC01")
    assert fault.retryability is Retryability.PERMANENT
    assert "Invite the bot" in str(fault)


# --- pictures -----------------------------------------------------------------------------------


def test_post_waits_until_chart_is_processed(slack: SlackServer) -> None:
    slack.workspace.polls_until_ready = 5
    clock = TurnedClock()
    channel_to(slack, clock=clock).send(delivery("slack", "#ops"), slack_message(), NOW)
    assert clock.slept == [1.0] * 5
    assert "image" in block_types(slack)


def test_slack_refuses_unprocessed_chart(slack: SlackServer) -> None:
    slack.workspace.polls_until_ready = 5
    api = channel_to(slack)._api
    from bot.channels.slack.files import upload

    stored = upload(api, "chart.png", PNG)
    api.files_completeUploadExternal(files=[{"id": stored.file_id, "title": "chart"}])
    image = {"type": "image", "slack_file": {"id": stored.file_id}, "alt_text": "chart"}
    with pytest.raises(Exception, match="invalid_blocks"):
        api.chat_postMessage(channel="C0OPS00001", text="x", blocks=[image])


def test_chart_never_ready_is_left_out(slack: SlackServer) -> None:
    slack.workspace.polls_until_ready = 1_000
    clock = TurnedClock()
    pending = delivery("slack", "#ops")
    receipt = channel_to(slack, clock=clock).send(pending, slack_message(), NOW)
    assert sum(clock.slept) == pytest.approx(30, abs=1)
    assert block_types(slack) == ["header", "section", "table"]
    assert "without pictures" in receipt.detail
    names = [file.name for file in slack.files_in_thread(slack.messages[0].ts)]
    assert names == [PDF.name, CSV.name, "chart-summary.png"]


def test_failed_chart_upload_drops_only_its_block(slack: SlackServer) -> None:
    slack.fault("upload", double.server_error())
    send(slack)
    assert block_types(slack) == ["header", "section", "table"]


def test_second_chart_keeps_its_place(slack: SlackServer) -> None:
    from bot.model import picture_placeholder

    images = tuple(
        {"type": "image", "slack_file": {"id": picture_placeholder(n)}, "alt_text": f"chart {n}"}
        for n in range(2)
    )
    slack.fault("upload", double.server_error())
    send(slack, blocks=images, pictures=(CHART, Picture("b", "chart-b", PNG, "b", 1, 1)))
    (kept,) = slack.messages[0].blocks
    assert kept["alt_text"] == "chart 1"


def test_rate_limit_during_chart_upload_is_obeyed(slack: SlackServer) -> None:
    slack.fault("files.getUploadURLExternal", double.rate_limited(90))
    fault = failure(slack)
    assert (fault.retryability, fault.retry_after) == (Retryability.RETRYABLE, 90.0)
    assert slack.messages == []


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [double.server_error(), double.dropped(), double.rate_limited(5), double.answered(b"<html>")],
    ids=["500", "dropped", "429", "not json"],
)
def test_failed_upload_is_retryable_and_posts_nothing(slack: SlackServer, fault: double.Fault) -> None:
    slack.fault("files.getUploadURLExternal", fault)
    assert failure(slack, blocks=(), pictures=()).retryability is Retryability.RETRYABLE
    assert slack.messages == []


def test_failed_byte_transfer_is_retryable_and_posts_nothing(slack: SlackServer) -> None:
    slack.fault("upload", double.server_error(503))
    assert failure(slack, blocks=(), pictures=()).retryability is Retryability.RETRYABLE
    assert slack.messages == []


@pytest.mark.parametrize("fault", [double.refused("internal_error"), double.dropped(False)])
def test_failed_share_reports_posted_message(slack: SlackServer, fault: double.Fault) -> None:
    slack.fault("files.completeUploadExternal", fault)
    problem = failure(slack, blocks=(), pictures=())
    assert problem.retryability is Retryability.UNKNOWN
    assert f"C0SOCIAL01/{slack.messages[0].ts}" in str(problem)
    assert "files" in str(problem)


def test_missing_file_scope_fails_before_post(slack: SlackServer) -> None:
    slack.workspace.scopes = slack.workspace.scopes.replace("files:write", "")
    fault = failure(slack)
    assert fault.retryability is Retryability.PERMANENT
    assert "files:write" in str(fault)
    assert slack.messages == []


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.7/upload",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://user:pw@127.0.0.1/x",
        "http://127.0.0.1.example.com/x",
        "//127.0.0.1/x",
    ],
)
def test_unsafe_upload_address_is_refused(slack: SlackServer, url: str) -> None:
    answer = double.answered(b'{"ok":true,"file_id":"F0EVIL00001","upload_url":"%s"}' % url.encode())
    slack.fault("files.getUploadURLExternal", answer)
    assert "not safe" in str(failure(slack, blocks=(), pictures=()))
    assert slack.calls("upload") == []


def test_zipped_file_arrives_unchanged(slack: SlackServer) -> None:
    from bot.model import CsvFile

    packed = CsvFile("mentions", "mentions.csv.zip", b"PK\x03\x04 \x00\xff bytes", 9)
    send(slack, files=(packed,))
    (file,) = slack.files_in_thread(slack.messages[0].ts)
    assert (file.name, file.content) == (packed.name, packed.content)


def test_empty_file_is_left_out(slack: SlackServer) -> None:
    from bot.model import CsvFile

    send(slack, files=(CsvFile("a", "a.csv", b""), CSV))
    assert [file.name for file in slack.files_in_thread(slack.messages[0].ts)] == [CSV.name]


# --- refusals and lost answers --------------------------------------------------------------------

REFUSING_US = [
    "invalid_auth not_authed account_inactive token_revoked token_expired org_login_required",
    "access_denied ekm_access_denied not_allowed_token_type team_access_not_granted",
]
PERMANENT = [
    "missing_scope no_permission file_uploads_disabled",
    "channel_not_found is_archived restricted_action restricted_action_read_only_channel user_not_found",
    "users_not_found cannot_dm_bot messages_tab_disabled user_not_visible posting_to_channel_denied",
    "not_allowed brand_new_error restricted_action",
]


@pytest.mark.parametrize("error", " ".join(REFUSING_US).split())
def test_workspace_refusal_is_auth_error(slack: SlackServer, error: str) -> None:
    slack.fault(POST, double.refused(error))
    fault = failure(slack)
    assert isinstance(fault, ChannelAuthError)
    assert error in str(fault)
    assert len(slack.calls(POST)) == 1


def test_workspace_refusal_during_upload_is_auth_error(slack: SlackServer) -> None:
    slack.fault("files.getUploadURLExternal", double.refused("token_revoked"))
    assert isinstance(failure(slack), ChannelAuthError)
    assert slack.calls(POST) == []


@pytest.mark.promise(
    "Slack refuses with a code that no table knows (`posting_to_channel_denied`, `user_not_visible`, …)",
    "fails at once, with Slack's code in `history` and in the alert; only codes such as `internal_error` are doubt",
)
@pytest.mark.parametrize("error", " ".join(PERMANENT).split())
def test_faults_that_need_people_are_permanent(slack: SlackServer, error: str) -> None:
    slack.fault(POST, double.refused(error))
    fault = failure(slack)
    assert fault.retryability is Retryability.PERMANENT
    assert not isinstance(fault, ChannelAuthError)
    assert error in str(fault)
    assert len(slack.calls(POST)) == 1


@pytest.mark.parametrize("error", ["ratelimited", "rate_limited", "message_limit_exceeded"])
def test_limits_are_retryable(slack: SlackServer, error: str) -> None:
    slack.fault(POST, double.refused(error))
    assert failure(slack).retryability is Retryability.RETRYABLE


@pytest.mark.parametrize(("header", "seconds"), [(30, 30.0), (None, None), ("soon", None), ("-4", None)])
def test_retry_after_is_passed_on(slack: SlackServer, header: Any, seconds: float | None) -> None:
    slack.fault(POST, double.rate_limited(header))
    fault = failure(slack)
    assert (fault.retryability, fault.retry_after) == (Retryability.RETRYABLE, seconds)
    assert len(slack.calls(POST)) == 1


DOUBTFUL = {
    "internal_error": double.refused("internal_error"),
    "fatal_error": double.refused("fatal_error"),
    "service_unavailable": double.refused("service_unavailable"),
    "request_timeout": double.refused("request_timeout"),
    "unknown_error": double.refused("unknown_error"),
    "500": double.server_error(500, accept=True),
    "503 not taken": double.server_error(503),
    "dropped after": double.dropped(),
    "cut": double.cut_answer(),
    "html with 200": double.answered(b"<html>maintenance</html>", accept=True),
    "empty": double.answered(b"", accept=True),
    "a list": double.answered(b"[1]", accept=True),
    "deep": double.answered(b"[" * 200_000, accept=True),
    "html with 500": double.answered(b"[]", 500, accept=True),
    "no ts": double.answered(b'{"ok":true,"channel":"C0SOCIAL01"}', accept=True),
    "ts is a number": double.answered(b'{"ok":true,"channel":"C0SOCIAL01","ts":1}', accept=True),
    "ts with a line end": double.answered(b'{"ok":true,"channel":"C0SOCIAL01","ts":"1.1\\n"}', accept=True),
    "error is rubbish": double.answered(b'{"ok":false,"error":"<b>\\u0007"}', accept=True),
    "invalid utf-8": double.answered(b'{"ok":\xff\xfe', accept=True),
    "redirect": double.answered(b"", 302, Location="http://127.0.0.1:9/"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_ambiguous_post_is_unknown_and_not_repeated(slack: SlackServer, name: str) -> None:
    slack.fault(POST, DOUBTFUL[name])
    assert failure(slack).retryability is Retryability.UNKNOWN
    assert len(slack.calls(POST)) == 1


def test_refused_connection_is_retryable(slack: SlackServer) -> None:
    book = Book({"#ops": "C0OPS00001"})
    with SlackServer(TOKEN) as gone:
        channel = channel_to(gone, address_book=book)
    message = slack_message(blocks=(), pictures=(), files=())
    with pytest.raises(DeliveryError) as caught:
        channel.send(delivery("slack", "#ops"), message, NOW)
    assert caught.value.retryability is Retryability.RETRYABLE


def test_unknown_end_can_be_looked_up(slack: SlackServer) -> None:
    channel, pending = channel_to(slack), delivery("slack", "#social-care")
    channel.send(delivery("slack", "C0SOCIAL01"), slack_message(), NOW)
    assert channel.find(pending, NOW) is None
    slack.fault(POST, double.dropped())
    with pytest.raises(DeliveryError):
        channel.send(pending, slack_message(files=()), NOW)
    receipt = channel.find(pending, NOW)
    assert receipt is not None
    assert receipt.provider_id == f"C0SOCIAL01/{slack.messages[-1].ts}"
    assert str(slack.calls("conversations.history")[-1].arguments["include_all_metadata"]) == "1"


def cut_off_before_sharing(slack: SlackServer, clock: TurnedClock) -> SlackChannel:
    """Return a channel whose message is in Slack, while its files are uploaded and not shown."""
    channel = channel_to(slack, clock=clock)
    slack.fault(POST, double.dropped())
    with pytest.raises(DeliveryError):
        channel.send(delivery("slack", "#social-care"), slack_message(), NOW)
    assert slack.files_in_thread(slack.messages[0].ts) == []
    return channel


def test_posted_message_gets_missing_files_once(slack: SlackServer) -> None:
    clock = TurnedClock()
    channel, pending = cut_off_before_sharing(slack, clock), delivery("slack", "#social-care")
    clock.sleep(20)
    receipt = channel.find(pending, NOW)
    assert receipt is not None
    assert receipt.detail == "found in the channel's history; its files were shared afterwards"
    [message] = slack.messages
    files = slack.files_in_thread(message.ts)
    assert [file.title for file in files] == [PDF.name, CSV.name]
    again, shared = channel.find(pending, NOW), len(slack.calls("files.completeUploadExternal"))
    assert again is not None
    assert again.detail == "found in the channel's history"
    assert len(slack.calls("files.completeUploadExternal")) == shared


def test_pending_files_are_waited_for(slack: SlackServer) -> None:
    channel = cut_off_before_sharing(slack, TurnedClock())
    with pytest.raises(DeliveryError, match="its files do not show yet") as caught:
        channel.find(delivery("slack", "#social-care"), NOW)
    assert caught.value.retryability is Retryability.UNKNOWN


def test_expired_uploads_leave_message_unknown_without_repost(
    slack: SlackServer,
) -> None:
    clock = TurnedClock()
    channel = cut_off_before_sharing(slack, clock)
    clock.sleep(20)
    slack.fault("files.completeUploadExternal", double.refused("file_not_found"))
    with pytest.raises(DeliveryError, match="but its files are missing: ") as caught:
        channel.find(delivery("slack", "#social-care"), NOW)
    assert caught.value.retryability is Retryability.UNKNOWN
    assert len(slack.messages) == 1


def test_direct_message_can_be_looked_up(slack: SlackServer) -> None:
    pending = delivery("slack", "U0DANA0001")
    sent = channel_to(slack).send(pending, slack_message(), NOW)
    receipt = channel_to(slack).find(pending, NOW)
    assert receipt is not None
    assert receipt.provider_id == sent.provider_id


@pytest.mark.parametrize(
    ("fault", "needs_help"),
    [
        (double.refused("missing_scope", needed="channels:history"), True),
        (double.refused("channel_not_found"), True),
        (double.refused("token_revoked"), False),
        (double.refused("internal_error"), False),
        (double.server_error(503), False),
    ],
)
def test_history_is_read_again_unless_a_person_has_to_help(
    slack: SlackServer, fault: double.Fault, needs_help: bool
) -> None:
    """PERMANENT would leave it to the person who asks for `resend`: it would be sent a second time."""
    slack.fault("conversations.history", fault)
    with pytest.raises(DeliveryError, match="history could not be read") as caught:
        channel_to(slack).find(delivery("slack", "#social-care"), NOW)
    assert isinstance(caught.value, CannotLookUp) is needs_help
    assert caught.value.retryability is not Retryability.PERMANENT


# --- what Slack refuses of a message is taken away, a step at a time ------------------------------


def test_refused_picture_goes_into_the_thread(slack: SlackServer) -> None:
    slack.fault(POST, double.invalid_blocks("/blocks/2/slack_file"))
    send(slack)
    assert block_types(slack) == ["header", "section", "table"]
    assert "chart-summary.png" in [file.name for file in slack.files_in_thread(slack.messages[0].ts)]


def test_refused_table_becomes_list_with_literal_names(slack: SlackServer) -> None:
    slack.fault(POST, double.invalid_blocks("/blocks/3/rows"))
    send(slack)
    assert block_types(slack) == ["header", "section", "image", "rich_text"]
    listed = slack.messages[0].blocks[3]["elements"][0]["elements"]
    assert listed[1]["elements"] == [{"type": "text", "text": "<!channel> *Dana* · 12"}]
    assert pings(slack.messages[0].arguments) == []


def test_ragged_table_is_refused_then_listed(slack: SlackServer) -> None:
    send(slack, blocks=(table(("A", "B"), ("only one",)),), pictures=())
    assert block_types(slack) == ["rich_text"]


def test_each_fallback_step_runs_once(slack: SlackServer) -> None:
    slack.fault(POST, *[double.refused("msg_blocks_too_long")] * 3)
    send(slack)
    assert slack.messages[0].blocks == []
    assert slack.messages[0].text == "Reply time rose to 2 h."
    assert len(slack.calls(POST)) == 4


def test_refused_plain_text_is_permanent(slack: SlackServer) -> None:
    slack.fault(POST, *[double.refused("invalid_arguments")] * 9)
    assert failure(slack).retryability is Retryability.PERMANENT
    assert len(slack.calls(POST)) == 4


def test_refused_metadata_costs_only_the_key(slack: SlackServer) -> None:
    slack.fault(POST, double.refused("invalid_metadata_schema"))
    send(slack)
    assert slack.messages[0].metadata is None
    assert block_types(slack) == ["header", "section", "image", "table"]


# --- settings, secrets, network -------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://slack.example.com/api/",
        "ftp://127.0.0.1/",
        "https://user:pw@slack.com/api/",
        "",
        "http://127.0.0.1.example.com/",
    ],
)
def test_unencrypted_api_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        SlackChannel(token=TOKEN, api_url=url, address_book=Book(), clock=TurnedClock())


def test_named_host_may_be_unencrypted() -> None:
    url, named = "http://slack-double:8090/api/", ("slack-double:8090",)
    SlackChannel(token=TOKEN, api_url=url, address_book=Book(), clock=TurnedClock(), plaintext=named)


@pytest.mark.parametrize("token", ["", "xoxb-1\n", "xoxb 1", "xoxb-é"])
def test_malformed_token_is_refused_unshown(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        SlackChannel(token=token, api_url="https://slack.com/api/", address_book=Book(), clock=TurnedClock())
    assert not token.strip() or token.strip() not in str(caught.value)


def test_redirect_is_not_followed_with_token(slack: SlackServer) -> None:
    with SlackServer(TOKEN) as elsewhere:
        slack.fault(POST, double.answered(b"", 307, Location=f"{elsewhere.url}{POST}"))
        assert failure(slack).retryability is Retryability.UNKNOWN
        assert elsewhere.requests == []


def test_client_library_follows_redirect_with_token(slack: SlackServer) -> None:
    from slack_sdk import WebClient

    with SlackServer(TOKEN) as elsewhere:
        slack.fault("auth.test", double.answered(b"", 302, Location=f"{elsewhere.url}auth.test"))
        post: Any = elsewhere._http.RequestHandlerClass
        handler = type("GetToo", (post,), {"do_GET": post.do_POST})
        elsewhere._http.RequestHandlerClass = handler
        WebClient(TOKEN, base_url=slack.url).auth_test()
        assert elsewhere.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_environment_proxy_is_ignored(slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    send(slack)
    assert len(slack.messages) == 1


def test_nothing_is_logged(slack: SlackServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    slack.fault(POST, double.dropped())
    failure(slack)
    send(slack)
    assert caplog.text == ""


def test_progress_is_reported(slack: SlackServer) -> None:
    lines: list[str] = []
    channel_to(slack, progress=lines.append).send(delivery("slack", "#ops"), slack_message(), NOW)
    assert "posting to Slack" in lines


def test_two_messages_in_one_channel_are_a_second_apart(slack: SlackServer) -> None:
    """Also from two processes, which share the ledger; another channel waits for nobody."""
    clock, here = TurnedClock(), new_ledger()
    began = clock.monotonic()

    def spent(address: str, owner: Ledger) -> float:
        pace = RateLimiter(owner, requests=1, seconds=1.1, usable=1, flight=0.0, clock=clock)
        channel_to(slack, clock=clock, pace=pace).send(
            delivery("slack", address), slack_message(pictures=()), NOW
        )
        return round(clock.monotonic() - began, 3)

    assert spent("#social-care", here) == 0
    assert spent("#ops", here) == 0
    assert spent("#social-care", beside(here, "there:2:b")) == 1.1
    assert spent("#social-care", here) == 2.2


class LimiterAway:
    """A limiter whose database is away."""

    def acquire(self, key: str, *, urgent: bool = False) -> Permit:
        raise LedgerError("The database server cannot be reached.")

    def release(self, key: str, stamp: int) -> None: ...

    def block(self, key: str, seconds: float) -> None: ...


def test_message_waits_for_no_turn_while_ledger_is_away(slack: SlackServer) -> None:
    """Its claim is taken: an error would leave it in doubt although nothing was sent."""
    channel_to(slack, pace=LimiterAway()).send(delivery("slack", "#ops"), slack_message(pictures=()), NOW)
    assert len(slack.messages) == 1


def test_without_pace_they_follow_at_once(slack: SlackServer) -> None:
    clock = TurnedClock()
    began = clock.monotonic()
    for _ in range(3):
        channel_to(slack, clock=clock).send(delivery("slack", "#ops"), slack_message(pictures=()), NOW)
    assert clock.monotonic() == began
