"""What the Request Tracker of the tests begins with, in its own format of initial data."""

from __future__ import annotations

from typing import Any

PASSWORD = "lab-password"
LOCATIONS = ("HQ / 0 / Reception", "HQ / 2 / 2.14", "HQ / 3 / 3.07", "Annex / 1 / Workshop")
QUEUES = ("Facilities", "ICT")
EMPLOYEES = {"a.devries": "Anna de Vries", "j.smit": "Jeroen Smit", "m.ozturk": "Meryem Öztürk"}
AGENTS = {"fac.agent": "Fatima Caretaker", "ict.agent": "Ivo Operator"}
SERVICES = {"svc-workplace": "Workplace", "svc-narrow": "Workplace, without the internal notes"}
ACCOUNTS = ("root", *SERVICES, *AGENTS, *EMPLOYEES)
MANY, MANY_OF = 130, "m.ozturk@lab.example"
"""Tickets of one employee: more than a page."""

TOKENS = """
use RT; RT->LoadConfig; RT->Init;
for my $name (@ARGV) {
    my $user = RT::User->new(RT->SystemUser); $user->Load($name);
    my (undef, undef, $token) = RT::AuthToken->new(RT->SystemUser)->Create(Owner => $user->id, Description => 'tests');
    print "$name $token\\n";
}
"""
"""Perl that makes a token for each account that is named, and tells them: there is no other way."""

TICKETS = """
use RT; RT->LoadConfig; RT->Init;
no warnings 'redefine';
*RT::Scrips::Prepare = *RT::Scrips::Commit = sub {};    # nobody is told by mail, which is most of the time a ticket takes
my ($many, $requestor, @locations) = @ARGV;
for my $number (1 .. $many) {
    my $ticket = RT::Ticket->new(RT->SystemUser);
    my $field = $ticket->LoadCustomFieldByIdentifier('Location');
    my $text = MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', Data => "Seeded ticket number $number.");
    my ($id, undef, $why) = $ticket->Create(Queue => 'Facilities', Subject => "Lamp $number flickers", Requestor => $requestor, Status => 'resolved', MIMEObj => $text);
    die $why unless $id;
    $ticket->AddCustomFieldValue(Field => 'Location', Value => $locations[$number % @locations]);
    $ticket->AddCustomFieldValue(Field => 'Kind', Value => 'Malfunction');
}
"""
"""Perl that makes so many tickets of one employee."""

_TICKET, _SAID, _ASSET = "RT::Queue-RT::Ticket", "RT::Queue-RT::Ticket-RT::Transaction", "RT::Catalog-RT::Asset"
_AGENT = (
    "SeeQueue", "ShowTicket", "ShowTicketComments", "CreateTicket", "CommentOnTicket", "ReplyToTicket", "ModifyTicket", "OwnTicket",
    "TakeTicket", "StealTicket", "ReassignTicket", "Watch", "SeeCustomField", "ModifyCustomField", "SetInitialCustomField", "DeleteTicket",
)  # fmt: skip
_NARROW = (
    "SeeQueue",
    "ShowTicket",
    "CreateTicket",
    "ReplyToTicket",
    "SeeCustomField",
    "ModifyCustomField",
    "SetInitialCustomField",
)


