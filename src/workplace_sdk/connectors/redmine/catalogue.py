"""What Redmine calls things: the numbers of its statuses, priorities, trackers, projects and fields, by the names in the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from workplace_sdk.kernel.errors import ConfigError, InvalidInput

if TYPE_CHECKING:
    from workplace_sdk.connectors.redmine.records import Definition, Named, Project
    from workplace_sdk.connectors.redmine.settings import RedmineSettings


@frozen
class Catalogue:
    """Numbers by name, as our account sees them.

    Attributes:
        fields: The field that holds what is meant, by meaning; its rules are known to administrators only.
    """

    statuses: Mapping[str, int]
    priorities: Mapping[str, int]
    trackers: Mapping[str, int]
    projects: Sequence[Project]
    fields: Mapping[str, Definition]

    def field(self, meaning: str) -> int | None:
        """The number of the field that holds what is meant; ``None`` when the settings name none."""
        found = self.fields.get(meaning)
        return found.id if found else None

    def has(self, meaning: str, tracker: int) -> bool:
        """Whether tickets with that tracker have the field that holds what is meant, as far as is known."""
        field = self.fields.get(meaning)
        return field is not None and (not field.trackers or tracker in [one.id for one in field.trackers])

    def status_name(self, id_: object) -> str:
        """The name of a status by its number, in whatever form."""
        return next((name for name, number in self.statuses.items() if str(number) == str(id_)), str(id_))

    def priority_name(self, id_: object) -> str:
        """The name of a priority by its number, in whatever form."""
        return next((name for name, number in self.priorities.items() if str(number) == str(id_)), str(id_))

    def check(self, meaning: str, value: str, tracker: int) -> None:
        """Refuse what Redmine would refuse in the language of whoever asks, or a field that the tracker has not.

        Raises:
            InvalidInput: With the field that is wrong.
        """
        if not self.has(meaning, tracker):
            raise InvalidInput("tickets of this kind have no field for it", field=meaning)
        if (problem := _problem(self.fields[meaning], value)) is not None:
            raise InvalidInput(problem, field=meaning)


def _problem(field: Definition, value: str) -> str | None:
    options = [one.value for one in field.possible_values]
    if options and value not in options:
        return f"{value} is none of: {', '.join(options[:20])}"
    if field.max_length and len(value) > field.max_length:
        return f"it is longer than {field.max_length} characters"
    try:
        fits = not field.regexp or re.search(field.regexp, value) is not None
    except re.error:  # Ruby's expressions can say more; Redmine is asked then
        return None
    return None if fits else f"{value} is not written as it should be: {field.regexp}"


def numbers(named: Sequence[Named]) -> dict[str, int]:
    """Numbers by name."""
    return {one.name: one.id for one in named}


def proved(settings: RedmineSettings, catalogue: Catalogue, table: str) -> None:
    """See to it that the settings name what there is: Redmine takes another tracker, and ignores statuses and fields that it does not know.

    Raises:
        ConfigError: With the table and key to mend.
    """
    used: dict[str, tuple[Mapping[str, Any], Sequence[str]]] = {
        "statuses": (catalogue.statuses, list(settings.statuses)),
        "priorities": (catalogue.priorities, list(settings.priorities.values())),
        "trackers": (catalogue.trackers, list(settings.trackers.values())),
    }
    for key, (known, names) in used.items():
        for name in names:
            if name not in known:
                raise ConfigError(f"Redmine has no {name!r}; it has: {', '.join(known)}", table=f"{table}.{key}", key=name)
    for project in catalogue.projects:
        for name in settings.trackers.values():
            if name not in [one.name for one in project.trackers]:
                raise ConfigError(f"the project {project.identifier} has no tracker {name!r}", table=table, key="trackers")
    for meaning, name in settings.fields.named().items():
        field = catalogue.fields.get(meaning)
        where = {"table": f"{table}.fields", "key": meaning}
        if field is None:
            raise ConfigError(f"Redmine has no custom field {name!r} for issues, or our account does not see it", **where)
        if meaning in ("key", "requester") and not field.is_filter:
            raise ConfigError(f"the custom field {name!r} is not 'used as a filter': a search by it finds everything", **where)
        if meaning in ("since", "next_update_by") and field.field_format not in ("", "string", "text"):
            raise ConfigError(f"the custom field {name!r} has to be a text: it holds a date and a time", **where)
        incident = catalogue.trackers[settings.trackers[next(iter(settings.trackers))]]
        if meaning == "key" and field.trackers and incident not in [one.id for one in field.trackers]:
            raise ConfigError(f"the custom field {name!r} is not for the trackers in the settings", **where)
