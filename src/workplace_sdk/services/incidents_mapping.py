"""Between the words of a helpdesk system and ours: settings that connectors have in common, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from attrs import evolve
from pydantic import BaseModel, ConfigDict, Field

from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Mapped, Ref
from workplace_sdk.services.incidents_errors import CategoryRequired
from workplace_sdk.services.incidents_models import Category, Place, Priority, TicketStatus

E = TypeVar("E", bound=StrEnum)
Text = Annotated[str, Field(min_length=1)]
Part = Literal["site", "building", "floor", "room"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class TicketFields(_Strict):
    """Which custom field of a ticket holds what; what has none cannot be expressed, and is refused by name.

    Attributes:
        key: The key it was reported with, so that it can be found.
        asset: The tag of the thing it is about.
        place: Where, as ``PlaceWords`` writes it.
        since: Date and time.
        major: A large disruption that everyone may know of.
        resolution: What the solution is; without it the solution is said in a message.
        next_update_by: Date and time.
    """

    key: Text = "Workplace key"
    asset: Text | None = None
    place: Text | None = None
    impact: Text | None = None
    urgency: Text | None = None
    since: Text | None = None
    contact: Text | None = None
    major: Text | None = None
    resolution: Text | None = None
    next_update_by: Text | None = None

    def named(self) -> dict[str, str]:
        """The names, by meaning."""
        return {name: value for name, value in self if value is not None}


class PlaceWords(_Strict):
    """How a place is written in one field: its parts in that order, with *separator* between."""

    parts: tuple[Part, ...] = ("site", "floor", "room")
    separator: Text = " / "

    def read(self, text: str) -> Place:
        """The place that *text* says; what does not have the parts is kept as text."""
        values = [value.strip() for value in text.split(self.separator)]
        if len(values) != len(self.parts) or not all(values):
            return Place(text=text)
        return Place.model_validate(dict(zip(self.parts, values, strict=True)))

    def write(self, place: Place, options: Sequence[str] | None = None) -> str:
        """How *place* is written: as one of *options*, where the system only takes those.

        Raises:
            InvalidInput: It says more than the field can, or of the options none or several fit.
        """
        said: dict[str, str] = place.model_dump(include={"site", "building", "floor", "room"}, exclude_none=True)
        if extra := sorted(set(said) - set(self.parts)):
            raise InvalidInput(f"this system cannot say the {' and '.join(extra)} of a place", field="place")
        if place.text is not None and said:
            raise InvalidInput("this system takes a place by its parts or as text, not both", field="place")
        if options is None:
            return place.text or self.separator.join(said[part] for part in self.parts if part in said)
        fitting = [option for option in options if self._fits(place, said, option)]
        if len(fitting) != 1:
            why = "could be several places" if fitting else "is no place that this system knows"
            shown = ", ".join((fitting or list(options))[:20])
            raise InvalidInput(f"{place} {why}; there is: {shown}", field="place")
        return fitting[0]

    def _fits(self, place: Place, said: Mapping[str, str], option: str) -> bool:
        if place.text is not None:
            return place.text.casefold() == option.casefold()
        known = self.read(option).model_dump(exclude_none=True)
        return all(known.get(part, "").casefold() == value.casefold() for part, value in said.items())


def paired(fields: TicketFields, **words: tuple[str, Mapping[Any, str]]) -> None:
    """See to it that a field that takes words of ours has them: ``impact=("impacts", settings.impacts)``; ``ValueError`` else."""
    for meaning, (key, known) in words.items():
        if bool(getattr(fields, meaning)) != bool(known):
            raise ValueError(f"fields.{meaning} and {key} go together: which field it is, and what it holds for each")


def mapped(known: Mapping[str, E], source: str, unmapped: E) -> Mapped[E]:
    """Our word for *source*, whatever its case."""
    folded = source.casefold()
    value = next((ours for native, ours in known.items() if native.casefold() == folded), unmapped)
    return Mapped(value=value, source=source)


def words_for(known: Mapping[str, TicketStatus], *wanted: TicketStatus) -> tuple[str, ...]:
    """The system's words for a status, the best first; those for the next of *wanted* after those for the one before."""
    return tuple(native for ours in wanted for native, meant in known.items() if meant is ours)


def word_for(known: Mapping[E, str], wanted: E, field: str) -> str:
    """The system's word for *wanted*; ``InvalidInput`` when the settings name none."""
    if wanted not in known:
        there = ", ".join(known) or "none"
        raise InvalidInput(f"this system has no word for {wanted}; it has: {there}", field=field)
    return known[wanted]


def meaning_of(known: Mapping[E, str], source: str | None) -> E | None:
    """What *source* means; ``None`` when it is nothing we know."""
    return next((ours for ours, native in known.items() if source and native.casefold() == source.casefold()), None)


def higher(priority: Priority) -> Priority:
    """One priority higher; the highest stays, and what we have no word for counts as the lowest."""
    number = int(priority[1:]) if priority is not Priority.UNMAPPED else len(Priority) - 1
    return Priority(f"P{max(1, number - 1)}")


def chosen_category(wanted: Ref | str, categories: Sequence[Category]) -> Category:
    """The one of *categories* that is meant: by reference, whole path, or a part of it that only one has.

    Raises:
        CategoryRequired: Several could be meant.
        NotFound: None is.
    """
    for one in categories:
        if wanted == one.ref or (isinstance(wanted, str) and wanted.casefold() == str(one).casefold()):
            return one
    meant = [one for one in categories if isinstance(wanted, str) and wanted.casefold() in map(str.casefold, one.path)]
    if len(meant) > 1:
        options = tuple(str(one) for one in meant)
        raise CategoryRequired(f"{wanted} could be {', '.join(options)}", options=options)
    if not meant:
        known = ", ".join(str(one) for one in categories) or "none"
        raise NotFound(f"there is no category {wanted}; there is: {known}", field="category")
    return meant[0]


def without(native: Native, features: Iterable[str], **limits: Any) -> Native:
    """*native*, narrowed by what the settings of a connection leave out."""
    return evolve(native, without=native.without | set(features), limits={**native.limits, **limits})
