"""A real mail server (aiosmtpd) on loopback that keeps what it gets, with faults on request.

    with SmtpServer() as mail:
        …  # smtp_url=mail.url()
        assert mail.messages[0].recipients == ["dana@example.com"]

`certificate_for` makes an authority and a certificate for the TLS kinds.
"""

import asyncio
import base64
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

DropAt = Literal["", "greeting", "mail", "data", "dot", "accepted"]


@dataclass(frozen=True)
class Certificate:
    """A server's TLS context and the file of the authority that signed it."""

    context: ssl.SSLContext
    ca_file: Path


def certificate_for(folder: Path, *names: str) -> Certificate:
    """Make an authority in `folder`, and a certificate for `names` (host names or addresses)."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    ca_file = folder / "authority.pem"
    authority.cert_pem.write_to_path(ca_file)
    return Certificate(context, ca_file)


@dataclass(frozen=True)
class ReceivedMail:
    """One message: the envelope, the bytes between DATA and the dot, and who logged in over what."""

    sender: str
    recipients: list[str]
    content: bytes
    login: str
    encrypted: bool

    @property
    def parsed(self) -> EmailMessage:
        """The message as the standard library reads it."""
        message = message_from_bytes(self.content, policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise TypeError("not a message")
        return message


@dataclass
class SmtpServer:
    """The server as a context manager.

    kind 'plain', 'starttls' (refuses mail before it) or 'tls' (from the first byte).
    `users` log in with passwords, `bearers` with access tokens (XOAUTH2). `replies` maps a recipient to the words of a refusal ('550 5.1.1 no such user'); `data_replies`
    are words for the next messages instead of '250'; `drop_at` closes the connection at that step.
    `reply_seconds`: how long the server thinks about a message; `got_content` is set when it begins to.
    While `holding` is true it answers none.
    """

    kind: Literal["plain", "starttls", "tls"] = "plain"
    certificate: Certificate | None = None
    users: dict[str, str] = field(default_factory=dict)
    bearers: dict[str, str] = field(default_factory=dict)
    size_limit: int = 33_554_432
    replies: dict[str, str] = field(default_factory=dict)
    data_replies: list[str] = field(default_factory=list)
    drop_at: DropAt = ""
    mute_after_dot: bool = False
    reply_seconds: float = 0.0
    holding: bool = False
    host: str = "127.0.0.1"
    messages: list[ReceivedMail] = field(default_factory=list)
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    got_content: threading.Event = field(default_factory=threading.Event)
    _sessions: list[SMTP] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self._server = listening.result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *ignored: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def url(self, user: str = "", password: str = "", host: str = "") -> str:
        """Return the SMTP_URL of this server."""
        scheme = {"plain": "smtp", "starttls": "smtp+starttls", "tls": "smtps"}[self.kind]
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"{scheme}://{login}{host or self.host}:{self.port}"

    def hang_up(self) -> None:
        """Close every open connection, as servers do with idle ones."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(10)

    async def _hang_up(self) -> None:
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()

    async def _listen(self) -> asyncio.Server:
        encrypted = self.certificate.context if self.kind == "tls" and self.certificate else None
        return await self._loop.create_server(self._protocol, self.host, 0, ssl=encrypted)

    async def _stop(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> SMTP:
        self.connections += 1
        options: dict[str, Any] = {"data_size_limit": self.size_limit, "hostname": "mail.example.com"}
        if self.kind == "starttls" and self.certificate:
            options |= {"tls_context": self.certificate.context, "require_starttls": True}
        if self.bearers:
            options |= {"auth_required": True, "auth_exclude_mechanism": ("LOGIN", "PLAIN")}
            options |= {"auth_require_tls": self.kind == "starttls"}
        else:
            options |= {"auth_exclude_mechanism": ("XOAUTH2",)}
        if self.users:
            options |= {"authenticator": self._authenticate, "auth_required": True}
            options |= {"auth_require_tls": self.kind == "starttls"}
        self._sessions.append(_Session(self, _Handler(self), loop=self._loop, **options))
        return self._sessions[-1]

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        if isinstance(data, LoginPassword):
            self.logins.append(data.login.decode())
        known = isinstance(data, LoginPassword) and (
            self.users.get(data.login.decode()) == data.password.decode()
        )
        if known:
            session.digest_login = data.login.decode()
        return AuthResult(success=known, handled=False)


class _Session(SMTP):
    """aiosmtpd's protocol; it can close the line at the greeting."""

    def __init__(self, double: SmtpServer, handler: "_Handler", **options: Any) -> None:
        super().__init__(handler, **options)
        self.double = double

    async def smtp_DATA(self, arg: str) -> None:
        if self.double.drop_at == "data" and isinstance(self.transport, asyncio.WriteTransport):
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.double.drop_at == "greeting" and isinstance(transport, asyncio.Transport):
            transport.abort()
        super().connection_made(transport)


@dataclass
class _Handler:
    double: SmtpServer

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.double.drop_at == "mail":
            server.transport.abort()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.double.replies:
            return self.double.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        """Check a token as Google does: a refusal is a challenge, to be answered with an empty line."""
        user, _, bearer = base64.b64decode(args[1]).decode().removesuffix("\1\1").partition("\1")
        name = user.removeprefix("user=")
        self.double.logins.append(name)
        if bearer == f"auth=Bearer {self.double.bearers.get(name)}":
            server.session.digest_login = name
            return AuthResult(success=True)
        answer = await server.challenge_auth('{"status":"400","schemes":"Bearer"}')
        self.double.answers.append(answer)
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.double.drop_at == "dot":
            server.transport.abort()
            return "451 gone"
        self.double.got_content.set()
        await asyncio.sleep(3_600 if self.double.mute_after_dot else self.double.reply_seconds)
        while self.double.holding:
            await asyncio.sleep(0.02)
        reply = self.double.data_replies.pop(0) if self.double.data_replies else "250 2.0.0 queued as 7F00"
        if reply.startswith("2"):
            self._keep(session, envelope)
        if self.double.drop_at == "accepted":
            server.transport.abort()
        return reply

    def _keep(self, session: Any, envelope: Any) -> None:
        mail = ReceivedMail(
            sender=envelope.mail_from,
            recipients=list(envelope.rcpt_tos),
            content=envelope.original_content,
            login=getattr(session, "digest_login", ""),
            encrypted=session.ssl is not None or self.double.kind == "tls",
        )
        self.double.messages.append(mail)
