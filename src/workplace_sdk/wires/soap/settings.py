"""What the settings of a connection say about SOAP; those of a connector derive from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from workplace_sdk.kernel.secrets import Secret
from workplace_sdk.wires.http.settings import HttpSettings

if TYPE_CHECKING:
    from workplace_sdk.wires.soap.security import Security, Token
    from workplace_sdk.wires.soap.soap import Soap


class SecuritySettings(BaseModel):
    """``security = { user = "svc", password = { env = "..." } }``: the header of WS-Security.

    Attributes:
        digest: The password itself does not travel.
        timestamp: Seconds for which a message is good; 0 for no timestamp.
        certificate: Our certificate (PEM), to sign with; *key* when that is another file. Needs the extra ``soap-signature``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    user: str | None = None
    password: Secret | None = None
    digest: bool = False
    timestamp: int = 300
    certificate: Path | None = None
    key: Path | None = None
    key_password: Secret | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is None and self.certificate is None:
            raise ValueError("name a user and a password, or a certificate")
        if self.key is not None and self.certificate is None:
            raise ValueError("key needs certificate")
        return self

    def security(self, directory: Path | None = None) -> Security:
        """For a ``Soap``; files are seen from *directory*."""
        from workplace_sdk.wires.soap.security import Security, Signature, Timestamp, UsernameToken

        tokens: list[Token] = [Timestamp(self.timestamp)] if self.timestamp else []
        if self.user is not None and self.password is not None:
            tokens.append(UsernameToken(self.user, self.password.reveal, digest=self.digest))
        if self.certificate is not None:
            certificate, key = _placed(self.certificate, directory), _placed(self.key or self.certificate, directory)
            tokens.append(Signature(key, certificate, self.key_password.reveal if self.key_password else None))
        return Security(tuple(tokens))


class SoapSettings(HttpSettings):
    """What a connection over SOAP can be told in ``[connections.NAME]``, beside what it can be told about HTTP.

    Attributes:
        url: Address of the service itself, not of its WSDL.
        wsdl: The file; what it imports is beside it. It is never fetched.
        port: Name of the port in the WSDL, where it has several.
        version: Of SOAP; what the port says unless given.
        soap_action: For services that want another than the WSDL says; ``{operation}`` stands for the operation's name.
        security: The header of WS-Security.
        mtom: Large content travels beside the envelope.
    """

    wsdl: Path
    port: str | None = None
    version: Literal["1.1", "1.2"] | None = None
    soap_action: str | None = None
    security: SecuritySettings | None = None
    mtom: bool = False

    @field_validator("soap_action")
    @classmethod
    def _one_name(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                value.format(operation="x")
            except (LookupError, ValueError):
                raise ValueError("only {operation} may stand in it") from None
        return value

    def soap(self, directory: Path | None = None, **options: Any) -> Soap:
        """The service; *options* are those of ``Soap`` that a connector knows and settings do not say."""
        from workplace_sdk.wires.soap.soap import Soap

        parts = urlsplit(self.url)
        http = self.model_copy(update={"url": f"{parts.scheme}://{parts.netloc}"}).http(directory)
        template = self.soap_action
        if template is not None:

            def action(operation: str, _said: str) -> str:
                return template.format(operation=operation)

            options.setdefault("action", action)
        if self.security is not None:
            options.setdefault("security", self.security.security(directory))
        return Soap(
            http, _placed(self.wsdl, directory), path=parts.path, port=self.port, version=self.version, mtom=self.mtom, **options
        )  # fmt: skip


def _placed(path: Path, directory: Path | None) -> Path:
    return directory / path if directory is not None else path
