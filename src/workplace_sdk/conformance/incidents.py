"""Incidents, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, needs
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.incidents import Incidents, Place, Ticket, TicketChange, TicketDraft, TicketStatus


def _reported(trial: Trial, **others: Any) -> Ticket:
    values: dict[str, Any] = {"what": "conformance", **others}
    made: Ticket = trial.do("report", TicketDraft(**values))
    return made


def _resolved(trial: Trial) -> Ticket:
    """A ticket that its handler says is solved."""
    change = TicketChange(status=TicketStatus.RESOLVED, resolution="done")
    made: Ticket = trial.do("handle", _reported(trial).ref, change, by=trial.other("handler"))
    assert made.status == TicketStatus.RESOLVED
    return made


def _file(size: int = 10) -> Upload:
    return Upload(name="a.bin", content=bytes(size))


class IncidentsConformance(ServiceConformance):
    """Give ``service``, and ``handler`` where those who solve tickets use the same service."""

    interface = Incidents
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
        assert found == made, "get() gives what report() returned"
        return found

    def try_similar(self, trial: Trial) -> Any:
        made = _reported(trial, what="The large printer on the third floor jams")
        found = trial.do("similar", TicketDraft(what="printer jams, third floor"))
        assert made.ref in [one.ticket for one in found], "similar() does not find the same words in another order"
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
        assert gone.status in (TicketStatus.CANCELLED, TicketStatus.CLOSED)
        with pytest.raises(Rejected):
            trial.do("cancel", gone.ref)
        return gone

    def try_handle(self, trial: Trial) -> Any:
        return _resolved(trial)

    def try_confirm_resolved(self, trial: Trial) -> Any:
        closed = trial.do("confirm_resolved", _resolved(trial).ref)
        assert closed.status == TicketStatus.CLOSED
        return closed

    def try_reopen(self, trial: Trial) -> Any:
        again = trial.do("reopen", _resolved(trial).ref, "not solved")
        assert again.status not in (TicketStatus.RESOLVED, TicketStatus.CLOSED)
        return again

    def test_a_repeat_with_the_same_key(self, service: Incidents) -> None:
        needs(service, "report")
        if service.report.safety is not Safety.KEYED:
            pytest.skip("report is not KEYED: a repeat is not promised to be harmless")
        key = new_key()
        first = service.report(TicketDraft(what="Kapot"), key=key)
        assert service.report(TicketDraft(what="Kapot"), key=key).ref == first.ref
        assert service.report.reconcile(key) == first

    def test_what_is_not_there(self, service: Incidents) -> None:
        needs(service, "get")
        with pytest.raises(NotFound):
            service.get(Ref(connection=service.connection_name, kind="incident", id="999999999"))
