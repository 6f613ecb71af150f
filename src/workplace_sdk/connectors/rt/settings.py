"""Settings of a connection to Request Tracker: which queues, and what its words and fields mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workplace_sdk.services.common import checked_zone
from workplace_sdk.services.incidents import AssetKind, Impact, Priority, TicketKind, TicketStatus, Urgency
from workplace_sdk.services.incidents_mapping import PlaceWords, Text, TicketFields, paired
from workplace_sdk.wires.http import HttpSettings

STATUSES: Final[Mapping[str, TicketStatus]] = MappingProxyType(
    {
        "new": TicketStatus.NEW,
        "open": TicketStatus.OPEN,
        "stalled": TicketStatus.WAITING_FOR_REQUESTER,
        "resolved": TicketStatus.RESOLVED,
        "rejected": TicketStatus.CANCELLED,
        "deleted": TicketStatus.CANCELLED,
    }
)
"""What the statuses of RT's default lifecycle mean."""
PRIORITIES: Final[Mapping[Priority, int]] = MappingProxyType(
    {Priority.P1: 100, Priority.P2: 75, Priority.P3: 50, Priority.P4: 25, Priority.P5: 0}
)


class RtFields(TicketFields):
    """Custom fields of tickets by meaning, and of messages: ``key`` names a field of both.

    Attributes:
        author: Of a message: who said it, as RT itself only sees our account.
        category: What of its queue a ticket is about.
        kind: Incident, request, question or complaint; without it every ticket is an incident.
    """

    author: Text | None = None
    category: Text | None = None
    kind: Text | None = None


class RtAssets(BaseModel):
    """The register of things: its catalogs, and which of its custom fields mean what.

    Attributes:
        kinds: What the values of the field *kind* mean.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalogs: Annotated[tuple[Text, ...], Field(min_length=1)]
    kind: Text | None = None
    serial: Text | None = None
    place: Text | None = None
    kinds: Mapping[str, AssetKind] = Field(default_factory=dict[str, AssetKind])


class RtSettings(HttpSettings):
    """``[connections.NAME]`` with ``connector = "rt"``.

    Attributes:
        url: Where RT is, as people open it; the REST interface is below it.
        queues: Names of the queues of tickets; the first gets what has no category.
        person: Which key of people is their address in RT (``email``) or their user name there.
        zone: IANA name of the time zone of RT's own clock, in which custom fields keep times; the workplace's when left out.
        statuses: What statuses of the queues' lifecycles mean. The first of several with one meaning is the one that is set.
        priorities: The number that a priority is in RT; a ticket between two has the lower.
        kinds: The value that a kind has in the field ``kind``; so ``impacts``, ``urgencies``.
        major: The value that a large disruption has in the field ``major``.
        page_size: Records asked for at a time.
        largest_upload: Bytes of a file, at most.
    """

    queues: Annotated[tuple[Text, ...], Field(min_length=1)]
    person: Literal["email", "login", "employee_number"] = "email"
    zone: str | None = None
    fields: RtFields = Field(default_factory=RtFields)
    place: PlaceWords = Field(default_factory=PlaceWords)
    statuses: Mapping[str, TicketStatus] = Field(default_factory=lambda: dict(STATUSES))
    priorities: Mapping[Priority, int] = Field(default_factory=lambda: dict(PRIORITIES))
    kinds: Mapping[TicketKind, str] = Field(default_factory=dict[TicketKind, str])
    impacts: Mapping[Impact, str] = Field(default_factory=dict[Impact, str])
    urgencies: Mapping[Urgency, str] = Field(default_factory=dict[Urgency, str])
    major: Text = "yes"
    assets: RtAssets | None = None
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    largest_upload: Annotated[int, Field(ge=1)] = 10_000_000

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else checked_zone(value)

    @field_validator("statuses")
    @classmethod
    def _can_be_followed(cls, value: Mapping[str, TicketStatus]) -> Mapping[str, TicketStatus]:
        if missing := sorted({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.RESOLVED} - set(value.values())):
            raise ValueError(f"no status means {', '.join(missing)}")
        return value

    @field_validator("priorities")
    @classmethod
    def _all_in_order(cls, value: Mapping[Priority, int]) -> Mapping[Priority, int]:
        wanted = [one for one in Priority if one is not Priority.UNMAPPED]
        if set(value) != set(wanted):
            raise ValueError(f"give a number for each of {', '.join(wanted)}")
        numbers = [value[one] for one in wanted]
        if numbers != sorted(numbers, reverse=True):
            raise ValueError("P1 has the highest number")
        return value

    @model_validator(mode="after")
    def _fields_have_words(self) -> Self:
        paired(self.fields, kind=("kinds", self.kinds), impact=("impacts", self.impacts), urgency=("urgencies", self.urgencies))
        return self
