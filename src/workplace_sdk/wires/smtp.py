"""Mail over SMTP, by ``aiosmtplib`` (extra ``[smtp]``): one message to one server, and what became of each recipient."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from attrs import field, frozen
from pydantic import BaseModel, ConfigDict, Field, model_validator

from workplace_sdk.kernel.effects import Action, Effect
from workplace_sdk.kernel.errors import ConfigError, OutcomeUnknown, Rejected, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Attempt, Failure, Kind
from workplace_sdk.kernel.secrets import Secret

if TYPE_CHECKING:
    import aiosmtplib


class SmtpSettings(BaseModel):
    """``[connections.NAME]`` with ``connector = "smtp"``.

    Attributes:
        security: ``starttls`` (the usual port is 587), ``tls`` (465), or ``none`` (25) for a relay that takes no password.
        sender: Address that mail comes from.
        ca_file: Certificates to trust instead of the system's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]
    user: str | None = None
    password: Secret | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.security == "none" and self.password is not None:
            raise ValueError('a password is not sent without TLS: security = "starttls" or "tls"')
        return self


@frozen
class Sent:
    """What the server took. *refused*: its reason by address of who will not get it."""

    message_id: str
    accepted: tuple[str, ...]
    refused: Mapping[str, str] = field(factory=dict[str, str])


class Smtp:
    """One mail server. A connection is made for each message, so there is nothing to keep or to close."""

    def __init__(self, settings: SmtpSettings, directory: Path | None = None) -> None:
        self.settings = settings
        self._ca_file = str((directory or Path()) / settings.ca_file) if settings.ca_file else None

    def send(self, message: EmailMessage, recipients: tuple[str, ...]) -> Mailing:
        """Send *message* to *recipients*, whatever its headers say.

        Raises:
            Rejected: Nobody will get it.
            OutcomeUnknown: The server had all of it and did not say what it did.
        """
        return Mailing(
            self, message.as_bytes(policy=message.policy.clone(linesep="\r\n")), str(message["Message-ID"]), recipients
        )

    def hello(self) -> Mailing:
        """Connect and log in, and send nothing."""
        return Mailing(self, b"", "", ())

    async def connected(self, seconds: float) -> aiosmtplib.SMTP:
        """A client that is connected and logged in; ``Failure`` says what went wrong."""
        lib, told = _library(), self.settings
        usual = {"starttls": 587, "tls": 465, "none": 25}[told.security]
        client: aiosmtplib.SMTP = lib.SMTP(
            hostname=told.host,
            port=told.port or usual,
            use_tls=told.security == "tls",
            start_tls=False,
            tls_context=None if told.security == "none" else self._context(),
            timeout=max(0.01, seconds),
        )
        try:
            await client.connect()
            if told.security == "starttls":
                await client.starttls()
            if told.user is not None and told.password is not None:
                await _logged_in(client, told.user, told.password.reveal())
        except (lib.SMTPException, OSError) as error:
            await _hung_up(client)
            raise self._not_connected(error) from error
        except BaseException:
            await _hung_up(client)
            raise
        return client

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"the certificates cannot be read: {error}", key="ca_file") from None

    def _not_connected(self, error: Any) -> Failure:
        lib, seen = _library(), error
        while seen is not None:
            if isinstance(seen, ssl.SSLCertVerificationError):
                return Failure(Kind.REFUSED, ConfigError(f"the server's certificate: {seen.verify_message}", key="ca_file"))
            seen = seen.__cause__ or seen.__context__
        if isinstance(error, lib.SMTPAuthenticationError):
            return Failure(
                Kind.REFUSED, Unauthorized(f"the mail server refuses the login: {error.code}", identity=self.settings.user)
            )
        if isinstance(error, lib.SMTPNotSupported) or type(error) is lib.SMTPException:
            return Failure(Kind.REFUSED, ConfigError(f"the mail server does not offer that: {error}", key="security"))
        return Failure(Kind.NOT_SENT, Unavailable(f"the mail server: {type(error).__name__}"))


