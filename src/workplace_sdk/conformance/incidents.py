"""Incidents, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, Use, needs
from workplace_sdk.conformance.checks import alike, refusing
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.incidents import Geo, Incidents, Place, Ticket, TicketChange, TicketDraft, TicketKind, TicketStatus


def _reported(trial: Trial, **others: Any) -> Ticket:
    values: dict[str, Any] = {"what": "conformance", **others}
    made: Ticket = trial.do("report", TicketDraft(**values))
    return made


def _resolved(trial: Trial) -> Ticket:
    """A ticket that its handler says is solved."""
    change = TicketChange(status=TicketStatus.RESOLVED, resolution="done")
    made: Ticket = trial.do("handle", _reported(trial).ref, change, by=trial.other("handler"))
    assert made.status == TicketStatus.RESOLVED, "handle() gives the ticket back as it is now: resolved"
    return made


def _file(size: int = 10) -> Upload:
    return Upload(name="a.bin", content=bytes(size))


def _with(**values: Callable[[Trial], Any]) -> Callable[[Trial], Mapping[str, Any]]:
    """The arguments of a report with *values*."""

    def arguments(trial: Trial) -> Mapping[str, Any]:
        return {"draft": TicketDraft(what="conformance", **{name: value(trial) for name, value in values.items()})}

    return arguments


def _an_hour_ago(trial: Trial) -> datetime:
    """The same for a whole test, and no more exact than systems are that know minutes only."""
    now: datetime = trial.once("now", lambda trial: trial.service.session.now())
    return now.replace(second=0, microsecond=0) - timedelta(hours=1)


_HERE = Geo(latitude=Decimal("52.09"), longitude=Decimal("5.12"))


class IncidentsConformance(ServiceConformance):
    """Give ``service``, and ``handler`` where those who solve tickets use the same service; ``category`` and ``asset`` where there
    are such.
    """

    interface = Incidents
    creates = frozenset({"report"})
    uses = {  # noqa: RUF012 - a ClassVar in the base
        ("report", "details"): Use(_with(details=lambda _: DIFFICULT), lambda made, _: DIFFICULT in made.description),
        ("report", "kind"): Use(_with(kind=lambda _: TicketKind.REQUEST), lambda made, _: made.kind is TicketKind.REQUEST),
        ("report", "category"): Use(
            _with(category=lambda trial: trial.given("category")), lambda made, _: made.category is not None
        ),
        ("report", "asset"): Use(_with(asset=lambda trial: trial.given("asset")), lambda made, _: made.asset is not None),
        ("report", "place"): Use(_with(place=lambda trial: trial["place"]), lambda made, _: bool(str(made.place or ""))),
        ("report", "geo"): Use(
            _with(place=lambda _: Place(geo=_HERE)), lambda made, _: made.place is not None and made.place.geo == _HERE
        ),
        ("report", "since"): Use(_with(since=_an_hour_ago), lambda made, trial: made.since == _an_hour_ago(trial)),
        ("report", "contact"): Use(_with(contact=lambda _: "tel. 101"), lambda made, _: made.contact == "tel. 101"),
        ("report", "me_too"): Use(_with(me_too=lambda trial: trial.once("first", _reported).ref)),
        ("report", "attachments"): Use(
            _with(attachments=lambda _: (_file(),)), lambda made, _: [one.name for one in made.attachments] == ["a.bin"]
        ),
    }
    edges = {  # noqa: RUF012 - a ClassVar in the base
        ("report", "title_length"): lambda _trial, size: {"draft": TicketDraft(what="x" * size)},
        ("report", "attachment_bytes"): lambda _trial, size: {
            "draft": TicketDraft(what="conformance", attachments=(_file(size),))
        },
        ("report", "attachments"): lambda _trial, size: {
            "draft": TicketDraft(what="conformance", attachments=(_file(),) * size)
        },
        ("comment", "attachment_bytes"): lambda trial, size: {
            "ref": trial.once("reported", _reported).ref,
            "body": "x",
            "uploads": (_file(size),),
        },
        ("comment", "attachments"): lambda trial, size: {
            "ref": trial.once("reported", _reported).ref,
            "body": "x",
            "uploads": (_file(),) * size,
        },
        ("comment", "text_length"): lambda trial, size: {"ref": trial.once("reported", _reported).ref, "body": "x" * size},
        ("attach", "attachment_bytes"): lambda trial, size: {
            "ref": trial.once("reported", _reported).ref,
            "upload": _file(size),
        },
        ("escalate", "text_length"): lambda trial, size: {"ref": trial.once("reported", _reported).ref, "reason": "x" * size},
        ("cancel", "text_length"): lambda trial, size: {"ref": trial.once("reported", _reported).ref, "reason": "x" * size},
        ("reopen", "text_length"): lambda trial, size: {"ref": trial.once("resolved", _resolved).ref, "reason": "x" * size},
    }

    @pytest.fixture
    def handler(self) -> Incidents | None:
        """The same service for someone who solves tickets; ``None`` where nobody can be given."""
        return None

    @pytest.fixture
    def category(self) -> str | Ref | None:
        """What a ticket can be about; ``None`` where there are no categories."""
        return None

    @pytest.fixture
    def asset(self) -> str | None:
        """A thing that can break, as its label says; ``None`` where the system knows no things."""
        return None

    @pytest.fixture
    def place(self) -> Place:
        """Where something can be broken."""
        return Place(text="third floor, by the stairs")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        draft = {"draft": TicketDraft(what="The printer jams")}
        nothing: dict[str, Any] = {}
        names = ("categories", "assets", "requests", "inbox", "queue", "disruptions")
        return {**dict.fromkeys(names, nothing), "similar": draft, "advice": draft}

    def try_report(self, trial: Trial) -> Any:
        made = _reported(trial)
        assert made.number, "people need a number to speak of"
        return made

    def try_get(self, trial: Trial) -> Any:
        made = _reported(trial)
        found = trial.do("get", made.ref)
        assert alike(found, made), "get() gives what report() returned"
        return found

    def try_similar(self, trial: Trial) -> Any:
        made = _reported(trial, what="The large printer on the third floor jams")
        found = trial.do("similar", TicketDraft(what="printer jams, third floor"))
        assert made.ref in [one.ticket for one in found], "similar() does not find the same words in another order"
        return found

    def try_advice(self, trial: Trial) -> Any:
        found = trial.do("advice", TicketDraft(what="no article says anything about vuvuzelas"))
        assert not found, "advice() tells of articles that have nothing to do with it"
        return found

    def try_known_problems(self, trial: Trial) -> Any:
        with pytest.raises(Rejected):  # a place or a thing has to be named
            trial.do("known_problems")
        found = trial.do("known_problems", place=Place(room="no room has this name"))
        assert not found, "known_problems() tells of other places"
        return found

    def try_comment(self, trial: Trial) -> Any:
        made = _reported(trial)
        trial.do("comment", made.ref, DIFFICULT)
        return trial.do("get", made.ref)

    def try_timeline(self, trial: Trial) -> Any:
        made = _reported(trial)
        trial.do("comment", made.ref, DIFFICULT)
        events = trial.do("timeline", made.ref)
        assert DIFFICULT in [event.text for event in events], "the comment is not in the timeline as it was written"
        return events

    def try_history(self, trial: Trial) -> Any:
        made, handler = _reported(trial), trial.other("handler")
        trial.do("handle", made.ref, TicketChange(note=DIFFICULT, internal=True), by=handler)
        events = trial.do("history", made.ref, by=handler)
        assert DIFFICULT in [event.text for event in events if event.internal], "the internal note is not in history()"
        assert DIFFICULT not in [event.text for event in trial.do("timeline", made.ref)], "requesters see an internal note"
        return events

    def try_attach(self, trial: Trial) -> Any:
        made = _reported(trial)
        added = trial.do("attach", made.ref, _file())
        assert added.ref in [one.ref for one in trial.do("get", made.ref).attachments], "the file is not with the ticket"
        return added

    def try_attachment(self, trial: Trial) -> Any:
        photo = Upload(name="foto é.jpg", content=bytes(range(256)) * 50, media_type="image/jpeg")
        made = _reported(trial, attachments=(photo,))
        content = trial.do("attachment", made.ref, made.attachments[0].ref)
        assert content == photo.content, "attachment() gives the bytes as they were sent"
        return content

    def try_escalate(self, trial: Trial) -> Any:
        return trial.do("escalate", _reported(trial).ref, "nobody can work")

    def try_cancel(self, trial: Trial) -> Any:
        gone = trial.do("cancel", _reported(trial).ref)
        assert gone.status in (TicketStatus.CANCELLED, TicketStatus.CLOSED), (
            "cancel() gives the ticket back as it is now: cancelled, or closed"
        )
        with refusing(Rejected, "a ticket that was cancelled cannot be cancelled again"):
            trial.do("cancel", gone.ref)
        return gone

    def try_handle(self, trial: Trial) -> Any:
        return _resolved(trial)

    def try_confirm_resolved(self, trial: Trial) -> Any:
        closed = trial.do("confirm_resolved", _resolved(trial).ref)
        assert closed.status == TicketStatus.CLOSED, "confirm_resolved() closes the ticket"
        return closed

    def try_reopen(self, trial: Trial) -> Any:
        again = trial.do("reopen", _resolved(trial).ref, "not solved")
        assert again.status not in (TicketStatus.RESOLVED, TicketStatus.CLOSED), (
            "reopen() gives the ticket back as it is now: not resolved any more"
        )
        return again

    def test_a_repeat_with_the_same_key(self, service: Incidents) -> None:
        needs(service, "report")
        if service.report.safety is not Safety.KEYED:
            pytest.skip("report is not KEYED: a repeat is not promised to be harmless")
        key = new_key()
        first = service.report(TicketDraft(what="Kapot"), key=key)
        again = service.report(TicketDraft(what="Kapot"), key=key)
        assert again.ref == first.ref, "KEYED means: the same key never reports twice"

    def test_texts_survive(self, service: Incidents) -> None:
        needs(service, "report", "get")
        made = service.report(TicketDraft(what=DIFFICULT))
        assert made.title == DIFFICULT, "the title came back changed: look at the encoding, and at HTML"
        assert service.get(made.ref).title == DIFFICULT, "get() gives another title than report() returned"

    def test_what_is_not_there(self, service: Incidents) -> None:
        needs(service, "get")
        with refusing(NotFound, "get() of a ticket that is not there"):
            service.get(Ref(connection=service.connection_name, kind="incident", id="999999999"))
