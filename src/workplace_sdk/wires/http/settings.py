"""What the settings of a connection say about HTTP; those of a connector derive from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workplace_sdk.kernel.secrets import Secret
from workplace_sdk.wires.http.clients import Reach
from workplace_sdk.wires.http.credentials import Basic, Bearer, Credentials, Header
from workplace_sdk.wires.http.system import Http, Refusal

if TYPE_CHECKING:
    from workplace_sdk.wires.http.oauth import OAuth2


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class BasicAuth(_Strict):
    """``auth = { kind = "basic", user = "svc", password = { env = "..." } }``."""

    kind: Literal["basic"]
    user: str
    password: Secret

    def credentials(self) -> Credentials:
        """For an ``Http``."""
        return Basic(self.user, self.password.reveal)


class BearerAuth(_Strict):
    """``auth = { kind = "bearer", token = { env = "..." } }``; *scheme* is the word before the token."""

    kind: Literal["bearer"]
    token: Secret
    scheme: str = "Bearer"

    def credentials(self) -> Credentials:
        """For an ``Http``."""
        return Bearer(self.token.reveal, self.scheme)


class HeaderAuth(_Strict):
    """``auth = { kind = "header", name = "X-API-Key", value = { env = "..." } }``."""

    kind: Literal["header"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
    value: Secret

    def credentials(self) -> Credentials:
        """For an ``Http``."""
        return Header(self.name, self.value.reveal)


class OAuth2Auth(_Strict):
    """``auth = { kind = "oauth2", token_url = "https://...", client_id = "...", client_secret = { env = "..." } }``.

    Attributes:
        grant: ``client_credentials``, ``refresh_token``, or ``on_behalf_of`` the caller (the grant for JWT bearers).
        refresh_token: For the grant of that name; in a file or the keyring, so that the next one can be kept there.
        client_auth: Where the client's secret goes: ``basic`` (a header) or ``body``.
    """

    kind: Literal["oauth2"]
    token_url: str
    client_id: str
    client_secret: Secret | None = None
    grant: Literal["client_credentials", "refresh_token", "on_behalf_of"] = "client_credentials"
    scope: str | None = None
    audience: str | None = None
    refresh_token: Secret | None = None
    client_auth: Literal["basic", "body"] = "basic"

    @field_validator("token_url")
    @classmethod
    def _safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("tokens are fetched over https only")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.grant == "refresh_token") != (self.refresh_token is not None):
            raise ValueError('grant = "refresh_token" and refresh_token go together')
        return self

    def credentials(self) -> OAuth2:
        """For an ``Http``."""
        from workplace_sdk.wires.http.oauth import Grant, OAuth2, TokenEndpoint

        kept = self.refresh_token
        return OAuth2(
            TokenEndpoint(
                url=self.token_url,
                client_id=self.client_id,
                client_secret=self.client_secret.reveal if self.client_secret else None,
                grant=Grant(self.grant),
                scope=self.scope,
                audience=self.audience,
                client_auth=self.client_auth,
                refresh_token=kept.reveal if kept else None,
                keep_refresh_token=kept.replace if kept and kept.env is None else None,
            )
        )


class NegotiateAuth(_Strict):
    """``auth = { kind = "negotiate", user = "svc@example.org", password = { env = "..." } }``; without both, the ticket of whoever runs this.

    Attributes:
        user: ``name@domain``, or the domain, a backslash and the name.
        scheme: What the server asks for: ``Negotiate``, or ``NTLM`` of old ones.
    """

    kind: Literal["negotiate"]
    user: str | None = None
    password: Secret | None = None
    scheme: Literal["Negotiate", "NTLM"] = "Negotiate"

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self

    def credentials(self) -> Credentials:
        """For an ``Http``."""
        from workplace_sdk.wires.http.negotiate import Negotiate

        return Negotiate(self.user, self.password.reveal if self.password else None, self.scheme)


Auth = Annotated[BasicAuth | BearerAuth | HeaderAuth | OAuth2Auth | NegotiateAuth, Field(discriminator="kind")]


class HttpSettings(_Strict):
    """What a connection over HTTP can be told in ``[connections.NAME]``.

    Attributes:
        url: Address of the system.
        auth: How we log in.
        ca_file: Certificates to trust instead of the system's.
        client_certificate: Our own certificate (PEM), its key when that is another file, and the key's password.
        proxy: ``http://host:port``; that of the environment is not taken.
        connections: Open at a time, at most.
        largest: Bytes of a reply, at most.
        library: What speaks HTTP: ``httpx``, or ``httpx2`` where that is installed.
    """

    url: str
    auth: Auth | None = None
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    client_key_password: Secret | None = None
    proxy: str | None = None
    proxy_user: str | None = None
    proxy_password: Secret | None = None
    connections: Annotated[int, Field(ge=1, le=200)] = 8
    largest: Annotated[int, Field(ge=1_000, le=2_000_000_000)] = 50_000_000
    library: Literal["httpx", "httpx2"] = "httpx"

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("give http://host:port")
            if parts.username or parts.password:
                raise ValueError("a login is not written in an address: name proxy_user and proxy_password")
        return value

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if self.client_key is not None and self.client_certificate is None:
            raise ValueError("client_key needs client_certificate")
        if (self.proxy_user is None) != (self.proxy_password is None):
            raise ValueError("proxy_user and proxy_password go together")
        return self

    def reach(self, directory: Path | None = None) -> Reach:
        """How the host is reached; files are seen from *directory*, where the settings file is."""

        def placed(path: Path | None) -> str | None:
            return None if path is None else str((directory / path) if directory else path)

        certificate = placed(self.client_certificate)
        return Reach(
            library=self.library,
            ca_file=placed(self.ca_file),
            certificate=(certificate, placed(self.client_key)) if certificate else None,
            certificate_password=self.client_key_password.reveal if self.client_key_password else None,
            proxy=self.proxy,
            proxy_user=self.proxy_user,
            proxy_password=self.proxy_password.reveal if self.proxy_password else None,
            connections=self.connections,
            largest=self.largest,
        )

    def http(
        self,
        directory: Path | None = None,
        *,
        path: str = "",
        headers: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
        refusal: Refusal | None = None,
    ) -> Http:
        """The system, below *path* of its address; *credentials* where the connector knows better than ``auth``."""
        return Http(
            f"{self.url.rstrip('/')}{path}",
            credentials=credentials or (self.auth.credentials() if self.auth else None),
            headers=headers,
            reach=self.reach(directory),
            refusal=refusal,
        )
