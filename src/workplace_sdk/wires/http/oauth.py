"""OAuth 2: tokens fetched when they are needed, one fetch for all who wait, for the service or on someone's behalf.

What is sent to the token endpoint and how its answer is read is ``oauthlib``'s business (extra ``[oauth]``).
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field, frozen

from workplace_sdk.kernel.errors import ConfigError, ProtocolError, Unauthorized, Unavailable, WorkplaceError
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.kernel.threads import after_fork
from workplace_sdk.wires.http.credentials import Flow, Outgoing

if TYPE_CHECKING:
    from workplace_sdk.wires.http.reply import Reply

LEEWAY: Final = 30.0
"""Seconds before its end that a token is not used any more; at most a tenth of its life."""


class Grant(StrEnum):
    """What a token is asked for with."""

    CLIENT_CREDENTIALS = "client_credentials"
    """The service's own identity. Source: RFC 6749 4.4."""
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the grant's name
    """A long-lived token that someone gave once. Source: RFC 6749 section 6."""
    ON_BEHALF_OF = "on_behalf_of"
    """The token of the person who calls. Source: RFC 7523 2.1, and what Microsoft's identity platform adds to it."""


@frozen
class TokenEndpoint:
    """Where tokens come from, and as whom.

    Attributes:
        client_auth: Where the client's secret goes: ``basic`` (a header) or ``body``.
        refresh_token: For the grant of that name.
        keep_refresh_token: Called with the new one, where the server gives another each time.
        audience: The system the token is for, where the endpoint asks for it.
    """

    url: str
    client_id: str
    client_secret: Callable[[], str] | None = field(default=None, repr=False)
    grant: Grant = Grant.CLIENT_CREDENTIALS
    scope: str | None = None
    audience: str | None = None
    client_auth: str = "basic"
    refresh_token: Callable[[], str] | None = field(default=None, repr=False)
    keep_refresh_token: Callable[[str], None] | None = field(default=None, repr=False)


@define
class _Token:
    value: str = field(repr=False)
    until: float

    def good(self) -> bool:
        return time.monotonic() < self.until


