"""Settings of a connection to Znuny: which web service, which queues, and what its words and fields mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from workplace_sdk.kernel.secrets import Secret
from workplace_sdk.services.common import checked_zone
from workplace_sdk.services.incidents import Impact, Priority, TicketKind, TicketStatus, Urgency
from workplace_sdk.services.incidents_mapping import PlaceWords, Text, TicketFields, paired
from workplace_sdk.wires.http import HttpSettings

FieldName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")]
STATUSES: Final[Mapping[str, TicketStatus]] = MappingProxyType(
    {
        "new": TicketStatus.NEW,
        "open": TicketStatus.OPEN,
        "pending reminder": TicketStatus.WAITING_FOR_REQUESTER,
        "closed successful": TicketStatus.RESOLVED,
        "pending auto close+": TicketStatus.RESOLVED,
        "closed unsuccessful": TicketStatus.CANCELLED,
        "pending auto close-": TicketStatus.CANCELLED,
        "merged": TicketStatus.CANCELLED,
        "removed": TicketStatus.CANCELLED,
    }
)
"""States that a new Znuny has, and what they mean."""
PRIORITIES: Final[Mapping[Priority, str]] = MappingProxyType(
    {
        Priority.P1: "5 very high",
        Priority.P2: "4 high",
        Priority.P3: "3 normal",
        Priority.P4: "2 low",
        Priority.P5: "1 very low",
    }
)


class ZnunyFields(TicketFields):
    """Dynamic fields of tickets by meaning. Those for times are texts.

    Attributes:
        author: Of an article: who said it, as Znuny itself only sees our account.
    """

    key: FieldName = "WorkplaceKey"
    author: FieldName | None = None


class ZnunySettings(HttpSettings):
    """``[connections.NAME]`` with ``connector = "znuny"``.

    Attributes:
        url: Where Znuny is, as people open it, without ``index.pl`` or ``customer.pl``.
        auth: For a web server in front of it; Znuny's own login is *user* and *password*.
        user: Login of our account, an agent.
        flavour: How the web service is spoken to.
        service: Name of the web service.
        namespace: Of the web service (``soap``), as it is configured there.
        queues: Names of the queues of tickets, whole (``ICT::Second line``); the first gets what has no category.
        services: By queue: the services that tickets in it can be about.
        person: Which key of people is their login in Znuny, as customer and as agent.
        agents: Numbers of the agents who handle tickets, by that key: so that they have an inbox.
        zone: IANA name of the time zone of Znuny's clock (``OTRSTimeZone``); the workplace's when left out.
        statuses: What states mean. The first of several with one meaning is the one that is set.
        priorities: The name that a priority has.
        kinds: The type that a kind of ticket has; without them every ticket is an incident, and has Znuny's own type.
        impacts: The value (of a list: its key) that an impact has in the field ``impact``; so ``urgencies``.
        major: The value that a large disruption has in the field ``major``.
        remind_after: Days after which a pending state reminds those who handle it, or ends.
        page_size: Tickets read at a time.
        most: Tickets that a search gives, at most.
        largest_upload: Bytes of a file, at most.
        largest_request: Bytes of a whole request, at most: ``MaxLength`` of the web service.
    """

    user: Text
    password: Secret
    flavour: Literal["soap", "rest"] = "soap"
    service: Annotated[str, Field(pattern=r"^[\w.-]+$")] = "WorkplaceSOAP"
    namespace: Text = "http://www.otrs.org/TicketConnector/"
    queues: Annotated[tuple[Text, ...], Field(min_length=1)]
    services: Mapping[Text, tuple[Text, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    person: Literal["email", "login", "employee_number"] = "login"
    agents: Mapping[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict[str, int])
    zone: str | None = None
    fields: ZnunyFields = Field(default_factory=ZnunyFields)
    place: PlaceWords = Field(default_factory=PlaceWords)
    statuses: Mapping[str, TicketStatus] = Field(default_factory=lambda: dict(STATUSES))
    priorities: Mapping[Priority, str] = Field(default_factory=lambda: dict(PRIORITIES))
    kinds: Mapping[TicketKind, str] = Field(default_factory=dict[TicketKind, str])
    impacts: Mapping[Impact, str] = Field(default_factory=dict[Impact, str])
    urgencies: Mapping[Urgency, str] = Field(default_factory=dict[Urgency, str])
    major: Text = "yes"
    remind_after: Annotated[int, Field(ge=1, le=365)] = 7
    page_size: Annotated[int, Field(ge=1, le=200)] = 50
    most: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    largest_upload: Annotated[int, Field(ge=1)] = 10_000_000
    largest_request: Annotated[int, Field(ge=1)] = 20_000_000

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else checked_zone(value)

    @field_validator("statuses")
    @classmethod
    def _can_be_followed(cls, value: Mapping[str, TicketStatus]) -> Mapping[str, TicketStatus]:
        if missing := sorted({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.RESOLVED} - set(value.values())):
            raise ValueError(f"no state means {', '.join(missing)}")
        return value

    @field_validator("priorities")
    @classmethod
    def _all(cls, value: Mapping[Priority, str]) -> Mapping[Priority, str]:
        wanted = [one for one in Priority if one is not Priority.UNMAPPED]
        if set(value) != set(wanted):
            raise ValueError(f"give a name for each of {', '.join(wanted)}")
        return value

    @field_validator("kinds")
    @classmethod
    def _incidents(cls, value: Mapping[TicketKind, str]) -> Mapping[TicketKind, str]:
        if value and TicketKind.INCIDENT not in value:
            raise ValueError("give the type of incidents")
        return value

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        paired(self.fields, impact=("impacts", self.impacts), urgency=("urgencies", self.urgencies))
        if unknown := sorted(set(self.services) - set(self.queues)):
            raise ValueError(f"services: {', '.join(unknown)} is none of the queues")
        return self
