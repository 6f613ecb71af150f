"""How recordings are kept and found again: without secrets in requests and replies, and by method, address, query, body and as whom."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from typing import Any, Final

MATCH_ON = ("method", "scheme", "host", "port", "path", "exact_query", "exact_body", "as_whom")

SCRUBBED: Final = "scrubbed"
_SECRET: Final = "access_token|api_key|api_secret|client_secret|id_token|password|pwd|refresh_token|secret|token"
_IN_JSON: Final = re.compile(rf'("(?:{_SECRET})"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
_IN_FORM: Final = re.compile(rf"((?:^|[?&])(?:{_SECRET})=)[^&#]*", re.IGNORECASE)
_COOKIE: Final = re.compile(r"^([^=;]+)=(?!Guest\b)[^;]*")
_NOT_SCRUBBED: Final = re.compile(rf"^(\S+) (?!\w+:{SCRUBBED}$).*")


def scrubbed_request(request: Any) -> Any:
    """A request as it may be written down: it goes through this before it is looked for, too. That it had a cookie stays to be seen."""
    for name, value in list(request.headers.items()):
        if name.lower() == "authorization":
            request.headers[name] = _NOT_SCRUBBED.sub(rf"\1 {SCRUBBED}", str(value))
        elif name.lower() in ("cookie", "x-api-key", "proxy-authorization"):
            request.headers[name] = SCRUBBED
    request.uri = _IN_FORM.sub(rf"\1{SCRUBBED}", request.uri)
    if request.body is not None:
        request.body = _scrubbed(request.body)
    return request


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    """A reply as it may be written down: sessions and what is called a secret are not in it."""
    headers = {
        name: [_COOKIE.sub(rf"\1={SCRUBBED}", one) for one in values] if name.lower() == "set-cookie" else values
        for name, values in response["headers"].items()
    }
    return {**response, "headers": headers, "body": {"string": _scrubbed(response["body"]["string"])}}


def _scrubbed(body: bytes | str) -> bytes | str:
    text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body
    text = _IN_FORM.sub(rf"\1{SCRUBBED}", _IN_JSON.sub(rf'\1"{SCRUBBED}"', text))
    return text.encode("utf-8", "surrogateescape") if isinstance(body, bytes) else text


CONFIG: Final[dict[str, Any]] = {
    "match_on": MATCH_ON,
    "record_mode": "none",
    "before_record_request": scrubbed_request,
    "before_record_response": scrubbed_response,
}


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