class OAuth2:
    """Bearer tokens of an endpoint. A token that the system refuses is replaced once."""

    def __init__(self, endpoint: TokenEndpoint) -> None:
        self.endpoint = endpoint
        self._refresh: str | None = None
        self.forked()
        after_fork(self)

    def forked(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self._pending: dict[str, Future[None]] = {}

    def flow(self, request: Outgoing) -> Flow:
        token = yield from self._token(request.subject)
        reply = yield _with(request, token)
        if reply.status == 401:
            self._drop(request.subject, token)
            token = yield from self._token(request.subject)
            yield _with(request, token)

    def _token(self, subject: str | None) -> Generator[Outgoing | Future[Any], Any, str]:
        """A good token: the one that is there, the one that another call is fetching, or one fetched now."""
        who = hashlib.sha256(subject.encode()).hexdigest() if subject else ""
        while True:
            with self._lock:
                kept = self._tokens.get(who)
                if kept is not None and kept.good():
                    return kept.value
                pending = self._pending.get(who)
                if pending is None:
                    mine = self._pending[who] = Future()
                    break
            yield pending
        refusal: WorkplaceError | None = None
        try:
            token = yield from self._fetched(subject)
            with self._lock:
                self._tokens = {key: one for key, one in self._tokens.items() if one.good()} | {who: token}
        except Failure as failure:
            refusal = failure.error if failure.kind is Kind.REFUSED else None
            raise
        else:
            return token.value
        finally:  # who waits looks again, and may fetch it themselves; but not what was just refused
            with self._lock:
                del self._pending[who]
            if refusal is None:
                mine.set_result(None)
            else:
                mine.set_exception(Failure(Kind.REFUSED, refusal))

    def _drop(self, subject: str | None, value: str) -> None:
        who = hashlib.sha256(subject.encode()).hexdigest() if subject else ""
        with self._lock:
            if who in self._tokens and self._tokens[who].value == value:
                del self._tokens[who]

    def _fetched(self, subject: str | None) -> Generator[Outgoing | Future[Any], Any, _Token]:
        request, used = self._request(subject)
        try:
            reply: Reply = yield request
        except Failure as failure:  # whatever became of it: what it was for was not sent
            told = Unavailable(f"the token endpoint does not answer: {failure.error.message}")
            raise Failure(Kind.REFUSED if failure.kind is Kind.REFUSED else Kind.NOT_SENT, told) from failure
        token = self._read(reply)
        new: str | None = token.get("refresh_token")
        if used is not None and new and new != used:
            self._refresh = new
            if self.endpoint.keep_refresh_token is not None:
                self.endpoint.keep_refresh_token(new)
        life = float(token.get("expires_in") or 300)
        return _Token(token["access_token"], time.monotonic() + life - min(LEEWAY, life / 10))

    def _request(self, subject: str | None) -> tuple[Outgoing, str | None]:
        """The request for a token, and the refresh token in it."""
        prepared = _oauthlib().prepare_token_request
        end, used = self.endpoint, None
        asked: dict[str, Any] = {"scope": end.scope, "audience": end.audience}
        if end.grant is Grant.REFRESH_TOKEN:
            used = self._refresh or (end.refresh_token() if end.refresh_token else "")
            grant, asked = "refresh_token", {**asked, "refresh_token": used}
        elif end.grant is Grant.CLIENT_CREDENTIALS:
            grant = "client_credentials"
        else:
            if subject is None:
                raise Failure(
                    Kind.REFUSED, Unauthorized("calls are made on someone's behalf here, and nobody's token was given")
                )
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            asked |= {"assertion": subject, "requested_token_use": "on_behalf_of"}
        secret = end.client_secret() if end.client_secret else None
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if secret is not None and end.client_auth == "basic":
            from base64 import b64encode
            from urllib.parse import quote

            pair = f"{quote(end.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            asked |= {"client_id": end.client_id, "client_secret": secret}
        body: str = prepared(grant, **{name: value for name, value in asked.items() if value})
        hidden = tuple(one for one in (secret, used, subject) if one)
        return Outgoing("POST", end.url, headers=headers, body=body.encode(), hidden=hidden), used

    def _read(self, reply: Reply) -> dict[str, Any]:
        from oauthlib.oauth2 import OAuth2Error

        if reply.status >= 500 or reply.status == 429:
            raise Failure(Kind.NOT_SENT, Unavailable(f"the token endpoint answers HTTP {reply.status}"))
        try:
            token: dict[str, Any] = _oauthlib().parse_token_response(reply.text)
        except OAuth2Error as error:
            word = str(error.error or "")
            if word in ("invalid_client", "unauthorized_client", "invalid_grant", "invalid_scope", "access_denied"):
                told: WorkplaceError = Unauthorized(f"the token endpoint refuses: {word}", identity=self.endpoint.client_id)
            else:
                told = ProtocolError(f"the token endpoint answers HTTP {reply.status}: {word or 'no token'}")
            raise Failure(Kind.REFUSED, told) from None
        except (ValueError, TypeError, AttributeError):
            told = ProtocolError(f"the token endpoint answers HTTP {reply.status}, and no token", excerpt=reply.excerpt)
            raise Failure(Kind.REFUSED, told) from None
        return token


def _with(request: Outgoing, token: str) -> Outgoing:
    return request.with_headers({"Authorization": f"Bearer {token}"}, token)


def _oauthlib() -> Any:
    try:
        from oauthlib.oauth2.rfc6749 import parameters
    except ModuleNotFoundError:
        raise ConfigError("OAuth 2 needs the extra: pip install 'workplace-sdk[oauth]'", key="auth") from None
    return parameters