def _field(
    name: str, type_: str, to: tuple[str, ...], *, lookup: str = _TICKET, values: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    offered = [{"Name": value, "SortOrder": number} for number, value in enumerate(values, 1)]
    return {"Name": name, "Type": type_, "LookupType": lookup, "MaxValues": 1, "ApplyTo": list(to), "Values": offered, **more}


def _asset(tag: str, what: str, device: str, serial: str, place: str, holder: str | None = None) -> dict[str, Any]:
    fields = {"Device": device, "Serial number": serial, "Kept at": place}
    values = [{"CustomField": name, "Content": value} for name, value in fields.items()]
    held = {"HeldBy": holder} if holder else {}
    return {"Catalog": "Equipment", "Name": tag, "Description": what, "Status": "in-use", "CustomFields": values, **held}


def _user(name: str, real: str, *, privileged: bool) -> dict[str, Any]:
    address = f"{name}@lab.example"
    return {"Name": name, "RealName": real, "EmailAddress": address, "Password": PASSWORD, "Privileged": int(privileged)}


def _rights(user: str, rights: tuple[str, ...], **where: str) -> dict[str, Any]:
    return {"UserId": user, "Right": list(rights), **where}


def _to(group: str, rights: tuple[str, ...], **where: str) -> dict[str, Any]:
    return {"GroupDomain": "SystemInternal", "GroupType": group, "Right": list(rights), **where}


SEED: dict[str, list[dict[str, Any]]] = {
    "Users": [
        *(_user(name, real, privileged=True) for name, real in {**SERVICES, **AGENTS}.items()),
        *(_user(name, real, privileged=False) for name, real in EMPLOYEES.items()),
    ],
    "Queues": [
        {"Name": "Facilities", "Description": "Buildings and furniture", "Lifecycle": "facilities"},
        {"Name": "ICT", "Description": "Workplaces and applications", "Lifecycle": "default"},
    ],
    "Catalogs": [{"Name": "Equipment", "Description": "On loan to employees"}],
    "Assets": [
        _asset("LT-10021", 'Laptop 14"', "Laptop", "SN-7F3A21", LOCATIONS[1], "a.devries"),
        _asset("LT-10022", 'Laptop 14"', "Laptop", "SN-7F3A22", LOCATIONS[1], "j.smit"),
        _asset("PH-20311", "Smartphone", "Phone", "SN-PH-311", LOCATIONS[0], "a.devries"),
        _asset("BM-00007", "Beamer", "Beamer", "SN-BM-0007", LOCATIONS[2]),
    ],
    "CustomFields": [
        _field("Workplace key", "Freeform", QUEUES),
        _field("Workplace key", "Freeform", QUEUES, lookup=_SAID),
        _field("Workplace author", "Freeform", QUEUES, lookup=_SAID),
        _field("Asset tag", "Freeform", QUEUES, Pattern=r"(?#Two letters, dash, five digits)^([A-Z]{2}-\d{5})?$"),
        _field("Location", "Select", QUEUES, values=LOCATIONS),
        _field("Kind", "Select", QUEUES, values=("Malfunction", "Request", "Question", "Complaint")),
        _field("Subject area", "Select", ("ICT",), values=("Mail", "Network", "Printing")),
        _field("Impact", "Select", ("ICT",), values=("One person", "Department", "Everybody"), Pattern="(?#Mandatory)."),
        _field("Affected services", "Select", ("ICT",), values=("Mail", "Network"), MaxValues=0),
        _field("Since", "DateTime", QUEUES),
        _field("Contact", "Freeform", QUEUES),
        _field("Major disruption", "Select", QUEUES, values=("yes",)),
        _field("Resolution", "Text", QUEUES),
        _field("More by", "DateTime", QUEUES),
        _field("Serial number", "Freeform", ("Equipment",), lookup=_ASSET),
        _field("Device", "Select", ("Equipment",), lookup=_ASSET, values=("Laptop", "Phone", "Beamer")),
        _field("Kept at", "Select", ("Equipment",), lookup=_ASSET, values=LOCATIONS),
    ],
    "ACL": [
        *(_rights("svc-workplace", _AGENT, Queue=queue) for queue in QUEUES),
        *(_rights("svc-narrow", _NARROW, Queue=queue) for queue in QUEUES),
        _rights("fac.agent", _AGENT, Queue="Facilities"),
        _rights("ict.agent", _AGENT, Queue="ICT"),
        _rights("svc-workplace", ("ShowCatalog", "ShowAsset", "SeeCustomField"), ObjectType="RT::Catalog", ObjectId="Equipment"),
        _rights("svc-workplace", ("AdminUsers", "SeeCustomField")),
        _rights("svc-narrow", ("AdminUsers", "SeeCustomField")),
        {"GroupDomain": "RT::System-Role", "GroupType": "Requestor", "Right": ["ShowTicket", "ReplyToTicket"]},
        *(_to("Everyone", ("CreateTicket", "ReplyToTicket", "SeeQueue", "SeeCustomField"), Queue=queue) for queue in QUEUES),
    ],
}  # fmt: skip
