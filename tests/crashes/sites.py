"""Every place in our code that commits, talks to the network or renames files, read from the source.

`unreached` holds them against the points that runs have passed: what no run passes must be named in
`ELSEWHERE`, with the reason.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.crashes.matrix import Point

BOT = Path(__file__).parents[2] / "bot"
NETWORK = (
    "http",
    "requests",
    "slack_sdk",
    "smtplib",
    "socket",
    "ssl",
    "urllib.request",
    "urllib3",
    "socketserver",
    "asyncio",
)
"""Libraries that can talk to other machines. A module that imports one is looked through."""

COMMITTING = frozenset({"transact", "transaction", "begin", "commit", "connect"})
RENAMING = frozenset({"os.replace", "os.rename", "os.renames", "os.link", "shutil.move"})
TALKING = frozenset(
    [
        "create_connection",
        "getaddrinfo",
        "urlopen",
        "request",
        "getresponse",
        "connect",
        "send",
        "sendall",
        "login",
        "auth",
        "starttls",
        "ehlo_or_helo_if_needed",
        "mail",
        "rcpt",
        "docmd",
        "rset",
        "noop",
        "quit",
        "getreply",
    ]
)
"""Methods of those libraries after whose call another machine may have done something."""

VERBS = frozenset({"get", "post", "put", "head", "delete", "options", "patch"})
SLACK = "_api"
"""Whatever is called of slack-sdk's client is a request."""


@dataclass(frozen=True, slots=True)
class Site:
    """One call: the file below `bot/`, its first and last line, the function it stands in, and what is called."""

    file: str
    first: int
    last: int
    function: str
    call: str

    @property
    def place(self) -> str:
        return f"{self.file} {self.function}"


def sites(root: Path = BOT) -> tuple[Site, ...]:
    """All of them, in order of files and lines."""
    found: list[Site] = []
    for path in sorted(root.rglob("*.py")):
        file = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [site for site in _calls(file, tree) if is_site(site, imports_network(tree))]
    return tuple(found)


def is_site(site: Site, talks: bool) -> bool:
    """Whether this call may commit, talk or rename."""
    name = site.call.rpartition(".")[2]
    if site.file.startswith("ledger/") and name in COMMITTING:
        return name != "begin" or site.file == "ledger/database.py" or "engine" in site.call
    if site.call in RENAMING or (name == "rename" and "." in site.call):
        return True
    if site.file.startswith("channels/slack") and _is_of_client(site.call):
        return True
    return talks and (name in TALKING or (name in VERBS and site.call.startswith(("session.", "requests."))))


def _is_of_client(call: str) -> bool:
    owner, _, name = call.rpartition(".")
    return owner in ("api", f"self.{SLACK}") and name != "base_url"


def imports_network(tree: ast.AST) -> bool:
    """Whether a module uses one of the libraries that can talk to other machines."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return any(name == library or name.startswith(f"{library}.") for name in names for library in NETWORK)


def _calls(file: str, node: ast.AST, function: str = "") -> Iterator[Site]:
    for child in ast.iter_child_nodes(node):
        inner = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{function}.{child.name}" if function else child.name
            for decorator in child.decorator_list:
                yield Site(file, decorator.lineno, child.lineno, inner, ast.unparse(decorator))
        if isinstance(child, ast.Call):
            yield Site(
                file, child.lineno, child.end_lineno or child.lineno, function, ast.unparse(child.func)
            )
        yield from _calls(file, child, inner)


def unreached(found: Iterable[Site], points: Iterable[Point]) -> tuple[Site, ...]:
    """Return the sites that no point's chain of calls leads through."""
    lines = {(file, line) for point in points for file, line, _ in point.chain}
    return tuple(
        site
        for site in found
        if not any((site.file, line) in lines for line in range(site.first, site.last + 1))
    )


