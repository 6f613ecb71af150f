"""The systems behind the proxy: how each is opened, read, written to, and how often the server really did it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.caldav.conftest import settings_of as caldav_settings
from tests.faults.proxy import EVERY, HTTP_ONLY, Fault, HttpProxy, LdapProxy, Proxy, ldap_tag
from tests.ldap.conftest import settings_of as ldap_settings
from tests.redmine.conftest import settings_of as redmine_settings
from tests.rt.conftest import settings_of as rt_settings
from tests.servers import jaxws, radicale, redmine, rt, slapd, znuny
from tests.servers.calendars import DOMAIN
from tests.soap.conftest import WSDL
from tests.znuny.conftest import settings_of as znuny_settings
from workplace_sdk.connectors.caldav import Caldav
from workplace_sdk.connectors.caldav.rooms import CaldavRooms
from workplace_sdk.connectors.ldap import Ldap
from workplace_sdk.connectors.ldap.experts import LdapExperts
from workplace_sdk.connectors.redmine import Redmine
from workplace_sdk.connectors.redmine.incidents import RedmineIncidents
from workplace_sdk.connectors.rt import Rt
from workplace_sdk.connectors.rt.incidents import RtIncidents
from workplace_sdk.connectors.znuny import Znuny
from workplace_sdk.connectors.znuny.incidents import ZnunyIncidents
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Span
from workplace_sdk.services.experts import SkillClaim
from workplace_sdk.services.incidents import Ticket, TicketDraft
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.services.rooms import Meeting, MeetingDraft
from workplace_sdk.wires.soap.settings import SoapSettings

PAGE = Path(__file__).parent.parent.parent / "docs/plugins/soap.md"
ZONE = "Europe/Amsterdam"
NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
"""Calendar servers invite to what is to come: it is 2027 for who calls."""
_numbers = itertools.count(1)


class System:
    """A server, and a connector that reaches it by way of a proxy."""

    faults = EVERY
    proxy: type[Proxy] = HttpProxy
    deadline = 1.0
    """Seconds after which a call has to end, where the fault is that nothing comes: enough for what comes before it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.server = self.started()
        self.real = self.opened(self.address())
        """Reaches the server itself."""

    def started(self) -> Any:
        raise NotImplementedError

    @property
    def port(self) -> int:
        port: int = self.server.port
        return port

    def address(self, port: int | None = None, *, tls: bool = False) -> str:
        return f"http{'s' if tls else ''}://127.0.0.1:{port or self.port}"

    def opened(self, address: str, ca: Path | None = None, **session: Any) -> Any:
        """The service, on a connection of its own."""
        raise NotImplementedError

    def writes(self, request: bytes) -> bool:
        """Whether a request is the one that changes something."""
        raise NotImplementedError

    def reading(self) -> tuple[str, tuple[Any, ...]]:
        """An operation that reads, and its arguments."""
        raise NotImplementedError

    def writing(self) -> tuple[str, tuple[Any, ...], Callable[[], int]]:
        """An operation that writes, its arguments, and how often the server did it."""
        raise NotImplementedError

    def stop(self) -> None:
        self.real.connection.close()
        self.server.stop()


def needs(module: Any) -> None:
    if reason := module.unavailable():
        pytest.skip(reason)


class OnRt(System):
    deadline = 2.0

    def started(self) -> rt.Rt:
        needs(rt)
        return rt.Rt()

    def opened(self, address: str, ca: Path | None = None, **session: Any) -> RtIncidents:
        settings = rt_settings(self.server, self.monkeypatch, url=address, ca_file=ca)
        made = Session(caller=PersonRef(login="a.devries"), zone=ZONE, **session)
        return RtIncidents(Rt("helpdesk", settings, {"zone": ZONE}), made)

    def writes(self, request: bytes) -> bool:
        return request.startswith(b"POST /REST/2.0/ticket ")

    def reading(self) -> tuple[str, tuple[Any, ...]]:
        return "get", (self.read_often.ref,)

    @cached_property
    def read_often(self) -> Ticket:
        return self.real.report(TicketDraft(what="to be read"))

    def writing(self) -> tuple[str, tuple[Any, ...], Callable[[], int]]:
        what = f"fault {next(_numbers)} of many"
        return "report", (TicketDraft(what=what),), lambda: sum(one.title == what for one in self.real.requests())


class OnRedmine(System):
    deadline = 2.0

    def started(self) -> redmine.Redmine:
        needs(redmine)
        return redmine.Redmine()

    def opened(self, address: str, ca: Path | None = None, **session: Any) -> RedmineIncidents:
        connection = Redmine("helpdesk", redmine_settings(self.server, self.monkeypatch, url=address, ca_file=ca))
        connection.acts_as = "person"
        return RedmineIncidents(connection, Session(caller=PersonRef(login="a.devries"), zone=ZONE, **session))

    def writes(self, request: bytes) -> bool:
        return request.startswith(b"POST /issues.json")

    def reading(self) -> tuple[str, tuple[Any, ...]]:
        return "get", (self.read_often.ref,)

    @cached_property
    def read_often(self) -> Ticket:
        return self.real.report(TicketDraft(what="to be read", category="ICT"))

    def writing(self) -> tuple[str, tuple[Any, ...], Callable[[], int]]:
        what = f"fault {next(_numbers)} of many"
        draft = TicketDraft(what=what, category="ICT")
        return "report", (draft,), lambda: sum(one.title == what for one in self.real.requests())


