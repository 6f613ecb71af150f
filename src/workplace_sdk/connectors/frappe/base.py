"""What the services have in common: who someone is in Frappe, lists by the page, references, times."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from workplace_sdk.connectors.frappe.connector import Frappe, asked, resource
from workplace_sdk.connectors.frappe.records import Data, Named
from workplace_sdk.kernel.errors import InvalidInput, NotFound, ProtocolError, WorkplaceError
from workplace_sdk.kernel.operation import Service, settled
from workplace_sdk.services.common import PersonRef, Ref, zone_of
from workplace_sdk.services.leave import NotYourApproval

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Effect, Steps
    from workplace_sdk.kernel.session import Session

T = TypeVar("T")
PAGE: Final = 20
"""Rows that Frappe gives when nobody says how many."""


class FrappeBase(Service):
    """What operations on documents of Frappe have in common."""

    def __init__(self, connection: Frappe, session: Session) -> None:
        super().__init__(connection, session)
        self.frappe = connection
        self.http = connection.http
        self.settings = connection.settings

    def link_values(self) -> Mapping[str, object]:
        return {"base_url": self.settings.url.rstrip("/")}

    # -- who someone is

    def employee_id(self, person: PersonRef | None, field: str = "person") -> Steps[str]:
        """The name of the Employee that *person* (the caller when left out) is: their employee number, else by their user's e-mail address."""
        wanted: PersonRef = self.person(person)
        if wanted.ref is not None and wanted.ref.connection == self.connection_name and wanted.ref.kind == "person":
            return wanted.ref.id
        number = yield from self.key_of(wanted, "employee_number")
        if number is not None:
            return number
        email = yield from self.key_of(wanted, "email")
        if email is None or "@" not in email:
            why = f"Frappe knows people by employee number or e-mail address, and {wanted.label} is known by neither"
            raise InvalidInput(why, field=field)
        return (yield from self.frappe.employees.recalled(email.casefold(), lambda: self._employee_of(email, field)))

    def _employee_of(self, email: str, field: str) -> Steps[str]:
        query = asked(filters=[["user_id", "=", email]])
        found = (yield from self.http.get(resource("Employee"), query)).model(Data[tuple[Named, ...]]).data
        if not found:
            raise NotFound(f"no employee with the user {email} that our account may see", field=field)
        return found[0].name

    def user_of(self, person: PersonRef | None, field: str = "person") -> Steps[str]:
        """The user that *person* is in Frappe: an e-mail address."""
        wanted: PersonRef = self.person(person)
        email = yield from self.key_of(wanted, "email")
        if email is None:
            raise InvalidInput(
                f"Frappe knows who decides by e-mail address, and that of {wanted.label} is not known", field=field
            )
        return email

    def key_of(self, person: PersonRef, name: str) -> Steps[str | None]:
        """A key of *person*: as it is known here, else in the identity map."""
        value: str | None = getattr(person, name)
        if value is None and self.session.identify is not None:
            value = yield from self.session.identify(person, name)
        return value

    def employee(self, name: str, label: str | None = None) -> PersonRef:
        """An employee."""
        return PersonRef(ref=self.ref("person", name), employee_number=name, display_name=label or None)

    @staticmethod
    def user(email: str | None) -> PersonRef | None:
        """A user; not the built-in ones that are no people."""
        return PersonRef(email=email) if email and "@" in email else None

    def for_the_caller(self, name: str, employee: str, approver: str | None) -> Steps[None]:
        """That document *name* of *employee* waits for the caller. Frappe lets anyone with the role decide about their own.

        Raises:
            NotYourApproval: It is theirs, or someone else's to decide.
        """
        caller: PersonRef = self.person(None)
        mine = yield from settled(self.employee_id(caller))
        if mine == employee:
            raise NotYourApproval(f"{name} is their own", field="ref")
        if isinstance(mine, WorkplaceError) and not isinstance(mine, NotFound):
            raise mine
        user = yield from self.user_of(caller)
        if approver is not None and user.casefold() != approver.casefold():
            raise NotYourApproval(f"{name} waits for {approver}", field="ref")

    # -- documents

    def ref(self, kind: str, name: str, *, url: str | None = None, version: str | None = None) -> Ref:
        """Where a document is; *url* is below the site's address."""
        link = f"{self.settings.url.rstrip('/')}{url}" if url else None
        return Ref(connection=self.connection_name, kind=kind, id=name, url=link, version=version)

    def name_of(self, ref: Ref, kind: str) -> str:
        """The name of a document of this connection."""
        if ref.connection != self.connection_name or ref.kind != kind:
            raise NotFound(f"{ref} is no {kind} of {self.connection_name}", field="ref")
        return ref.id

    def document(self, doctype: str, name: str, kind: type[T]) -> Steps[T]:
        """One document."""
        reply = yield from self.http.get(resource(doctype, name))
        found: T = reply.model(cast("type[Data[T]]", Data[kind])).data  # type: ignore[valid-type]
        if getattr(found, "name", None) != name:
            raise ProtocolError(f"asked for {doctype} {name}, Frappe answers with another")
        return found

    def lists(self, doctype: str, kind: type[T], query: Mapping[str, str]) -> Generator[Effect[Any], Any, tuple[T, ...]]:
        """All rows of a list."""
        found: list[T] = []
        while True:
            some = yield from self.some(doctype, kind, query, len(found))
            found += some
            if len(some) < PAGE:
                return tuple(found)

    def some(self, doctype: str, kind: type[T], query: Mapping[str, str], start: int) -> Steps[tuple[T, ...]]:
        """Rows of a list, 20 at most: the first are what it gives by itself."""
        limits = {"limit_start": str(start), "limit_page_length": str(PAGE)} if start else {}
        reply = yield from self.http.get(resource(doctype), {**query, **limits})
        rows: tuple[T, ...] = reply.model(cast("type[Data[tuple[T, ...]]]", Data[tuple[kind, ...]])).data  # type: ignore[valid-type]
        return rows

    # -- times

    def instant(self, at: datetime) -> datetime:
        """A time of Frappe, which is on the clocks of its site, as an instant."""
        return at.replace(tzinfo=zone_of(self.settings.zone or self.session.zone)).astimezone(UTC)