BY_HAND = "only when a person asks for it by a command of its own"
REFUSED = (
    "only after a provider or the API refused or could not be reached: the state is then as before the try"
)
WITHIN = "within one exchange, whose two ends are points"
OTHERWISE = "one more request in the place of those that are points; all before the message can be repeated"
HOUSEKEEPING = "forgets what is over; nothing that is still to be sent is touched"
SHARED = "only on PostgreSQL; a test of its own kills in the middle, tests/ledger/test_export_parts.py"
MOVED = "`digestbot move`: a test of its own kills it, tests/ledger/test_move.py"
ELSEWHERE: Mapping[str, str] = {
    "channels/slack/addresses.py Addresses.room_of": f"a person's room: {OTHERWISE}",
    "channels/slack/addresses.py Addresses._id_of_person": f"a person's id: {OTHERWISE}",
    "channels/slack/probe.py probe_slack": f"`check --online`: {BY_HAND}",
    "channels/email/smtp.py Session.offer": f"`check --online`: {BY_HAND}",
    "channels/slack/post.py Attempt.join": f"after Slack refused the message: {OTHERWISE}",
    "channels/slack/files.py share_as_member": f"after Slack refused the files: {OTHERWISE}",
    "channels/slack/post.py Edit._post_once": "a correction's edit, which may be repeated; only after resend --refetch",
    "channels/email/smtp.py Session._greet": f"with encryption or a login: {OTHERWISE}",
    "channels/email/oauth.py AccessTokens._ask": f"an access token: {OTHERWISE}",
    "channels/email/smtp.py Session._show_token": f"a login: {OTHERWISE}",
    "channels/email/smtp.py Session.is_alive": "only with a second mail over the same connection, before it begins",
    "channels/email/smtp.py Session._expect": REFUSED,
    "lib/export_folder.py ExportFolder._fetch": f"another host's export: {SHARED}",
    "service/ping.py Ping._call": "HEARTBEAT_URL; has no part in any delivery",
    "ledger/answer_cache.py AnswerCache.unlock": REFUSED,
    "ledger/answer_cache.py AnswerCache.forget_job": REFUSED,
    "ledger/answer_cache.py AnswerCache.forget": HOUSEKEEPING,
    "ledger/channels.py Circuits.open_circuit": REFUSED,
    "ledger/channels.py Circuits.half_open": REFUSED,
    "ledger/database.py read": "the end of a transaction that only reads",
    "ledger/database.py vacuum": HOUSEKEEPING,
    "ledger/deliveries.py Deliveries.expire": REFUSED,
    "ledger/deliveries.py Deliveries.fail_before_sending": REFUSED,
    "ledger/crashes.py Crashes.set_aside": "only after three crashes; one transaction, before anything is sent",
    "ledger/crashes.py Crashes.end_all_work": "the orderly end of `run`; a kill before it is a kill of an idle process",
    "ledger/presence.py Presence._take_turn": "only on PostgreSQL; who has it may plan, which may be repeated",
    "workers/crew.py prepare": "the engine's tables, on PostgreSQL; nothing that matters is in them",
    "ledger/export_parts.py ExportParts.keep": f"an export for other hosts: {SHARED}",
    "ledger/export_parts.py ExportParts.forget": HOUSEKEEPING,
    "ledger/move.py move_ledger": MOVED,
    "ledger/move.py move_ledger.copy_and_rename": MOVED,
    "ledger/occurrences.py Occurrences.backfill": BY_HAND,
    "ledger/occurrences.py Occurrences.correct": BY_HAND,
    "ledger/occurrences.py Occurrences.fan_out": "for_each: a test of its own kills on both sides, tests/journeys/test_conditions_and_slices.py",
    "ledger/occurrences.py Occurrences.pause": BY_HAND,
    "ledger/occurrences.py Occurrences.resume": BY_HAND,
    "ledger/occurrences.py Occurrences.skip": "writes down that nothing is sent; after days of downtime",
    "ledger/rate_limiter.py RateLimiter.block": REFUSED,
    "ledger/recipients.py Recipients.readdress": "one transaction: the file or the roster changed; what a kill undoes the next look does again",
    "ledger/retention.py Retention._delete_occurrences": HOUSEKEEPING,
    "ledger/retention.py Retention._discard_held": HOUSEKEEPING,
    "ledger/retention.py Retention.prune": HOUSEKEEPING,
    "ledger/retention.py Retention.set_back": BY_HAND,
    "ledger/snapshots.py Snapshots.discard": BY_HAND,
    "ledger/snapshots.py Snapshots.park": "parks what killed three processes; nothing is sent there",
    "ledger/snapshots.py Snapshots.postpone": REFUSED,
    "ledger/snapshots.py Snapshots.release": BY_HAND,
    "ledger/snapshots.py Snapshots.reopen": BY_HAND,
    "ledger/snapshots.py Snapshots.suppress": "writes down that nobody gets it (send_when); before it, it is composed again",
    "source/http/sockets.py _TimedSocket.sendall": WITHIN,
    "source/http/sockets.py connect_guarded": WITHIN,
    "source/http/sockets.py _pools.PlainConnection.connect": WITHIN,
}
"""Functions with calls that no run of the matrix passes, and why that is no gap in it."""
