"""Who may call an operation: declared by the service's interface, decided in one place before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from attrs import frozen

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.session import Call

Arguments: TypeAlias = Mapping[str, Any]
"""The arguments of a call by parameter name, defaults included."""


class Relation(StrEnum):
    """How a caller stands to the person an operation is about."""

    ANYONE = "anyone"
    """Everyone who is known here."""
    SELF = "self"
    MANAGER = "manager"
    """The person's manager, or a manager above."""


@frozen
class Access:
    """Who may call.

    Attributes:
        right: What roles and delegations grant, such as ``leave.read``; ``leave.*`` grants every right of leave.
        relations: Who may without a role or delegation.
        subject: Steps to the person it is about, from the service and the arguments; ``None`` from them means the caller.
        conceals: A parameter. Who may not is told that what it names is not there (``NotFound``): that it is, is not theirs to know.
    """

    right: str
    relations: frozenset[Relation] = frozenset({Relation.ANYONE})
    subject: Callable[[Any, Arguments], Steps[Any]] | None = None
    conceals: str | None = None


class Gate(Protocol):
    """Decides about a call before its I/O. Raises ``Unauthorized``."""

    def allow(self, call: Call) -> Steps[None]:
        """Let *call* pass, or raise ``Unauthorized``."""
        ...


class OpenGate:
    """Lets every call pass: for tests of a connector by itself, where no one is calling."""

    def allow(self, call: Call) -> Steps[None]:
        return
        yield
