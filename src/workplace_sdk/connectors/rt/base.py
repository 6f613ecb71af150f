"""Reading of tickets, shared by the operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

from attrs import frozen

from workplace_sdk.connectors.rt.definitions import QueueReply
from workplace_sdk.connectors.rt.queries import (
    EXPANDED,
    FILE_FIELDS,
    HISTORY_FIELDS,
    TICKET_FIELDS,
    all_of,
    by_address,
    page,
    parts_of,
)
from workplace_sdk.connectors.rt.records import Kept, Named, Said, Some, TicketReply, UserReply
from workplace_sdk.connectors.rt.translation import NOBODY, Translation, by_message, text_of
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import InvalidInput, NotFound, Unauthorized, WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.paging import for_each_page, mapped_pages
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import Incidents, Ticket

if TYPE_CHECKING:
    from workplace_sdk.connectors.rt.connector import Rt
    from workplace_sdk.kernel.session import Session

R = TypeVar("R")
LARGEST_PAGE: Final = 100
"""Records that RT gives at a time, at most; it says nothing when more are asked for."""
MESSAGES: Final = frozenset({"Create", "Correspond", "Comment"})
NEWEST: Final = (("orderby", "id"), ("order", "DESC"))
OLDEST: Final = (("orderby", "id"), ("order", "ASC"))
MOST_URGENT: Final = (("orderby", "Priority"), ("order", "DESC"), *OLDEST)


@frozen
class Whole:
    """A ticket with everything that belongs to it, as RT gives it.

    Attributes:
        version: Its ETag: the last thing that happened to it.
        said: What happened to it, in order.
    """

    ticket: TicketReply
    version: str | None
    said: Sequence[Said]
    files: Mapping[str, Sequence[Kept]]

    def open_files(self) -> list[Kept]:
        """Files that its requester may see: not those of internal notes."""
        return [file for one in self.said if one.type != "Comment" for file in self.files.get(one.id, ())]


class RtBase(Incidents):
    """What operations on tickets of RT have in common."""

    def __init__(self, connection: Rt, session: Session) -> None:
        super().__init__(connection, session)
        self.rt = connection
        self.http = connection.http
        self.settings = connection.settings
        self.fields = connection.settings.fields
        self.translation = Translation(connection.settings, connection.name, connection.zone, session.caller)

    # -- people

    def key_of(self, person: PersonRef | None, field: str = "person") -> Steps[str]:
        """What RT calls *person* (the caller when left out)."""
        wanted: PersonRef = self.person(person)
        name = self.settings.person
        value: str | None = getattr(wanted, name)
        if value is None and self.session.identify is not None:
            value = yield from self.session.identify(wanted, name)
        if value is None and wanted.ref is not None and wanted.ref.connection == self.connection_name and name != "email":
            value = wanted.ref.id
        if value is None:
            raise InvalidInput(f"Request Tracker knows people by {name}, and that of {wanted.label} is not known", field=field)
        return value

    def user_name(self, person: PersonRef, field: str) -> Steps[str]:
        """The user name of *person* in RT; ``NotFound`` when there is none."""
        key = yield from self.key_of(person, field)
        if self.settings.person == "email":
            found = (yield from self.http.get("/users", page(1, 1, "Name", query=by_address(key)))).model(Some[Named])
            names = [one.id for one in found.items]
        else:
            try:
                names = [(yield from self._user(key)).name or key]
            except NotFound:
                names = []
        if not names:
            raise NotFound(f"Request Tracker has no user {key}", field=field)
        return names[0]

    def _user(self, name: str) -> Steps[UserReply]:
        return (yield from self.http.get(f"/user/{quote(name, safe='')}")).model(UserReply)

    def named(self, users: Iterable[Named]) -> Steps[Mapping[str, Named]]:
        """Users by name, with what people call them, as remembered or asked for."""
        wanted = {user.id: user for user in users if user.id != NOBODY}
        found: dict[str, Named] = {}
        for name, user in wanted.items():
            known = user if user.real_name or user.email else self.rt.people.get(name)
            if known is None:
                asked = yield from settled(self._user(name))
                if isinstance(asked, WorkplaceError) and not isinstance(asked, NotFound | Unauthorized):
                    raise asked
                told = {"RealName": asked.real_name, "EmailAddress": asked.email} if isinstance(asked, UserReply) else {}
                known = self.rt.people.keep(name, Named.model_validate({"id": name, **told}))
            found[name] = known
        return found

    # -- tickets

    def id_of(self, ref: Ref, kind: str = "incident") -> str:
        """RT's number of a record of this connection."""
        if ref.connection != self.connection_name or ref.kind != kind or not ref.id.isdecimal():
            raise NotFound(f"{ref} is no {kind} of {self.connection_name}", field="ref")
        return ref.id

    def bare(self, ref: Ref) -> Steps[tuple[TicketReply, str | None]]:
        """A ticket with what its people and its queue are called, and its version: the last thing that happened to it.

        One that was merged into another gives that one.
        """
        reply = yield from self.http.get(f"/ticket/{self.id_of(ref)}")
        ticket = reply.model(TicketReply)
        people = yield from self.named((*ticket.requestors, ticket.owner, ticket.creator))
        told = {
            "queue": Named.model_validate({"id": ticket.queue.id, "Name": (yield from self._queue_name(ticket.queue.id))}),
            "requestors": tuple(people.get(one.id, one) for one in ticket.requestors),
            "owner": people.get(ticket.owner.id, ticket.owner),
            "creator": people.get(ticket.creator.id, ticket.creator),
        }
        return ticket.model_copy(update=told), reply.etag

    def whole(self, ref: Ref) -> Steps[Whole]:
        """A ticket with what happened to it and its files."""
        ticket, version = yield from self.bare(ref)
        said = sorted((yield from self._said(f"/ticket/{ticket.id}", version)), key=lambda one: int(one.id))
        files = yield from self.parts([one.id for one in said if one.type in MESSAGES], files=True)
        return Whole(ticket, version, said, files)

    def _said(self, path: str, version: str | None) -> Steps[list[Said]]:
        """What happened to a ticket, up to and including the last of it, which its version names."""
        last = (version or "").strip('"')
        found: list[Said] = []

        def keep(some: Page[Said]) -> Steps[bool]:
            found.extend(some.items)
            return any(one.id == last for one in some.items)
            yield

        yield from for_each_page(self.paged(f"{path}/history", HISTORY_FIELDS, Some[Said]), keep)
        return found

    def _queue_name(self, id_: str) -> Steps[str]:
        """The name of any queue, those of others too; its number where our account may not see it."""

        def ask() -> Steps[str]:
            asked = yield from settled(self._named_queue(id_))
            if isinstance(asked, str):
                return asked
            if isinstance(asked, Unauthorized | NotFound):
                return id_
            raise asked

        return (yield from self.rt.queue_names.recalled(id_, ask))

    def _named_queue(self, id_: str) -> Steps[str]:
        return (yield from self.http.get(f"/queue/{id_}")).model(QueueReply).name

    def read(self, ref: Ref) -> Steps[Ticket]:
        """A ticket as its requester may see it."""
        whole = yield from self.whole(ref)
        return (yield from self.told(whole))

    def told(self, whole: Whole) -> Steps[Ticket]:
        """*whole* as a ticket of ours, with the text that it was made with."""
        made = [one.id for one in whole.said if one.type == "Create"][:1]
        texts = yield from self.parts(made, files=False)
        description = text_of(texts.get(made[0], ())) if made else ""
        return self.translation.ticket(
            whole.ticket, self.session.now(), version=whole.version, description=description, files=whole.open_files()
        )

    def parts(self, transactions: Sequence[str], *, files: bool) -> Steps[Mapping[str, list[Kept]]]:
        """The texts of messages that our account sees, or their files (without what is in them), by message."""
        found: list[Kept] = []
        fields = FILE_FIELDS if files else f"{FILE_FIELDS},Content"
        for start in range(0, len(transactions), LARGEST_PAGE):
            query, number, some = parts_of(transactions[start : start + LARGEST_PAGE], files=files), 1, None
            while some is None or len(some.items) == LARGEST_PAGE:
                wanted = page(LARGEST_PAGE, number, fields)
                reply = yield from self.http.exchange("POST", "/attachments", query=wanted, json=query, reads=True)
                some = reply.model(Some[Kept])
                found += some.items
                number += 1
        return by_message(found)

    def tickets(self, *parts: str, order: Sequence[tuple[str, str]] = NEWEST) -> PageSteps[Ticket]:
        """Tickets of the queues for which all of *parts* hold."""
        wanted = (("query", all_of(self.translation.in_queues(), *parts)), *EXPANDED.items(), *order)
        now = self.session.now()

        def translated(some: Page[TicketReply]) -> Page[Ticket]:
            return Page(tuple(self.translation.ticket(one, now) for one in some.items))

        yield from mapped_pages(self.paged("/tickets", TICKET_FIELDS, Some[TicketReply], *wanted), translated)

    def paged(self, path: str, fields: str, kind: type[Some[R]], *query: tuple[str, str]) -> PageSteps[R]:
        """The items of a collection. Where RT leaves out rows that our account may not see it does not say how many there are,
        and a page that is not full need not be the last: it is asked on until one is empty.
        """
        number = seen = 0
        while True:
            number += 1
            wanted = (*page(self.settings.page_size, number, fields).items(), *query)
            some = (yield from self.http.exchange("GET", path, query=wanted)).model(kind)
            yield Page(some.items)
            seen += len(some.items)
            if not some.items or (some.total is not None and seen >= some.total):
                return
