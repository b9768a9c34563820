"""What cannot be is refused before anything is sent, with what would be right."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.activecampaign import calls
from connectors.activecampaign.models import (
    TO_CONTACT,
    ImportCallback,
    ImportContact,
    NewSchema,
    Relationship,
    Schema,
    SchemaField,
    SchemaFieldType,
)
from connectors.core.wire import dumps
from connectors.errors import ConfigError
from tests.activecampaign.operations import ADA, VISIT

NAIVE = datetime(2026, 3, 2)
CASES: list[tuple[Callable[[], Any], str]] = [
    # addresses
    (lambda: calls.sync_contact(""), "an e-mail address is empty"),
    (lambda: calls.sync_contact("   "), "an e-mail address is empty"),
    (lambda: calls.sync_contact("c4n4ry"), "no e-mail address"),
    (lambda: calls.sync_contact("@c4n4ry.org"), "no e-mail address"),
    (lambda: calls.sync_contact("c4n4ry@"), "no e-mail address"),
    (lambda: calls.sync_contact("c4n 4ry@x.org"), "no e-mail address"),
    (lambda: calls.sync_contact("c4n4ry@x.org\nBcc: y"), "no e-mail address"),
    (lambda: calls.sync_contact("Ada <c4n4ry@x.org>"), "no e-mail address"),
    (lambda: calls.sync_contact("c4n4ry" * 50 + "@x.org"), "no e-mail address"),
    (lambda: calls.sync_contact("c4n4ry@ada@x.org"), "no e-mail address"),
    (lambda: calls.sync_contact("c4n4ry@x..org"), "no e-mail address"),
    (lambda: calls.sync_contact(None), "an e-mail address is given as text, not as NoneType"),  # type: ignore[arg-type]
    (lambda: calls.update_contact("1", email=""), "an e-mail address is empty"),
    (lambda: calls.find_contact(""), "an e-mail address is empty"),
    # values
    (lambda: calls.sync_contact("a@x.org", first_name=""), "say None to clear it"),
    (lambda: calls.sync_contact("a@x.org", first_name=7), "first_name is no text"),  # type: ignore[arg-type]
    (lambda: calls.sync_contact("a@x.org", field_values={"7": 3}), "a list of them"),  # type: ignore[dict-item]
    (lambda: calls.sync_contact("a@x.org", field_values={"7": {"a"}}), "a list of them"),  # type: ignore[dict-item]
    (lambda: calls.sync_contact("a@x.org", field_values={"7": ""}), "say None to clear it"),
    (lambda: calls.sync_contact("a@x.org", field_values={"PLAN": "x"}), "a number as text"),
    (lambda: calls.sync_contact("a@x.org", field_values={"%PLAN%": "x"}), "a number as text"),
    (
        lambda: calls.sync_contact("a@x.org", field_values={7: "x"}),  # type: ignore[dict-item]
        "is given as text, like '7', not as int",
    ),
    (lambda: calls.sync_contact("a@x.org", field_values={"7": []}), "no choice"),
    (lambda: calls.sync_contact("a@x.org", field_values={"7": ["a||b"]}), "without `||`"),
    (lambda: calls.sync_contact("a@x.org", field_values={"7": ["a", ""]}), "not empty"),
    (lambda: calls.set_field_value("1", "x", "y"), "a number as text"),
    (lambda: calls.set_field_value("ada", "7", "y"), "a number as text"),
    (lambda: calls.update_contact("1"), "nothing is given"),
    (lambda: calls.update_contact("1", field_values={}), "nothing is given"),
    (lambda: calls.update_tag("1"), "nothing is given"),
    # ids and names
    (lambda: calls.get_contact(""), "an id of contacts is a number as text"),
    (lambda: calls.get_contact("c4n4ry@x.org"), "got '<address>'"),
    (lambda: calls.set_field_value("c4n4ry@x.org", "7", "y"), "got '<address>'"),
    (lambda: calls.add_contact_tag("c4n4ry" * 9 + "@x.org", "1"), "got '<address>'"),
    (lambda: calls.delete_contact("c4n4ry@x.org"), "a number as text"),
    (lambda: calls.list_contact_tags("sync"), "a number as text"),
    (lambda: calls.delete_tag("vip"), "an id of tags is a number as text"),
    (lambda: calls.remove_contact_tag("vip"), "a number as text"),
    (lambda: calls.get_field("PLAN"), "a number as text"),
    (lambda: calls.delete_field_value("Gold"), "a number as text"),
    (lambda: calls.get_automation("Welcome"), "a number as text"),
    (lambda: calls.end_enrolment("../1"), "a number as text"),
    (lambda: calls.delete_webhook("tags"), "a number as text"),
    (lambda: calls.get_schema(".."), "cannot be '..'"),
    (lambda: calls.get_record("s", ".."), "cannot be '..'"),
    (lambda: calls.find_record("s", ""), "an id of external is empty"),
    (lambda: calls.delete_schema(" "), "is empty"),
    (lambda: calls.create_tag("  "), "the name of a tag is empty"),
    (lambda: calls.is_tag(""), "the name of a tag is empty"),
    (lambda: calls.add_contact_tag("1", "vip"), "a number as text"),
    (lambda: calls.enrol("1", ""), "a number as text"),
    (lambda: calls.create_note("1", ""), "the text of a note is empty"),
    # lists
    (lambda: calls.list_contacts(email_like=""), "email_like is empty"),
    (lambda: calls.list_contacts(ids="12"), "a list of ids"),
    (lambda: calls.list_contacts(ids=["x"]), "a number as text"),
    (lambda: calls.list_contacts(tag_id="vip"), "tag_id is a number as text"),
    (lambda: calls.list_contacts(automation_id="Welcome"), "automation_id is a number"),
    (lambda: calls.list_contacts(segment_id=""), "segment_id is a number"),
    (lambda: calls.list_contacts(form_id="x"), "form_id is a number"),
    (lambda: calls.list_contacts().at("c4n4ry@x.org"), "got '<address>'"),
    (lambda: calls.list_tags().at("c4n4ry@x.org"), "got '<address>'"),
    (lambda: calls.list_field_values(field_id="PLAN"), "field_id is a number"),
    (lambda: calls.list_enrolments(automation_id="Welcome"), "automation_id is a number"),
    (lambda: calls.list_enrolments(contact_id="ada"), "contact_id is a number"),
    (lambda: calls.list_records("s", contact_id="ada"), "contact_id is a number"),
    (lambda: calls.list_contacts(page_size=101), "1 to 100, got 101"),
    (lambda: calls.list_contacts(page_size=0), "1 to 100, got 0"),
    (lambda: calls.list_tags(page_size=1000), "1 to 100, got 1000"),
    (lambda: calls.list_tags(search=""), "search is empty"),
    (lambda: calls.list_contacts(created_after=NAIVE), "needs a time zone"),
    (lambda: calls.list_records("s", contact_id=""), "a number as text, like '7', got ''"),
    # imports
    (lambda: calls.import_contacts([]), "1 to 250 contacts, got 0"),
    (lambda: calls.import_contacts([ADA] * 251), "1 to 250 contacts, got 251"),
    (lambda: calls.import_contacts([evolve(ADA, email="c4n4ry")]), "no e-mail address"),
    (lambda: calls.import_contacts([evolve(ADA, tags="vip")]), "a list of names"),
    (lambda: calls.import_contacts([evolve(ADA, tags=[""])]), "the name of a tag is empty"),
    (lambda: calls.import_contacts([evolve(ADA, fields={"PLAN": "x"})]), "a number as text"),
    (
        lambda: calls.import_contacts([evolve(ADA, first_name="x" * 5000)] * 100),
        "smaller than 400000 bytes",
    ),
    (
        lambda: calls.import_contacts([ADA], callback=ImportCallback(url="")),
        "the URL of a callback is empty",
    ),
    (
        lambda: calls.import_contacts(
            [ADA], callback=ImportCallback(url="https://x", method="PUT")
        ),
        "GET or POST",
    ),
    (lambda: calls.split_import([evolve(ADA, first_name="x" * 400_000)]), "too large"),
    (lambda: calls.get_import(""), "a batch id is empty"),
    # fields and schemas
    (lambda: calls.create_field(""), "the title of a field is empty"),
    (lambda: calls.create_field("x", type=""), "the type of a field is empty"),
    (lambda: calls.create_field_options("7", "Gold"), "a list of texts"),
    (lambda: calls.create_field_options("7", []), "one at least"),
    (lambda: calls.create_field_options("7", ["a||b"]), "without `||`"),
    (lambda: calls.create_schema(evolve(VISIT, fields=[])), "a field at least"),
    (lambda: calls.create_schema(evolve(VISIT, fields=[*VISIT.fields] * 2)), "an id of its own"),
    (lambda: calls.create_schema(evolve(VISIT, slug="")), "the slug of a schema is empty"),
    (lambda: calls.create_schema(evolve(VISIT, plural="")), "the label of a schema is empty"),
    (
        lambda: calls.create_schema(evolve(VISIT, fields=[SchemaField(id="a", label="")])),
        "the label of field a is empty",
    ),
    (
        lambda: calls.create_schema(
            evolve(VISIT, fields=[SchemaField(id="a", label="A", type="dropdown")])
        ),
        "field a needs options",
    ),
    (
        lambda: calls.create_schema(evolve(VISIT, relationships=[TO_CONTACT, TO_CONTACT])),
        "each relationship of a schema has an id of its own",
    ),
    (
        lambda: calls.update_schema("s", evolve(VISIT, relationships=[evolve(TO_CONTACT, id="")])),
        "an id of relationships is empty",
    ),
    (
        lambda: calls.create_schema(
            evolve(VISIT, relationships=[evolve(TO_CONTACT, namespace=" ")])
        ),
        "the namespace of relationship primary-contact is empty",
    ),
    (
        lambda: calls.create_schema(
            evolve(VISIT, relationships=[Relationship(id="account", namespace="accounts")])
        ),
        "the label of relationship account is empty",
    ),
    # events and webhooks
    (
        lambda: calls.track_event("x" * 33, email="a@x.org", account_id="1", event_key="k"),
        "at most 32 characters",
    ),
    (
        lambda: calls.track_event("e", email="a@x.org", account_id="", event_key="k"),
        "the account id of events is empty",
    ),
    (
        lambda: calls.track_event("e", email="a@x.org", account_id="1", event_key=""),
        "the key of events is empty",
    ),
    (lambda: calls.create_event_name(""), "the name of an event is empty"),
    (lambda: calls.create_webhook("n", "http://x.org/c4n4ry", ["update"]), "begins with https"),
    (lambda: calls.create_webhook("n", "https://x.org:8443/c4n4ry", ["update"]), "port 443"),
    (lambda: calls.create_webhook("n", "https:///c4n4ry", ["update"]), "begins with https"),
    (lambda: calls.create_webhook("n", "https://[c4n4ry", ["update"]), "begins with https"),
    (lambda: calls.create_webhook("n", "https://x.org/c4n4ry a", ["update"]), "begins with https"),
    (lambda: calls.create_webhook("n", "https://x.org/c4n4ry\n", ["update"]), "begins with https"),
    (lambda: calls.create_webhook("n", "https://x.org/", []), "needs events"),
    (lambda: calls.create_webhook("n", "https://x.org/", "update"), "a list, not one text"),
    (
        lambda: calls.create_webhook("n", "https://x.org/", ["update"], sources=[]),
        "needs sources",
    ),
]


@pytest.mark.parametrize(
    ("make", "text"), CASES, ids=[f"{n}-{t}" for n, (_, t) in enumerate(CASES)]
)
def test_what_cannot_be_is_refused(make: Callable[[], Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make()

    assert text in str(caught.value)
    assert "c4n4ry" not in str(caught.value)


# --- addresses -------------------------------------------------------------------------------

TAKEN = [
    "ada@example.com",
    " ada@example.com\n",
    "ada+x@Example.COM",
    "o'hara@x.org",
    '"ada.x"@example.com',
    "ada@bücher.example",
    "a" * 242 + "@example.com",
]
NOT_TAKEN = [
    "",
    "ada",
    '"ada lovelace"@example.com',
    '"a@b"@example.com',
    '"a<b"@example.com',
    "a" * 243 + "@example.com",
    "ada@example.com.",
    "ada\ud800@example.com",
    "ada@example\udfff.com",
    "a\x00da@example.com",
    None,
]


@pytest.mark.parametrize("email", TAKEN)
def test_an_address_that_is_taken_can_be_sent(email: str) -> None:
    assert calls.takes_address(email)
    assert calls.sync_contact(email).request.body
    assert calls.find_contact(email).request.query


@pytest.mark.parametrize("email", NOT_TAKEN)
def test_an_address_that_is_not_taken_is_refused(email: Any) -> None:
    assert not calls.takes_address(email)
    for make in (calls.sync_contact, calls.create_contact, calls.find_contact):
        with pytest.raises(ConfigError, match="e-mail address"):
            make(email)


# --- imports in parts ------------------------------------------------------------------------


def test_contacts_are_split_into_as_few_parts_as_can_be() -> None:
    people = [ImportContact(email=f"p{n}@x.org") for n in range(501)]

    parts = calls.split_import(people)

    assert [len(part) for part in parts] == [250, 250, 1]
    assert [contact for part in parts for contact in part] == people
    assert calls.split_import([]) == []
    assert [len(part) for part in calls.split_import(iter(people[:250]))] == [250]


def test_an_import_is_smaller_than_400_000_bytes() -> None:
    beside = len(calls.import_contacts([evolve(ADA, first_name="x")]).request.body) - 1
    longest = "x" * (calls.IMPORT_BYTES - 1 - beside)

    assert calls.import_contacts([evolve(ADA, first_name=longest)]).request.body
    with pytest.raises(ConfigError, match="smaller than 400000 bytes, got 400000"):
        calls.import_contacts([evolve(ADA, first_name=longest + "x")])


def test_every_part_has_room_for_a_callback() -> None:
    half = evolve(ADA, first_name="x" * 199_500)
    callback = ImportCallback(url=f"https://x.org/{'x' * 1500}")

    parts = calls.split_import([half, half])

    assert [len(part) for part in parts] == [1, 1]
    for each in calls.split_import([evolve(ADA, first_name="x" * 198_500)] * 2):
        assert calls.import_contacts(each, callback=callback).request.body


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 60_000), max_size=40))
def test_every_part_is_one_that_an_import_takes(sizes: list[int]) -> None:
    people = [
        ImportContact(email=f"p{n}@x.org", first_name="é" * (size // 2))
        for n, size in enumerate(sizes)
    ]

    parts = calls.split_import(people)

    for part in parts:
        assert len(calls.import_contacts(part).request.body) < calls.IMPORT_BYTES
    assert [contact for part in parts for contact in part] == people
    for one, next_one in pairwise(parts):
        both = len(dumps([c.first_name for c in (*one, next_one[0])]))
        assert len(one) == calls.IMPORT_SIZE or both > calls.IMPORT_BYTES * 0.98


# --- records against their schema ------------------------------------------------------------

SCHEMA = Schema(
    id="s",
    slug="visit",
    fields=(
        SchemaField(id="room", label="Room", required=True),
        SchemaField(id="guests", label="Guests", type=SchemaFieldType.NUMBER),
        SchemaField(id="kind", label="Kind", type=SchemaFieldType.DROPDOWN, options=("a", "b")),
        SchemaField(id="tags", label="Tags", type=SchemaFieldType.MULTISELECT, options=("x", "y")),
        SchemaField(id="at", label="At", type=SchemaFieldType.DATETIME),
        SchemaField(id="day", label="Day", type=SchemaFieldType.DATE),
        SchemaField(id="gone", label="Gone", deleted=True),
    ),
)
WHOLE: dict[str, Any] = {
    "room": "Blue",
    "guests": 2,
    "kind": None,
    "tags": None,
    "at": None,
    "day": None,
}


def put(**changed: Any) -> Any:
    return calls.put_record("s", "e", {**WHOLE, **changed}, contact_id="1", schema=SCHEMA)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"guests": "2"},
        {"guests": Decimal("2")},
        {"guests": None},
        {"kind": "a"},
        {"tags": ["x", "y"]},
        {"at": datetime(2026, 3, 2, tzinfo=UTC)},
        {"at": "2026-03-02T08:00:00Z"},
        {"day": date(2026, 3, 2)},
        {"day": "2026-03-02"},
        {"room": date(2026, 3, 2)},
    ],
)
def test_a_record_that_fits_its_schema_is_sent(changed: dict[str, Any]) -> None:
    assert put(**changed).request.body


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"rooms": "x"}, "schema visit has no field rooms"),
        ({"gone": "x"}, "schema visit has no field gone"),
        ({"room": None}, "room must not be empty"),
        ({"room": ""}, "room is empty; say None"),
        ({"tags": []}, "tags is empty; say None"),
        ({"room": ["a"]}, "room takes one text"),
        ({"tags": "x"}, "tags takes a list of texts"),
        ({"tags": ["x", ""]}, "tags takes texts that are not empty"),
        ({"tags": ["z"]}, "tags is one of x, y"),
        ({"kind": "c"}, "kind is one of a, b"),
        ({"guests": "many"}, "guests takes a number"),
        ({"guests": float("inf")}, "guests takes a number"),
        ({"guests": True}, "guests takes a number"),
        ({"guests": "1_000"}, "guests takes a number in plain digits"),
        ({"guests": "1e3"}, "guests takes a number in plain digits"),
        ({"guests": "١٢"}, "guests takes a number in plain digits"),
        ({"guests": 10**30}, "guests takes a number in plain digits"),
        ({"guests": Decimal("1E+999999999999999999")}, "guests takes a number in plain digits"),
        ({"at": "soon"}, "at takes a date-time with its zone"),
        ({"at": "2026-03-02T08:00:00"}, "at takes a date-time with its zone"),
        ({"at": date(2026, 3, 2)}, "at takes a date-time with its zone"),
        ({"at": NAIVE}, "needs a time zone"),
        ({"day": datetime(2026, 3, 2, tzinfo=UTC)}, "day takes a date, like"),
        ({"day": "soon"}, "day takes a date, like"),
        ({"day": 7}, "day takes a date, like"),
        ({"room": 7}, "room takes a text"),
        ({"room": True}, "room takes a text"),
    ],
)
def test_a_record_that_does_not_fit_its_schema_is_refused(
    changed: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        put(**changed)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (2, 2),
        (" 2 ", "2"),
        (2.5, "2.5"),
        (1e21, "1" + "0" * 21),
        (Decimal("1000").normalize(), "1000"),
    ],
)
def test_numbers_of_records_are_sent_in_plain_digits(value: Any, sent: object) -> None:
    record = json.loads(put(guests=value).request.body)["record"]

    assert record["fields"][1] == {"id": "guests", "value": sent}


def test_times_of_records_are_sent_as_the_service_writes_them() -> None:
    exact = "2026-03-02T08:00:22.222685095Z"
    record = json.loads(put(day="20260302", at=exact).request.body)["record"]

    assert [each["value"] for each in record["fields"]] == ["Blue", 2, exact, "2026-03-02"]


def test_a_record_that_would_lose_values_is_refused_with_their_names() -> None:
    with pytest.raises(ConfigError, match="guests, kind, tags, at, day would be cleared"):
        calls.put_record("s", "e", {"room": "x"}, contact_id="1", schema=SCHEMA)


def test_without_a_schema_a_record_is_sent_as_it_is() -> None:
    assert calls.put_record("s", "e", {"anything": "x"}, contact_id="1").request.body
    with pytest.raises(ConfigError, match="a number as text"):
        calls.put_record("s", "e", {}, contact_id="")
    with pytest.raises(ConfigError, match="got '<address>'"):
        calls.put_record("s", "e", {}, contact_id="ada@x.org")
    with pytest.raises(ConfigError, match="fee takes a number"):
        calls.put_record("s", "e", {"fee": float("nan")}, contact_id="1")
    with pytest.raises(ConfigError, match="fee takes a number"):
        calls.put_record("s", "e", {"fee": Decimal("1E+99")}, contact_id="1")
    large = calls.put_record("s", "e", {"fee": 1e21, "code": " 1e5 "}, contact_id="1")
    assert [each["value"] for each in json.loads(large.request.body)["record"]["fields"]] == [
        "1" + "0" * 21,
        " 1e5 ",
    ]
    with pytest.raises(ConfigError, match="an external id is empty"):
        calls.put_record("s", "", {}, contact_id="1")


def test_a_new_schema_names_its_fields() -> None:
    with pytest.raises(ConfigError, match="an id of fields is empty"):
        calls.create_schema(
            NewSchema(slug="a", singular="A", plural="As", fields=[SchemaField(id="", label="A")])
        )
