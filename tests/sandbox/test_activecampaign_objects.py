"""ActiveCampaign's custom objects by the wire alone."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from tests.sandbox.activecampaign_kit import SCHEMA, Edge

SCHEMAS = "customObjects/schemas"
RECORDS = "customObjects/records"


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def schema(edge: Edge) -> str:
    id = edge.post(SCHEMAS, {"schema": SCHEMA}).json["schema"]["id"]
    assert isinstance(id, str)
    return id


@pytest.fixture
def ann(edge: Edge) -> str:
    return edge.box.add_contact("ann@example.org")


def read(edge: Edge, schema: str, external: str) -> dict[str, Any]:
    reply = edge.get(f"{RECORDS}/{schema}/external/{external}")
    assert reply.status == 200, reply.body
    record = reply.json["record"]
    return {each["id"]: each["value"] for each in record["fields"]}


# -- schemas -----------------------------------------------------------------------------------


def test_a_schema_is_made_and_read(edge: Edge) -> None:
    reply = edge.post(SCHEMAS, {"schema": SCHEMA})
    made = reply.json["schema"]
    assert reply.status == 201
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["id"])
    assert (made["slug"], made["visibility"], made["customized"]) == ("docusign", "private", False)
    assert made["fields"][0]["required"] is True
    assert made["relationships"] == SCHEMA["relationships"]
    assert made["createdTimestamp"] == "2026-03-02T08:00:00.000Z"
    assert edge.get(f"{SCHEMAS}/{made['id']}").json == {"schema": made}
    body = edge.get(SCHEMAS).json
    assert body == {
        "schemas": [made],
        "meta": {"total": 1, "count": 1, "limit": 20, "offset": 0},
    }


def test_either_word_says_that_a_field_is_required(edge: Edge) -> None:
    given = copy.deepcopy(SCHEMA)
    del given["fields"][0]["required"]
    given["fields"][0]["isRequired"] = True
    made = edge.post(SCHEMAS, {"schema": given}).json["schema"]
    assert made["fields"][0]["required"] is True
    assert "isRequired" not in made["fields"][0]


def _without(*path: str | int) -> dict[str, Any]:
    given = copy.deepcopy(SCHEMA)
    place: Any = given
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return given


def _with(value: object, *path: str | int) -> dict[str, Any]:
    given = copy.deepcopy(SCHEMA)
    place: Any = given
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return given


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (SCHEMA, "Schema slug must be unique"),
        (_without("slug"), "Schema must provide a slug"),
        (_without("labels"), "Schema must provide labels"),
        (_without("fields", 0, "labels"), "Schema fields must provide labels"),
        (_with({"singular": "x"}, "fields", 0, "labels"), "Schema fields must provide labels"),
        (_without("fields", 0, "id"), "Schema fields must provide an id"),
        (_without("fields"), "Schema must provide fields"),
        (_with("colour", "fields", 0, "type"), "Schema field type is not valid"),
        (_with("sent-at", "fields", 0, "id"), "Schema field ids must be unique"),
        (_with("yes", "fields", 0, "required"), "required must be a boolean"),
        (_with([], "fields", 5, "options"), "Schema fields of choices must provide options"),
        (_with([{"id": "a"}], "fields", 5, "options"), "Options must provide a value"),
        (_with([{"value": "a"}], "fields", 0, "options"), "Only fields of choices have options"),
        (_with(-1, "fields", 4, "scale"), "scale must be a whole number"),
        (_with("deals", "relationships", 0, "namespace"), "id and namespace do not fit"),
        (_without("relationships", 0, "labels"), "Schema relationships must provide labels"),
    ],
)
def test_a_schema_that_cannot_be_is_a_422_with_a_source_of_its_own(
    edge: Edge, given: dict[str, Any], told: str
) -> None:
    edge.post(SCHEMAS, {"schema": SCHEMA})
    if given is not SCHEMA and given.get("slug") == "docusign":
        given = {**given, "slug": "other"}
    reply = edge.post(SCHEMAS, {"schema": given})
    assert reply.status == 422
    assert told in reply.error["detail"]
    assert set(reply.error["source"]) == {"type", "value"}
    assert reply.error["source"]["type"] == "pointer"
    assert len(edge.get(SCHEMAS).json["schemas"]) == 1


def test_a_relation_to_many_is_not_simulated(edge: Edge) -> None:
    given = _with(True, "relationships", 0, "hasMany")
    assert edge.post(SCHEMAS, {"schema": given}).status == 501


def test_a_schema_that_is_not_there_is_a_404_of_its_own_kind(edge: Edge) -> None:
    for method in ("GET", "DELETE"):
        reply = edge.call(method, f"{SCHEMAS}/x")
        assert (reply.status, reply.json) == (404, {"message": "Not Found"})


def test_schemas_are_found_by_their_relation(edge: Edge, schema: str) -> None:
    query: dict[str, object] = {
        "filters[relationships.id][eq]": "primary-contact",
        "filters[relationships.namespace][eq]": "contacts",
        "orders[createdTimestamp]": "desc",
        "limit": 100,
    }
    assert [each["id"] for each in edge.get(SCHEMAS, query).json["schemas"]] == [schema]
    query = {"filters[relationships.namespace][eq]": "deals"}
    assert edge.get(SCHEMAS, query).json["schemas"] == []


def test_a_schema_gains_fields_and_loses_none_by_an_update(edge: Edge, schema: str) -> None:
    label = {"singular": "More", "plural": "More"}
    more = {"id": "more", "labels": label, "type": "text", "required": False}
    given = {**SCHEMA, "fields": [*SCHEMA["fields"], more]}
    body = json.dumps({"schema": given}).encode()
    headers = {
        "Api-Token": edge.box.key,
        "Content-Type": "application/json",
        "validateOnly": "true",
    }
    tried = edge.call("PUT", f"{SCHEMAS}/{schema}", body, headers)
    assert (tried.status, tried.json["schema"]["fields"][-1]["id"]) == (200, "more")
    assert len(edge.get(f"{SCHEMAS}/{schema}").json["schema"]["fields"]) == len(SCHEMA["fields"])
    edge.put(f"{SCHEMAS}/{schema}", {"schema": given})
    assert edge.get(f"{SCHEMAS}/{schema}").json["schema"]["fields"][-1]["id"] == "more"
    assert edge.put(f"{SCHEMAS}/{schema}", {"schema": SCHEMA}).status == 501
    typed = _with("number", "fields", 0, "type")
    typed["fields"].append(more)
    assert edge.put(f"{SCHEMAS}/{schema}", {"schema": typed}).status == 422


def test_a_deleted_field_is_marked_and_its_id_is_not_free(edge: Edge, schema: str) -> None:
    reply = edge.delete(f"{SCHEMAS}/{schema}/fields/day")
    assert (reply.status, reply.body) == (202, b"")
    assert edge.delete(f"{SCHEMAS}/{schema}/fields/day").status == 404
    shown = edge.get(f"{SCHEMAS}/{schema}").json["schema"]["fields"]
    assert "day" not in [each["id"] for each in shown]
    for path in (f"{SCHEMAS}/{schema}", SCHEMAS):
        body = edge.get(path, {"showFields": "all"}).json
        fields = (body.get("schema") or body["schemas"][0])["fields"]
        marked = [each["id"] for each in fields if each.get("status") == "marked_for_deletion"]
        assert marked == ["day"]
    assert edge.put(f"{SCHEMAS}/{schema}", {"schema": SCHEMA}).status == 422


def test_a_deleted_schema_takes_its_records_along(edge: Edge, schema: str) -> None:
    edge.record(schema, "e1", {"status": "sent"})
    reply = edge.delete(f"{SCHEMAS}/{schema}")
    assert (reply.status, reply.json) == (200, "")
    assert edge.get(f"{RECORDS}/{schema}/external/e1").status == 404
    assert edge.post(SCHEMAS, {"schema": SCHEMA}).status == 201


# -- the plan ----------------------------------------------------------------------------------


def test_without_the_plan_private_objects_are_a_403(edge: Edge, schema: str) -> None:
    edge.box.custom_objects = False
    for reply in (
        edge.post(SCHEMAS, {"schema": {**SCHEMA, "slug": "other"}}),
        edge.get(f"{SCHEMAS}/{schema}"),
        edge.record(schema, "e1", {"status": "sent"}),
        edge.get(f"{RECORDS}/{schema}/external/e1"),
        edge.get(f"{RECORDS}/{schema}"),
    ):
        assert (reply.status, reply.json) == (403, {"message": "Forbidden"})
    assert edge.get(SCHEMAS).json["schemas"] == []
    assert edge.sync("a@example.org").status == 201


def test_objects_of_a_published_app_are_there_on_every_plan(edge: Edge) -> None:
    edge.box.custom_objects = False
    schema = edge.box.add_schema("docusign", {"status": "text"}, public=True)
    (row,) = edge.get(SCHEMAS).json["schemas"]
    assert (row["id"], row["visibility"]) == (schema, "public")
    assert re.fullmatch(r"app-[0-9a-f-]{36}-docusign", row["slug"])
    assert edge.record(schema, "e1", {"status": "sent"}).status == 201
    assert edge.delete(f"{SCHEMAS}/{schema}/fields/status").status == 403


# -- writing records ---------------------------------------------------------------------------


def test_a_record_is_upserted_by_its_external_id(edge: Edge, schema: str, ann: str) -> None:
    related = {"primary-contact": [int(ann)]}
    first = edge.record(schema, "e1", {"status": "sent"}, relationships=related)
    second = edge.record(schema, "e1", {"status": "done"}, relationships=related)
    assert (first.status, second.status) == (201, 201)
    assert "id" not in first.json["record"]
    assert first.json["record"]["relationships"] == {"primary-contact": [ann]}
    (record,) = edge.box.records("docusign")
    assert (record["external_id"], record["contacts"]) == ("e1", [ann])
    assert record["fields"] == {"status": "done"}
    assert edge.box.records(schema, ann) == [record]
    assert edge.box.records(schema, "1") == []


def test_the_answer_to_a_write_may_have_the_id(edge: Edge, schema: str) -> None:
    edge.box.record_id_on_write = True
    made = edge.record(schema, "e1", {"status": "sent"}).json["record"]
    assert edge.get(f"{RECORDS}/{schema}/{made['id']}").json["record"] == made
    again = {"record": {"id": made["id"], "fields": [{"id": "status", "value": "done"}]}}
    assert edge.post(f"{RECORDS}/{schema}", again).status == 201
    assert read(edge, schema, "e1") == {"status": "done"}
    stranger = {"record": {**again["record"], "id": "x"}}
    assert edge.post(f"{RECORDS}/{schema}", stranger).status == 400
    other = {"record": {**again["record"], "externalId": "e2"}}
    assert edge.post(f"{RECORDS}/{schema}", other).status == 400


def test_fields_that_a_write_leaves_out_are_cleared(edge: Edge, schema: str, ann: str) -> None:
    related = {"primary-contact": [ann]}
    edge.record(schema, "e1", {"status": "sent", "pages": 3, "kind": "a"}, relationships=related)
    edge.record(schema, "e1", {"status": "done", "kind": None})
    assert read(edge, schema, "e1") == {"status": "done"}
    assert edge.box.records(schema)[0]["contacts"] == [ann]


def test_without_an_external_id_every_write_is_a_new_record(edge: Edge, schema: str) -> None:
    given = {"record": {"fields": [{"id": "status", "value": "sent"}]}}
    for _ in range(2):
        assert edge.post(f"{RECORDS}/{schema}", given).status == 201
    assert [each["external_id"] for each in edge.box.records(schema)] == [None, None]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("path", ["", "/e1", "/external/e1"])
def test_put_and_patch_are_a_405(edge: Edge, schema: str, method: str, path: str) -> None:
    reply = edge.call(method, f"{RECORDS}/{schema}{path}", b'{"record": {}}')
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST, DELETE")


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("sent-at", "2026-05-19T02:45:00Z"),
        ("sent-at", "2026-05-19T02:45:00.123+02:00"),
        ("day", "2026-05-19"),
        ("pages", 3),
        ("pages", "3"),
        ("price", 3.5),
        ("kind", "a"),
        ("kinds", ["a", "b"]),
        ("status", ""),
    ],
)
def test_a_value_that_fits_is_read_back(edge: Edge, id: str, value: object) -> None:
    given = _with(False, "fields", 0, "required")
    schema = edge.post(SCHEMAS, {"schema": given}).json["schema"]["id"]
    assert edge.record(schema, "e1", {id: value}).status == 201
    assert read(edge, schema, "e1") == {id: value}


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("status", 7),
        ("sent-at", "2026-05-19T02:45:00"),
        ("sent-at", "2026-05-19"),
        ("day", "19.05.2026"),
        ("pages", 3.5),
        ("pages", "many"),
        ("pages", True),
        ("price", "3,5"),
        ("kind", "c"),
        ("kinds", "a"),
        ("kinds", ["a", "c"]),
        ("colour", "red"),
    ],
)
def test_a_value_that_is_not_defined_is_a_422_that_calls_itself_text(
    edge: Edge, schema: str, id: str, value: object
) -> None:
    reply = edge.record(schema, "e1", {"status": "sent", id: value})
    assert (reply.status, reply.headers["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert "not defined in the schema" in reply.error["detail"]
    assert reply.error["source"] == {"type": "pointer", "value": f"/data/attributes/fields/{id}"}
    assert edge.box.records(schema) == []


def test_an_unknown_field_can_be_dropped(edge: Edge, schema: str) -> None:
    edge.box.unknown_record_field = "dropped"
    assert edge.record(schema, "e1", {"status": "sent", "colour": "red"}).status == 201
    assert read(edge, schema, "e1") == {"status": "sent"}


@pytest.mark.parametrize(
    "record",
    [
        {"externalId": "e1", "fields": []},
        {"externalId": "e1"},
        {"externalId": 7, "fields": [{"id": "status", "value": "x"}]},
        {"externalId": "", "fields": [{"id": "status", "value": "x"}]},
        {"externalId": "e1", "fields": {"status": "x"}},
        {"externalId": "e1", "fields": [{"id": "status"}]},
        {"externalId": "e1", "fields": [{"id": "status", "value": "x"}] * 2},
    ],
)
def test_a_record_of_the_wrong_shape_is_a_422(
    edge: Edge, schema: str, record: dict[str, object]
) -> None:
    reply = edge.post(f"{RECORDS}/{schema}", {"record": record})
    assert (reply.status, reply.headers["Content-Type"]) == (422, "application/json")
    assert edge.box.records(schema) == []


@pytest.mark.parametrize(
    "related",
    [
        [],
        {"account": ["1"]},
        {"primary-contact": "101"},
        {"primary-contact": ["101", "102"]},
        {"primary-contact": ["ann"]},
        {"primary-contact": ["1"]},
    ],
)
def test_a_relation_that_cannot_be_is_a_422(
    edge: Edge, schema: str, ann: str, related: object
) -> None:
    edge.box.add_contact("bob@example.org")
    assert edge.record(schema, "e1", {"status": "x"}, relationships=related).status == 422


# -- reading records ---------------------------------------------------------------------------


def test_a_record_has_nine_digits_of_a_second(edge: Edge, schema: str) -> None:
    edge.clock.sleep(0.123456)
    edge.record(schema, "e1", {"status": "x"})
    record = edge.get(f"{RECORDS}/{schema}/external/e1").json["record"]
    assert re.fullmatch(r"2026-03-02T08:00:00\.123456\d{3}Z", record["createdTimestamp"])
    assert record["updatedTimestamp"] == "2026-03-02T08:00:00.123Z"
    assert (record["schemaId"], record["externalId"]) == (schema, "e1")


def test_lists_lag_behind_writes_and_reads_by_id_do_not(edge: Edge, schema: str) -> None:
    edge.record(schema, "e1", {"status": "sent"})
    path = f"{RECORDS}/{schema}"
    assert edge.get(path).json["records"] == []
    assert read(edge, schema, "e1") == {"status": "sent"}
    edge.clock.sleep(10)
    (row,) = edge.get(path).json["records"]
    assert row["id"] == edge.box.records(schema)[0]["id"]
    edge.record(schema, "e1", {"status": "done"})
    assert edge.get(path).json["records"] == [row]
    edge.clock.sleep(10)
    (row,) = edge.get(path).json["records"]
    assert row["fields"] == [{"id": "status", "value": "done"}]


def test_a_list_is_by_contact_in_no_promised_order_and_counts_in_numbers(
    edge: Edge, schema: str, ann: str
) -> None:
    edge.box.record_lag = 0
    externals = [f"e{number}" for number in range(30)]
    for number, external in enumerate(externals):
        edge.clock.sleep(1)
        related = {"primary-contact": [ann] if number % 2 else []}
        edge.record(schema, external, {"status": "x"}, relationships=related)
    path = f"{RECORDS}/{schema}"
    body = edge.get(path, {"limit": 10, "offset": 25}).json
    assert body["meta"] == {"total": 30, "count": 5, "limit": 10, "offset": 25}
    rows = edge.get(path, {"limit": 500}).json["records"]
    found = [row["externalId"] for row in rows]
    assert found != externals
    assert sorted(found) == sorted(externals)
    rows = edge.get(path, {"orders[createdTimestamp]": "ASC", "limit": 100}).json["records"]
    assert [row["externalId"] for row in rows] == externals
    mine = edge.get(path, {"filters[relationships.primary-contact][eq]": ann}).json
    assert (mine["meta"]["total"], mine["records"][0]["relationships"]) == (
        15,
        {"primary-contact": [ann]},
    )
    exact = {"filters[createdTimestamp]": rows[3]["createdTimestamp"]}
    assert [r["externalId"] for r in edge.get(path, dict(exact)).json["records"]] == ["e3"]
    later = {"filters[createdTimestamp][gt]": "2020-01-01T00:00:00Z"}
    assert edge.get(path, dict(later)).json["meta"]["total"] == 0
    assert edge.get(path, {"filters[status]": "x"}).status == 501


def test_a_record_that_is_not_there_is_a_bare_400(edge: Edge, schema: str) -> None:
    for path in (f"{RECORDS}/{schema}/x", f"{RECORDS}/{schema}/external/x"):
        for method in ("GET", "DELETE"):
            reply = edge.call(method, path)
            assert (reply.status, reply.json) == (400, {})
    edge.box.missing_record = 404
    reply = edge.get(f"{RECORDS}/{schema}/external/x")
    assert (reply.status, reply.json) == (404, {"message": "Not Found"})


def test_a_record_is_deleted_by_either_id(edge: Edge, schema: str) -> None:
    for external in ("e1", "e 2"):
        edge.record(schema, external, {"status": "x"})
    id = edge.box.records(schema)[0]["id"]
    for path in (f"{RECORDS}/{schema}/{id}", f"{RECORDS}/{schema}/external/e%202"):
        reply = edge.delete(path)
        assert (reply.status, reply.body) == (202, b"")
    assert edge.box.records(schema) == []


def test_another_program_edits_some_fields_and_deletes(edge: Edge) -> None:
    schema = edge.box.add_schema("docusign", {"status": "text", "pages": "number"})
    edge.record(schema, "e1", {"status": "sent", "pages": 3})
    edge.box.edit_record("docusign", "e1", {"status": "done"})
    assert read(edge, schema, "e1") == {"status": "done", "pages": 3}
    with pytest.raises(ValueError, match="not defined"):
        edge.box.edit_record("docusign", "e1", {"pages": "many"})
    edge.box.delete_record("docusign", "e1")
    with pytest.raises(KeyError, match="no record"):
        edge.box.delete_record("docusign", "e1")
    with pytest.raises(KeyError, match="no custom object"):
        edge.box.records("x")
    with pytest.raises(ValueError, match="unique"):
        edge.box.add_schema("docusign", {"status": "text"})
