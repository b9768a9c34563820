"""What each operation sends: way, query, body, and how it may be repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors.activecampaign import calls
from connectors.activecampaign.models import ImportContact, Schema, SchemaField
from connectors.core.call import Call, Response, WriteClass
from connectors.errors import ConfigError
from tests.activecampaign.operations import ADA, CALLBACK, EVERY, TABLE, VISIT


@pytest.mark.parametrize(("call", "line", "write_class"), TABLE, ids=[t[1] for t in TABLE])
def test_each_operation_has_its_way_and_its_write_class(
    call: Call[Any], line: str, write_class: WriteClass
) -> None:
    assert f"{call.request.method} {call.request.path}" == line
    assert call.service == "activecampaign"
    assert call.write_class is write_class
    headers = dict(call.request.headers)
    if not call.request.body:
        assert "Content-Type" not in headers
    elif call.authorized:
        assert headers["Content-Type"] == "application/json"
        assert isinstance(json.loads(call.request.body), dict)


def test_every_operation_is_in_the_table() -> None:
    made = {name for name in dir(calls) if callable(getattr(calls, name))}
    pure = {"is_tag", "split_import", "takes_address"}
    verbs = "get list find create update delete sync import set add remove end put show track enrol"

    assert {name.partition("_")[0] for name in made - pure} == set(verbs.split())
    assert len(made - pure) == len(TABLE)


# --- what is never touched -------------------------------------------------------------------

FORBIDDEN = {
    *("lists", "list", "listid", "contactLists", "contactList", "subscribe", "unsubscribe"),
    *("accounts", "account", "accountContacts", "deals", "deal", "contactDeals"),
    *("customer_acct_name", "orgid"),
}


def keys_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_no_call_touches_subscriptions_accounts_or_deals(call: Call[Any]) -> None:
    request = call.request
    assert not FORBIDDEN & set(request.path.split("/"))
    names = {name for name, _ in parse_qsl(request.query)}
    parts = {part for name in names for part in name.replace("]", "").split("[")}
    assert not FORBIDDEN & parts
    if call.authorized and request.body:
        assert not FORBIDDEN & set(keys_of(json.loads(request.body)))


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_no_call_sends_null(call: Call[Any]) -> None:
    assert b"null" not in call.request.body


# --- queries ---------------------------------------------------------------------------------


def test_a_plus_in_an_address_stays_one() -> None:
    call = calls.find_contact("Ada+x@Example.org")

    assert call.request.query == "email=Ada%2Bx%40example.org"


def test_contacts_are_asked_for_by_all_filters_in_their_order() -> None:
    found = calls.list_contacts(
        email_like="x@",
        search="vip",
        phone="+33",
        ids=["1", "2"],
        tag_id="3",
        automation_id="4",
        segment_id="5",
        form_id="6",
        status="-1",
        created_after=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        page_size=50,
    ).at("77")

    assert parse_qsl(found.request.query) == [
        ("email_like", "x@"),
        ("search", "vip"),
        ("phone", "+33"),
        ("ids[]", "1"),
        ("ids[]", "2"),
        ("tagid", "3"),
        ("seriesid", "4"),
        ("segmentid", "5"),
        ("formid", "6"),
        ("status", "-1"),
        ("filters[created_after]", "2026-03-02T09:30:00+00:00"),
        ("orders[id]", "ASC"),
        ("id_greater", "77"),
        ("limit", "50"),
    ]
    assert "id_greater" not in calls.list_contacts().at(None).request.query


@pytest.mark.parametrize(
    ("call", "query"),
    [
        (calls.list_tags(name="vip").at(None), [("filters[search][eq]", "vip")]),
        (calls.list_tags(search="vip").at(None), [("search", "vip")]),
        (calls.list_fields(perstag="P").at(None), [("filters[perstag]", "P")]),
        (
            calls.list_field_values(field_id="7", value="x").at(None),
            [("filters[fieldid]", "7"), ("filters[val]", "x")],
        ),
        (
            calls.list_records("s", contact_id="14").at(None),
            [("filters[relationships.primary-contact][eq]", "14")],
        ),
        (calls.list_schemas(with_deleted_fields=True).at(None), [("showFields", "all")]),
        (calls.list_schemas().at(None), []),
        (
            calls.list_enrolments(automation_id="4", contact_id="1", status="1").at(None),
            [
                ("filters[seriesid]", "4"),
                ("filters[subscriberid]", "1"),
                ("filters[status]", "1"),
            ],
        ),
        (calls.list_webhooks(name="n").at(None), [("filters[name]", "n")]),
    ],
)
def test_lists_are_asked_for_by_offset(call: Call[Any], query: list[tuple[str, str]]) -> None:
    assert parse_qsl(call.request.query) == [*query, ("limit", "100"), ("offset", "0")]


# --- bodies ----------------------------------------------------------------------------------


def body(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


def test_a_contact_is_sent_with_what_is_given_and_no_more() -> None:
    assert body(calls.sync_contact("a@x.org")) == {"contact": {"email": "a@x.org"}}
    assert body(
        calls.sync_contact(
            "ann@example.org",
            first_name="Ann",
            last_name="Lee",
            phone="+33123456789",
            field_values={"7": "Gold"},
        )
    ) == {
        "contact": {
            "email": "ann@example.org",
            "firstName": "Ann",
            "lastName": "Lee",
            "phone": "+33123456789",
            "fieldValues": [{"field": "7", "value": "Gold"}],
        }
    }


def test_none_clears_by_an_empty_text() -> None:
    call = calls.update_contact("1", first_name=None, field_values={"7": None})

    assert body(call) == {
        "contact": {"firstName": "", "fieldValues": [{"field": "7", "value": ""}]}
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [(["Option A", "Option B"], "||Option A||Option B||"), (("Option A",), "||Option A||")],
)
def test_several_choices_stand_between_double_bars(value: Any, text: str) -> None:
    call = calls.set_field_value("1", "7", value)

    assert body(call) == {
        "fieldValue": {"contact": "1", "field": "7", "value": text},
        "useDefaults": False,
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (" ada@x.org\n", "ada@x.org"),
        ("Ada@X.ORG", "Ada@x.org"),
        ("ada@MÜNCHEN.de", "ada@münchen.de"),
        ("ada@Straße.de", "ada@straße.de"),
        ('"a b"@x.org', None),
    ],
)
def test_an_address_is_trimmed_and_its_domain_lowered(given: str, sent: str | None) -> None:
    if sent is None:
        with pytest.raises(Exception, match="no e-mail address"):
            calls.sync_contact(given)
    else:
        assert body(calls.sync_contact(given))["contact"]["email"] == sent


def test_an_import_has_names_of_its_own() -> None:
    assert body(calls.import_contacts([ADA, ImportContact(email="b@x.org")])) == {
        "contacts": [
            {
                "email": "ada+x@example.org",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "phone": "+33123456789",
                "tags": ["vip"],
                "fields": [{"id": 7, "value": "Gold"}, {"id": 8, "value": "||a||b||"}],
            },
            {"email": "b@x.org"},
        ],
        "exclude_automations": True,
    }


def test_an_import_says_whom_to_tell() -> None:
    call = calls.import_contacts([ADA], exclude_automations=False, callback=CALLBACK)

    assert call.operation == "contacts.import_one"
    assert body(call)["exclude_automations"] is False
    assert body(call)["callback"] == {
        "url": "https://x.org/t0k3n",
        "requestType": "GET",
        "detailed_results": "true",
        "params": [{"key": "t0k3n", "value": "1"}],
        "headers": [{"key": "X-Key", "value": "t0k3n"}],
    }


def test_tags_are_always_for_contacts() -> None:
    assert body(calls.create_tag(" vip ")) == {
        "tag": {"tag": "vip", "tagType": "contact", "description": ""}
    }
    assert body(calls.update_tag("3", description="Best")) == {"tag": {"description": "Best"}}
    assert body(calls.add_contact_tag("1", "20")) == {"contactTag": {"contact": "1", "tag": "20"}}


def test_a_field_is_described() -> None:
    assert body(calls.create_field("Plan", type="radio", visible=False, order=2)) == {
        "field": {
            "title": "Plan",
            "type": "radio",
            "descript": "",
            "defval": "",
            "visible": 0,
            "ordernum": 2,
        }
    }
    assert body(calls.show_field("8")) == {"fieldRel": {"field": 8, "relid": 0}}
    assert body(calls.create_field_options("8", ["a", "b"]))["fieldOptions"][1] == {
        "orderid": 2,
        "value": "b",
        "label": "b",
        "isdefault": False,
        "field": "8",
    }


def test_a_schema_belongs_to_one_contact_and_labels_each_field() -> None:
    schema = body(calls.create_schema(VISIT))["schema"]

    assert schema["slug"] == "visit"
    assert schema["labels"] == {"singular": "Visit", "plural": "Visits"}
    assert schema["fields"] == [
        {
            "id": "room",
            "labels": {"singular": "Room", "plural": "Room"},
            "type": "text",
            "required": True,
        },
        {
            "id": "fee",
            "labels": {"singular": "Fee", "plural": "Fee"},
            "type": "currency",
            "required": False,
            "defaultCurrency": "EUR",
        },
        {
            "id": "kind",
            "labels": {"singular": "Kind", "plural": "Kind"},
            "type": "dropdown",
            "required": False,
            "options": [{"value": "long"}, {"value": "short"}],
        },
        {
            "id": "share",
            "labels": {"singular": "Share", "plural": "Share"},
            "type": "decimal",
            "required": False,
            "scale": 2,
        },
    ]
    (relationship,) = schema["relationships"]
    assert (relationship["id"], relationship["namespace"], relationship["hasMany"]) == (
        "primary-contact",
        "contacts",
        False,
    )


THERE: dict[str, Any] = {
    "id": "s1",
    "slug": "visit",
    "labels": {"singular": "Visit", "plural": "Visits"},
    "description": "Who came",
    "visibility": "private",
    "fields": [
        {
            "id": "room",
            "labels": {"singular": "Room", "plural": "Rooms"},
            "type": "text",
            "required": True,
        },
        {
            "id": "kind",
            "labels": {"singular": "Kind", "plural": "Kinds"},
            "type": "hologram",
            "required": False,
            "options": [{"id": "k1", "value": "long"}, {"value": "short"}],
        },
        {
            "id": "fee",
            "labels": {"singular": "Fee", "plural": "Fees"},
            "type": "currency",
            "required": False,
            "scale": 0,
            "defaultCurrency": "EUR",
        },
    ],
    "relationships": [
        {
            "id": "primary-contact",
            "labels": {"singular": "Guest", "plural": "Guests"},
            "description": "Who came",
            "namespace": "contacts",
            "hasMany": True,
        },
        {
            "id": "account",
            "labels": {"singular": "Firm", "plural": "Firms"},
            "description": "",
            "namespace": "accounts",
            "hasMany": False,
        },
    ],
}


def test_a_schema_is_written_anew_with_all_that_was_there() -> None:
    deleted = {"id": "old", "type": "text", "status": "marked_for_deletion"}
    answer = {"schema": {**THERE, "fields": [*THERE["fields"], deleted]}}
    response = Response(status=200, body=json.dumps(answer).encode())
    there = calls.get_schema("s1").decode(response)

    sent = body(calls.update_schema("s1", there.as_new()))["schema"]
    wider = there.as_new(adding=[SchemaField(id="host", label="Host")])
    more = body(calls.update_schema("s1", wider))["schema"]

    assert sent == {name: part for name, part in THERE.items() if name not in ("id", "visibility")}
    assert [each["id"] for each in more["fields"]] == ["room", "kind", "fee", "host"]
    assert {**more, "fields": None} == {**sent, "fields": None}


def test_a_field_that_is_there_is_not_added_again() -> None:
    room = SchemaField(id="room", label="Room")
    wider = Schema(id="s1", slug="visit", fields=(room,)).as_new(adding=[room])

    with pytest.raises(ConfigError, match="an id of its own"):
        calls.update_schema("s1", wider)


def test_a_change_of_a_schema_can_be_tried() -> None:
    tried = calls.update_schema("s1", VISIT, check_only=True)

    assert ("validateOnly", "true") in tried.request.headers
    assert "validateOnly" not in dict(calls.update_schema("s1", VISIT).request.headers)


def test_a_record_is_written_by_its_external_id() -> None:
    call = calls.put_record("s1", "e1", {"status": "sent", "note": None}, contact_id="14")

    assert body(call) == {
        "record": {
            "externalId": "e1",
            "fields": [{"id": "status", "value": "sent"}],
            "relationships": {"primary-contact": ["14"]},
        }
    }


def test_an_event_is_a_form_for_another_host_without_the_key() -> None:
    call = calls.track_event(
        "signed & sealed", email="a+b@x.org", account_id="99", event_key="k", data="é"
    )

    assert not call.authorized
    assert dict(call.request.headers) == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qsl(call.request.body.decode(), keep_blank_values=True) == [
        ("actid", "99"),
        ("key", "k"),
        ("event", "signed & sealed"),
        ("eventdata", "é"),
        ("visit", '{"email":"a+b@x.org"}'),
    ]


def test_a_note_and_an_enrolment_name_their_contact() -> None:
    assert body(calls.create_note("2", "text")) == {
        "note": {"note": "text", "relid": 2, "reltype": "Subscriber"}
    }
    assert body(calls.enrol("117", "42")) == {
        "contactAutomation": {"contact": "117", "automation": "42"}
    }


def test_a_webhook_leaves_out_our_own_writes() -> None:
    call = calls.create_webhook("n", "https://x.org/h", ["update"])

    assert body(call) == {
        "webhook": {
            "name": "n",
            "url": "https://x.org/h",
            "events": ["update"],
            "sources": ["public", "admin", "system"],
        }
    }
