"""What can go wrong, said as who can do something about it.

    WorkplaceError
    +-- ConfigError       fix the file: names file, table and key
    +-- NotSupported      go there: ``.handoff``; nothing was sent
    +-- Unauthorized      renew or grant: says which identity was used
    +-- Rejected          tell the person; the domain's own errors are below it
    |   +-- InvalidInput  a field is wrong; nothing was sent
    |   |   +-- TooMuch   more than the system takes
    |   +-- NotFound      no such thing, or not for this person to see
    |   +-- Conflict      it was changed meanwhile, or is not in a state that allows this
    +-- Unavailable       later: ``.retry_after``
    +-- OutcomeUnknown    look before repeating: ``.key`` for ``reconcile``
    +-- ProtocolError     report it: the other side answered something that makes no sense

Only these, and the domain's own errors in the services' files, cross the public surface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from workplace_sdk.kernel.words import Words

if TYPE_CHECKING:
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.support import Link

DOCUMENTATION: Final = "https://workplace-sdk.readthedocs.io/errors/#"


class Acts(StrEnum):
    """Who can do something about an error."""

    PERSON = "person"
    ADMINISTRATOR = "administrator"
    DEVELOPER = "developer"
    TIME = "time"


class WorkplaceError(Exception):
    """Something was not done; the subclass says who can act.

    Attributes:
        message: For the developer and the log, in English, without secrets.
        connection: Name of the connection in ``workplace.toml``, when one was involved.
        operation: ``service.operation``, when one was under way.
    """

    code: ClassVar[str] = "error"
    acts: ClassVar[Acts] = Acts.DEVELOPER
    words: ClassVar[Words] = Words("Something went wrong.", "Er ging iets mis.")

    def __init__(self, message: str = "", *, connection: str | None = None, operation: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.connection = connection
        self.operation = operation

    def __str__(self) -> str:
        text = self.message or self.sentence()
        where = " ".join(part for part in (self.operation, f"on {self.connection}" if self.connection else None) if part)
        return f"{text} [{where}]" if where else text

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuilt, (type(self), self.args, self.__dict__))

    def details(self) -> Mapping[str, object]:
        """What is known beside the message, by name: for JSON and for filling the sentence."""
        return {name: value for name, value in self.__dict__.items() if value is not None and not name.startswith("_")}

    def told(self, language: str) -> Mapping[str, object]:
        """What fills the sentence, by name: ``details()``, or what is said instead in *language*."""
        return self.details()

    def sentence(self, language: str = "en") -> str:
        """What to tell the employee, in *language*: as exactly as what is known allows, else in the words of the error above."""
        known = {name: value for name, value in self.told(language).items() if value not in ("", None)}
        words: Iterator[Words] = (vars(kind)["words"] for kind in type(self).__mro__ if "words" in vars(kind))
        return next(one for one in words if one.needs <= known.keys()).filled(**known).in_(language)

    @property
    def documentation(self) -> str:
        """Where this error is explained."""
        return DOCUMENTATION + self.code


def _rebuilt(kind: type[WorkplaceError], args: tuple[Any, ...], state: dict[str, Any]) -> WorkplaceError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(WorkplaceError):
    """The settings are wrong; the administrator can mend them: *file*, *table* and *key* say where."""

    code = "config"
    acts = Acts.ADMINISTRATOR
    words = Words(
        "This is not set up correctly yet. Please tell your administrator.",
        "Dit is nog niet goed ingesteld. Geef het door aan uw beheerder.",
    )

    def __init__(
        self,
        message: str = "",
        *,
        file: str | None = None,
        table: str | None = None,
        key: str | None = None,
        **where: str | None,
    ) -> None:
        super().__init__(message, **where)
        self.file = file
        self.table = table
        self.key = key

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (self.file, f"[{self.table}]" if self.table else None, f"key {self.key!r}" if self.key else None)
            if part
        )
        return f"{place}: {super().__str__()}" if place else super().__str__()


class NotSupported(WorkplaceError):
    """This system cannot do that from here; nothing was sent. *handoff* leads to where it can be done."""

    code = "not-supported"
    acts = Acts.PERSON
    words = Words("This cannot be done from here.", "Dit kan hiervandaan niet.")

    def __init__(
        self,
        message: str = "",
        *,
        field: str | None = None,
        handoff: Link | None = None,
        connection: str | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(message, connection=connection, operation=operation)
        self.field = field
        self.handoff = handoff

    def sentence(self, language: str = "en") -> str:
        text = super().sentence(language)
        if self.handoff is None:
            return text
        where = Words("You can do it here: {url}", "U kunt het hier doen: {url}").filled(url=self.handoff.url)
        return f"{text} {where.in_(language)}"


class Unauthorized(WorkplaceError):
    """The identity that was used may not do this, or could not prove who it is."""

    code = "unauthorized"
    acts = Acts.ADMINISTRATOR
    words = Words("You are not allowed to do this.", "U mag dit niet doen.")

    def __init__(
        self, message: str = "", *, identity: str | None = None, connection: str | None = None, operation: str | None = None
    ) -> None:
        super().__init__(message, connection=connection, operation=operation)
        self.identity = identity


class Rejected(WorkplaceError):
    """The system, or its rules, said no; nothing was recorded. Tell the person.

    Attributes:
        field: What they can change, as the draft names it.
        native_code: The system's own word for it, when it gave one.
    """

    code = "rejected"
    acts = Acts.PERSON
    words = Words("This was refused: {message}", "Dit is geweigerd: {message}")

    def __init__(
        self,
        message: str = "",
        *,
        field: str | None = None,
        native_code: str | None = None,
        connection: str | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(message, connection=connection, operation=operation)
        self.field = field
        self.native_code = native_code


class InvalidInput(Rejected):
    """*field* is missing or wrong; nothing was sent."""

    code = "invalid-input"
    words = Words("Please check {field}: {message}", "Controleer {field}: {message}")


class TooMuch(InvalidInput):
    """More than this system takes; nothing was sent.

    Attributes:
        field: What there is too much of, as the connection's support names it.
        asked: How much it is.
        most: How much it may be.
    """

    code = "too-much"
    words = Words(
        "Too much ({field}): it is {asked}, at most {most} is possible.",
        "Te veel ({field}): het is {asked}, er kan hoogstens {most}.",
    )

    def __init__(self, message: str = "", *, asked: object = None, most: object = None, **where: str | None) -> None:
        super().__init__(message, **where)
        self.asked = asked
        self.most = most


class NotFound(Rejected):
    """There is no such thing, or this person may not see it."""

    code = "not-found"
    words = Words("This could not be found.", "Dit is niet gevonden.")


class Conflict(Rejected):
    """It was changed meanwhile, or its state does not allow this any more."""

    code = "conflict"
    words = Words("This is no longer possible: {message}", "Dit kan niet meer: {message}")


class Unavailable(WorkplaceError):
    """The system did not answer, or is busy; nothing was done. Try again, not before *retry_after* seconds."""

    code = "unavailable"
    acts = Acts.TIME
    words = Words(
        "The system does not answer now. Please try again later.", "Het systeem antwoordt nu niet. Probeer het later nog eens."
    )

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        connection: str | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(message, connection=connection, operation=operation)
        self.retry_after = retry_after


class OutcomeUnknown(WorkplaceError):
    """A write may or may not have been done. Look first (``operation.reconcile(key)``), then decide about a repeat."""

    code = "outcome-unknown"
    acts = Acts.PERSON
    words = Words(
        "It is not certain that this was done. Please look before you do it again.",
        "Het is niet zeker of dit gelukt is. Kijk eerst voordat u het opnieuw doet.",
    )

    def __init__(
        self, message: str = "", *, key: Key | None = None, connection: str | None = None, operation: str | None = None
    ) -> None:
        super().__init__(message, connection=connection, operation=operation)
        self.key = key


class ProtocolError(WorkplaceError):
    """The other side answered something that makes no sense, or our translation is wrong. Report it.

    Attributes:
        excerpt: The part of the answer that did not fit, redacted and at most 500 characters.
    """

    code = "protocol"
    acts = Acts.DEVELOPER
    words = Words(
        "The system gave an answer that we do not understand. Please report this.",
        "Het systeem gaf een antwoord dat wij niet begrijpen. Meld dit alstublieft.",
    )

    def __init__(
        self, message: str = "", *, excerpt: str | None = None, connection: str | None = None, operation: str | None = None
    ) -> None:
        super().__init__(message, connection=connection, operation=operation)
        self.excerpt = excerpt[:500] if excerpt else None


class UsageError(RuntimeError):
    """The code that calls us is wrong: a blocking call inside a running event loop, an operation called inside a body."""
