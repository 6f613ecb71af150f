"""A mail server of aiosmtpd's for the tests: keeps what it takes, and fails where a recipient's name says so."""

from __future__ import annotations

import email
import email.policy
import ssl
from email.message import EmailMessage
from typing import Any

from tests.servers.certificates import Certificates
from tests.servers.process import free_port

USER, PASSWORD = "workplace", "mail:s3cret"


def unavailable() -> str | None:
    """Why it cannot be started here."""
    try:
        import aiosmtpd  # noqa: F401
        import aiosmtplib  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed"
    return None


class MailServer:
    """On loopback, with STARTTLS or TLS, and a login; or with neither.

    Recipients: ``gone@`` is refused for good, ``later@`` for now, ``lost@`` has the connection cut after the message was taken,
    ``no-data@`` has the message refused, ``slow@`` has it taken after *slow* seconds.
    """

    def __init__(self, certificates: Certificates, *, security: str = "starttls", certificate: str = "good") -> None:
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

        self.certificates = certificates
        self.taken: list[tuple[str, list[str], EmailMessage]] = []
        self.slow = 0.0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.folder / f"{certificate}.pem", certificates.folder / f"{certificate}.key")

        def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
            known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
            return AuthResult(success=known, handled=known)

        options: dict[str, Any] = {"data_size_limit": 5_000_000}
        if security != "none":
            options |= {"authenticator": login}
        if security == "starttls":
            options |= {"tls_context": context, "require_starttls": True, "auth_required": True}
        if security == "tls":
            options |= {"auth_require_tls": False}  # it knows of STARTTLS only

        class Keeping(Controller):
            def factory(self) -> SMTP:
                return SMTP(self.handler, **options)

        self.port = free_port()
        self._controller = Keeping(
            _Handler(self), hostname="127.0.0.1", port=self.port, ssl_context=context if security == "tls" else None
        )
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class _Handler:
    """What the server does with a message, by the names of its recipients."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("gone@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@"):
            return "450 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        import asyncio

        names = {address.partition("@")[0] for address in envelope.rcpt_tos}
        if "no-data" in names:
            return "554 5.6.0 that is no mail"
        message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        assert isinstance(message, EmailMessage)
        self.server.taken.append((envelope.mail_from, list(envelope.rcpt_tos), message))
        if "slow" in names:
            await asyncio.sleep(self.server.slow)
        if "lost" in names:
            server.transport.abort()
        return "250 OK"
