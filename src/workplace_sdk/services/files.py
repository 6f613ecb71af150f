"""Which kinds of files are taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.kernel.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workplace_sdk.services.common import Upload


class AttachmentTypeRefused(InvalidInput):
    """Files of this kind are not taken; *allowed* are media types, or patterns of them such as ``image/*``."""

    code = "attachment-type-refused"
    words = Words(
        "{name} cannot be sent: only {allowed} can be.", "{name} kan niet worden meegestuurd: alleen {allowed} kan dat."
    )

    def __init__(self, message: str = "", *, name: str | None = None, allowed: tuple[str, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "attachments"), **where)
        self.name = name
        self.allowed = allowed

    def told(self, language: str) -> Mapping[str, object]:
        return {**super().told(language), "allowed": ", ".join(self.allowed)}


def refuse_types(uploads: Iterable[Upload], allowed: Sequence[str] | None) -> None:
    """Raise ``AttachmentTypeRefused`` for the first of *uploads* whose media type fits none of *allowed*; ``None`` takes all."""
    for upload in uploads if allowed is not None else ():
        kind = upload.media_type.partition(";")[0].strip().lower()
        if not any(fnmatchcase(kind, pattern.lower()) for pattern in allowed or ()):
            raise AttachmentTypeRefused(f"{upload.name} is {kind}", name=upload.name, allowed=tuple(allowed or ()))
