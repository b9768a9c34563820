"""Bodies as the service shows them, and as it might: what is read from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.activecampaign import calls
from connectors.activecampaign.models import (
    ContactTag,
    EnrolmentStatus,
    FieldType,
    ImportContact,
    ImportState,
    SchemaFieldType,
    TagType,
)
from connectors.core.call import Call, Page, Pages, Response
from connectors.errors import BadRequest, ConfigError, DecodeError

EAST = timezone(timedelta(hours=-5))

CONTACT = {
    "cdate": "2026-03-02T03:00:00-05:00",
    "email": "ann@example.org",
    "phone": "+33123456789",
    "firstName": "Ann",
    "lastName": "Lee",
    "orgid": "0",
    "segmentio_id": "",
    "bounced_hard": "0",
    "bounced_soft": "2",
    "bounced_date": "0000-00-00",
    "ip": "0",
    "ua": None,
    "hash": "c0ffee",
    "socialdata_lastcheck": "0000-00-00 00:00:00",
    "email_local": "",
    "deleted": "0",
    "anonymized": "0",
    "udate": None,
    "deleted_at": "0000-00-00 00:00:00",
    "created_utc_timestamp": "2026-03-02 03:00:00",
    "email_empty": False,
    "links": {"fieldValues": "https://noor.api-us1.com/api/3/contacts/68/fieldValues"},
    "id": "68",
    "organization": None,
}


def read(call: Call[Any], body: object, status: int = 200) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call.decode(Response(status=status, body=raw))


# --- contacts --------------------------------------------------------------------------------


def test_a_contact_is_read() -> None:
    contact = read(calls.get_contact("68"), {"contactAutomations": [], "contact": CONTACT})

    assert (contact.id, contact.email, contact.first_name, contact.last_name) == (
        "68",
        "ann@example.org",
        "Ann",
        "Lee",
    )
    assert contact.created_at == datetime(2026, 3, 2, 3, tzinfo=EAST)
    assert contact.updated_at is None
    assert (contact.deleted, contact.hard_bounces, contact.soft_bounces) == (False, 0, 2)


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 68},
        {"links": []},
        {"cdate": "0000-00-00 00:00:00"},
        {"udate": "0000-00-00"},
        {"deleted": 0},
        {"deleted": False},
        {"bounced_hard": 1},
        {"phone": None, "firstName": None},
        {"email": None},
        {"email": ""},
        {"new_key": {"a": [1]}},
        {"contactAutomations": ["1"], "fieldValues": [], "deals": []},
    ],
)
def test_a_contact_in_any_of_its_forms_is_read(odd: dict[str, Any]) -> None:
    contact = read(calls.get_contact("68"), {"contact": {**CONTACT, **odd}})

    assert contact.id == "68"
    assert contact.last_name == "Lee"
    assert contact.created_at is None or contact.created_at.tzinfo
    assert contact.updated_at is None


def test_a_written_contact_comes_with_the_values_that_were_written() -> None:
    value = {
        "contact": 68,
        "field": "7",
        "value": "Gold",
        "cdate": "2026-03-02T03:00:00-05:00",
        "udate": "2026-03-02T03:00:00-05:00",
        "links": [],
        "owner": 68,
        "id": 5,
    }
    made = read(
        calls.sync_contact("a@x.org"), {"fieldValues": [value], "contact": CONTACT}, status=201
    )
    changed = read(calls.sync_contact("a@x.org"), {"contact": CONTACT})

    assert made.created and not changed.created
    assert [(v.id, v.contact_id, v.field_id, v.value) for v in made.field_values] == [
        ("5", "68", "7", "Gold")
    ]
    assert changed.field_values == ()


def test_a_contact_is_found_by_its_whole_address_alone() -> None:
    rows = [{**CONTACT, "email": "xann@example.org", "id": "1"}, CONTACT]
    body = {"scoreValues": [], "contacts": rows, "meta": {"total": "2", "page_input": {}}}

    assert read(calls.find_contact("ANN@example.org"), body).id == "68"
    assert read(calls.find_contact("bo@example.org"), body) is None
    assert read(calls.find_contact("bo@example.org"), {"contacts": []}) is None


# --- pages -----------------------------------------------------------------------------------


def contacts(*ids: str, total: object = None) -> dict[str, Any]:
    rows = [{**CONTACT, "id": each} for each in ids]
    return {"contacts": rows, "meta": {"total": total}}


def test_contacts_go_on_after_the_last_id() -> None:
    pages = calls.list_contacts(page_size=2)

    first: Page[Any] = read(pages.at(None), contacts("3", "9", total="3"))
    assert ([c.id for c in first.items], first.cursor, first.total) == (["3", "9"], "9", 3)
    last: Page[Any] = read(pages.at("9"), contacts("10", total="1"))
    assert ([c.id for c in last.items], last.cursor, last.total) == (["10"], None, None)
    assert read(pages.at("10"), contacts()).cursor is None


def test_a_service_that_gives_the_same_contacts_again_is_no_endless_list() -> None:
    with pytest.raises(DecodeError, match="came again"):
        read(calls.list_contacts(page_size=2).at("9"), contacts("3", "9"))


def test_a_contact_whose_id_is_no_number_is_told() -> None:
    with pytest.raises(DecodeError, match="no number"):
        read(calls.list_contacts().at(None), contacts("x1"))


def tags(*ids: str, meta: object = None) -> dict[str, Any]:
    rows = [{"id": each, "tag": f"t{each}", "tagType": "contact"} for each in ids]
    return {"tags": rows} if meta is None else {"tags": rows, "meta": meta}


def walk(pages: Pages[Any], *bodies: object) -> list[str]:
    cursor: str | None = None
    found: list[str] = []
    for number, body in enumerate(bodies, 1):
        page = read(pages.at(cursor), body)
        found += [each.id for each in page.items]
        cursor = page.cursor
        assert (cursor is None) is (number == len(bodies))
    return found


@pytest.mark.parametrize("total", [3, "3"])
def test_lists_go_on_until_all_were_seen(total: object) -> None:
    pages = calls.list_tags(page_size=2)
    meta = {"total": total}

    assert walk(pages, tags("1", "2", meta=meta), tags("3", meta=meta)) == ["1", "2", "3"]


@pytest.mark.parametrize("meta", [None, {}, [], {"total": None}, {"total": "many"}])
def test_lists_without_a_count_end_with_a_short_page(meta: object) -> None:
    pages = calls.list_tags(page_size=2)

    assert walk(pages, tags("1", "2", meta=meta), tags("3", meta=meta)) == ["1", "2", "3"]
    assert walk(pages, tags("1", "2", meta=meta), tags(meta=meta)) == ["1", "2"]


def test_an_empty_page_ends_a_list_whatever_its_count_says() -> None:
    pages = calls.list_tags(page_size=2)
    meta = {"total": "9"}

    assert walk(pages, tags("1", "2", meta=meta), tags(meta=meta)) == ["1", "2"]


def test_a_page_smaller_than_asked_for_is_not_the_last_where_there_are_more() -> None:
    pages = calls.list_tags(page_size=100)
    meta = {"total": "3"}

    assert walk(pages, tags("1", "2", meta=meta), tags("3", meta=meta)) == ["1", "2", "3"]
    assert dict(q.split("=") for q in pages.at("2:1,2").request.query.split("&"))["offset"] == "2"


def test_rows_that_moved_to_the_next_page_come_once() -> None:
    pages = calls.list_tags(page_size=2)
    meta = {"total": "4"}

    assert walk(pages, tags("1", "2", meta=meta), tags("2", "3", meta=meta)) == ["1", "2", "3"]


@pytest.mark.parametrize("cursor", ["x", "-1:", "1.5", ":1"])
def test_a_cursor_of_something_else_is_refused(cursor: str) -> None:
    with pytest.raises(ConfigError, match="begins with an offset"):
        calls.list_tags().at(cursor)
    with pytest.raises(ConfigError, match="the id of one"):
        calls.list_contacts().at(cursor)


# --- fields ----------------------------------------------------------------------------------

FIELD = {
    "title": "Plan",
    "descript": "Which plan",
    "type": "dropdown",
    "isrequired": "0",
    "perstag": "PLAN",
    "defval": "",
    "visible": "1",
    "ordernum": "2",
    "cdate": "2026-03-02T03:00:00-05:00",
    "udate": "2026-03-02T03:00:00-05:00",
    "options": ["11", "12"],
    "relations": ["1"],
    "links": {},
    "id": "7",
}
OPTIONS = [
    {"field": "7", "orderid": "2", "value": "Silver", "label": "Silver", "id": "12"},
    {"field": 7, "orderid": 1, "value": "Gold", "label": "", "isdefault": "1", "id": 11},
    {"field": "8", "orderid": "1", "value": "other", "id": "13"},
]


def test_fields_come_with_their_own_choices_in_order() -> None:
    body = {"fieldOptions": OPTIONS, "fieldRels": [], "fields": [FIELD], "meta": {"total": "1"}}
    (field,) = read(calls.list_fields().at(None), body).items

    assert (field.id, field.title, field.type, field.perstag) == (
        "7",
        "Plan",
        FieldType.DROPDOWN,
        "PLAN",
    )
    assert [(o.id, o.field_id, o.value) for o in field.options] == [
        ("11", "7", "Gold"),
        ("12", "7", "Silver"),
    ]
    assert (field.required, field.visible, field.order) == (False, True, 2)
    assert not field.takes_several


@pytest.mark.parametrize(
    "body", [{"field": FIELD}, {"fieldOptions": [], "fieldRels": [], "fields": [FIELD]}]
)
def test_one_field_is_read_also_in_the_shape_of_a_list(body: object) -> None:
    assert read(calls.create_field("Plan"), body, 201).id == "7"


@pytest.mark.parametrize(("kind", "seen"), [("NULL", "NULL"), ("money", "money"), (None, None)])
def test_a_field_of_another_type_keeps_its_word(kind: Any, seen: Any) -> None:
    assert read(calls.get_field("7"), {"field": {**FIELD, "type": kind}}).type == seen


def test_a_value_is_read_with_numbers_for_ids() -> None:
    value = {"contact": 2, "field": "3", "value": "||a||b||", "owner": 2, "id": "5"}
    found = read(
        calls.set_field_value("2", "3", ["a", "b"]), {"contacts": [], "fieldValue": value}, 201
    )

    assert (found.contact_id, found.field_id, found.choices) == ("2", "3", ("a", "b"))
    cleared = read(calls.set_field_value("2", "3", None), {"fieldValue": {**value, "value": None}})
    assert (cleared.value, cleared.choices) == (None, ())


# --- tags ------------------------------------------------------------------------------------


@pytest.mark.parametrize("zero", ["0000-00-00", "0000-00-00 00:00:00"])
def test_a_zero_date_is_none_and_a_value_that_looks_like_one_stays(zero: str) -> None:
    row = {"id": "1", "contact": "2", "field": "3", "value": zero, "cdate": zero, "udate": None}
    (found,) = read(calls.list_contact_field_values("2"), {"fieldValues": [row]})

    assert (found.created_at, found.updated_at, found.value) == (None, None, zero)
    with pytest.raises(DecodeError, match=r"created_at|cdate"):
        read(calls.list_contact_field_values("2"), {"fieldValues": [{**row, "cdate": "soon"}]})


def test_a_tag_of_templates_is_none_of_contacts() -> None:
    tag = {"id": "1", "tag": "VIP ", "tagType": "template"}
    fits = calls.is_tag("vip")

    assert not fits(read(calls.get_tag("1"), {"tag": tag}))
    assert fits(read(calls.get_tag("1"), {"tag": {**tag, "tagType": "contact"}}))
    assert fits(read(calls.get_tag("1"), {"tag": {**tag, "tagType": ""}}))


def test_tags_and_who_has_them_are_read() -> None:
    tag = {
        "tagType": "contact",
        "tag": "vip",
        "description": "",
        "cdate": "2026-03-02T03:00:00-05:00",
        "id": "16",
    }
    made = read(calls.create_tag("vip"), {"tag": tag}, 201)
    assert (made.id, made.name, made.type) == ("16", "vip", TagType.CONTACT)

    pair = {
        "contact": 1,
        "tag": "16",
        "cdate": "2026-03-02T03:00:00-05:00",
        "created_timestamp": "2026-03-02 03:00:00",
        "links": [],
        "id": "4",
    }
    wanted = ContactTag(
        id="4", contact_id="1", tag_id="16", created_at=datetime(2026, 3, 2, 3, tzinfo=EAST)
    )
    assert read(calls.list_contact_tags("1"), {"contactTags": [pair]}) == (wanted,)
    assert read(calls.list_contact_tags("1"), {"contactTags": {}}) == ()
    assert read(calls.add_contact_tag("1", "16"), {"contacts": [], "contactTag": pair}) == wanted


# --- custom objects --------------------------------------------------------------------------

SCHEMA = {
    "id": "0d2f",
    "slug": "docusign",
    "visibility": "private",
    "customized": False,
    "labels": {"singular": "DocuSign", "plural": "DocuSign"},
    "description": None,
    "fields": [
        {
            "id": "status",
            "labels": {"singular": "Status", "plural": "Statuses"},
            "type": "text",
            "required": True,
        },
        {"id": "a", "labels": None, "type": "text", "isRequired": True, "scale": 0},
        {"id": "b", "type": "hologram", "status": "marked_for_deletion", "inherited": True},
        {
            "id": "c",
            "labels": {"singular": "C"},
            "type": "dropdown",
            "options": [{"id": "o1", "value": "x"}, {"value": "y"}],
        },
        {"id": "d", "type": "currency", "defaultCurrency": "EUR", "options": []},
    ],
    "icons": [],
    "relationships": [
        {
            "id": "primary-contact",
            "labels": {"singular": "Primary Contact", "plural": "Primary Contacts"},
            "namespace": "contacts",
            "hasMany": False,
        }
    ],
    "createdTimestamp": "2026-03-02T08:00:22.222685995Z",
    "updatedTimestamp": "2026-03-02T08:00:59.999999999Z",
}


def test_a_schema_is_read_with_its_times_cut() -> None:
    schema = read(calls.get_schema("0d2f"), {"schema": SCHEMA})

    assert (schema.id, schema.slug, schema.singular) == ("0d2f", "docusign", "DocuSign")
    assert [(f.id, f.label, f.required) for f in schema.fields] == [
        ("status", "Status", True),
        ("a", "", True),
        ("b", "", False),
        ("c", "C", False),
        ("d", "", False),
    ]
    assert schema.fields[0].type is SchemaFieldType.TEXT
    assert (schema.fields[2].type, schema.fields[2].deleted, schema.fields[2].inherited) == (
        "hologram",
        True,
        True,
    )
    assert (schema.fields[3].options, schema.fields[4].currency) == (("x", "y"), "EUR")
    assert schema.created_at == datetime(2026, 3, 2, 8, 0, 22, 222685, tzinfo=UTC)
    assert schema.updated_at == datetime(2026, 3, 2, 8, 0, 59, 999999, tzinfo=UTC)


def test_schemas_are_counted_in_numbers() -> None:
    body = {"schemas": [SCHEMA], "meta": {"total": 1, "count": 1, "limit": 20, "offset": 0}}
    page = read(calls.list_schemas().at(None), body)

    assert (len(page.items), page.total, page.cursor) == (1, 1, None)


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("sent", "sent"),
        ("", None),
        (None, None),
        (3, "3"),
        (12.5, "12.5"),
        (1e21, "1" + "0" * 21),
        (1e99, "1e+99"),
        (" 7 ", " 7 "),
        (True, "true"),
        (["a", "b"], ("a", "b")),
    ],
)
def test_values_of_records_are_texts(value: object, seen: object) -> None:
    record = {
        "id": "r1",
        "externalId": "e1",
        "schemaId": "0d2f",
        "fields": [{"id": "status", "value": value}],
        "relationships": {"primary-contact": ["14"]},
        "createdTimestamp": "2026-03-02T08:00:22.222Z",
    }
    found = read(calls.get_record("0d2f", "r1"), {"record": record})

    assert found.fields == {"status": seen}
    assert (found.id, found.external_id, found.contact_ids) == ("r1", "e1", ("14",))
    assert found.created_at == datetime(2026, 3, 2, 8, 0, 22, 222000, tzinfo=UTC)


@pytest.mark.parametrize(
    "record",
    [
        {"externalId": "e1", "fields": [], "relationships": {"primary-contact": [14]}},
        {"externalId": "e1", "relationships": []},
        {"externalId": "e1", "fields": None, "relationships": None},
        {"externalId": "e1", "fields": {}, "createdTimestamp": ""},
        {"externalId": "e1", "createdTimestamp": "soon"},
    ],
)
def test_a_record_may_be_answered_without_its_id(record: dict[str, Any]) -> None:
    written = read(
        calls.put_record("s", "e1", {"a": "b"}, contact_id="14"), {"record": record}, 201
    )

    assert (written.id, written.external_id, written.fields) == (None, "e1", {})
    assert written.contact_ids in ((), ("14",))
    assert written.created_at is None


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, {"message": "Not Found"}), (400, {}), (400, {"message": "Record does not exist"})],
)
def test_a_record_that_is_not_there_is_none(status: int, body: object) -> None:
    call = calls.find_record("s", "e1")

    assert status in call.safe_statuses
    assert read(call, body, status) is None


def test_a_search_for_a_record_that_was_refused_is_no_answer() -> None:
    call = calls.find_record("s", "e1")

    with pytest.raises(BadRequest, match="schema is wrong"):
        read(call, {"message": "schema is wrong"}, 400)
    with pytest.raises(BadRequest, match="check the account's URL"):
        read(call, b"<html>", 404)


# --- automations -----------------------------------------------------------------------------


def test_automations_are_read_and_only_status_1_is_active() -> None:
    row = {"id": "42", "name": "Welcome", "status": "1", "entered": "3", "exited": 1, "hidden": "0"}
    rows = [row, {**row, "id": 43, "status": "2"}, {**row, "id": "44", "status": 1, "name": None}]
    body = {"automations": rows, "meta": {"total": "3", "starts": []}}
    found = read(calls.list_automations().at(None), body).items

    assert [(a.id, a.name, a.active, a.entered) for a in found] == [
        ("42", "Welcome", True, 3),
        ("43", "Welcome", False, 3),
        ("44", "", True, 3),
    ]


@pytest.mark.parametrize("zero", ["0000-00-00", "0000-00-00 00:00:00"])
@pytest.mark.parametrize("name", ["cdate", "mdate"])
def test_an_automation_may_have_times_of_zeros(name: str, zero: str) -> None:
    row = {"id": "42", "cdate": "2026-03-02T08:00:00Z", "mdate": "2026-03-02T08:00:00Z", name: zero}
    found = read(calls.get_automation("42"), {"automation": row})

    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert {found.created_at, found.updated_at} == {None, at}


@pytest.mark.parametrize(
    ("status", "seen"),
    [("1", EnrolmentStatus.ACTIVE), (2, EnrolmentStatus.COMPLETED), ("7", "7"), (None, None)],
)
def test_an_enrolment_is_read(status: Any, seen: Any) -> None:
    row = {
        "contact": "117",
        "seriesid": "42",
        "startid": "0",
        "status": status,
        "lastblock": "0",
        "completedElements": "1",
        "totalElements": 4,
        "completed": 0,
        "completeValue": 25,
        "links": {},
        "id": "8",
        "automation": "42",
    }
    body = {"contacts": [], "contactAutomation": row}
    found = read(calls.enrol("117", "42"), body, 201)

    assert (found.id, found.contact_id, found.automation_id) == ("8", "117", "42")
    assert (found.status, found.steps_done, found.steps) == (seen, 1, 4)
    del row["automation"]
    assert read(calls.get_enrolment("8"), {"contactAutomation": row}).automation_id == "42"


# --- imports ---------------------------------------------------------------------------------


@pytest.mark.parametrize("success", ["success", "Success"])
def test_an_import_that_was_taken(success: str) -> None:
    call = calls.import_contacts([ImportContact(email="a@x.org")])
    taken = read(call, {success: 1, "queued_contacts": 1, "batchId": "b-1", "message": "queued"})

    assert (taken.batch_id, taken.queued, taken.message) == ("b-1", 1, "queued")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (False, ImportState.WAITING),
        ("waiting", ImportState.WAITING),
        ("active", ImportState.ACTIVE),
        ("completed", ImportState.COMPLETED),
        ("melted", "melted"),
    ],
)
def test_how_far_an_import_is(status: object, state: object) -> None:
    body = {"status": status, "success": ["12", 13], "failure": ["bad@x"]}
    found = read(calls.get_import("b-1"), body)

    assert (found.state, found.succeeded, found.failed) == (state, ("12", "13"), ("bad@x",))
    assert found.settled is (state is ImportState.COMPLETED)
    assert "bad@x" not in repr(found)
    assert read(calls.get_import("b-1"), {"status": status}).succeeded == ()


# --- the rest --------------------------------------------------------------------------------


def test_a_note_on_a_contact_and_one_on_something_else() -> None:
    note = {"note": "text", "relid": 2, "reltype": "Subscriber", "id": "9", "cdate": None}
    body = {"contacts": [], "note": note}

    assert read(calls.create_note("2", "text"), body, 201).contact_id == "2"
    (other,) = read(calls.list_contact_notes("2"), {"notes": [{**note, "reltype": "Activity"}]})
    assert (other.contact_id, other.about, other.text) == (None, "Activity", "text")


@pytest.mark.parametrize(
    "body", [{"success": 1, "message": "Event spawned"}, {"success": "1"}, 1, {"success": True}]
)
def test_an_event_that_was_taken(body: object) -> None:
    call = calls.track_event("e", email="a@x.org", account_id="1", event_key="k")

    assert read(call, body) is None


@pytest.mark.parametrize("body", [{"success": 0, "message": "No a@x.org"}, 0, {}, [], None])
def test_an_event_that_was_refused_with_status_200(body: object) -> None:
    call = calls.track_event("e", email="a@x.org", account_id="1", event_key="k")

    with pytest.raises(BadRequest, match="event tracking is on") as caught:
        read(call, body)
    assert "a@x.org" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'""'])
def test_what_was_deleted_needs_no_body(body: bytes) -> None:
    for call in (calls.delete_contact("1"), calls.delete_record("s", "r")):
        assert read(call, body) is None
        assert read(call, body, 202) is None


def test_somebody_elses_answer_to_a_deletion_is_none() -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        read(calls.delete_contact("1"), b"<html>Sign in</html>")
    with pytest.raises(BadRequest, match="check the account's URL"):
        read(calls.delete_contact("1"), b"<html>", 404)


READS: list[Callable[[], Call[Any]]] = [
    lambda: calls.get_me(),
    lambda: calls.get_contact("1"),
    lambda: calls.sync_contact("a@x.org"),
    lambda: calls.list_contacts().at(None),
    lambda: calls.list_fields().at(None),
    lambda: calls.list_tags().at(None),
    lambda: calls.list_contact_tags("1"),
    lambda: calls.list_schemas().at(None),
    lambda: calls.find_record("s", "e"),
    lambda: calls.list_automations().at(None),
    lambda: calls.get_import("b"),
    lambda: calls.import_contacts([ImportContact(email="a@x.org")]),
    lambda: calls.get_event_tracking(),
    lambda: calls.list_webhooks().at(None),
]


@pytest.mark.parametrize("make", READS)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"contact": {"id"', b"[1]", b"7"])
def test_an_answer_that_is_none_is_told(make: Callable[[], Call[Any]], body: bytes) -> None:
    with pytest.raises(DecodeError):
        read(make(), body)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(DecodeError, match="`contact`") as caught:
        read(calls.get_contact("1"), {"contacts": []})
    assert caught.value.paths == ("$.contact: missing",)
    with pytest.raises(DecodeError, match="id"):
        read(calls.get_contact("1"), {"contact": {"email": "c4n4ry@x.org"}})
