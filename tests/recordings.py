"""How requests are found in recordings: by method, address, query, body and as whom they were made."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from typing import Any

MATCH_ON = ("method", "scheme", "host", "port", "path", "exact_query", "exact_body", "as_whom")


def configure(vcr: Any) -> None:
    """Give *vcr* the matchers of ``MATCH_ON`` that it does not have itself."""
    vcr.register_matcher("exact_query", same_query)
    vcr.register_matcher("exact_body", same_body)
    vcr.register_matcher("as_whom", same_identity)


def same_query(one: Any, other: Any) -> None:
    """The same names with the same values; those that are JSON are the same JSON, however they are spaced."""
    assert sorted(map(_value, one.query)) == sorted(map(_value, other.query))


def _value(pair: tuple[str, str]) -> tuple[str, str]:
    name, value = pair
    try:
        return name, json.dumps(json.loads(value), sort_keys=True) if value[:1] in "[{" else value
    except ValueError:
        return name, value


def same_body(one: Any, other: Any) -> None:
    """The same JSON, the same form, or else the same bytes."""
    assert _body(one) == _body(other)


def _body(request: Any) -> Any:
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    kind = _header(request, "content-type")
    if kind.startswith("application/json"):
        return json.loads(body)
    if kind.startswith("multipart/form-data"):
        form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=policy.HTTP)
        return [
            (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_payload(decode=True))
            for part in form.iter_parts()  # type: ignore[attr-defined]
        ]
    return body


def same_identity(one: Any, other: Any) -> None:
    """The same login, and no cookie: a recording that was made without one says nothing of who brings one."""
    assert _header(one, "authorization") == _header(other, "authorization")
    assert _header(one, "cookie") == _header(other, "cookie")


def _header(request: Any, name: str) -> str:
    value = next((value for given, value in request.headers.items() if given.lower() == name), "")
    return str(value[0] if isinstance(value, list) else value)
