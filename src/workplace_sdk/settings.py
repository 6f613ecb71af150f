"""``workplace.toml`` as checked values. Secrets are references: where to find them, never the secret itself.

language = "nl"
time_zone = "Europe/Amsterdam"
caller = "ana@example.org"

[store]
url = "sqlite:///workplace.db"

[connections.main]
connector = "local"

[connections.directory]
connector = "ldap"
password = { env = "LDAP_PASSWORD" }

[services]
leave = "main"
experts = ["directory", "main"]
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.kernel.secrets import Secret
from workplace_sdk.services.common import Money, PersonRef, checked_zone

SERVICES: Final = ("leave", "experts", "rooms", "expenses", "incidents")
FILE_NAME: Final = "workplace.toml"
FILE_VARIABLE: Final = "WORKPLACE_SETTINGS"
CALLER_VARIABLE: Final = "WORKPLACE_CALLER"
_ELSEWHERE: Final = '{ env = "NAME" }, { file = "path" } or { keyring = "service", user = "name" }'


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class StoreSettings(_Strict):
    """``[store]``: the database of our own, for the ``local`` connector, the people index and the audit log.

    Attributes:
        url: ``sqlite:///workplace.db``, or ``postgresql+psycopg://user@host/name``, without a password.
        password: Where the password of the user in *url* is; without it PostgreSQL's own ways hold (``~/.pgpass``, a certificate).
    """

    url: str = "sqlite:///workplace.db"
    password: Secret | None = None


class ConnectionSettings(BaseModel):
    """``[connections.NAME]``: which connector, and what that connector takes.

    Attributes:
        acts_as: ``service`` when the system sees one account of ours, so that our own check is the only one;
            ``person`` when it sees the employee.
    """

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    connector: str
    acts_as: Literal["service", "person"] = "service"

    @property
    def own(self) -> dict[str, Any]:
        """What the connector itself takes."""
        return dict(self.model_extra or {})


class ServiceSettings(_Strict):
    """``[services]``, one entry: connections to read from, in order of priority, and the one to write to."""

    read: tuple[str, ...]
    write: str

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: object) -> object:
        if isinstance(value, str):
            return {"read": [value], "write": value}
        if isinstance(value, list | tuple):
            names: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
            return {"read": names, "write": names[0] if names else ""}
        return value

    @field_validator("read")
    @classmethod
    def _some(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("name one connection or several different ones")
        return value


class OrderSettings(_Strict):
    """``[meetings.orders.NAME]``: who brings these items, and how they are asked.

    Attributes:
        items: Names of items, such as ``Lunch``.
        connection: A mail server, a facility system (which offers rooms) or a helpdesk (which offers incidents).
        to: For mail: the address of who brings it.
        category: For a helpdesk: the ticket's category. It says that tickets are meant where a connection offers rooms as well.
        order_before: Hours before the start until which it can be ordered.
        cancel_before: Hours before the start until which it can be cancelled; later it cannot.
        price: Of one, such as ``12.50 EUR``.
    """

    items: Annotated[tuple[str, ...], Field(min_length=1)]
    connection: str
    to: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] | None = None
    category: str | None = None
    order_before: Annotated[int, Field(ge=0, le=10_000)] | None = None
    cancel_before: Annotated[int, Field(ge=0, le=10_000)] | None = None
    price: Money | None = None

    @field_validator("price", mode="before")
    @classmethod
    def _typed_price(cls, value: object) -> object:
        return Money.parse(value) if isinstance(value, str) else value


class MeetingsSettings(_Strict):
    """``[meetings]``: where the parts of a meeting come from.

    Attributes:
        rooms: The connection whose rooms are booked; that of ``[services] rooms`` when left out.
        invite: A mail server by which attendees are invited, where the rooms' system does not do so itself.
        orders: Who brings what; what nobody is named for is ordered with the room.
    """

    rooms: str | None = None
    invite: str | None = None
    orders: Mapping[str, OrderSettings] = Field(default_factory=dict[str, OrderSettings])

    @model_validator(mode="after")
    def _once(self) -> Self:
        seen: dict[str, str] = {}
        for name, order in self.orders.items():
            for item in order.items:
                if (other := seen.setdefault(item.casefold(), name)) != name:
                    raise ValueError(f"orders: {item!r} is brought by {other} and by {name}")
        return self


def _people(value: object) -> object:
    if isinstance(value, str):
        return PersonRef.parse(value)
    return value


class RoleSettings(_Strict):
    """``[roles.NAME]``: these people may do this for everyone. ``leave.*`` means every right of leave."""

    people: tuple[PersonRef, ...]
    rights: tuple[str, ...]

    @field_validator("people", mode="before")
    @classmethod
    def _typed(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            return value
        given: list[object] = list(value)  # pyright: ignore[reportUnknownArgumentType] - whatever the file holds
        return tuple(_people(one) for one in given)


class DelegationSettings(_Strict):
    """``[[delegations]]``: *deputy* may do what *person* may, for these rights, on these days (both included)."""

    person: PersonRef
    deputy: PersonRef
    rights: tuple[str, ...]
    since: date
    until: date

    @field_validator("person", "deputy", mode="before")
    @classmethod
    def _typed(cls, value: object) -> object:
        return _people(value)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.since:
            raise ValueError("until is before since")
        return self


class Settings(_Strict):
    """A whole ``workplace.toml``.

    Attributes:
        language: For sentences to employees: ``en`` or ``nl``.
        time_zone: IANA name of the organisation's time zone.
        caller: Who is calling when nobody else is named; ``service:NAME`` for a service account.
        time_limit: Seconds a call may take.
        count_handoffs: Count in the store what people are sent elsewhere for, without who; ``workplace usage`` shows it.
        identity_lifetime: Seconds that keys of a person, once looked up, are kept in memory.
        directory: Where this file is: relative paths and SQLite files are below it.
    """

    language: Literal["en", "nl"] = "en"
    time_zone: str = "Europe/Amsterdam"
    caller: PersonRef | None = None
    time_limit: float = Field(default=30.0, gt=0, le=3600)
    identity_lifetime: float = Field(default=900.0, ge=0)
    count_handoffs: bool = False
    store: StoreSettings = Field(default_factory=StoreSettings)
    connections: Mapping[str, ConnectionSettings] = Field(default_factory=dict[str, ConnectionSettings])
    services: Mapping[Literal["leave", "experts", "rooms", "expenses", "incidents"], ServiceSettings] = Field(
        default_factory=dict[Any, ServiceSettings]
    )
    meetings: MeetingsSettings = Field(default_factory=MeetingsSettings)
    roles: Mapping[str, RoleSettings] = Field(default_factory=dict[str, RoleSettings])
    delegations: tuple[DelegationSettings, ...] = ()

    file: Path | None = Field(default=None, exclude=True)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return checked_zone(value)

    @field_validator("caller", mode="before")
    @classmethod
    def _caller(cls, value: object) -> object:
        return _people(value)

    @property
    def directory(self) -> Path:
        """Where relative paths start."""
        return self.file.parent if self.file else Path.cwd()

    def database_url(self, url: str) -> str:
        """*url*, with a relative SQLite path placed below ``directory``."""
        prefix = "sqlite:///"
        rest = url.removeprefix(prefix)
        if not url.startswith(prefix) or rest.startswith("/") or rest in ("", ":memory:"):
            return url
        return f"{prefix}{(self.directory / rest).resolve()}"

    @classmethod
    def load(cls, path: str | Path | None = None) -> Settings:
        """Read *path*, or the file that ``find`` finds. ``ConfigError`` names file, table and key."""
        file = Path(path) if path is not None else cls.find()
        if file is None:
            raise ConfigError(
                f"there is no {FILE_NAME} here or in a folder above; 'workplace init' writes one, {FILE_VARIABLE} names another"
            )
        import tomllib

        try:
            with file.open("rb") as stream:
                content = tomllib.load(stream)
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", file=str(file)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"is no valid TOML: {error}", file=str(file)) from error
        return cls.checked(content, file=file.resolve())

    @classmethod
    def checked(cls, content: Mapping[str, Any], *, file: Path | None = None) -> Settings:
        """Settings from a mapping; ``ConfigError`` as ``load``."""
        if "file" in content:
            raise ConfigError("unknown key", file=str(file) if file else None, key="file")
        _refuse_literal_secrets(content, (), file)
        try:
            settings = cls.model_validate({**_placed(content, file.parent if file else Path.cwd()), "file": file})
        except ValidationError as error:
            raise config_error(error, file=file) from None
        _refuse_unknown_connections(settings)
        return settings

    @staticmethod
    def find() -> Path | None:
        """``$WORKPLACE_SETTINGS``, else ``workplace.toml`` here or in a folder above, else in the user's configuration."""
        if named := os.environ.get(FILE_VARIABLE):
            return Path(named)
        here = Path.cwd()
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "workplace" / FILE_NAME
        for candidate in (*(folder / FILE_NAME for folder in (here, *here.parents)), home):
            if candidate.is_file():
                return candidate
        return None


