"""The smtp wire against a mail server that others wrote, and that fails when asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import ValidationError

from tests.servers import mail
from tests.servers.certificates import Certificates
from tests.servers.mail import PASSWORD, USER, MailServer
from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.errors import ConfigError, OutcomeUnknown, Rejected, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.smtp import Smtp, SmtpSettings, message_id


@pytest.fixture(autouse=True)
def _there(monkeypatch) -> None:
    if reason := mail.unavailable():
        pytest.skip(reason)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)


@pytest.fixture
def server(certificates: Certificates) -> Iterator[MailServer]:
    made = MailServer(certificates)
    yield made
    made.stop()


def opened(server: MailServer, certificates: Certificates, **others: Any) -> Smtp:
    table = {"host": "127.0.0.1", "port": server.port, "sender": "workplace@example.org", "ca_file": certificates.ca}
    login = {"user": USER, "password": {"env": "MAIL_PASSWORD"}}
    return Smtp(SmtpSettings.model_validate(table | login | others))


def letter(subject: str = "Lunch für 8", key: str = "wp1") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "workplace@example.org", "cater@example.org", subject
    message["Message-ID"] = message_id(key, "workplace@example.org")
    message.set_content("Acht lunches, waarvan twee vegetarisch.\n.\nZoë\n")
    return message


@pytest.fixture(params=["sync", "async"])
def do(request):
    def perform(effect: Any, seconds: float = 10, safety: Safety = Safety.ONCE) -> Any:
        session = Session(time_limit=seconds, retrying=Retrying(attempts=3, base=0.01))
        call = Call(session=session, name="t", safety=safety)
        return run(iter(effect), call) if request.param == "sync" else asyncio.run(arun(iter(effect), call))

    return perform


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_message_arrives_as_it_was(certificates: Certificates, do, security: str) -> None:
    server = MailServer(certificates, security=security)
    login = {"user": None, "password": None} if security == "none" else {}
    sent = do(opened(server, certificates, security=security, **login).send(letter(), ("cater@example.org",)))
    server.stop()
    assert sent.accepted == ("cater@example.org",)
    assert sent.message_id == "<wp1.1@example.org>"
    ((sender, recipients, message),) = server.taken
    assert (sender, recipients) == ("workplace@example.org", ["cater@example.org"])
    assert message["Subject"] == "Lunch für 8"
    assert message["Message-ID"] == "<wp1.1@example.org>"
    assert message.get_content().splitlines() == ["Acht lunches, waarvan twee vegetarisch.", ".", "Zoë"]


def test_some_get_it_and_some_do_not(server: MailServer, certificates: Certificates, do) -> None:
    smtp = opened(server, certificates)
    sent = do(smtp.send(letter(), ("cater@example.org", "gone@example.org")))
    assert sent.accepted == ("cater@example.org",)
    assert sent.refused == {"gone@example.org": "550 5.1.1 no such mailbox"}
    with pytest.raises(Rejected, match="nobody is taken"):
        do(smtp.send(letter(), ("gone@example.org",)))
    with pytest.raises(Rejected, match="no mail"):
        do(smtp.send(letter(), ("no-data@example.org",)))
    with pytest.raises(Unavailable, match="try again later"):
        do(smtp.send(letter(), ("later@example.org", "gone@example.org")))
    assert len(server.taken) == 1


def test_what_may_have_been_taken_is_not_sent_again(server: MailServer, certificates: Certificates, do) -> None:
    smtp = opened(server, certificates)
    with pytest.raises(OutcomeUnknown):
        do(smtp.send(letter(), ("lost@example.org",)))
    assert len(server.taken) == 1
    server.slow = 3
    start = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        do(smtp.send(letter(), ("slow@example.org",)), seconds=1)
    assert time.monotonic() - start < 2.9
    assert len(server.taken) == 2


def test_logins_and_certificates(server: MailServer, certificates: Certificates, do, monkeypatch) -> None:
    assert do(opened(server, certificates).hello()).accepted == ()
    with pytest.raises(ConfigError) as refused:
        do(opened(server, certificates, ca_file=certificates.folder / "stranger.pem").hello())
    assert refused.value.key == "ca_file"
    monkeypatch.setenv("MAIL_PASSWORD", "wr0ng-one")
    with pytest.raises(Unauthorized) as error:
        do(opened(server, certificates).send(letter(), ("cater@example.org",)))
    assert "wr0ng-one" not in f"{error.value!r}{vars(error.value)!r}{opened(server, certificates).settings!r}"
    assert error.value.identity == USER
    plain = MailServer(certificates, security="none")
    with pytest.raises(ConfigError) as refused:
        do(opened(plain, certificates).hello())
    assert refused.value.key == "security"
    wrong = MailServer(certificates, certificate="wrong")
    with pytest.raises(ConfigError, match="certificate"):
        do(opened(wrong, certificates).hello())
    for one in (plain, wrong):
        one.stop()
    assert server.taken == []


def test_nobody_there(server: MailServer, certificates: Certificates, do) -> None:
    smtp = opened(server, certificates)
    server.stop()
    with pytest.raises(Unavailable):
        do(smtp.send(letter(), ("cater@example.org",)))
    server.stop = lambda: None  # type: ignore[method-assign]


def test_settings_that_cannot_be() -> None:
    table = {"host": "mail.example.org", "sender": "w@example.org"}
    for others, text in (
        ({"user": "w"}, "go together"),
        ({"user": "w", "password": {"env": "X"}, "security": "none"}, "without TLS"),
        ({"sender": "w@example.org\nBcc: x@y.example"}, "pattern"),
    ):
        with pytest.raises(ValidationError, match=text):
            SmtpSettings.model_validate(table | others)
