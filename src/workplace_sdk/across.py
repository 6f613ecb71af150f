"""Several connections behind one service: reads ask all of them, a write goes to the one that the settings name.

A reference decides by itself: what lives on a connection is read and changed there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import new_class
from typing import TYPE_CHECKING, Any, cast

from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.effects import All, Page
from workplace_sdk.kernel.errors import InvalidInput, NotFound, NotSupported, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import Operation, Paged, Service, Write, settled
from workplace_sdk.kernel.paging import mapped_pages
from workplace_sdk.kernel.support import Native, Support
from workplace_sdk.services.common import Ref

if TYPE_CHECKING:
    from workplace_sdk.kernel.access import Arguments
    from workplace_sdk.kernel.effects import PageSteps, Steps
    from workplace_sdk.kernel.session import Session
    from workplace_sdk.kernel.support import Link


class _Across(Service):
    """The part that is the same for every service."""

    members: Mapping[str, Service]
    writer: Service

    def support_of(self, name: str) -> Support:
        if self.operations()[name].safety is not Safety.READ:
            return self.writer.support_of(name)
        supports = [member.support_of(name) for member in self.members.values()]
        return next((support for support in supports if isinstance(support, Native)), supports[0])

    def safety_of(self, name: str) -> Safety:
        return self.writer.safety_of(name)

    def link(self, name: str, arguments: Arguments) -> Link | None:
        return self.home_of(arguments).link(name, arguments)

    def body_of(self, operation: Operation[..., Any]) -> Callable[..., Any]:
        if isinstance(operation, Paged):
            chosen: Callable[[str, Arguments], Any] = self._pages
        elif operation.safety is not Safety.READ or _ref_in_names(operation):
            chosen = self._there
        elif operation.merge is not None or "Listing[" in operation.parameters.annotations.get("return", ""):
            chosen = self._gathered
        else:
            chosen = self._first

        def body(_: Service, **arguments: Any) -> Any:
            return chosen(operation.name, arguments)

        return body

    def preview_body_of(self, operation: Write[..., Any]) -> Callable[..., Any] | None:
        def body(_: Service, **arguments: Any) -> Steps[Any]:
            home = self.home_of(arguments)
            own = home.preview_body_of(cast("Write[..., Any]", home.operations()[operation.name]))
            if own is None:
                raise NotSupported("no preview is known", connection=home.connection_name)
            return (yield from own(home, **arguments))

        return body

    def reconcile_body_of(self, operation: Write[..., Any]) -> Callable[..., Any] | None:
        """The key may be on any connection: a change is made where its record lives."""
        looking: list[tuple[Service, Callable[..., Steps[Any]]]] = []
        for member in (self.writer, *(other for other in self.members.values() if other is not self.writer)):
            own = member.reconcile_body_of(cast("Write[..., Any]", member.operations()[operation.name]))
            if own is not None:
                looking.append((member, own))
        if not looking:
            return None

        def body(_: Service, key: Any) -> Steps[Any]:
            for member, look in looking:
                found = yield from look(member, key)
                if found is not None:
                    return found
            return None

        return body

    def home_of(self, arguments: Arguments) -> Service:
        """The connection that a reference among the arguments names, else the one that is written to."""
        for value in arguments.values():
            ref = value if isinstance(value, Ref) else getattr(value, "ref", None)
            if isinstance(ref, Ref) and ref.kind != "person":
                if ref.connection not in self.members:
                    raise NotFound(f"{ref} is on no connection of {self.service}", field="ref")
                return self.members[ref.connection]
        return self.writer

    def _there(self, name: str, arguments: Arguments) -> Steps[Any]:
        steps: Steps[Any] = _steps(self.home_of(arguments), name, arguments)
        return (yield from steps)

    def _native(self, name: str) -> dict[str, Service]:
        return {key: member for key, member in self.members.items() if isinstance(member.support_of(name), Native)}

    def _first(self, name: str, arguments: Arguments) -> Steps[Any]:
        """The answer of the first connection, by priority, that has one; else why the first that could not say did not."""
        failed: list[WorkplaceError] = []
        for member in self._native(name).values():
            steps: Steps[Any] = _steps(member, name, arguments)
            try:
                return (yield from steps)
            except InvalidInput:
                raise
            except WorkplaceError as error:
                failed.append(error)
        assert failed, "refused before when no connection does it"
        raise next((error for error in failed if not isinstance(error, NotFound)), failed[0])

    def _gathered(self, name: str, arguments: Arguments) -> Steps[Any]:
        """The answers of all connections; one that does not answer leaves a gap, unless none does."""
        operation = self.operations()[name]
        asked = self._native(name)
        parts = [settled(cast("Steps[Any]", _steps(member, name, arguments))) for member in asked.values()]
        answers: Sequence[Any] = yield from All(*parts)
        good = [(name, answer) for name, answer in zip(asked, answers, strict=True) if not isinstance(answer, WorkplaceError)]
        errors = [(name, answer) for name, answer in zip(asked, answers, strict=True) if isinstance(answer, WorkplaceError)]
        if not good:
            raise errors[0][1]
        gaps = [Gap(name, Missing.NO_ANSWER, str(error), error) for name, error in errors if not isinstance(error, NotFound)]
        gaps += [gap for _, answer in good for gap in getattr(answer, "gaps", ())]
        merged = operation.merge(good) if operation.merge else [item for _, answer in good for item in answer]
        return Listing(merged, gaps=gaps, answered=[name for name, _ in good])

    def _pages(self, name: str, arguments: Arguments) -> PageSteps[Any]:
        """The pages of one connection after the other; one that does not answer leaves a gap, unless none does."""
        answered: set[str] = set()
        errors: list[WorkplaceError] = []
        for key, member in self._native(name).items():

            def noted(page: Page[Any], key: str = key) -> Page[Any]:
                answered.add(key)
                return page

            try:
                yield from mapped_pages(cast("PageSteps[Any]", _steps(member, name, arguments)), noted)
                answered.add(key)
            except WorkplaceError as error:
                errors.append(error)
                if not isinstance(error, NotFound):
                    yield Page((), gaps=(Gap(key, Missing.NO_ANSWER, str(error), error),))
        if errors and not answered:
            raise errors[0]


def _steps(member: Service, name: str, arguments: Arguments) -> Any:
    """The body of *member*; what it ends in says on which connection."""
    steps: Steps[Any] = getattr(member, name).steps(**arguments)
    try:
        return (yield from steps)
    except WorkplaceError as error:
        error.connection = error.connection or member.connection_name
        raise


def _ref_in_names(operation: Operation[..., Any]) -> bool:
    return "ref" in operation.parameters.positional


def across(interface: type[Service], members: Mapping[str, Service], *, writer: str, session: Session) -> Service:
    """One *interface* over *members*, by connection name in order of priority."""
    kind = new_class(f"{interface.__name__}Across", (_Across, interface))
    service = cast("_Across", kind(Connector(", ".join(members), None), session))
    service.members, service.writer = dict(members), members[writer]
    return service
