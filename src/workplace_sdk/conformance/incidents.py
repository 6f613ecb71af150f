"""Incidents, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, needs
from workplace_sdk.kernel.errors import InvalidInput, NotFound, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Ref, Upload
from workplace_sdk.services.incidents import Incidents, TicketDraft


class IncidentsConformance(ServiceConformance):
    """Give ``service``; nothing else is needed."""

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        return {"categories": {}, "assets": {}, "requests": {}, "inbox": {}, "disruptions": {}}

    def test_reported_and_found(self, service: Incidents) -> None:
        needs(service, "report", "get")
        made = service.report(TicketDraft(what=DIFFICULT))
        assert made.title == DIFFICULT, "the title came back changed: look at the encoding, and at HTML"
        assert service.get(made.ref) == made
        assert made.number
        if isinstance(service.requests.support, Native):
            assert made.ref in [one.ref for one in service.requests()]

    def test_photos_come_back_as_they_were(self, service: Incidents) -> None:
        needs(service, "report", "attachment")
        photo = Upload(name="foto.jpg", content=bytes(range(256)) * 50, media_type="image/jpeg")
        made = service.report(TicketDraft(what="Kapot", attachments=(photo,)))
        assert service.attachment(made.ref, made.attachments[0].ref) == photo.content

    def test_limits_at_their_edge(self, service: Incidents) -> None:
        needs(service, "report")
        support = service.report.support
        limits: Mapping[str, Any] = support.limits if isinstance(support, Native) else {}
        if "title_length" in limits:
            most = int(limits["title_length"])
            service.report(TicketDraft(what="x" * most))
            with pytest.raises(InvalidInput):
                service.report(TicketDraft(what="x" * (most + 1)))
        if "attachment_bytes" in limits:
            big = Upload(name="x", content=bytes(int(limits["attachment_bytes"]) + 1))
            with pytest.raises(InvalidInput):
                service.report(TicketDraft(what="too big", attachments=(big,)))

    def test_comments(self, service: Incidents) -> None:
        needs(service, "report", "comment", "timeline")
        made = service.report(TicketDraft(what="Kapot"))
        service.comment(made.ref, DIFFICULT)
        assert DIFFICULT in [event.text for event in service.timeline(made.ref)], (
            "the comment is not in the timeline as it was written"
        )

    def test_a_repeat_with_the_same_key(self, service: Incidents) -> None:
        needs(service, "report")
        if service.report.safety is not Safety.KEYED:
            pytest.skip("report is not KEYED: a repeat is not promised to be harmless")
        key = new_key()
        first = service.report(TicketDraft(what="Kapot"), key=key)
        assert service.report(TicketDraft(what="Kapot"), key=key).ref == first.ref
        assert service.report.reconcile(key) == first

    def test_cancelled_is_finished(self, service: Incidents) -> None:
        needs(service, "report", "cancel")
        made = service.report(TicketDraft(what="Kapot"))
        service.cancel(made.ref)
        with pytest.raises(Rejected):
            service.cancel(made.ref)

    def test_what_is_not_there(self, service: Incidents) -> None:
        needs(service, "get")
        with pytest.raises(NotFound):
            service.get(Ref(connection=service.connection_name, kind="incident", id="999999999"))
