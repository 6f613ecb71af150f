"""The operations of the Generic Interface, over SOAP and over REST. Both say no with HTTP 200, by a code of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from workplace_sdk.kernel.errors import (
    ConfigError,
    InvalidInput,
    NotFound,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unavailable,
    WorkplaceError,
)
from workplace_sdk.kernel.failures import Failure, Kind
from workplace_sdk.wires.http import excerpt

if TYPE_CHECKING:
    from pydantic import BaseModel

    from workplace_sdk.connectors.znuny.settings import ZnunySettings
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.wires.http import Http, Outgoing, Reply
    from workplace_sdk.wires.soap.answer import Answer
    from workplace_sdk.wires.soap.faults import Fault

M = TypeVar("M", bound="BaseModel")
WSDL: Final = Path(__file__).with_name("tickets.wsdl")
PATH: Final = "/nph-genericinterface.pl/Webservice/"
UNREADABLE: Final = ("TicketGet.AccessDenied", "TicketHistoryGet.AccessDenied")
"""What is said of a ticket that is not there and of one that our account may not see, alike."""
_SETTINGS: Final = {
    "Ticket->Queue": "queues",
    "Ticket->Type": "kinds",
    "Ticket->State": "statuses",
    "Ticket->Priority": "priorities",
    "DynamicField->": "fields",
}
"""Which setting named what is refused. (Only the sentence says which parameter it is; it is in English whatever our account speaks.)"""
_NOT_BEGUN: Final = ("Got no OperationType!", "does not match", "Error while determine Operation")
"""Sentences of faults that come before anything is done. There is nothing else by which to know them."""


class Calls(Protocol):
    """Calls an operation of the web service."""

    http: Http

    def call(
        self, operation: str, value: Mapping[str, Any], kind: type[M], *, key: Key | None = None, reads: bool = False
    ) -> Steps[M]:
        """What *operation* answers to *value*; *key* says that it is in there, *reads* that nothing is changed."""
        ...


class SoapCalls:
    """By SOAP."""

    def __init__(self, settings: ZnunySettings, directory: Path | None) -> None:
        from workplace_sdk.wires.soap.soap import Soap

        self.http = settings.http(directory)
        self._soap = Soap(
            self.http,
            WSDL,
            path=f"{PATH}{settings.service}",
            action=lambda operation, _: f"{settings.namespace}#{operation}",
            login=lambda: {"UserLogin": settings.user, "Password": settings.password.reveal()},
            meanings={"{*}Server": _fault},
            refusal=_said_no,
        )

    def call(
        self, operation: str, value: Mapping[str, Any], kind: type[M], *, key: Key | None = None, reads: bool = False
    ) -> Steps[M]:
        answer = yield from self._soap.call(operation, value, key=key, reads=reads)
        return answer.read(kind)


class RestCalls:
    """By REST, each operation at an address of its name."""

    def __init__(self, settings: ZnunySettings, directory: Path | None) -> None:
        self.http = settings.http(directory, path=f"{PATH}{settings.service}", refusal=_told_no)
        self._settings = settings

    def call(
        self, operation: str, value: Mapping[str, Any], kind: type[M], *, key: Key | None = None, reads: bool = False
    ) -> Steps[M]:
        reply = yield from self.http.post(f"/{operation}", json=value, key=key, reads=reads, finish=self._with_login)
        return reply.model(kind)

    def _with_login(self, outgoing: Outgoing) -> Outgoing:
        password = self._settings.password.reveal()
        login = json.dumps({"UserLogin": self._settings.user, "Password": password}, ensure_ascii=False)
        value = (outgoing.body or b"{}").removeprefix(b"{")
        body = f"{login[:-1]}{'' if value == b'}' else ', '}".encode() + value
        return outgoing.with_body(body, password)


def _said_no(answer: Answer) -> WorkplaceError | None:
    code = answer.get("Error.ErrorCode")
    return None if code is None else refused(str(code), str(answer.get("Error.ErrorMessage", "")))


def _told_no(reply: Reply) -> WorkplaceError | None:
    if reply.status == 500 and any(sentence in reply.text for sentence in _NOT_BEGUN):
        return _no_such_operation(reply.excerpt)
    if not reply.body.lstrip().startswith(b'{"Error"'):
        return None
    told: Any = reply.json()
    said: Any = told["Error"]
    if not isinstance(said, dict):
        return None
    return refused(str(said.get("ErrorCode", "")), excerpt(str(said.get("ErrorMessage", "")), reply.hidden))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _fault(fault: Fault) -> WorkplaceError | Failure:
    if any(sentence in fault.text for sentence in _NOT_BEGUN):
        return _no_such_operation(fault.text)
    return Failure(Kind.BROKEN, Unavailable(f"Znuny failed: {fault.text}"))


def _no_such_operation(text: str) -> ConfigError:
    return ConfigError(f"the web service is not as it should be (name, namespace, operations): {text}", key="service")


def refused(code: str, text: str) -> WorkplaceError:
    """What a code means, and the sentence with it; nothing was done."""
    operation, _, what = code.partition(".")
    if what == "AuthFail":
        return Unauthorized(f"Znuny refused our login ({code})")
    if code in UNREADABLE:
        return NotFound("there is no such ticket, or our account may not see it", field="ref", native_code=code)
    if what == "AccessDenied":
        return Unauthorized(f"our account may not do this: {text}")
    if what not in ("InvalidParameter", "MissingParameter"):
        return ProtocolError(f"{code}: {text}") if operation.startswith("Webservice") else Rejected(text, native_code=code)
    for parameter, key in _SETTINGS.items():
        if parameter in text:
            return ConfigError(f"Znuny does not take a value of the settings: {text}", key=key)
    if "Ticket->CustomerUser" in text:
        return NotFound("Znuny has no customer with this login", field="person", native_code=code)
    if "Ticket->Owner" in text:
        return NotFound("Znuny has no agent with this login", field="handler", native_code=code)
    if "Ticket->Service" in text:
        return Rejected("Znuny does not offer this service to this person", field="category", native_code=code)
    if "Attachment->" in text:
        return InvalidInput(f"Znuny does not take a file: {text}", field="attachments", native_code=code)
    return Rejected(text, native_code=code)
