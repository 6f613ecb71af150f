"""The identity map: other keys of a person, from the directory, for a while."""

from __future__ import annotations

import time
from typing import Any

import pytest

from workplace_sdk import PersonRef
from workplace_sdk.identity.map import IdentityMap
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import NotFound, Unavailable
from workplace_sdk.kernel.operation import read
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import Ref
from workplace_sdk.services.experts import Expert, ExpertDirectory

ANA = PersonRef(login="ana", email="ana@x.example", employee_number="7", display_name="Ana")


class Directory(ExpertDirectory):
    """Knows Ana, and counts how often it is asked."""

    asked = 0
    down = False

    @read
    def get(self, person: PersonRef | None = None) -> Steps[Expert]:
        type(self).asked += 1
        if self.down:
            raise Unavailable("it is down")
        if person is None or not person.same_person(ANA):
            raise NotFound("nobody")
        return Expert(ref=Ref(connection="d", kind="person", id="1"), person=ANA)
        yield


@pytest.fixture
def directory() -> Directory:
    Directory.asked, Directory.down = 0, False
    return Directory(Connector("d", None), Session())


def done(steps: Steps[Any]) -> Any:
    return run(steps, Call(session=Session(), name="test"))


def test_keys_are_found_and_kept_for_a_while(directory: Directory) -> None:
    identities = IdentityMap(lambda: directory, lifetime=0.3)
    assert done(identities.key(PersonRef(login="ana"), "employee_number")) == "7"
    assert done(identities.key(PersonRef(email="ana@x.example"), "login")) == "ana", "by a key that came with the answer"
    assert done(identities.complete(PersonRef(login="ANA"))).employee_number == "7"
    assert Directory.asked == 1
    time.sleep(0.35)
    assert done(identities.key(PersonRef(login="ana"), "email")) == "ana@x.example"
    assert Directory.asked == 2


def test_what_is_known_is_not_asked(directory: Directory) -> None:
    identities = IdentityMap(lambda: directory, lifetime=60)
    assert done(identities.key(PersonRef(login="ana"), "login")) == "ana"
    assert Directory.asked == 0
    with pytest.raises(ValueError, match="shoe_size"):
        done(identities.key(ANA, "shoe_size"))


def test_who_is_unknown_stays_as_they_are(directory: Directory) -> None:
    identities = IdentityMap(lambda: directory, lifetime=60)
    bo = PersonRef(login="bo")
    assert done(identities.complete(bo)) == bo
    assert done(identities.key(bo, "email")) is None


def test_a_directory_that_is_down_is_no_answer(directory: Directory) -> None:
    identities = IdentityMap(lambda: directory, lifetime=60)
    directory.down = True
    with pytest.raises(Unavailable):
        done(identities.complete(PersonRef(login="ana")))


def test_forgetting(directory: Directory) -> None:
    identities = IdentityMap(lambda: directory, lifetime=60)
    done(identities.complete(PersonRef(login="ana")))
    identities.forget(PersonRef(employee_number="7"))
    done(identities.complete(PersonRef(login="ana")))
    assert Directory.asked == 2


def test_the_map_does_not_grow_without_end(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IdentityMap, "MOST", 2)
    identities = IdentityMap(lambda: directory, lifetime=60)
    for _ in range(3):
        done(identities.complete(PersonRef(login="ana")))
        done(identities.complete(PersonRef(dn="uid=ana", login="ana")))
    assert len(vars(identities)["_known"]) <= 5
