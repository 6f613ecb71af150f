"""What the other side answered, and how it is read."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import field, frozen

from workplace_sdk.kernel.errors import ProtocolError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


@frozen
class Reply:
    """What the other side answered.

    Attributes:
        status: HTTP status code.
        headers: By lower-case name; of a name that came twice, both values with a comma between.
        body: Decoded from gzip and the like.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False, eq=False)
    """Secrets that went out with the request: an excerpt never shows them."""

    @property
    def text(self) -> str:
        """The body as text, by its charset, else UTF-8; what does not fit is shown with replacement characters."""
        charset = "utf-8"
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.strip().partition("=")
            charset = value.strip('"') if name.lower() == "charset" and value else charset
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    @property
    def media_type(self) -> str:
        """``application/json`` and the like, in lower case; empty when none is named."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def etag(self) -> str | None:
        """The version of what was read, for ``if_match`` and ``if_none_match``. Source: RFC 9110 8.8.3."""
        return self.headers.get("etag")

    @property
    def not_modified(self) -> bool:
        """What was asked for with ``if_none_match`` is still as it was; there is no body."""
        return self.status == 304

    @property
    def links(self) -> Mapping[str, str]:
        """Addresses by relation from the ``Link`` header, as they were written. Source: RFC 8288."""
        return dict(_links(self.headers.get("link", "")))

    @property
    def excerpt(self) -> str:
        """The beginning of the body for an error, without what must not be shown."""
        return excerpt(self.text, self.hidden)

    def json(self) -> Any:
        """The body as JSON, numbers with a fraction as decimals; ``ProtocolError`` when it is none."""
        from decimal import Decimal

        try:
            return jsonlib.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise ProtocolError("the reply is no JSON", excerpt=self.excerpt) from None

    def model(self, kind: type[T]) -> T:
        """The body as a model, a ``TypedDict`` (half the cost where there are many), or a list of them.

        Raises:
            ProtocolError: It does not fit.
        """
        from pydantic import ValidationError

        try:
            return _adapter(kind).validate_json(self.body)
        except ValidationError as error:
            places = ", ".join(
                ".".join(map(str, one["loc"])) for one in error.errors(include_input=False, include_url=False)[:5]
            )
            name = getattr(kind, "__name__", str(kind))
            raise ProtocolError(f"the reply does not fit {name}: {places}", excerpt=self.excerpt) from None


_adapters: dict[Any, Any] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    """What reads *kind*, made once: there are as many as there are shapes in the code."""
    if kind not in _adapters:
        from pydantic import TypeAdapter

        _adapters[kind] = TypeAdapter(kind)
    return cast("TypeAdapter[T]", _adapters[kind])


def excerpt(text: str, hidden: tuple[str, ...] = ()) -> str:
    """The beginning of *text* on one line; *hidden* and long words (tokens, encoded files) are cut out."""
    start = text[:4000]
    for secret in hidden:
        if secret:
            start = start.replace(secret, "...")
    return " ".join(word if len(word) <= 60 else "..." for word in start.split())[:300]


def _links(header: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in header.split("<")[1:]:
        address, _, parameters = part.partition(">")
        for parameter in parameters.strip(" ,").split(";"):
            name, _, value = parameter.strip().partition("=")
            if name.lower() == "rel":
                found += [(relation, address.strip()) for relation in value.strip('" ').lower().split()]
    return found
