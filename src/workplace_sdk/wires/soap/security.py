"""WS-Security: who we are, in the header of an envelope, put there once per attempt.

Source: WS-Security 1.0 (OASIS 2004), UsernameToken Profile 1.0, X.509 Certificate Token Profile 1.0.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from attrs import field, frozen
from lxml import etree

from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.wires.soap.names import SOAP12

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_BASE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE: Final = f"{_BASE}wssecurity-secext-1.0.xsd"
WSU: Final = f"{_BASE}wssecurity-utility-1.0.xsd"
_TEXT: Final = f"{_BASE}username-token-profile-1.0#PasswordText"
_DIGEST: Final = f"{_BASE}username-token-profile-1.0#PasswordDigest"
_BASE64: Final = f"{_BASE}soap-message-security-1.0#Base64Binary"
_X509: Final = f"{_BASE}x509-token-profile-1.0#X509v3"
_DS: Final = "http://www.w3.org/2000/09/xmldsig#"


@frozen
class Envelope:
    """An envelope about to leave."""

    root: Any
    security: Any
    now: datetime

    def add(self, name: str, parent: Any = None, **attributes: str) -> Any:
        """A new element of WS-Security (or ``wsu:name``) in *parent*, or in the header."""
        prefix, _, rest = name.rpartition(":")
        where = self.security if parent is None else parent
        return etree.SubElement(where, f"{{{WSU if prefix == 'wsu' else WSSE}}}{rest}", attributes)

    @property
    def body(self) -> Any:
        return next(child for child in self.root if child.tag.endswith("}Body"))


class Token(Protocol):
    """A part of the security header."""

    def put(self, envelope: Envelope) -> tuple[str, ...]:
        """Add it; the secrets that are now in the envelope."""
        ...


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@frozen
class UsernameToken:
    """User name and password: as they are, or with *digest* so that the password itself does not travel."""

    user: str
    password: Callable[[], str] = field(repr=False)
    digest: bool = False

    def put(self, envelope: Envelope) -> tuple[str, ...]:
        password = self.password()
        token = envelope.add("UsernameToken")
        token.set(f"{{{WSU}}}Id", "user")
        envelope.add("Username", token).text = self.user
        nonce, created = secrets.token_bytes(16), _instant(envelope.now)
        proof = envelope.add("Password", token, Type=_DIGEST if self.digest else _TEXT)
        if self.digest:
            digest = sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)  # the profile knows no other
            proof.text = b64encode(digest.digest()).decode()
        else:
            proof.text = password
        envelope.add("Nonce", token, EncodingType=_BASE64).text = b64encode(nonce).decode()
        envelope.add("wsu:Created", token).text = created
        return (password,)


@frozen
class Timestamp:
    """From when until when the message is good: *seconds* from now."""

    seconds: int = 300

    def put(self, envelope: Envelope) -> tuple[str, ...]:
        stamp = envelope.add("wsu:Timestamp")
        stamp.set(f"{{{WSU}}}Id", "timestamp")
        envelope.add("wsu:Created", stamp).text = _instant(envelope.now)
        envelope.add("wsu:Expires", stamp).text = _instant(envelope.now + timedelta(seconds=self.seconds))
        return ()


@frozen
class Signature:
    """Signs the body and what is in the security header with a certificate of ours; needs the extra ``soap-signature``.

    Attributes:
        key_file: Private key, PEM; RSA or elliptic curve.
        certificate_file: The certificate, PEM; the other side has to trust it.
        password: Of the key, when it is encrypted.
    """

    key_file: Path | str
    certificate_file: Path | str
    password: Callable[[], str] | None = field(default=None, repr=False)

    signs: ClassVar[bool] = True

    def put(self, envelope: Envelope) -> tuple[str, ...]:
        try:
            from signxml.algorithms import SignatureConstructionMethod, SignatureMethod
            from signxml.signer import XMLSigner
        except ImportError:
            raise ConfigError("signing needs: pip install 'workplace-sdk[soap-signature]'", key="auth") from None
        key, certificate = self._key(), self._certificate()
        body = envelope.body
        body.set(f"{{{WSU}}}Id", "body")
        signed = ["#body", *(f"#{one.get(f'{{{WSU}}}Id')}" for one in envelope.security if one.get(f"{{{WSU}}}Id"))]
        token = envelope.add("BinarySecurityToken", EncodingType=_BASE64, ValueType=_X509)
        token.set(f"{{{WSU}}}Id", "certificate")
        token.text = b64encode(certificate).decode()
        info = etree.Element(f"{{{_DS}}}KeyInfo", nsmap={"ds": _DS})
        reference = envelope.add("SecurityTokenReference", info)
        envelope.add("Reference", reference, URI="#certificate", ValueType=_X509)
        elliptic = type(key).__name__.startswith(("EllipticCurve", "EC", "_EllipticCurve"))
        signer = XMLSigner(
            method=SignatureConstructionMethod.detached,
            signature_algorithm=SignatureMethod.ECDSA_SHA256 if elliptic else SignatureMethod.RSA_SHA256,
            digest_algorithm="sha256",
            c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
        )
        made = signer.sign(envelope.root, key=key, reference_uri=signed, key_info=info)  # type: ignore[arg-type]  # its types leave out what it takes
        envelope.security.append(made)
        return ()

    def _key(self) -> PrivateKeyTypes:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        password = self.password().encode() if self.password else None
        try:
            return load_pem_private_key(Path(self.key_file).read_bytes(), password)
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"the private key cannot be read: {error}", key="key_file") from None

    def _certificate(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import load_pem_x509_certificate

        try:
            return load_pem_x509_certificate(Path(self.certificate_file).read_bytes()).public_bytes(Encoding.DER)
        except (OSError, ValueError) as error:
            raise ConfigError(f"the certificate cannot be read: {error}", key="certificate_file") from None


@frozen
class Security:
    """The security header, made of its tokens in their order: a signature comes last, for it signs what stands before it."""

    tokens: tuple[Token, ...]
    must_understand: bool = True
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    @property
    def signs(self) -> bool:
        """Whether the body is signed, which has to stay as it is then."""
        return any(getattr(token, "signs", False) for token in self.tokens)

    def secured(self, content: bytes) -> tuple[bytes, tuple[str, ...]]:
        """*content*, an envelope, with the header in it; and the secrets in that."""
        root = etree.fromstring(content)  # our own
        namespace = etree.QName(root).namespace
        header = root[0]
        if not header.tag.endswith("}Header"):
            header = root.makeelement(f"{{{namespace}}}Header")
            root.insert(0, header)
        security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE, "wsu": WSU})
        if self.must_understand:
            security.set(f"{{{namespace}}}mustUnderstand", "true" if namespace == SOAP12 else "1")
        envelope = Envelope(root, security, self.clock())
        hidden: tuple[str, ...] = ()
        for token in self.tokens:
            hidden += token.put(envelope)
        return etree.tostring(root), hidden
