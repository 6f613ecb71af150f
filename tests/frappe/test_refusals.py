"""How Frappe says no, and what is told of it: from its own answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.errors import ConfigError, Conflict, InvalidInput, NotFound, Rejected, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.session import Call, Session

EMPLOYEE, LEAVE, CLAIM = ("/api/resource/Employee", "/api/resource/Leave%20Application", "/api/resource/Expense%20Claim")
CANCEL: dict[str, Any] = {"doctype": "Leave Application", "name": "HR-LAP-2026-00001"}
ROWS = [
    {"name": "rj16sbemmd"},
    {"expense_date": "2026-11-21", "expense_type": "Travel", "amount": 12.3, "cost_center": "Main - LAB"},
]
NO_LINES = {
    "employee": "HR-EMP-00003",
    "expense_approver": "maria@lab.example",
    "payable_account": "Creditors - LAB",
    "expenses": [],
}
STALE = {"description": "x", "modified": "2020-01-01 00:00:00.000000"}


@pytest.mark.default_cassette("refusals")
@pytest.mark.vcr
@pytest.mark.parametrize(
    ("name", "method", "path", "sent", "kind", "text"),
    [
        ("nobody", "GET", EMPLOYEE, None, Unauthorized, "Frappe refused it (AuthenticationError)"),
        (None, "GET", EMPLOYEE, None, Unauthorized, "Frappe refused it (PermissionError)"),
        ("yuki", "GET", f"{EMPLOYEE}/HR-EMP-99999", None, NotFound, "Employee HR-EMP-99999 not found"),
        (
            "lena", "GET", f"{EMPLOYEE}/HR-EMP-00005", None, Unauthorized,
            "Not allowed for Employee: HR-EMP-00005. User lena@lab.example does not have access to this document: Employee - HR-EMP-00005",
        ),
        (
            "omar", "PUT", f"{LEAVE}/HR-LAP-2026-00004", STALE, Conflict,
            ("Error: Document has been modified after you have opened it (2026-11-23 08:00:50.621747, 2026-11-23 08:00:50.685572). "
            "Please refresh to get the latest document."),
        ),
        ("yuki", "POST", "/api/method/frappe.client.cancel", CANCEL, Rejected, "Cannot edit cancelled document"),
        (
            "maria", "PUT", f"{LEAVE}/HR-LAP-2026-00003", {"docstatus": 1}, Rejected,
            "Only Leave Applications with status 'Approved' and 'Rejected' can be submitted",
        ),
        ("omar", "POST", CLAIM, NO_LINES, InvalidInput, "Error: Data missing in table: Expenses"),
        (
            "omar", "PUT", f"{CLAIM}/HR-EXP-2026-00001", {"expenses": ROWS}, Rejected,
            "Set the default account for the Expense Claim Type None",
        ),
        (
            "lena", "PUT", f"{LEAVE}/HR-LAP-2026-00004", {"status": "Approved", "docstatus": 1}, Unauthorized,
            "User lena@lab.example does not have doctype access via role permission for document Leave Application",
        ),
        (
            "omar", "PUT", f"{LEAVE}/HR-LAP-2026-00004", {"status": "Approved", "docstatus": 1}, Unauthorized,
            ("You are not allowed to access this Leave Application record because it is linked to Employee 'HR-EMP-00004' in field "
            "Employee. User omar@lab.example does not have access to this document: Leave Application - HR-LAP-2026-00004"),
        ),
        (
            "lena", "POST", "/api/method/frappe.client.cancel", CANCEL | {"name": "HR-LAP-2026-00004"}, Unauthorized,
            "User lena@lab.example does not have doctype access via role permission for document Leave Application",
        ),
        ("lena", "GET", "/private/files/receipt.pdf", None, Unauthorized, "Frappe refused it (403)"),
        (None, "GET", "/api/method/ping", None, ConfigError, "no Frappe site answers under this host name"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_refusal_is_read_without_its_html_and_traceback(
    seen: Callable[..., Any], colour: str, name: str | None, method: str, path: str, sent: Any, kind: type[Exception], text: str
) -> None:
    """JSON in JSON in JSON with HTML in it, with status 417 for nearly everything."""
    http = seen("leave", name).http if name else seen("leave", "nobody", auth=None).http
    call = Call(session=Session(), name="t", safety=Safety.ONCE)
    with pytest.raises(kind) as told:
        if colour == "sync":
            run(iter(http.exchange(method, path, json=sent)), call)
        else:
            asyncio.run(arun(iter(http.exchange(method, path, json=sent)), call))
    assert type(told.value) is kind
    assert told.value.message.removesuffix(" ") == text[:300]  # type: ignore[attr-defined]
    assert "Traceback" not in repr(vars(told.value))


@pytest.mark.default_cassette("refusals")
@pytest.mark.vcr
def test_a_query_that_it_cannot_read_is_a_fault_of_its_own(seen: Callable[..., Any]) -> None:
    http = seen("leave", "yuki").http
    call = Call(session=Session(retrying=Retrying(attempts=1)), name="t")
    with pytest.raises(Unavailable):
        run(iter(http.get(EMPLOYEE, {"filters": '[["x"'})), call)


@pytest.mark.default_cassette("session")
@pytest.mark.vcr
def test_a_guests_cookie_is_not_sent_back(seen: Callable[..., Any], vcr: Any) -> None:
    """Every answer sets ``sid=Guest``; with that cookie in it a request is in no recording, see ``same_identity``."""
    assert "sid=Guest" in str(vcr.responses[0]["headers"])
    connection = seen("leave", "omar").connection
    call = Call(session=Session(), name="t")
    assert run(connection.ping(), call) == "Frappe as omar@lab.example"
    reply = run(iter(seen("leave", "yuki").http.get(EMPLOYEE)), call)
    assert len(reply.json()["data"]) == 6
    again = run(iter(connection.http.get("/api/method/frappe.auth.get_logged_user")), call)
    assert again.json() == {"message": "omar@lab.example"}