@frozen
class Mailing(Action[Sent]):
    """One message on its way. Mail servers know no keys: what may have been taken is not sent again."""

    native_async = True

    smtp: Smtp = field(repr=False, eq=False)
    content: bytes = field(repr=False)
    message_id: str
    recipients: tuple[str, ...]

    def __iter__(self) -> Generator[Effect[Any], Any, Sent]:
        sent: Sent = yield self
        return sent

    @property
    def what(self) -> str:
        return f"mail to {len(self.recipients)}" if self.recipients else "mail server"

    @property
    def harmless(self) -> bool:
        return not self.recipients

    def perform(self, attempt: Attempt) -> Sent:
        import asyncio

        async def within() -> Sent:
            async with asyncio.timeout(attempt.remaining()):
                return await self.aperform(attempt)

        try:
            return asyncio.run(within())
        except TimeoutError:
            raise Failure(Kind.LOST, Unavailable("no answer within the time limit")) from None

    async def aperform(self, attempt: Attempt) -> Sent:
        client = await self.smtp.connected(attempt.remaining())
        try:
            if not self.recipients:
                return Sent("", ())
            refused = await self._addressed(client)
            accepted = tuple(one for one in self.recipients if one not in refused)
            await self._delivered(client)
            return Sent(self.message_id, accepted, refused)
        finally:
            await _hung_up(client)

    async def _addressed(self, client: aiosmtplib.SMTP) -> dict[str, str]:
        """Say from whom and to whom; why some will not get it. ``Failure`` when nobody will."""
        lib = _library()
        refused: dict[str, str] = {}
        codes: list[int] = []
        try:
            await client.mail(self.smtp.settings.sender)
            for recipient in self.recipients:
                try:
                    await client.rcpt(recipient)
                except lib.SMTPRecipientRefused as error:
                    refused[recipient] = f"{error.code} {error.message}"
                    codes.append(error.code)
        except lib.SMTPSenderRefused as error:
            text = f"the sender is refused: {error.code} {error.message}"
            raise Failure(Kind.BUSY if error.code < 500 else Kind.REFUSED, _said(error.code, text)) from error
        except (lib.SMTPException, OSError) as error:
            raise Failure(Kind.NOT_SENT, Unavailable(type(error).__name__)) from error
        if len(refused) == len(self.recipients):
            code = min(codes)
            text = f"nobody is taken: {next(iter(refused.values()))}"
            raise Failure(Kind.BUSY if code < 500 else Kind.REFUSED, _said(code, text))
        return refused

    async def _delivered(self, client: aiosmtplib.SMTP) -> None:
        lib = _library()
        try:
            await client.data(self.content)
        except lib.SMTPDataError as error:
            text = f"the message is refused: {error.code} {error.message}"
            raise Failure(Kind.BUSY if error.code < 500 else Kind.REFUSED, _said(error.code, text)) from error
        except (lib.SMTPException, OSError) as error:
            raise Failure(Kind.LOST, OutcomeUnknown(type(error).__name__)) from error


async def _hung_up(client: aiosmtplib.SMTP) -> None:
    """Close the connection, and see it closed: a message that was taken stays so without a farewell."""
    import asyncio

    transport = cast("asyncio.Transport | None", client.transport)
    client.close()
    if transport is not None:
        transport.abort()
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _logged_in(client: aiosmtplib.SMTP, user: str, password: str) -> None:
    """Log in, once: the library would go on with other mechanisms, and a wrong password would count several times."""
    await client.ehlo()
    offered = [name.lower() for name in client.supported_auth_methods]
    if "plain" in offered:
        await client.auth_plain(user, password)
    elif "login" in offered:
        await client.auth_login(user, password)
    elif "cram-md5" in offered:
        await client.auth_crammd5(user, password)
    else:
        raise _library().SMTPNotSupported(f"no login that we know: {', '.join(offered) or 'none'}")


def _said(code: int, text: str) -> Unavailable | Rejected:
    """What a reply code means. Source: RFC 5321 4.2.1."""
    return Unavailable(text) if code < 500 else Rejected(text, native_code=str(code))


def _library() -> Any:
    try:
        import aiosmtplib
    except ModuleNotFoundError:
        raise ConfigError("mail needs the extra: pip install 'workplace-sdk[smtp]'", key="connector") from None
    return aiosmtplib


def message_id(key: str, sender: str, part: str = "1") -> str:
    """The same for the same key, so that a repeat is recognisable. Source: RFC 5322 3.6.4."""
    domain = sender.rpartition("@")[2]
    return f"<{key}.{part}@{domain}>"
