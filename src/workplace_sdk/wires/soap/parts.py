"""Messages of several parts: an envelope with its attachments beside it. Source: MTOM (W3C 2005), XOP 1.0, RFC 2387."""

from __future__ import annotations

import hashlib
from typing import Final

from attrs import define, field

from workplace_sdk.wires.soap.xml import BadXml

MULTIPART: Final = "multipart/related"
_ROOT: Final = "envelope@workplace-sdk"
_MOST: Final = 1000


@define
class Packing:
    """Attachments that an envelope refers to. What is sent for the same contents is always the same."""

    least: int
    """Bytes from which on something travels outside of the envelope."""
    contents: list[tuple[str, bytes]] = field(factory=list[tuple[str, bytes]])

    def attach(self, content: bytes) -> str:
        """Take an attachment; the id to refer to it by."""
        cid = f"{len(self.contents)}-{hashlib.sha256(content).hexdigest()[:16]}@workplace-sdk"
        self.contents.append((cid, content))
        return cid

    def packed(self, envelope: bytes, media_type: str, action: str) -> tuple[str, bytes]:
        """Content type and body of the whole message. *action* is said for SOAP 1.2."""
        digest = hashlib.sha256(envelope)
        for cid, _ in self.contents:
            digest.update(cid.encode())
        boundary = f"part-{digest.hexdigest()[:32]}"
        chunks = [
            f'--{boundary}\r\nContent-Type: application/xop+xml; charset=utf-8; type="{media_type}"\r\n'.encode(),
            f"Content-Transfer-Encoding: 8bit\r\nContent-ID: <{_ROOT}>\r\n\r\n".encode(),
            envelope,
        ]
        for cid, content in self.contents:
            head = f"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>\r\n\r\n"
            chunks += [f"\r\n--{boundary}\r\n{head}".encode(), content]
        chunks.append(f"\r\n--{boundary}--\r\n".encode())
        said = f'; action="{action}"' if action else ""
        kind = f'{MULTIPART}; type="application/xop+xml"; start="<{_ROOT}>"; start-info="{media_type}"; boundary="{boundary}"{said}'
        return kind, b"".join(chunks)


def unpacked(content_type: str, body: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The envelope and the attachments by content id; ``BadXml`` when it is no message of several parts."""
    from email.message import Message

    head = Message()
    head["Content-Type"] = content_type
    boundary, start = head.get_param("boundary"), str(head.get_param("start") or "").strip("<>")
    if not isinstance(boundary, str) or not boundary:
        raise BadXml("a message of several parts names no boundary")
    found = [_part(raw) for raw in _split(body, boundary.encode("latin-1", "replace"))]
    if not found:
        raise BadXml("a message of several parts has none")
    root = next((content for cid, content in found if start and cid == start), found[0][1])
    return root, {cid: content for cid, content in found if cid}


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """What is between the boundaries."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    parts: list[bytes] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return parts
        parts.append(piece)
        if len(parts) > _MOST:
            raise BadXml(f"a message has more than {_MOST} parts")
    raise BadXml("a message of several parts is cut off")


def _part(raw: bytes) -> tuple[str, bytes]:
    from email.parser import BytesHeaderParser

    head, gap, content = raw.partition(b"\r\n\r\n")
    if not gap:
        raise BadXml("a part has no headers")
    headers = BytesHeaderParser().parsebytes(head.strip())
    encoding = str(headers.get("Content-Transfer-Encoding") or "binary").strip().lower()
    if encoding == "base64":
        from binascii import Error, a2b_base64

        try:
            content = a2b_base64(content)
        except Error:
            raise BadXml("a part is no base64") from None
    elif encoding == "quoted-printable":
        from quopri import decodestring

        content = decodestring(content)
    return str(headers.get("Content-ID") or "").strip().strip("<>"), content
