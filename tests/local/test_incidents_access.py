"""Who may see and do what with a ticket: through the gate, in the sample organisation."""

from __future__ import annotations

import pytest

from workplace_sdk import NotFound, Unauthorized, WorkplaceError
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.incidents import TicketChange, TicketDraft, TicketStatus
from workplace_sdk.testing import Sample


def test_somebody_elses_ticket_is_not_there(workplace_sample: Sample) -> None:
    sanne, joao = (workplace_sample.person(login).incidents for login in ("sanne", "joao"))
    file = Upload(name="a.txt", content=b"x")
    ticket = sanne.report(TicketDraft(what="Over mijn leidinggevende", attachments=(file,)))
    nothing = Ref(connection="main", kind="incident", id="999")
    refused: dict[Ref, list[tuple[type[WorkplaceError], str, str]]] = {}
    for ref in (ticket.ref, nothing):
        for call in (
            lambda ref=ref: joao.get(ref),
            lambda ref=ref: joao.timeline(ref),
            lambda ref=ref: joao.comment(ref, "hoi"),
            lambda ref=ref: joao.comment.preview(ref, "hoi"),
            lambda ref=ref: joao.attach(ref, file),
            lambda ref=ref: joao.attachment(ref, ticket.attachments[0].ref),
            lambda ref=ref: joao.escalate(ref, "nu"),
            lambda ref=ref: joao.confirm_resolved(ref),
            lambda ref=ref: joao.reopen(ref, "toch niet"),
            lambda ref=ref: joao.cancel(ref),
        ):
            with pytest.raises(WorkplaceError) as error:
                call()
            told = error.value.message.replace(str(ref), "it")
            refused.setdefault(ref, []).append((type(error.value), told, str(error.value.operation)))
    assert refused[ticket.ref] == refused[nothing]  # nobody can tell the one from the other
    assert {kind for kind, _, _ in refused[nothing]} == {NotFound}
    assert sanne.get(ticket.ref) == ticket
    rows = workplace_sample.work.audited()
    assert {(row.operation, row.outcome) for row in rows if row.caller == "email:joao@delinde.example"} >= {
        ("incidents.get", "refused"),
        ("incidents.comment", "refused"),
    }


def test_who_handles_tickets_has_the_role(workplace_sample: Sample) -> None:
    sanne, joao, bram = (workplace_sample.person(login).incidents for login in ("sanne", "joao", "bram"))
    ticket = sanne.report(TicketDraft(what="Printer"))
    change = TicketChange(status=TicketStatus.IN_PROGRESS, handler=PersonRef(login="bram"), note="alleen wij", internal=True)
    for refused in (
        lambda: joao.handle(ticket.ref, change),
        lambda: joao.history(ticket.ref),
        lambda: sanne.history(ticket.ref),
        lambda: list(joao.queue()),
    ):
        with pytest.raises(Unauthorized):
            refused()
    bram.handle(ticket.ref, change)
    assert "alleen wij" in [event.text for event in bram.history(ticket.ref)]
    assert "alleen wij" not in [event.text for event in sanne.timeline(ticket.ref)]
    assert [one.ref for one in bram.queue()] == [ticket.ref]
