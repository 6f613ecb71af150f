"""Frappe's answers, as far as they are read. Fields without a value are left out of a document, and ``null`` in a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Data(_Reply, Generic[T]):
    """What ``/api/resource`` answers."""

    data: T


class Message(_Reply, Generic[T]):
    """What ``/api/method`` answers."""

    message: T


class Named(_Reply):
    """A document of which only the name was asked for."""

    name: str


class LeaveTypeRow(_Reply):
    """A leave type. ``is_lwp``: without pay."""

    name: str
    include_holiday: bool
    is_lwp: bool
    allow_negative: bool


class Allocation(_Reply):
    """What was granted of a leave type, and what became of it; days with a fraction."""

    total_leaves: Decimal
    expired_leaves: Decimal
    leaves_taken: Decimal
    leaves_pending_approval: Decimal
    remaining_leaves: Decimal


class LeaveDetails(_Reply):
    """What an employee has, by leave type, and the user who approves their leave."""

    leave_allocation: Mapping[str, Allocation]
    leave_approver: str | None = None


class Application(_Reply):
    """A row of a list of leave applications.

    Attributes:
        docstatus: 0 draft, 1 submitted, 2 cancelled: *status* alone says nothing.
    """

    name: str
    leave_type: str
    from_date: date
    to_date: date
    total_leave_days: Decimal
    status: str
    docstatus: int
    half_day: bool


class Off(_Reply):
    """A row of a list of leave applications that tells who is off, and not why."""

    name: str
    employee: str
    from_date: date
    to_date: date
    half_day: bool
    half_day_date: date | None = None


class LeaveApplication(Application):
    """A whole leave application. ``modified`` is its version."""

    employee: str
    employee_name: str | None = None
    half_day_date: date | None = None
    description: str | None = None
    leave_approver: str | None = None
    owner: str
    creation: datetime
    modified: str
    modified_by: str


class ClaimRow(_Reply):
    """A row of a list of expense claims."""

    name: str
    status: str
    approval_status: str
    total_claimed_amount: Decimal
    total_sanctioned_amount: Decimal
    grand_total: Decimal
    docstatus: int
    posting_date: date


class ClaimLine(_Reply):
    """A line. What of it is paid is ``sanctioned_amount``: zero, when nobody gave it."""

    name: str
    expense_date: date
    expense_type: str
    amount: Decimal
    sanctioned_amount: Decimal
    description: str | None = None
    cost_center: str | None = None


class ClaimTax(_Reply):
    """A row of taxes, on top of the lines. With a *rate* Frappe works *tax_amount* out anew, of what is sanctioned of all lines."""

    account_head: str
    description: str | None = None
    rate: Decimal | None = None
    tax_amount: Decimal


class Claim(ClaimRow):
    """A whole expense claim."""

    employee: str
    employee_name: str | None = None
    expense_approver: str | None = None
    total_taxes_and_charges: Decimal
    total_advance_amount: Decimal
    owner: str
    creation: datetime
    modified: str
    modified_by: str
    expenses: tuple[ClaimLine, ...]
    taxes: tuple[ClaimTax, ...] = ()


class File(_Reply):
    """A file of a document: it belongs to the whole of it, not to a line."""

    name: str
    file_name: str
    file_url: str
    file_size: int


class Uploaded(File):
    """A file as it was kept, maybe under another name."""

    attached_to_name: str | None = None


class EmployeeRow(_Reply):
    """An employee, as colleagues may know them."""

    name: str
    employee_name: str
    designation: str | None = None
    department: str | None = None
    company_email: str | None = None
    cell_number: str | None = None
    reports_to: str | None = None
    user_id: str | None = None


class Colleague(_Reply):
    """Of an employee the name, and to whom they report."""

    name: str
    employee_name: str | None = None
    reports_to: str | None = None


class Employee(_Reply):
    """Of an employee only who decides about what they paid."""

    name: str
    expense_approver: str | None = None


class SkillRow(_Reply):
    """That someone has a skill; *proficiency* from 0 to 1."""

    name: str
    employee_name: str
    skill: str
    proficiency: Decimal | None = None


class Skill(_Reply):
    """A skill of a skill map."""

    skill: str
    proficiency: Decimal | None = None
    evaluation_date: date | None = None


class SkillMap(_Reply):
    """The skills of the employee who has the same name."""

    name: str
    employee_skills: tuple[Skill, ...]
