"""Who may act for whom: one place, decided before the operation's own I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from workplace_sdk.kernel.access import Access, Relation
from workplace_sdk.kernel.errors import NotFound, Unauthorized
from workplace_sdk.kernel.support import Native

if TYPE_CHECKING:
    from workplace_sdk.identity.map import IdentityMap
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.session import Call
    from workplace_sdk.services.common import PersonRef
    from workplace_sdk.services.experts import ExpertDirectory
    from workplace_sdk.settings import DelegationSettings, RoleSettings


class IdentityGate:
    """Lets a caller act for oneself, as manager (by the directory), by a role, or by a delegation with dates."""

    def __init__(
        self,
        *,
        roles: Mapping[str, RoleSettings],
        delegations: Sequence[DelegationSettings],
        identities: IdentityMap,
        directory: Callable[[], ExpertDirectory],
    ) -> None:
        self._roles = roles
        self._delegations = delegations
        self._identities = identities
        self._directory = directory

    def allow(self, call: Call) -> Steps[None]:
        """Let *call* pass, or raise ``Unauthorized`` with the identity that was used."""
        access, caller = call.access, call.session.caller
        if caller is None:
            raise Unauthorized("nobody is known to be calling: set caller in the settings, or use work.as_(person)")
        if access is None:
            raise Unauthorized(f"{call.name} does not declare who may call it", identity=caller.label)
        call.subject = yield from self._subject(call, access, caller)
        if (yield from self._may(caller, access, call.subject)):
            return
        for delegation in self._delegations:
            if (
                not _matches(delegation.rights, access.right)
                or not delegation.since <= call.session.today() <= delegation.until
            ):
                continue
            if (yield from self._same(delegation.deputy, caller)) and (
                yield from self._may(delegation.person, access, call.subject)
            ):
                return
        whom = "" if call.subject is caller else f" for {call.subject.label}"
        raise Unauthorized(f"{caller.label} has no right {access.right}{whom}", identity=caller.label)

    def _subject(self, call: Call, access: Access, caller: PersonRef) -> Steps[PersonRef]:
        if access.subject is None:
            return caller
        subject: PersonRef | None = yield from access.subject(call.service, call.arguments)
        return caller if subject is None else subject

    def _may(self, caller: PersonRef, access: Access, subject: PersonRef) -> Steps[bool]:
        """Whether *caller* may, delegations aside."""
        if Relation.ANYONE in access.relations:
            return True
        if Relation.SELF in access.relations and (subject is caller or (yield from self._same(caller, subject))):
            return True
        for role in self._roles.values():
            if _matches(role.rights, access.right):
                for person in role.people:
                    if (yield from self._same(person, caller)):
                        return True
        return Relation.MANAGER in access.relations and (yield from self._manages(caller, subject))

    def _same(self, one: PersonRef, other: PersonRef) -> Steps[bool]:
        """Whether they are one person; the directory is asked only when their keys do not tell."""
        if one.group != other.group:
            return False
        same = one.same_person(other)
        if same is None and not one.group:
            one = yield from self._identities.complete(one)
            other = yield from self._identities.complete(other)
            same = one.same_person(other)
        return bool(same)

    def _manages(self, caller: PersonRef, subject: PersonRef) -> Steps[bool]:
        """Whether *caller* is somewhere above *subject*; nobody is their own manager."""
        directory = self._directory()
        if not isinstance(directory.chain.support, Native) or (yield from self._same(caller, subject)):
            return False
        try:
            above = yield from directory.chain.steps(subject)
        except NotFound:
            return False
        for manager in above:
            if (yield from self._same(caller, manager.person)):
                return True
        return False


def _matches(rights: Sequence[str], right: str) -> bool:
    return any(fnmatchcase(right, pattern) for pattern in rights)
