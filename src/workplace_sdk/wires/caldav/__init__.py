"""CalDAV over our HTTP: events with their versions, free/busy, invitations; iCalendar read by ``icalendar`` and ``dateutil``.

Source: RFC 4791 (CalDAV), RFC 6638 (scheduling), RFC 5545 (iCalendar).
"""

from __future__ import annotations

from workplace_sdk.wires.caldav.freebusy import Period
from workplace_sdk.wires.caldav.objects import Happening, Series, read_series
from workplace_sdk.wires.caldav.server import CalDav, Resource

__all__ = ["CalDav", "Happening", "Period", "Resource", "Series", "read_series"]
