"""Tokens from an OAuth 2 server that others wrote: for the service, from a refresh token, on someone's behalf."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import oauth
from tests.servers.certificates import Certificates
from tests.servers.oauth import CLIENT, FIRST_REFRESH, SECRET, OAuthServer
from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.errors import ConfigError, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import Http, HttpSettings


@pytest.fixture
def server(certificates: Certificates) -> Iterator[OAuthServer]:
    if reason := oauth.unavailable():
        pytest.skip(reason)
    made = OAuthServer(certificates)
    yield made
    made.stop()


@pytest.fixture(params=["httpx", "httpx2"])
def system(request: pytest.FixtureRequest, server: OAuthServer, monkeypatch: pytest.MonkeyPatch):
    """The system behind the tokens, with an ``auth`` table that says this."""
    monkeypatch.setenv("CLIENT_SECRET", SECRET)

    def opened(**auth: Any) -> Http:
        table = {"kind": "oauth2", "token_url": f"{server.url}/token", "client_id": CLIENT, "scope": "leave", **auth}
        table.setdefault("client_secret", {"env": "CLIENT_SECRET"})
        settings = {"url": server.url, "ca_file": server.certificates.ca, "library": request.param, "auth": table}
        return HttpSettings.model_validate(settings).http()

    return opened


def call(**others: Any) -> Call:
    return Call(session=Session(time_limit=10, retrying=Retrying(attempts=2, base=0.01)), name="t", **others)


def ask(http: Http, *, safety: Safety = Safety.READ) -> dict[str, str]:
    exchange = http.get("/whoami") if safety is Safety.READ else http.post("/whoami")
    try:
        return run(iter(exchange), call(safety=safety)).json()
    finally:
        http.close()


def test_the_service_itself(server: OAuthServer, system) -> None:
    http = system()
    assert ask(http) == {"user": "service", "scope": "leave"}
    assert ask(http) == {"user": "service", "scope": "leave"}
    assert server.asked == ["client_credentials"]


def test_the_secret_in_the_body(server: OAuthServer, system) -> None:
    server.client_auth = "client_secret_post"
    assert ask(system(client_auth="body"))["user"] == "service"
    with pytest.raises(Unauthorized, match="invalid_client"):
        ask(system())


def test_a_token_that_ends_or_is_taken_back_is_replaced(server: OAuthServer, system) -> None:
    http = system()
    ask(http)
    for token in server.tokens.values():
        token.revoked = True
    assert ask(http, safety=Safety.ONCE)["user"] == "service"
    assert len(server.asked) == 2
    server.life = 0
    short = system()
    server.tokens.clear()
    with pytest.raises(Unauthorized):  # every token is over at once
        ask(short)


def test_a_refresh_token_is_used_once_and_the_next_is_kept(server: OAuthServer, system, tmp_path: Path) -> None:
    kept = tmp_path / "refresh"
    kept.write_text(FIRST_REFRESH)
    http = system(grant="refresh_token", refresh_token={"file": kept})
    assert ask(http)["user"] == "ana"
    second = kept.read_text().strip()
    assert second != FIRST_REFRESH
    assert kept.stat().st_mode & 0o777 == 0o600
    server.tokens.clear()
    assert ask(http)["user"] == "ana"
    later = system(grant="refresh_token", refresh_token={"file": kept})
    assert ask(later)["user"] == "ana"
    kept.write_text(FIRST_REFRESH)
    with pytest.raises(Unauthorized, match="invalid_grant"):
        ask(system(grant="refresh_token", refresh_token={"file": kept}))


def test_on_behalf_of_people(server: OAuthServer, system) -> None:
    http = system(grant="on_behalf_of")
    with pytest.raises(Unauthorized, match="nobody's token"):
        ask(http)
    for person in ("ana", "bram", "ana"):
        assert ask(http.on_behalf_of(lambda person=person: server.assertion(person)))["user"] == person
    with pytest.raises(Unauthorized):
        ask(http.on_behalf_of(lambda: server.assertion("mallory")))
    with pytest.raises(Unauthorized):
        ask(http.on_behalf_of(lambda: "nonsense"))


def test_one_fetch_for_all_who_wait(server: OAuthServer, system) -> None:
    server.slow = 0.3
    http, told = system(), []
    threads = [threading.Thread(target=lambda: told.append(run(iter(http.get("/whoami")), call()).json())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 8
    assert server.asked == ["client_credentials"]
    http.close()

    async def together() -> None:
        again = system()
        replies = await asyncio.gather(*(arun(iter(again.get("/whoami")), call()) for _ in range(20)))
        assert {reply.status for reply in replies} == {200}
        await again.aclose()

    asyncio.run(together())
    assert len(server.asked) == 2


def test_who_waits_goes_on_when_the_one_that_fetches_is_cancelled(server: OAuthServer, system) -> None:
    server.slow = 0.3

    async def together() -> None:
        http = system()
        first = asyncio.create_task(arun(iter(http.get("/whoami")), call()))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(arun(iter(http.get("/whoami")), call()))
        await asyncio.sleep(0.05)
        first.cancel()
        assert (await second).status == 200
        with pytest.raises(asyncio.CancelledError):
            await first
        await http.aclose()

    asyncio.run(together())
    assert len(server.asked) == 2


def test_the_endpoint_is_down_and_nothing_was_sent(server: OAuthServer, system) -> None:
    http = system(token_url="https://127.0.0.1:1/token")
    with pytest.raises(Unavailable, match="token endpoint"):
        ask(http, safety=Safety.ONCE)
    assert server.asked == []


def test_no_secret_is_shown(server: OAuthServer, system, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="workplace_sdk")
    http = system(grant="on_behalf_of")
    subject = server.assertion("mallory")
    with pytest.raises(Unauthorized) as error:
        ask(http.on_behalf_of(lambda: subject))
    shown = f"{http!r} {vars(http)!r} {error.value!r} {vars(error.value)!r} {caplog.text}"
    assert SECRET not in shown
    assert subject not in shown


def test_tokens_are_fetched_over_tls_only() -> None:
    auth = {"kind": "oauth2", "token_url": "http://login.example.org/token", "client_id": "x"}
    with pytest.raises(ValueError, match="https only"):
        HttpSettings.model_validate({"url": "https://x.example", "auth": auth})
    with pytest.raises(ConfigError):
        Http("https://user:password@x.example")
