"""ActiveCampaign's custom fields, their values, tags, notes and variables, by the wire alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.activecampaign_kit import Edge, Reply


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def ann(edge: Edge) -> str:
    return edge.box.add_contact("ann@example.org")


def make_value(edge: Edge, contact: object, field: object, value: object) -> Reply:
    given = {"contact": contact, "field": field, "value": value}
    return edge.post("fieldValues", {"fieldValue": given, "useDefaults": True})


# -- fields ------------------------------------------------------------------------------------


def test_fields_come_with_their_options_and_relations(edge: Edge) -> None:
    plan = edge.box.add_field("Plan", "dropdown", options=["Gold", "Silver"])
    edge.box.add_field("Note", "textarea")
    body = edge.get("fields", {"limit": 1}).json
    assert [each["id"] for each in body["fields"]] == [plan]
    field = body["fields"][0]
    assert (field["title"], field["type"], field["perstag"]) == ("Plan", "dropdown", "PLAN")
    assert (field["isrequired"], field["visible"]) == ("0", "1")
    assert field["options"] == [each["id"] for each in body["fieldOptions"]]
    assert field["relations"] == [each["id"] for each in body["fieldRels"]]
    assert [each["value"] for each in body["fieldOptions"]] == ["Gold", "Silver"]
    assert [each["field"] for each in body["fieldOptions"]] == [plan, plan]
    assert body["fieldRels"][0]["relid"] == "0"
    assert body["meta"] == {"total": "2"}


def test_one_field_and_its_options(edge: Edge) -> None:
    plan = edge.box.add_field("Plan", "radio", options=["Gold"])
    body = edge.get(f"fields/{plan}").json
    assert set(body) == {"field", "fieldOptions", "fieldRels"}
    options = edge.get(f"fields/{plan}/options").json
    assert options == {"fieldOptions": body["fieldOptions"]}
    assert edge.get("fields/99").json == {"message": "No Result found for Field with id 99"}


def test_a_field_is_found_by_its_message_tag(edge: Edge) -> None:
    edge.box.add_field("Plan", perstag="my plan")
    edge.box.add_field("Another test title")
    rows = edge.get("fields", {"filters[perstag]": "myplan"}).json["fields"]
    assert [each["perstag"] for each in rows] == ["MYPLAN"]
    rows = edge.get("fields", {"filters[perstag]": "ANOTHER_TEST_TITLE"}).json["fields"]
    assert [each["title"] for each in rows] == ["Another test title"]


def test_fields_are_twenty_a_page(edge: Edge) -> None:
    for number in range(25):
        edge.box.add_field(f"F{number}")
    assert len(edge.get("fields").json["fields"]) == 20
    assert len(edge.get("fields", {"offset": 20}).json["fields"]) == 5


def test_a_field_is_made_with_options_and_a_relation(edge: Edge) -> None:
    reply = edge.post(
        "fields",
        {"field": {"title": "Size", "type": "listbox", "perstag": "my size", "visible": 1}},
    )
    field = reply.json["field"]
    assert (reply.status, field["perstag"]) == (201, "MYSIZE")
    rel = edge.post("fieldRels", {"fieldRel": {"field": int(field["id"]), "relid": 0}})
    assert (rel.status, rel.json["fieldRel"]["field"]) == (201, field["id"])
    option = {"field": field["id"], "value": "S", "label": "S", "orderid": 1, "isdefault": False}
    made = edge.post("fieldOption/bulk", {"fieldOptions": [option]})
    assert (made.status, made.json["fieldOptions"][0]["value"]) == (201, "S")
    row = edge.get(f"fields/{field['id']}").json["field"]
    assert (len(row["options"]), len(row["relations"])) == (1, 1)


@pytest.mark.parametrize(
    ("given", "code", "pointer"),
    [
        ({"title": "plan", "type": "text"}, "duplicate", "title"),
        ({"type": "text"}, "field_missing", "title"),
        ({"title": "X", "type": "colour"}, "field_invalid", "type"),
        ({"title": "X", "type": "text", "visible": 7}, "field_invalid", "visible"),
        ({"title": "X", "type": "text", "defval": 7}, "field_invalid", "defval"),
    ],
)
def test_a_field_that_cannot_be_is_a_422(
    edge: Edge, given: dict[str, object], code: str, pointer: str
) -> None:
    edge.box.add_field("Plan")
    reply = edge.post("fields", {"field": given})
    assert (reply.status, reply.error["code"]) == (422, code)
    assert reply.error["source"] == {"pointer": f"/data/attributes/{pointer}"}


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["Gold"],
        [{"field": "99", "value": "x"}],
        [{"field": "1", "value": ""}],
        [{"field": "1", "value": "x", "isdefault": 9}],
        [{"field": "2", "value": "x"}],
    ],
)
def test_options_are_refused_with_a_text(edge: Edge, options: list[object]) -> None:
    edge.box.add_field("Plan", "radio", options=["Gold"])
    edge.box.add_field("Note")
    reply = edge.post("fieldOption/bulk", {"fieldOptions": options})
    assert reply.status == 422
    assert isinstance(reply.json["errors"], str)
    assert len(edge.get("fields/1/options").json["fieldOptions"]) == 1


def test_people_rename_a_field_and_take_options_away(edge: Edge) -> None:
    box = edge.box
    plan = box.add_field("Plan", "dropdown", options=["Gold", "Silver"])
    contact = box.add_contact("a@example.org", fields={"Plan": "Gold"})
    box.rename_field(plan, "Tariff")
    box.remove_field_option(plan, "Gold")
    box.add_field_option(plan, "Bronze")
    body = edge.get("fields").json
    assert (body["fields"][0]["title"], body["fields"][0]["perstag"]) == ("Tariff", "PLAN")
    assert [each["value"] for each in body["fieldOptions"]] == ["Silver", "Bronze"]
    assert box.contacts()[0]["fields"] == {"Tariff": "Gold"}
    assert make_value(edge, contact, plan, "Gold").status == 422
    box.delete_field(plan)
    assert edge.get(f"contacts/{contact}/fieldValues").json == {"fieldValues": []}
    with pytest.raises(KeyError, match="no field"):
        box.rename_field(plan, "x")


# -- values with a contact ---------------------------------------------------------------------


def test_sync_answers_the_values_just_written_and_no_others(edge: Edge) -> None:
    one, two = edge.box.add_field("One"), edge.box.add_field("Two")
    first = edge.sync("a@example.org", fieldValues=[{"field": one, "value": "x"}]).json
    second = edge.sync("a@example.org", fieldValues=[{"field": int(two), "value": "y"}]).json
    assert [(each["field"], each["value"]) for each in first["fieldValues"]] == [(one, "x")]
    assert [(each["field"], each["value"]) for each in second["fieldValues"]] == [(two, "y")]
    assert "fieldValues" not in edge.sync("a@example.org").json
    assert edge.box.contacts()[0]["fields"] == {"One": "x", "Two": "y"}


@pytest.mark.parametrize("field", ["99", 99, "PLAN", "Plan", None])
def test_a_field_that_is_not_there_is_ignored_by_sync_and_refused_elsewhere(
    edge: Edge, field: object
) -> None:
    edge.box.add_field("Plan")
    values = [{"field": field, "value": "x"}]
    synced = edge.sync("a@example.org", fieldValues=values)
    assert (synced.status, "fieldValues" in synced.json) == (201, False)
    reply = edge.post("contacts", {"contact": {"email": "b@example.org", "fieldValues": values}})
    assert (reply.status, reply.error["title"]) == (422, "Field id not valid")
    contact = synced.json["contact"]["id"]
    reply = edge.put(f"contacts/{contact}", {"contact": {"fieldValues": values}})
    assert (reply.status, reply.error["title"]) == (422, "Field id not valid")
    assert edge.box.contact_by_email("b@example.org") is None


GOOD: list[tuple[str, str]] = [
    ("text", "anything"),
    ("textarea", "a\nb"),
    ("hidden", "x"),
    ("NULL", "x"),
    ("date", "2026-05-19"),
    ("datetime", "2026-05-19T02:45:00-05:00"),
    ("radio", "Option A"),
    ("dropdown", "Option B"),
    ("checkbox", "||Option A||"),
    ("listbox", "||Option A||Option B||"),
    ("number", "12.5"),
    ("currency", "-3"),
]
BAD: list[tuple[str, Any]] = [
    ("text", 7),
    ("text", ["x"]),
    ("date", "19.05.2026"),
    ("date", "2026-02-30"),
    ("date", "2026-05-19T02:45:00-05:00"),
    ("datetime", "2026-05-19T02:45:00"),
    ("datetime", "2026-05-19"),
    ("radio", "Option C"),
    ("dropdown", "||Option A||"),
    ("checkbox", "Option A"),
    ("checkbox", "||Option A"),
    ("listbox", "||Option A||Option C||"),
    ("listbox", "||"),
    ("number", "many"),
    ("currency", "3 EUR"),
]


def _field(edge: Edge, type: str) -> str:
    choices = ("radio", "dropdown", "checkbox", "listbox")
    options = ["Option A", "Option B"] if type in choices else []
    return edge.box.add_field("F", type, options=options)


@pytest.mark.parametrize(("type", "value"), GOOD)
def test_a_value_that_fits_its_field_is_stored(edge: Edge, type: str, value: str) -> None:
    field = _field(edge, type)
    assert edge.sync("a@example.org", fieldValues=[{"field": field, "value": value}]).status == 201
    assert edge.box.contacts()[0]["fields"] == {"F": value}
    # Empty clears, whatever the type.
    edge.sync("a@example.org", fieldValues=[{"field": field, "value": ""}])
    assert edge.box.contacts()[0]["fields"] == {"F": ""}


@pytest.mark.parametrize(("type", "value"), BAD)
def test_a_value_that_does_not_fit_is_a_422_and_nothing_is_written(
    edge: Edge, type: str, value: object
) -> None:
    field = _field(edge, type)
    reply = edge.sync("a@example.org", fieldValues=[{"field": field, "value": value}])
    assert (reply.status, reply.error["code"]) == (422, "field_invalid")
    assert edge.box.contacts() == []
    edge.box.strict_values = False
    reply = edge.sync("a@example.org", fieldValues=[{"field": field, "value": value}])
    assert reply.status == (201 if isinstance(value, str) else 422)


@pytest.mark.parametrize("values", [None, {}, ["x"], [{"field": "1"}], [{"value": "x"}]])
def test_values_of_the_wrong_shape_are_a_422(edge: Edge, values: object) -> None:
    edge.box.add_field("Plan")
    assert edge.sync("a@example.org", fieldValues=values).status == 422


# -- values by themselves ----------------------------------------------------------------------


def test_a_value_is_set_and_replaced_and_echoes_its_ids_as_sent(edge: Edge, ann: str) -> None:
    field = edge.box.add_field("Plan")
    first = make_value(edge, int(ann), field, "x")
    edge.clock.sleep(60)
    second = make_value(edge, ann, int(field), "y")
    one, two = first.json["fieldValue"], second.json["fieldValue"]
    assert (first.status, one["contact"], one["field"]) == (201, int(ann), field)
    assert (two["contact"], two["field"], two["value"]) == (ann, int(field), "y")
    assert (one["id"], one["cdate"]) == (two["id"], two["cdate"])
    assert two["udate"] > one["udate"]
    assert [each["id"] for each in first.json["contacts"]] == [ann]
    assert first.json["contacts"][0]["links"] == []
    edge.box.field_value_status = 200
    assert make_value(edge, ann, field, "z").status == 200


def test_a_value_is_found_changed_and_deleted(edge: Edge, ann: str) -> None:
    field, other = edge.box.add_field("Plan"), edge.box.add_field("Other")
    value = make_value(edge, ann, field, "x").json["fieldValue"]["id"]
    make_value(edge, ann, other, "x")
    query: dict[str, object] = {"filters[fieldid]": field, "filters[val]": "x"}
    body = edge.get("fieldValues", query).json
    assert [(each["id"], each["contact"]) for each in body["fieldValues"]] == [(value, ann)]
    assert body["meta"] == {"total": "1"}
    given = {"contact": ann, "field": field, "value": "y"}
    assert edge.put(f"fieldValues/{value}", {"fieldValue": given}).status == 200
    wrong = edge.put(f"fieldValues/{value}", {"fieldValue": {**given, "field": other}})
    assert wrong.status == 400
    part = edge.put(f"fieldValues/{value}", {"fieldValue": {"value": "y"}})
    assert (part.status, part.error["title"]) == (422, "Missing attribute")
    assert edge.delete(f"fieldValues/{value}").json == {}
    assert edge.delete(f"fieldValues/{value}").status == 404
    assert edge.box.contacts()[0]["fields"] == {"Other": "x"}


def test_a_value_needs_a_contact_and_a_field(edge: Edge, ann: str) -> None:
    field = edge.box.add_field("Plan")
    assert make_value(edge, "1", field, "x").status == 404
    reply = make_value(edge, ann, "PLAN", "x")
    assert (reply.status, reply.error["title"]) == (422, "Field id not valid")
    inside = {"contact": ann, "field": field, "value": "x", "useDefaults": True}
    assert edge.post("fieldValues", {"fieldValue": inside}).status == 501
    outside = {"fieldValue": {"contact": ann, "field": field, "value": "x"}, "useDefaults": "yes"}
    assert edge.post("fieldValues", outside).status == 400


# -- tags --------------------------------------------------------------------------------------


def make_tag(edge: Edge, name: object, **more: object) -> Reply:
    return edge.post("tags", {"tag": {"tag": name, "tagType": "contact", **more}})


def tag_names(edge: Edge, query: dict[str, object]) -> list[str]:
    return [each["tag"] for each in edge.get("tags", query).json["tags"]]


def test_a_tag_is_made_read_changed_and_deleted(edge: Edge, ann: str) -> None:
    made = make_tag(edge, "vip", description="who matters")
    tag = made.json["tag"]
    assert (made.status, tag["tag"], tag["tagType"]) == (201, "vip", "contact")
    assert edge.get(f"tags/{tag['id']}").json == {"tag": tag}
    changed = edge.put(f"tags/{tag['id']}", {"tag": {"tag": "VIP"}}).json["tag"]
    assert (changed["tag"], changed["description"]) == ("VIP", "who matters")
    edge.link(ann, tag["id"])
    assert edge.delete(f"tags/{tag['id']}").json == {}
    assert edge.box.tags_of(ann) == []
    for method in ("GET", "DELETE"):
        reply = edge.call(method, f"tags/{tag['id']}")
        assert reply.status == 404
        assert reply.json == {"message": f"No Result found for Tag with id {tag['id']}"}


def test_a_tag_that_exists_is_refused_whatever_its_case(edge: Edge) -> None:
    make_tag(edge, "TEST")
    reply = make_tag(edge, "test")
    assert (reply.status, reply.json) == (
        422,
        {
            "message": "Could not process request",
            "error": "Duplicate entry 'contact-TEST' for key 'typetag'",
        },
    )
    edge.box.duplicate_tag_status = 500
    assert make_tag(edge, "test").status == 500
    other = make_tag(edge, "other").json["tag"]["id"]
    assert edge.put(f"tags/{other}", {"tag": {"tag": "Test"}}).status == 500
    assert make_tag(edge, "test", tagType="template").status == 201


def test_a_tag_that_exists_can_be_answered_as_it_is(edge: Edge) -> None:
    first = make_tag(edge, "TEST").json
    edge.box.duplicate_tag = "existing"
    reply = make_tag(edge, "test", description="new")
    assert (reply.status, reply.json) == (200, first)


def test_a_tag_without_a_type_is_nowhere_to_be_seen(edge: Edge) -> None:
    made = edge.post("tags", {"tag": {"tag": "ghost"}})
    assert (made.status, made.json["tag"]["tagType"]) == (201, "")
    assert tag_names(edge, {"search": "ghost"}) == []
    assert edge.box.tag_names() == []


@pytest.mark.parametrize(
    "given",
    [{}, {"tag": ""}, {"tag": 7}, {"tag": "x", "tagType": "deal"}, {"tag": "x", "description": 7}],
)
def test_a_tag_that_cannot_be_is_a_422(edge: Edge, given: dict[str, object]) -> None:
    assert edge.post("tags", {"tag": given}).status == 422
    assert edge.box.tag_names() == []


def test_tags_are_searched_by_what_they_contain(edge: Edge) -> None:
    names = ["docusign-integration", "docusign-integration-DocuSign_Envelope_Sent", "other"]
    for name in names:
        edge.box.add_tag(name)
    found: list[tuple[dict[str, object], list[str]]] = [
        ({"search": "DOCUSIGN-integration"}, names[:2]),
        ({"filters[search][eq]": "DocuSign-Integration"}, names[:1]),
        ({"filters[search][neq]": "other"}, names[:2]),
        ({"filters[search][contains]": "envelope"}, names[1:2]),
        ({"filters[search][starts_with]": "docusign"}, names[:2]),
        ({"filters[search][gt]": "e"}, names[2:]),
        ({"filters[search][gte]": "other"}, names[2:]),
        ({"filters[search][lt]": "e"}, names[:2]),
        ({"filters[search][lte]": "docusign-integration"}, names[:1]),
        ({"orders[search]": "desc"}, [names[2], names[1], names[0]]),
        ({"orders[search]": "weight"}, names),
        ({"limit": 1, "offset": 1}, names[1:2]),
    ]
    for query, expected in found:
        assert tag_names(edge, query) == expected, query
    assert edge.get("tags").json["meta"] == {"total": "3"}


# -- contact tags ------------------------------------------------------------------------------


def test_a_tag_is_put_on_a_contact_once(edge: Edge, ann: str) -> None:
    tag = edge.box.add_tag("vip")
    first = edge.link(int(ann), int(tag))
    edge.clock.sleep(60)
    second = edge.link(ann, tag)
    assert (first.status, second.status) == (201, 200)
    one = first.json["contactTag"]
    assert second.json["contactTag"] == one
    assert (one["contact"], one["tag"]) == (ann, tag)
    assert [each["id"] for each in first.json["contacts"]] == [ann]
    body = edge.get(f"contacts/{ann}/contactTags").json
    assert body == {"contactTags": [one]}
    assert edge.box.tags_of(ann) == ["vip"]


def test_a_tag_is_taken_off_by_the_id_of_the_link(edge: Edge, ann: str) -> None:
    tag = edge.box.add_tag("vip")
    link = edge.link(ann, tag).json["contactTag"]["id"]
    assert link != tag
    wrong = edge.delete(f"contactTags/{tag}")
    assert (wrong.status, wrong.json) == (
        404,
        {"message": f"No Result found for SubscriberTag with id {tag}"},
    )
    assert edge.delete(f"contactTags/{link}").json == {}
    assert edge.delete(f"contactTags/{link}").status == 404
    assert edge.box.tags_of(ann) == []


@pytest.mark.parametrize(
    ("tag", "detail"),
    [
        (None, "No tag id provided"),
        ("", "No tag id provided"),
        ("99", "The tag does not exist"),
        ("vip", "The tag does not exist"),
    ],
)
def test_a_tag_that_is_not_there_is_a_400_about_a_parameter(
    edge: Edge, ann: str, tag: object, detail: str
) -> None:
    edge.box.add_tag("vip")
    reply = edge.link(ann, tag)
    assert reply.status == 400
    assert reply.error == {
        "title": "Invalid value for query parameter contactTag.tag",
        "detail": detail,
        "source": {"parameter": "contactTag.tag"},
    }
    edge.box.contact_tag_error = 422
    assert edge.link(ann, tag).status == 422


def test_a_contact_must_be_named_and_be_there(edge: Edge) -> None:
    tag = edge.box.add_tag("vip")
    reply = edge.post("contactTags", {"contactTag": {"tag": tag}})
    assert (reply.status, reply.error["title"]) == (422, "Missing attribute")
    assert reply.error["source"] == {"pointer": "/data/attributes/contact"}
    for contact in ("1", "ann@example.org"):
        gone = edge.link(contact, tag)
        assert (gone.status, gone.json) == (404, {"message": "Contact not found"})


def test_people_delete_a_tag(edge: Edge) -> None:
    contact = edge.box.add_contact("a@example.org", tags=["one", "two"])
    edge.box.delete_tag("ONE")
    assert edge.box.tags_of(contact) == ["two"]
    assert edge.box.tag_names() == ["two"]
    with pytest.raises(KeyError, match="no tag"):
        edge.box.delete_tag("one")


# -- notes and variables -----------------------------------------------------------------------


def test_a_note_is_added_each_time(edge: Edge, ann: str) -> None:
    given = {"note": {"note": "signed", "relid": int(ann), "reltype": "Subscriber"}}
    first, second = edge.post("notes", given), edge.post("notes", given)
    assert (first.status, first.json["note"]["relid"]) == (201, ann)
    assert first.json["note"]["id"] != second.json["note"]["id"]
    assert [each["text"] for each in edge.box.notes_of(ann)] == ["signed", "signed"]
    rows = edge.get(f"contacts/{ann}/notes").json["notes"]
    assert [each["note"] for each in rows] == ["signed", "signed"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"reltype": "Contact"}, 400),
        ({"reltype": "Deal"}, 501),
        ({"note": ""}, 422),
        ({"relid": 1}, 404),
    ],
)
def test_a_note_that_cannot_be_is_refused(
    edge: Edge, ann: str, given: dict[str, object], status: int
) -> None:
    note = {"note": "x", "relid": ann, "reltype": "Subscriber", **given}
    assert edge.post("notes", {"note": note}).status == status
    assert edge.box.notes_of(ann) == []


def test_variables_are_filtered_by_a_word_of_their_own(edge: Edge) -> None:
    for name in ("Footer", "Header"):
        given = {"name": name, "tag": name.upper(), "format": "text", "content": "x"}
        reply = edge.post("personalizations", {"personalization": given})
        assert (reply.status, reply.json["personalization"]["listsCount"]) == (201, "0")
    rows = edge.get("personalizations", {"filter[name]": "foot"}).json["personalizations"]
    assert [each["tag"] for each in rows] == ["FOOTER"]
    body = edge.get("personalizations", {"orders[name]": "DESC"}).json
    assert [each["name"] for each in body["personalizations"]] == ["Header", "Footer"]
    assert body["meta"] == {"total": "2"}
    bad = {"name": "X", "tag": "X", "content": "x", "format": "pdf"}
    assert edge.post("personalizations", {"personalization": bad}).status == 422
    assert edge.post("personalizations", {"personalization": {"name": "X"}}).status == 422
    listed = {"name": "X", "tag": "X", "content": "x", "listids": [1]}
    assert edge.post("personalizations", {"personalization": listed}).status == 501
