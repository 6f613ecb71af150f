"""Settings of a connection to Redmine: which projects, and what its words and fields mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from workplace_sdk.services.incidents import Impact, Priority, TicketKind, TicketStatus, Urgency
from workplace_sdk.services.incidents_mapping import PlaceWords, Text, TicketFields, paired
from workplace_sdk.wires.http import HttpSettings

STATUSES: Final[Mapping[str, TicketStatus]] = MappingProxyType(
    {
        "New": TicketStatus.NEW,
        "In Progress": TicketStatus.IN_PROGRESS,
        "Feedback": TicketStatus.WAITING_FOR_REQUESTER,
        "Resolved": TicketStatus.RESOLVED,
        "Closed": TicketStatus.CLOSED,
        "Rejected": TicketStatus.CANCELLED,
    }
)
PRIORITIES: Final[Mapping[Priority, str]] = MappingProxyType(
    {
        Priority.P1: "Immediate",
        Priority.P2: "Urgent",
        Priority.P3: "High",
        Priority.P4: "Normal",
        Priority.P5: "Low",
    }
)
TRACKERS: Final[Mapping[TicketKind, str]] = MappingProxyType({TicketKind.INCIDENT: "Bug", TicketKind.REQUEST: "Support"})
"""Statuses, priorities and trackers that a new Redmine has in English."""


class RedmineFields(TicketFields):
    """Custom fields of issues by meaning. Those for times are texts: Redmine's own dates have no time of day.

    Attributes:
        requester: Who has the trouble, where Redmine sees our account alone (``acts_as = "service"``).
    """

    requester: Text | None = None


class RedmineSettings(HttpSettings):
    """``[connections.NAME]`` with ``connector = "redmine"``.

    Attributes:
        url: Where Redmine is, as people open it.
        projects: Identifiers of the projects of tickets; the first gets what has no category.
        person: Which key of people is their login in Redmine.
        trackers: The tracker that a kind of ticket has.
        statuses: What statuses mean. The first of several with one meaning is the one that is set.
        priorities: The name that a priority has.
        impacts: The value that an impact has in the field ``impact``; so ``urgencies``.
        major: The value that a large disruption has in the field ``major``: 1 for a field of yes and no.
        page_size: Issues asked for at a time.
        largest_upload: Bytes of a file, at most: as Redmine is set.
    """

    projects: Annotated[tuple[Text, ...], Field(min_length=1)]
    person: Literal["email", "login", "employee_number"] = "login"
    fields: RedmineFields = Field(default_factory=RedmineFields)
    place: PlaceWords = Field(default_factory=PlaceWords)
    trackers: Mapping[TicketKind, str] = Field(default_factory=lambda: dict(TRACKERS))
    statuses: Mapping[str, TicketStatus] = Field(default_factory=lambda: dict(STATUSES))
    priorities: Mapping[Priority, str] = Field(default_factory=lambda: dict(PRIORITIES))
    impacts: Mapping[Impact, str] = Field(default_factory=dict[Impact, str])
    urgencies: Mapping[Urgency, str] = Field(default_factory=dict[Urgency, str])
    major: Text = "1"
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    largest_upload: Annotated[int, Field(ge=1)] = 5_242_880

    @field_validator("statuses")
    @classmethod
    def _can_be_followed(cls, value: Mapping[str, TicketStatus]) -> Mapping[str, TicketStatus]:
        if missing := sorted({TicketStatus.NEW, TicketStatus.RESOLVED} - set(value.values())):
            raise ValueError(f"no status means {', '.join(missing)}")
        return value

    @field_validator("priorities")
    @classmethod
    def _all(cls, value: Mapping[Priority, str]) -> Mapping[Priority, str]:
        wanted = [one for one in Priority if one is not Priority.UNMAPPED]
        if set(value) != set(wanted):
            raise ValueError(f"give a name for each of {', '.join(wanted)}")
        return value

    @field_validator("trackers")
    @classmethod
    def _incidents(cls, value: Mapping[TicketKind, str]) -> Mapping[TicketKind, str]:
        if TicketKind.INCIDENT not in value:
            raise ValueError("give the tracker of incidents")
        return value

    @model_validator(mode="after")
    def _fields_have_words(self) -> Self:
        paired(self.fields, impact=("impacts", self.impacts), urgency=("urgencies", self.urgencies))
        return self