def _refuse_unknown_connections(settings: Settings) -> None:
    """Whatever names a connection names one that is there."""
    file = str(settings.file) if settings.file else None
    known = ", ".join(settings.connections) or "none"
    meetings = settings.meetings
    named: list[tuple[str, str, str]] = [
        ("services", service, name) for service, used in settings.services.items() for name in (*used.read, used.write)
    ]
    named += [("meetings", key, name) for key, name in (("rooms", meetings.rooms), ("invite", meetings.invite)) if name]
    named += [(f"meetings.orders.{name}", "connection", order.connection) for name, order in meetings.orders.items()]
    for table, key, name in named:
        if name not in settings.connections:
            raise ConfigError(f"there is no connection {name!r}; there is: {known}", file=file, table=table, key=key)
    for service, used in settings.services.items():
        if used.write not in used.read:
            raise ConfigError(f"write = {used.write!r} is not among read", file=file, table="services", key=service)


def _placed(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """*content*, with the files of its secrets below *folder*, where the settings are."""
    placed: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            table = cast("Mapping[str, Any]", value)
            is_secret = set(table) == {"file"} and isinstance(table["file"], str)
            placed[key] = {"file": folder / Path(table["file"]).expanduser()} if is_secret else _placed(table, folder)
        else:
            placed[key] = value
    return placed


_SECRET_KEY: Final = re.compile(r"(^|_)(password|passwd|passphrase|secret|token|api_?key)$")
_URL_WITH_PASSWORD: Final = re.compile(r"://[^/@\s:]*:[^/@\s]+@")


def _refuse_literal_secrets(value: object, path: tuple[str, ...], file: Path | None) -> None:
    """No table holds a secret itself, whatever the connector: not under the name of one, and not within a URL."""
    if isinstance(value, Mapping):
        table: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType] - whatever the file holds
        for key, one in table.items():
            _refuse_literal_secrets(one, (*path, str(key)), file)
    elif isinstance(value, list | tuple):
        several: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType] - whatever the file holds
        for one in several:
            _refuse_literal_secrets(one, path, file)
    elif isinstance(value, str) and path:
        where = {"file": str(file) if file else None, "table": ".".join(path[:-1]) or None, "key": path[-1]}
        if _URL_WITH_PASSWORD.search(value):
            raise ConfigError(
                f"a password is not written in a URL: leave it out, and beside it write password = {_ELSEWHERE}", **where
            )
        if _SECRET_KEY.search(path[-1]) and "connections" in path[:1]:
            raise ConfigError(f"a secret is not written in this file: write {path[-1]} = {_ELSEWHERE}", **where)


def config_error(error: ValidationError, *, file: Path | None = None, table: str = "") -> ConfigError:
    """Our error for a model that did not fit: the first problem's table and key, and every problem in the message."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    lines: list[str] = []
    for problem in problems:
        place = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        text = problem["msg"].removeprefix("Value error, ")
        text = "unknown key" if problem["type"] == "extra_forbidden" else text
        lines.append(f"{place}: {text}" if len(problems) > 1 and place else text)
    location = [str(part) for part in problems[0]["loc"] if part != "[key]"]
    tables = [part for part in (table, *location[:-1]) if part]
    return ConfigError(
        "; ".join(lines),
        file=str(file) if file else None,
        table=".".join(tables) or None,
        key=location[-1] if location else None,
    )
