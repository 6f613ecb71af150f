"""What an operation answered, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import field, frozen

from workplace_sdk.kernel.errors import ProtocolError
from workplace_sdk.wires.soap.reading import Odd, Oddity

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


@frozen
class Answer:
    """What an operation answered.

    Attributes:
        operation: Its name.
        value: What is in the answer's element: mostly a ``dict`` by local name; ``None`` when it is nil or there is none.
        odd: Where the answer differs from what the WSDL promises.
    """

    operation: str
    value: Any = field(repr=False)
    odd: tuple[Odd, ...] = ()
    _headers: Callable[[], Mapping[str, Any]] = field(default=dict[str, Any], repr=False, eq=False)

    @property
    def headers(self) -> Mapping[str, Any]:
        """The headers of the envelope, by local name."""
        return self._headers()

    @property
    def unplaced(self) -> tuple[str, ...]:
        """The paths of what the schema has no place for. It is in ``value`` all the same, as texts."""
        return tuple(one.path for one in self.odd if one.kind is Oddity.UNPLACED)

    def __getitem__(self, name: str) -> Any:
        """The value of that name; ``ProtocolError`` when it is not there."""
        found = self.get(name)
        if found is None:
            raise ProtocolError(f"the answer to {self.operation} has no {name}")
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that name, or *default*. With dots for what is inside: ``Error.ErrorCode``."""
        value = self.value
        for part in name.split("."):
            value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
        return default if value is None else value

    def many(self, name: str) -> tuple[Any, ...]:
        """All values of that name, whether one came, several, or none."""
        return as_many(self.get(name))

    def read(self, kind: type[M]) -> M:
        """The answer as a model; ``ProtocolError`` when it does not fit. Attributes are under ``@name``: give them an alias."""
        from pydantic import ValidationError

        try:
            return kind.model_validate({} if self.value is None else self.value)
        except ValidationError as error:
            places = ", ".join(
                ".".join(map(str, one["loc"])) for one in error.errors(include_input=False, include_url=False)[:5]
            )
            raise ProtocolError(f"the answer to {self.operation} does not fit {kind.__name__}: {places}") from None


def as_many(value: Any) -> tuple[Any, ...]:
    """*value* as a tuple: none, one, or several of them."""
    if value is None:
        return ()
    return tuple(cast("list[Any]", value)) if isinstance(value, list | tuple) else (value,)
