"""What a running Znuny answers, as the connector takes it to be: each of its surprises, asked for without the connector."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.servers.znuny import NAMESPACE
from tests.servers.znuny import Znuny as Server

SERVICE = "svc-workplace"


def ticket(title: str = "Quirk", **others: Any) -> dict[str, Any]:
    made = {"Title": title, "Queue": "Facilities", "Type": "Malfunction", "State": "new", "Priority": "3 normal"}
    return {**made, "CustomerUser": "a.devries", **others}


def article(body: str = "text", **others: Any) -> dict[str, Any]:
    return {"Subject": "s", "Body": body, "ContentType": "text/plain; charset=utf-8", **others}


@pytest.fixture(scope="module")
def made(znuny: Server) -> str:
    """The number of a ticket."""
    status, told = znuny.ask("TicketCreate", {"Ticket": ticket(), "Article": article()}, account=SERVICE)
    assert (status, told.get("Error")) == (200, None)
    number: str = told["TicketID"]
    return number


def code(told: Any) -> str:
    found: str = told["Error"]["ErrorCode"]
    return found


def login(znuny: Server) -> str:
    return f"<UserLogin>{SERVICE}</UserLogin><Password>{znuny.password}</Password>"


def soap(
    znuny: Server, operation: str, content: str, *, action: str | None = None, namespace: str = NAMESPACE
) -> tuple[int, str]:
    body = f'<{operation} xmlns="{namespace}">{login(znuny)}{content}</{operation}>'
    return znuny.say(body, action=f'"{NAMESPACE}#{operation}"' if action is None else action)


def test_it_says_no_with_http_200_in_both_flavours(znuny: Server, made: str) -> None:
    for account, number, why in (
        ("nobody", made, "AuthFail"),
        ("ict.agent", made, "AccessDenied"),
        (SERVICE, "999999", "AccessDenied"),
    ):
        status, told = znuny.ask("TicketGet", {"TicketID": number}, account=account)
        assert (status, code(told)) == (200, f"TicketGet.{why}")
    assert code(znuny.ask("TicketGet", {"TicketID": made})[1]) == "TicketGet.AuthFail"
    assert code(znuny.ask("TicketGet", {"TicketID": made, "SessionID": "dead"})[1]) == "TicketGet.AuthFail"
    status, text = soap(znuny, "TicketGet", "<TicketID>999999</TicketID>")
    assert status == 200
    assert "<ErrorCode>TicketGet.AccessDenied</ErrorCode>" in text
    assert "Fault" not in text


def test_faults_are_not_in_the_namespace_of_soap(znuny: Server) -> None:
    status, text = soap(znuny, "Nope", "", action=f'"{NAMESPACE}#Nope"')
    assert status == 500
    assert f'<Fault xmlns="{NAMESPACE}"><faultcode>Server</faultcode><faultstring>Got no OperationType!' in text
    other, told = soap(znuny, "TicketSearch", "", action=f'"{NAMESPACE}#TicketGet"')
    assert other == 500
    assert "does not match operation from SOAPAction" in told
    assert soap(znuny, "TicketSearch", "", action=f'"{NAMESPACE}TicketSearch"')[0] == 500  # as its published WSDL has it
    assert soap(znuny, "TicketSearch", "<Limit>1</Limit>", action="", namespace="urn:any")[0] == 200


def test_what_is_not_found_one_and_many(znuny: Server, made: str) -> None:
    assert 'xsi:nil="true"' in soap(znuny, "TicketSearch", "<Title>no such title</Title>")[1]
    assert znuny.ask("TicketSearch", {"Title": "no such title"}, account=SERVICE) == (200, {})
    one = soap(znuny, "TicketSearch", f"<TicketNumber>{number_of(znuny, made)}</TicketNumber>")[1]
    assert re.findall(r"<TicketID>(\d+)</TicketID>", one) == [made]
    assert len(re.findall(r"<TicketID>", soap(znuny, "TicketSearch", "<Limit>3</Limit>")[1])) == 3


def number_of(znuny: Server, id_: str) -> str:
    number: str = znuny.ask("TicketGet", {"TicketID": id_}, account=SERVICE)[1]["Ticket"][0]["TicketNumber"]
    return number


def test_answers_are_in_the_order_of_the_alphabet_and_ids_change_their_type(znuny: Server, made: str) -> None:
    text = soap(znuny, "TicketGet", f"<TicketID>{made}</TicketID>")[1]
    names = re.findall(r"<(\w+)[ >/]", text.partition("<Ticket>")[2])
    assert names == sorted(names)
    told = znuny.ask("TicketGet", {"TicketID": made}, account=SERVICE)[1]["Ticket"][0]
    assert told["TicketID"] == int(made)


def test_a_field_that_it_does_not_know_finds_everything(znuny: Server) -> None:
    everything = znuny.ask("TicketSearch", {}, account=SERVICE)[1]["TicketID"]
    for name in ("Nope", "Retired"):
        condition = {"DynamicField": {"Name": name, "Equals": "x"}}
        assert len(znuny.ask("TicketSearch", condition, account=SERVICE)[1]["TicketID"]) == len(everything) > 20
        assert len(re.findall("<TicketID>", soap(znuny, "TicketSearch", _as_xml(name))[1])) == len(everything)
        told = znuny.ask(
            "TicketCreate",
            {"Ticket": ticket(), "Article": article(), "DynamicField": {"Name": name, "Value": "x"}},
            account=SERVICE,
        )
        assert code(told[1]) == "TicketCreate.InvalidParameter"
    assert znuny.ask("TicketSearch", {"DynamicField": {"Name": "WorkplaceKey", "Equals": "x"}}, account=SERVICE)[1] == {}


def _as_xml(name: str) -> str:
    return f"<DynamicField><Name>{name}</Name><Equals>x</Equals></DynamicField>"


@pytest.mark.parametrize(
    ("parameter", "known"), [("Queues", "Facilities"), ("States", "new"), ("Types", "Malfunction"), ("Priorities", "3 normal")]
)
def test_a_name_that_it_does_not_know_finds_nothing_also_beside_others(
    znuny: Server, made: str, parameter: str, known: str
) -> None:
    condition: dict[str, Any] = {"TicketNumber": number_of(znuny, made), parameter: [known]}
    assert znuny.ask("TicketSearch", condition, account=SERVICE)[1] == {"TicketID": [made]}
    condition[parameter].append("nope")
    assert znuny.ask("TicketSearch", condition, account=SERVICE)[1] == {}


def test_logins_are_searched_in_a_language_of_its_own(znuny: Server) -> None:
    assert len(znuny.ask("TicketSearch", {"CustomerUserLogin": "odd*"}, account=SERVICE)[1]["TicketID"]) > 1
    assert znuny.ask("TicketSearch", {"CustomerUserLogin": "odd*(o+b) or !x"}, account=SERVICE)[1] == {}


def test_an_empty_list_is_no_condition_in_a_search_and_an_error_in_a_change(znuny: Server, made: str) -> None:
    assert len(znuny.ask("TicketSearch", {"States": []}, account=SERVICE)[1]["TicketID"]) > 20
    told = znuny.ask("TicketUpdate", {"TicketID": made, "DynamicField": []}, account=SERVICE)[1]
    assert code(told) == "TicketUpdate.MissingParameter"


def test_one_ticket_that_may_not_be_seen_hides_all(znuny: Server, made: str) -> None:
    told = znuny.ask("TicketGet", {"TicketID": [made, "999999"]}, account=SERVICE)[1]
    assert code(told) == "TicketGet.AccessDenied"


def test_zero_is_nothing_and_blanks_around_a_text_are_lost(znuny: Server, made: str) -> None:
    told = znuny.ask("TicketUpdate", {"TicketID": made, "Article": article("0")}, account=SERVICE)[1]
    assert code(told) == "TicketUpdate.MissingParameter"
    said = znuny.ask("TicketUpdate", {"TicketID": made, "Article": article("\n  a\n b  \n")}, account=SERVICE)[1]
    given = znuny.ask("TicketGet", {"TicketID": made, "AllArticles": 1}, account=SERVICE)[1]["Ticket"][0]["Article"]
    assert next(one["Body"] for one in given if one["ArticleID"] == said["ArticleID"]) == "a\n b"


def test_a_pending_state_without_a_time_is_refused_after_a_part_was_done(znuny: Server, made: str) -> None:
    change = {"State": "pending reminder", "Title": "Half done"}
    told = znuny.ask("TicketUpdate", {"TicketID": made, "Ticket": change}, account=SERVICE)[1]
    assert code(told) == "TicketUpdate.MissingParameter"
    given = znuny.ask("TicketGet", {"TicketID": made}, account=SERVICE)[1]["Ticket"][0]
    assert (given["Title"], given["State"]) == ("Half done", "new")


def test_a_time_with_another_state_is_ignored(znuny: Server, made: str) -> None:
    change = {"State": "open", "PendingTime": {"Diff": "60"}}
    assert "Error" not in znuny.ask("TicketUpdate", {"TicketID": made, "Ticket": change}, account=SERVICE)[1]
    given = znuny.ask("TicketGet", {"TicketID": made}, account=SERVICE)[1]["Ticket"][0]
    assert (given["State"], given["RealTillTimeNotUsed"]) == ("open", 0)


def test_who_is_not_known_is_refused_but_for_a_mail_address(znuny: Server) -> None:
    def told(customer: str) -> Any:
        return znuny.ask("TicketCreate", {"Ticket": ticket(CustomerUser=customer), "Article": article()}, account=SERVICE)[1]

    assert code(told("nobody")) == "TicketCreate.InvalidParameter"
    assert "TicketID" in told("nobody@elsewhere.example")


def test_what_is_no_base64_is_taken_for_a_file(znuny: Server, made: str) -> None:
    file = {"Content": "###", "ContentType": "text/plain", "Filename": "x.txt"}
    told = znuny.ask("TicketUpdate", {"TicketID": made, "Article": article(), "Attachment": file}, account=SERVICE)[1]
    assert "ArticleID" in told


def test_files_that_are_called_as_parts_of_a_mail_are_hidden(znuny: Server, made: str) -> None:
    files = [{"Content": "eA==", "ContentType": "text/html", "Filename": name} for name in ("file-2", "page.html")]
    said = znuny.ask("TicketUpdate", {"TicketID": made, "Article": article(), "Attachment": files}, account=SERVICE)[1]
    asked = {"TicketID": made, "AllArticles": 1, "Attachments": 1, "GetAttachmentContents": 0}
    given = znuny.ask("TicketGet", asked, account=SERVICE)[1]["Ticket"][0]["Article"]
    shown = next(one["Attachment"] for one in given if one["ArticleID"] == said["ArticleID"])
    assert [(one["Filename"], one["Content"]) for one in shown] == [("page.html", "")]


def test_anyone_can_be_made_the_owner_and_may_see_it_by_that(znuny: Server, made: str) -> None:
    assert code(znuny.ask("TicketGet", {"TicketID": made}, account="ict.agent")[1]) == "TicketGet.AccessDenied"
    assert "Error" not in znuny.ask("TicketUpdate", {"TicketID": made, "Ticket": {"Owner": "ict.agent"}}, account=SERVICE)[1]
    assert "Ticket" in znuny.ask("TicketGet", {"TicketID": made}, account="ict.agent")[1]


def test_a_customer_sees_more_than_a_search_tells_them(znuny: Server) -> None:
    theirs = {"CustomerUserLogin": "j.smit", "Password": znuny.password}
    mine = znuny.ask("TicketSearch", {"CustomerUserLogin": "m.ozturk", "Limit": 1}, account=SERVICE)[1]["TicketID"][0]
    assert mine not in znuny.ask("TicketSearch", theirs)[1]["TicketID"]
    assert "Ticket" in znuny.ask("TicketGet", {**theirs, "TicketID": mine})[1]  # of a colleague, in the same company


def test_what_it_cannot_read_is_answered_with_a_500_in_plain_text(znuny: Server) -> None:
    status, told = znuny.ask("Nope", account=SERVICE)
    assert (status, "Error while determine Operation" in told) == (500, True)
    status, told = znuny.say("<a>", action=f'"{NAMESPACE}#TicketGet"')
    assert (status, told.startswith("Error deserializing message")) == (500, True)
    assert znuny.say("<a/>", action="", path="NoSuchService")[0] == 500
