"""Why a server's certificate is not trusted: libldap refuses it and, with GnuTLS, does not say why.

Nothing is ever trusted because of what is found here: this only finds the words for a refusal.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

_START_TLS: Final = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
"""Message 1, an extended request. Source: RFC 4511 4.14.1."""


def distrust(uri: str, *, start_tls: bool, ca_file: str | None, seconds: float) -> str | None:
    """What is wrong with the certificate of the server, in words; ``None`` when nothing is, or the server is not there."""
    address = urlsplit(uri)
    host = address.hostname or ""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError:
        return "ca_file holds no certificates"
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # libldap is not that strict
    try:
        with socket.create_connection((host, address.port or (389 if start_tls else 636)), seconds) as plain:
            plain.settimeout(seconds)
            if start_tls:
                plain.sendall(_START_TLS)
                plain.recv(4096)
            with context.wrap_socket(plain, server_hostname=host):
                pass
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except (OSError, ValueError):
        return None
    if host == "localhost":
        return "for localhost libldap wants a certificate with this machine's own name: use 127.0.0.1 or that name"
    return None
