"""Settings of a connection to Frappe HR: its clock, what its leave types are, and how claims are booked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from workplace_sdk.services.common import checked_zone
from workplace_sdk.services.leave import LeaveCategory
from workplace_sdk.wires.http import HttpSettings

CATEGORIES: Final[Mapping[str, LeaveCategory]] = MappingProxyType(
    {
        "Annual Leave": LeaveCategory.ANNUAL,
        "Casual Leave": LeaveCategory.ANNUAL,
        "Compensatory Off": LeaveCategory.COMPENSATORY,
        "Leave Without Pay": LeaveCategory.UNPAID,
        "Privilege Leave": LeaveCategory.ANNUAL,
        "Sick Leave": LeaveCategory.SICK,
    }
)
"""What the leave types of a new Frappe HR are, in English."""

Text = Annotated[str, Field(min_length=1, max_length=140)]
Rate = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]


class ClaimSettings(BaseModel):
    """``[connections.NAME.claims]``: how expense claims are booked; without it there are no expenses.

    Attributes:
        company: Whose claims they are, as Frappe calls it.
        currency: Of the company (ISO 4217): claims have no other.
        payable_account: What is owed to employees is booked here.
        cost_center: Who bears a line for which nobody is named.
        taxes: The account on which VAT of a rate (in percent) is booked; without any, claims have no VAT.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    company: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    payable_account: Text
    cost_center: Text
    taxes: Mapping[Rate, Text] = Field(default_factory=dict[Decimal, str])


class FrappeSettings(HttpSettings):
    """``[connections.NAME]`` with ``connector = "frappe"``.

    Attributes:
        url: Where Frappe is, as people open it: the host's name says which site it is.
        zone: IANA name of the site's time zone (its times have none); the organisation's when left out.
        categories: What leave types are.
        claims: How expense claims are booked.
    """

    zone: Annotated[str, AfterValidator(checked_zone)] | None = None
    categories: Mapping[str, LeaveCategory] = Field(default_factory=lambda: dict(CATEGORIES))
    claims: ClaimSettings | None = None
