"""Each operation as a value: what it sends, how it may be repeated, what it makes of answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors.core.call import Call, Response, WriteClass
from connectors.errors import BadRequest, ConfigError, DecodeError
from connectors.getresponse import calls
from connectors.getresponse.models import (
    CampaignId,
    CampaignRef,
    ContactId,
    CustomFieldValue,
    NewContact,
    Origin,
    Removal,
    Tag,
    TagId,
)
from tests.getresponse import operations
from tests.getresponse.operations import EVERY, TABLE

SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
C = CampaignId("C")
ID = ContactId("pV3r")
ADA = NewContact(email="ada+x@example.org", name="Ada")
QUEUED = [calls.create_contact(C, ADA), calls.create_contacts(C, [ADA])]


def sent(call: Call[Any]) -> Any:
    """The JSON that a call sends."""
    assert dict(call.request.headers) == {"Content-Type": "application/json"}
    return json.loads(call.request.body)


def query(call: Call[Any]) -> Mapping[str, str]:
    pairs = parse_qsl(call.request.query, strict_parsing=True, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def ok(body: object, **headers: str) -> Response:
    return Response(status=200, headers=headers, body=json.dumps(body).encode())


# --- what is sent ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "line", "write_class"),
    TABLE,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_operation_has_its_endpoint_and_write_class(
    call: Call[Any], line: str, write_class: WriteClass
) -> None:
    assert f"{call.request.method} {call.request.path}" == line
    assert call.write_class is write_class
    assert call.service == "getresponse"
    assert call.authorized
    if call.request.method == "POST":
        assert dict(call.request.headers) == {"Content-Type": "application/json"}
    else:
        assert (call.request.body, call.request.headers) == (b"", ())


def test_every_operation_is_in_the_table() -> None:
    made = {
        name
        for name in dir(calls)
        if str(getattr(getattr(calls, name), "__annotations__", {}).get("return", ""))
        .startswith(("Call[", "Pages["))
    }  # fmt: skip
    looked_at = set(re.findall(r"calls\.(\w+)\(", Path(operations.__file__).read_text("utf-8")))

    assert made - looked_at == {"find_contacts", "download_report_file"}


def test_lists_of_the_account_come_oldest_first() -> None:
    assert query(calls.list_campaigns().at(None)) == {
        "sort[createdOn]": "ASC",
        "page": "1",
        "perPage": "1000",
    }
    assert query(calls.list_campaigns(name="a b", page_size=5).at("7")) == {
        "query[name]": "a b",
        "sort[createdOn]": "ASC",
        "page": "7",
        "perPage": "5",
    }


def test_contacts_are_asked_for_by_all_their_filters() -> None:
    pages = calls.list_contacts(
        campaign_id=C,
        email="a+b@x.y",
        created_since=SINCE,
        created_until=SINCE,
        changed_since=SINCE,
        changed_until=SINCE,
        sort="changedOn",
        page_size=10,
    )
    moment = "2026-03-02T08:00:00+0000"

    call = pages.at("3")

    assert query(call) == {
        "query[campaignId]": "C",
        "query[email]": "a+b@x.y",
        "query[createdOn][from]": moment,
        "query[createdOn][to]": moment,
        "query[changedOn][from]": moment,
        "query[changedOn][to]": moment,
        "additionalFlags": "exactMatch",
        "sort[changedOn]": "ASC",
        "page": "3",
        "perPage": "10",
    }
    assert "+" not in call.request.query
    assert "[" not in call.request.query


def test_an_address_or_a_name_matches_exactly_and_only_then_a_flag_is_sent() -> None:
    assert "additionalFlags" not in query(calls.list_contacts().at(None))
    for pages in (
        calls.list_contacts(email="a@x.y"),
        calls.list_contacts(name="Ada"),
        calls.list_contacts(email="a@x.y", name="Ada"),
    ):
        assert query(pages.at(None))["additionalFlags"] == "exactMatch"
    assert "additionalFlags" not in query(calls.list_contacts(campaign_id="C").at(None))


def test_a_bound_without_a_zone_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="needs a time zone"):
        calls.list_contacts(created_since=datetime(2026, 3, 2))


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_page_size_out_of_bounds_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match=f"1 to 1000, got {size}"):
        calls.list_contacts(page_size=size)


@pytest.mark.parametrize("double", [False, True])
def test_a_list_is_created_with_its_opt_in(double: bool) -> None:
    assert sent(calls.create_campaign("news", double_opt_in=double)) == {
        "name": "news",
        "optinTypes": {"api": "double" if double else "single"},
    }


@pytest.mark.parametrize("name", [None, ""])
def test_a_contact_is_created_in_a_list_and_an_empty_name_is_left_out(name: str | None) -> None:
    assert sent(calls.create_contact(C, ADA)) == {
        "campaign": {"campaignId": "C"},
        "email": "ada+x@example.org",
        "name": "Ada",
    }
    nameless = calls.create_contact(C, NewContact(email="a@x.y", name=name))
    assert sent(nameless) == {"campaign": {"campaignId": "C"}, "email": "a@x.y"}


def test_a_batch_names_its_list_once() -> None:
    assert sent(calls.create_contacts(C, [ADA, NewContact(email="b@x.y")])) == {
        "campaignId": "C",
        "contacts": [{"email": "ada+x@example.org", "name": "Ada"}, {"email": "b@x.y"}],
    }


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_out_of_bounds_is_refused(count: int) -> None:
    with pytest.raises(ConfigError, match=f"1 to 1000 contacts, got {count}"):
        calls.create_contacts(C, [ADA] * count)


def test_a_batch_of_the_largest_size_is_taken() -> None:
    assert len(sent(calls.create_contacts(C, [ADA] * 1000))["contacts"]) == 1000


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({}, {}),
        ({"name": "B"}, {"name": "B"}),
        ({"email": "b@x.y"}, {"email": "b@x.y"}),
        ({"note": None, "scoring": None}, {"note": None, "scoring": None}),
        ({"note": "", "scoring": 0.0}, {"note": "", "scoring": 0.0}),
        ({"campaign_id": CampaignId("D")}, {"campaign": {"campaignId": "D"}}),
    ],
)
def test_an_update_sends_what_is_given_and_none_clears(
    changes: dict[str, Any], body: dict[str, object]
) -> None:
    assert sent(calls.update_contact(ID, **changes)) == body


def test_removed_contacts_are_searched_for_in_their_lists() -> None:
    call = calls.list_removed_contacts([C, CampaignId("D")], page_size=50).at("2")

    assert query(call) == {"sort[createdOn]": "ASC", "page": "2", "perPage": "50"}
    assert sent(call) == {
        "subscribersType": ["removed"],
        "sectionLogicOperator": "or",
        "section": [
            {
                "campaignIdsList": ["C", "D"],
                "logicOperator": "and",
                "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
                "subscriptionDate": "all_time",
                "conditions": [],
            }
        ],
    }


@pytest.mark.parametrize(
    ("contact_id", "path"),
    [("pV3r", "contacts/pV3r"), ("../accounts?x#y", "contacts/..%2Faccounts%3Fx%23y")],
)
def test_an_id_stays_one_part_of_the_path(contact_id: str, path: str) -> None:
    for call in (
        calls.get_contact(ContactId(contact_id)),
        calls.update_contact(ContactId(contact_id)),
        calls.delete_contact(ContactId(contact_id)),
    ):
        assert call.request.path == path


def test_an_empty_id_is_refused() -> None:
    with pytest.raises(ConfigError, match="an id of contacts is empty"):
        calls.delete_contact(ContactId(""))
    with pytest.raises(ConfigError, match="an id of campaigns is empty"):
        calls.get_campaign(CampaignId(""))


def test_printing_a_call_shows_no_person() -> None:
    shown = repr([calls.create_contact(C, ADA), calls.create_contacts(C, [ADA]), ADA])

    assert "contacts.create" in shown
    assert "ada" not in shown.lower()


# --- what answers become ---------------------------------------------------------------------


def test_a_contact_is_read_whole() -> None:
    contact = calls.get_contact(ID).decode(
        ok(
            {
                "contactId": "pV3r",
                "href": "https://api.getresponse.com/v3/contacts/pV3r",
                "name": None,
                "email": "ada@example.org",
                "note": None,
                "origin": "landing_page",
                "dayOfCycle": "42",
                "changedOn": None,
                "timeZone": "",
                "ipAddress": "",
                "campaign": {"campaignId": "C", "href": "h", "name": "news"},
                "createdOn": "2017-12-19T13:11:48+0000",
                "scoring": 8,
                "engagementScore": None,
                "tags": [{"tagId": "t", "name": "vip", "href": "h", "color": ""}],
                "customFieldValues": [
                    {"customFieldId": "f", "name": "age", "value": ["18"], "values": ["18"]}
                ],
                "geolocation": None,
            }
        )
    )

    assert contact.contact_id == "pV3r"
    assert (contact.email, contact.name) == ("ada@example.org", None)
    assert contact.campaign == CampaignRef(campaign_id=C, name="news")
    assert contact.origin is Origin.LANDING_PAGE
    assert contact.created_on == datetime(2017, 12, 19, 13, 11, 48, tzinfo=UTC)
    assert contact.changed_on is None
    assert (contact.scoring, contact.engagement_score, contact.day_of_cycle) == (8.0, None, 42)
    assert contact.tags == (Tag(tag_id=TagId("t"), name="vip"),)
    (value,) = contact.custom_field_values
    assert value == CustomFieldValue(custom_field_id="f", name="age", values=("18",))
    assert "ada" not in repr(contact)


def test_rows_with_the_vendors_empty_texts_are_read() -> None:
    row = {
        "contactId": "a",
        "email": "a@x.y",
        "campaign": {"campaignId": "C"},
        "origin": "forward",
        "changedOn": "",
        "scoring": "",
        "dayOfCycle": "",
        "engagementScore": "3",
    }

    page = (
        calls.list_contacts(page_size=1)
        .at(None)
        .decode(ok([row], totalcount="2", totalpages="2", currentpage="1"))
    )

    (contact,) = page.items
    assert (contact.origin, contact.changed_on, contact.scoring) == ("forward", None, None)
    assert (contact.day_of_cycle, contact.engagement_score) == (None, 3)
    assert (page.cursor, page.total) == ("2", 2)


def test_lists_have_stringly_switches() -> None:
    rows = [
        {"campaignId": "C", "name": "news", "isDefault": "true", "languageCode": "EN"},
        {"campaignId": "D", "name": "rest", "isDefault": "false", "createdOn": ""},
    ]

    page = calls.list_campaigns().at(None).decode(ok(rows))

    assert [(c.name, c.is_default) for c in page.items] == [("news", True), ("rest", False)]


@pytest.mark.parametrize(
    ("reason", "read"),
    [("unsubscribe", Removal.UNSUBSCRIBE), ("alien", "alien"), ("", ""), (None, None)],
)
def test_removed_contacts_say_why(reason: str | None, read: object) -> None:
    row = {"contactId": "a", "email": "a@x.y", "reason": reason, "deletedOn": ""}

    (gone,) = calls.list_removed_contacts([C]).at(None).decode(ok([row])).items

    assert (gone.reason, gone.deleted_on) == (read, None)


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_a_web_page_with_status_200_is_a_decode_error(call: Call[Any]) -> None:
    page = Response(status=200, body=b"\n<!DOCTYPE html><html>please sign in</html>")

    with pytest.raises(DecodeError, match="not JSON; it begins '<!DOCTYPE"):
        call.decode(page)


@pytest.mark.parametrize("call", QUEUED, ids=lambda call: call.operation)
def test_a_queued_contact_has_no_answer_to_read(call: Call[Any]) -> None:
    assert call.decode(Response(status=202)) is None


def test_a_contact_that_is_gone_already_counts_as_removed() -> None:
    call = calls.delete_contact(ID)
    gone = json.dumps({"httpStatus": 404, "code": 1013, "message": "not found"}).encode()

    assert call.safe_statuses == {404}
    call.decode(Response(status=204))
    call.decode(Response(status=404, body=gone))


def test_an_unknown_domain_is_not_mistaken_for_a_removed_contact() -> None:
    stray = json.dumps({"httpStatus": 404, "code": 1024, "message": "Domain not found"}).encode()

    with pytest.raises(BadRequest, match="account domain is unknown"):
        calls.delete_contact(ID).decode(Response(status=404, body=stray))


def test_a_proxys_404_is_not_mistaken_for_a_removed_contact() -> None:
    for body in (b"<html>no route</html>", b"", b"{}", b"[]"):
        with pytest.raises(BadRequest, match="host and account domain"):
            calls.delete_contact(ID).decode(Response(status=404, body=body))