class OnZnuny(System):
    """By SOAP; by REST it is the same wire as for the others, and ``OnZnunyRest``."""

    flavour = "soap"
    deadline = 2.0

    def started(self) -> znuny.Znuny:
        needs(znuny)
        return znuny.Znuny()

    def opened(self, address: str, ca: Path | None = None, **session: Any) -> ZnunyIncidents:
        settings = znuny_settings(self.server, self.monkeypatch, self.flavour, url=address, ca_file=ca)
        made = Session(caller=PersonRef(login="a.devries"), zone=ZONE, **session)
        return ZnunyIncidents(Znuny("helpdesk", settings, {"zone": ZONE}), made)

    def writes(self, request: bytes) -> bool:
        return b"TicketCreate" in request

    def reading(self) -> tuple[str, tuple[Any, ...]]:
        return "get", (self.read_often.ref,)

    @cached_property
    def read_often(self) -> Ticket:
        return self.real.report(TicketDraft(what="to be read"))

    def writing(self) -> tuple[str, tuple[Any, ...], Callable[[], int]]:
        what = f"fault {next(_numbers)} of many"
        return "report", (TicketDraft(what=what),), lambda: sum(one.title == what for one in self.real.requests())


class OnZnunyRest(OnZnuny):
    flavour = "rest"


class OnRadicale(System):
    def started(self) -> radicale.Radicale:
        needs(radicale)
        return radicale.Radicale()

    def opened(self, address: str, ca: Path | None = None, **session: Any) -> CaldavRooms:
        settings = caldav_settings(self.server, self.monkeypatch, url=address, ca_file=ca)
        caller = PersonRef(login="u0000001", email=f"u0000001@{DOMAIN}")
        return CaldavRooms(Caldav("calendar", settings), Session(caller=caller, now=lambda: NOW, zone=ZONE, **session))

    def writes(self, request: bytes) -> bool:
        return request.startswith(b"PUT ")

    def day(self) -> Span:
        return Span.local(NOW.date() + timedelta(days=next(_numbers)), time(10), time(11), ZONE)

    def reading(self) -> tuple[str, tuple[Any, ...]]:
        return "get", (self.read_often.ref,)

    @cached_property
    def read_often(self) -> Meeting:
        return self.real.book(MeetingDraft(subject="to be read", span=self.day()))

    def writing(self) -> tuple[str, tuple[Any, ...], Callable[[], int]]:
        span = self.day()

        def done() -> int:
            day = span.local_start.date()
            return sum(one.span.start == span.start and not one.cancelled for one in self.real.mine(since=day, until=day))

        return "book", (MeetingDraft(subject="fault", span=span),), done


class OnJaxWs(System):
    """With the connector of docs/plugins/soap.md."""

    def started(self) -> jaxws.LeaveRegister:
        needs(jaxws)
        code = next(
            text for text in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL) if "class Register(" in text
        )
        self.page: dict[str, Any] = {"__name__": "register_behind_a_proxy"}
        exec(compile(code, str(PAGE), "exec"), self.page)
        return jaxws.LeaveRegister()

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    def opened(self, address: str, ca: Path | None = None, **session: Any) -> Any:
        self.monkeypatch.setenv("HR_PASSWORD", self.server.password)
        security = {"user": self.server.user, "password": {"env": "HR_PASSWORD"}, "digest": True}
        table = {"url": f"{address}/leave-user", "wsdl": WSDL, "security": security, "ca_file": ca}
        connector = self.page["Register"]("hr", SoapSettings.model_validate(table))
        caller = PersonRef(employee_number="300001")
        return self.page["RegisterLeave"](connector, Session(caller=caller, now=lambda: NOW, zone=ZONE, **session))

    def writes(self, request: bytes) -> bool:
        return b"SubmitRequest" in request

    def reading(self) -> tuple[str, tuple[Any, ...]]:
        return "balances", ()

    def asked(self) -> list[Any]:
        return [one for one in self.real.requests() if str(one.status) == "submitted"]

    def writing(self) -> tuple[str, tuple[Any, ...], Callable[[], int]]:
        for old in self.asked():  # or there is nothing left to ask for
            self.real.withdraw(old.ref)
        day = date(2027, 4, 5) + timedelta(days=next(_numbers) % 5)
        return "submit", (LeaveDraft.between("Annual leave", day, day),), lambda: len(self.asked())


class OnSlapd(System):
    faults = EVERY - HTTP_ONLY
    proxy = LdapProxy

    def started(self) -> slapd.Slapd:
        needs(slapd)
        return slapd.Slapd(200)

    def address(self, port: int | None = None, *, tls: bool = False) -> str:
        return f"ldap{'s' if tls else ''}://127.0.0.1:{port or self.port}"

    def opened(self, address: str, ca: Path | None = None, **session: Any) -> LdapExperts:
        settings = ldap_settings(self.server, self.monkeypatch, "writer", uri=address, ca_file=ca)
        return LdapExperts(Ldap("directory", settings), Session(caller=PersonRef(login="u0000005"), **session))

    def writes(self, request: bytes) -> bool:
        return ldap_tag(request) == LdapProxy.MODIFY

    def reading(self) -> tuple[str, tuple[Any, ...]]:
        return "get", (PersonRef(login="u0000013"),)

    def writing(self) -> tuple[str, tuple[Any, ...], Callable[[], int]]:
        topic = f"fault {next(_numbers)}"
        done = lambda: sum(claim.name == topic for claim in self.real.get().topics)  # noqa: E731 - as those of the others
        return "update_topics", ((SkillClaim(name=topic),),), done


SYSTEMS: dict[str, type[System]] = {
    "rt": OnRt, "redmine": OnRedmine, "znuny (SOAP)": OnZnuny, "znuny (REST)": OnZnunyRest, "caldav (Radicale)": OnRadicale, "soap (JAX-WS)": OnJaxWs, "ldap (OpenLDAP)": OnSlapd
}  # fmt: skip
FAULTS = {name: [fault for fault in Fault if fault in kind.faults] for name, kind in SYSTEMS.items()}
