"""Forms with files, as bytes that are the same each time, so that recordings of them can be found again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from attrs import field, frozen


@frozen
class FilePart:
    """A file in a form, where it is called *part*."""

    part: str
    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


def multipart(fields: Mapping[str, str], files: Sequence[FilePart]) -> tuple[bytes, str]:
    """The body and its content type. The boundary is made of the content. Source: RFC 7578."""
    from workplace_sdk.wires.http.clients import form

    seen = hashlib.sha256(repr(sorted(fields.items())).encode())
    for one in files:
        seen.update(repr((one.part, one.name, one.media_type)).encode() + one.content)
    return form(fields, files, boundary=seen.hexdigest()[:32])
