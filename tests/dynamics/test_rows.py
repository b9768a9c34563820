"""Rows as values: keys, options, expanded rows, formatted values, deltas, counts and totals."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote, unquote
from uuid import UUID
from xml.etree.ElementTree import fromstring

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.call import Call, Response, WriteClass
from connectors.dynamics import calls
from connectors.dynamics.filters import col
from connectors.dynamics.models import (
    CONTACTS,
    AlternateKey,
    ContentId,
    Expand,
    RowId,
    Shape,
    Table,
    Upserted,
    formatted,
    lookup_table,
)
from connectors.errors import BadRequest, ConfigError, Conflict, DecodeError, NotFound

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "00000000-0000-0000-0000-00000000000a"
BASE = "https://contoso.crm4.dynamics.com/api/data/v9.2"
KEY = AlternateKey({"gr_id": "aB3"})


@frozen(kw_only=True)
class Person:
    person_id: RowId
    name: str | None = None


PEOPLE = Table(
    Person, "person", "people", "personid", {"person_id": "personid", "name": "fullname"}
)


@frozen(kw_only=True)
class Group:
    group_id: RowId
    state: str | None = None
    owner_table: str | None = None
    head: Person | None = None
    members: tuple[Person, ...] = ()
    etag: str | None = None


GROUPS = Table(
    Group,
    "group",
    "groups",
    "groupid",
    {
        "group_id": "groupid",
        "state": formatted("statuscode"),
        "owner_table": lookup_table("_ownerid_value"),
        "head": "gr_HeadId",
        "members": "group_people",
        "etag": "@odata.etag",
    },
    expand={
        "head": PEOPLE,
        "members": Expand(PEOPLE, filter=col("statecode").eq(0), order_by="fullname", top=5),
    },
)
HEAD = "gr_HeadId($select=personid,fullname)"
MEMBERS = "group_people($select=personid,fullname;$filter=statecode eq 0;$orderby=fullname;$top=5)"


def ok(value: object, status: int = 200, **headers: str) -> Response:
    return Response(status=status, headers=headers, body=json.dumps(value).encode())


def refused(code: str, status: int = 404) -> Response:
    body = json.dumps({"error": {"code": code, "message": "x"}})
    return Response(status=status, body=body.encode())


def options(call: Call[Any]) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.request.query).items()}


def headers(call: Call[Any]) -> dict[str, str]:
    return dict(call.request.headers)


def body(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


# --- keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "path"),
    [
        (KEY, "people(gr_id='aB3')"),
        (AlternateKey({"name": "O'Brien"}), "people(name='O''Brien')"),
        (AlternateKey({"name": "Åsa #1 (x)"}), "people(name='%C3%85sa%20%231%20%28x%29')"),
        (
            AlternateKey({"first": "Joe", "mail": "a@b.c"}),
            "people(first='Joe',mail='a%40b.c')",
        ),
        (
            AlternateKey({"n": 5, "p": Decimal("1.50"), "_l_value": UUID(ID)}),
            f"people(n=5,p=1.50,_l_value={ID})",
        ),
        (AlternateKey({"day": date(2026, 5, 1)}), "people(day=2026-05-01)"),
        (f"{{{ID.upper()}}}", f"people({ID})"),
        (ContentId(2), "$2"),
    ],
)
def test_rows_are_addressed_by_any_kind_of_key(key: Any, path: str) -> None:
    assert PEOPLE.path(key) == path
    assert PEOPLE.ref(key) == (path if isinstance(key, ContentId) else f"/{path}")
    assert calls.get_row(PEOPLE, key).request.path == path
    assert calls.update_row(PEOPLE, key, {}).request.path == path
    assert calls.delete_row(PEOPLE, key).request.path == path


@pytest.mark.parametrize("character", "/<>*%&:\\?+\n")
def test_values_that_no_url_can_address_are_refused_and_not_shown(character: str) -> None:
    with pytest.raises(ConfigError, match="key column mail cannot be part of a URL") as caught:
        AlternateKey({"mail": f"ada{character}x@example.org"})

    assert "ada" not in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {f"c{n}": n for n in range(17)},
        {"a": None},
        {"A b": "x"},
        {"a": datetime(2026, 5, 1, tzinfo=UTC)},
    ],
)
def test_what_cannot_be_an_alternate_key_is_refused(values: Any) -> None:
    with pytest.raises(ConfigError):
        AlternateKey(values)


def test_keys_are_values_and_hide_what_they_hold() -> None:
    assert AlternateKey({"mail": "ada@example.org"}) == AlternateKey({"mail": "ada@example.org"})
    assert len({KEY, AlternateKey({"gr_id": "aB3"})}) == 1
    assert "ada" not in repr(AlternateKey({"mail": "ada@example.org"}))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/<>*%&:\\?+")))
def test_any_text_in_a_key_comes_out_as_it_went_in(text: str) -> None:
    path = PEOPLE.path(AlternateKey({"name": text}))

    assert path.isascii()
    assert unquote(path) == "people(name='" + text.replace("'", "''") + "')"


@pytest.mark.parametrize("row", ["", "ada", "x')/Keys", f"{ID})/$ref"])
def test_a_text_that_is_no_guid_never_gets_into_a_url(row: str) -> None:
    for build in (calls.get_row, calls.find_row, calls.delete_row):
        with pytest.raises(ConfigError, match="must be a GUID"):
            build(PEOPLE, row)


# --- what is asked for -----------------------------------------------------------------------


def test_expanded_rows_and_labels_are_asked_for_by_themselves() -> None:
    call = calls.list_rows(GROUPS, filter=col("name").eq("R&D"), page_size=10).at(None)

    assert options(call) == {
        "$select": "groupid,statuscode,_ownerid_value",
        "$expand": f"{HEAD},{MEMBERS}",
        "$filter": "name eq 'R&D'",
        "$orderby": "groupid",
    }
    assert headers(call)["Prefer"] == (
        'odata.maxpagesize=10,odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname,'
        'OData.Community.Display.V1.FormattedValue"'
    )
    assert options(calls.get_row(GROUPS, ID))["$expand"] == f"{HEAD},{MEMBERS}"
    assert "include-annotations" in headers(calls.get_row(GROUPS, ID))["Prefer"]


def test_fewer_rows_can_be_expanded() -> None:
    assert options(calls.get_row(GROUPS, ID, expand=["head"]))["$expand"] == HEAD
    assert "$expand" not in options(calls.list_rows(GROUPS, expand=()).at(None))
    with pytest.raises(ConfigError, match=r"expands head, members; 'boss' is not among that"):
        calls.get_row(GROUPS, ID, expand=["boss"])


ROW = {
    "@odata.etag": 'W/"1"',
    "groupid": ID,
    "statuscode@OData.Community.Display.V1.FormattedValue": "Active",
    "statuscode": 1,
    "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "team",
    "gr_HeadId": {"personid": OTHER, "fullname": "Ada"},
    "group_people": [{"personid": OTHER, "fullname": None}],
}


def test_expanded_rows_and_labels_are_read() -> None:
    group = calls.get_row(GROUPS, ID).decode(ok(ROW))
    (listed,) = calls.list_rows(GROUPS).at(None).decode(ok({"value": [ROW]})).items

    assert group == listed
    assert (group.state, group.owner_table) == ("Active", "team")
    assert group.head == Person(person_id=RowId(OTHER), name="Ada")
    assert group.members == (Person(person_id=RowId(OTHER)),)


def test_an_expanded_collection_that_goes_on_elsewhere_is_refused() -> None:
    row = {**ROW, "group_people@odata.nextLink": f"{BASE}/groups({ID})/group_people?x"}

    for decode, answer in (
        (calls.get_row(GROUPS, ID).decode, ok(row)),
        (calls.list_rows(GROUPS).at(None).decode, ok({"value": [row]})),
    ):
        with pytest.raises(DecodeError, match="only a part of group_people") as caught:
            decode(answer)
        assert "related()" in caught.value.hint


def test_rows_within_expanded_rows_are_expanded_too_and_whole() -> None:
    @frozen(kw_only=True)
    class Club:
        club_id: str
        group: Group | None = None

    clubs = Table(
        Club,
        "club",
        "clubs",
        "clubid",
        {"club_id": "clubid", "group": "gr_GroupId"},
        expand={"group": GROUPS},
    )

    assert clubs.depth == 2
    assert options(calls.get_row(clubs, ID))["$expand"] == (
        f"gr_GroupId($select=groupid,statuscode,_ownerid_value;$expand={HEAD},{MEMBERS})"
    )
    assert "FormattedValue" in headers(calls.get_row(clubs, ID))["Prefer"]
    read = calls.get_row(clubs, ID).decode(ok({"clubid": ID, "gr_GroupId": ROW}))
    assert read.group is not None
    assert read.group.head is not None
    cut = {**ROW, "group_people@odata.nextLink": f"{BASE}/groups({ID})/group_people?x"}
    with pytest.raises(DecodeError, match="only a part of group_people"):
        calls.get_row(clubs, ID).decode(ok({"clubid": ID, "gr_GroupId": cut}))


def test_tables_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ConfigError, match="`expand` names boss"):
        Table(
            Person,
            "person",
            "people",
            "personid",
            {"person_id": "personid", "name": "x"},
            expand={"boss": PEOPLE},
        )

    @frozen(kw_only=True)
    class Pair:
        pair_id: str
        left: Person | None = None
        right: Person | None = None

    other = Table(Person, "p", "ps", "pid", {"person_id": "pid", "name": "n"})
    with pytest.raises(ConfigError, match="Person is read from two sets of columns"):
        Table(
            Pair,
            "pair",
            "pairs",
            "pairid",
            {"pair_id": "pairid", "left": "l", "right": "r"},
            expand={"left": PEOPLE, "right": other},
        )


def test_a_limit_and_a_page_size_exclude_each_other() -> None:
    top = calls.list_rows(PEOPLE, top=3).at(None)

    assert options(top)["$top"] == "3"
    assert "Prefer" not in headers(top)
    for wrong in ({"top": 3, "page_size": 3}, {"top": 0}, {"top": 5001}):
        with pytest.raises(ConfigError, match="top"):
            calls.list_rows(PEOPLE, **wrong)  # type: ignore[arg-type]


def test_how_many_rows_fit_is_told_with_the_first_page() -> None:
    call = calls.list_rows(PEOPLE, count=True).at(None)
    page = call.decode(ok({"value": [], "@odata.count": 5000}))

    assert options(call)["$count"] == "true"
    assert page.total == 5000


@pytest.mark.parametrize("text", [b"17", b"\xef\xbb\xbf17", b" 17\r\n"])
def test_a_count_is_a_text_that_may_begin_oddly(text: bytes) -> None:
    call = calls.count_rows(PEOPLE, filter=col("statecode").eq(0))

    assert call.request.path == "people/$count"
    assert options(call) == {"$filter": "statecode eq 0"}
    assert call.decode(Response(status=200, body=text)) == 17
    with pytest.raises(DecodeError, match="no number"):
        call.decode(Response(status=200, body=b"<html>"))


def test_a_row_that_is_not_there_is_none_and_a_wrong_url_is_not() -> None:
    call = calls.find_row(PEOPLE, KEY)

    assert call.decode(ok({"personid": ID})) == Person(person_id=RowId(ID))
    assert call.decode(refused("0x80060891")) is None
    with pytest.raises(BadRequest):
        call.decode(refused("0x8006088a"))
    with pytest.raises(NotFound):
        call.decode(Response(status=404, body=b"<html>"))


def test_a_row_is_read_only_if_it_changed() -> None:
    call = calls.get_if_changed(PEOPLE, ID, 'W/"7"')

    assert headers(call) == {"If-None-Match": 'W/"7"'}
    assert call.safe_statuses == {304}
    assert call.decode(Response(status=304)) is None
    assert call.decode(ok({"personid": ID})) == Person(person_id=RowId(ID))
    with pytest.raises(ConfigError, match="own columns alone"):
        calls.get_if_changed(GROUPS, ID, 'W/"7"')


def test_a_view_is_run_by_its_id() -> None:
    assert options(calls.view_rows(PEOPLE, ID.upper()).at(None)) == {"savedQuery": ID}
    assert options(calls.view_rows(PEOPLE, ID, personal=True).at(None)) == {"userQuery": ID}


def test_related_rows_are_those_of_the_other_table() -> None:
    call = calls.related_rows(GROUPS, ID, "group_people", PEOPLE, filter="x eq 1").at(None)

    assert call.request.path == f"groups({ID})/group_people"
    assert options(call) == {
        "$select": "personid,fullname",
        "$filter": "x eq 1",
        "$orderby": "personid",
    }
    with pytest.raises(ConfigError, match="plain name"):
        calls.related_rows(GROUPS, ID, "a/b", PEOPLE)


# --- totals ----------------------------------------------------------------------------------


@frozen(kw_only=True)
class Total:
    owner: str | None = None
    amount: Decimal | None = None


TOTALS = Shape(Total, {"owner": "a.fullname", "amount": "t"})
APPLY = "groupby((statecode),aggregate(revenue with sum as t))"


def test_totals_are_plain_rows_or_a_model_of_the_host() -> None:
    answer = Response(
        status=200, body=b'{"value":[{"t":12345678901234567.89,"a_x002e_fullname":"Ada"}]}'
    )

    plain = calls.aggregate_rows(PEOPLE, APPLY)
    typed = calls.aggregate_as(TOTALS, PEOPLE, APPLY)

    assert options(plain) == options(typed) == {"$apply": APPLY}
    assert plain.decode(answer)[0]["a.fullname"] == "Ada"
    assert typed.decode(answer) == (Total(owner="Ada", amount=Decimal("12345678901234567.89")),)
    with pytest.raises(DecodeError, match="list `value`"):
        plain.decode(ok({"value": [1]}))
    for call in (plain, typed):
        with pytest.raises(DecodeError, match="only the first of the groups"):
            call.decode(ok({"value": [], "@odata.nextLink": BASE}))
    with pytest.raises(ConfigError, match="no column for amount"):
        Shape(Total, {"owner": "x"})


FREE = (
    "<fetch><entity name='person'><attribute name='fullname' alias='n'/><order attribute='fullname'/>"
    "<link-entity name='user' from='id' to='owner' alias='a'><attribute name='fullname'/>"
    "</link-entity></entity></fetch>"
)


def test_free_fetchxml_keeps_its_columns_and_gets_a_page_and_a_last_order() -> None:
    pages = calls.fetch_as(TOTALS, PEOPLE, FREE, page_size=2)
    fetch = fromstring(options(pages.at(None))["fetchXml"])

    assert fetch.attrib == {"count": "2", "page": "1"}
    assert [o.get("attribute") for o in fetch[0].findall("order")] == ["fullname", "personid"]
    assert fetch.find("entity/link-entity/attribute") is not None
    row = {"a_x002e_fullname": 'say "b_x002e_c":', "t": 1}
    page = pages.at(None).decode(ok({"value": [row, row]}))
    assert page.items[0].owner == 'say "b_x002e_c":', "values are left as they are"
    assert json.loads(page.cursor or "") == {"page": 2, "cookie": None}


def test_free_fetchxml_with_totals_or_a_limit_is_not_reordered() -> None:
    total = "<fetch aggregate='true'><entity name='person'/></fetch>"
    top = "<fetch top='3'><entity name='person'/></fetch>"

    assert "order" not in options(calls.fetch_free(PEOPLE, total).at(None))["fetchXml"]
    assert fromstring(options(calls.fetch_free(PEOPLE, top).at(None))["fetchXml"]).attrib == {
        "top": "3"
    }
    full = {"value": [{}, {}, {}], "@Microsoft.Dynamics.CRM.morerecords": True}
    for pages in (calls.fetch_free(PEOPLE, top, page_size=3),):
        assert pages.at(None).decode(ok(full)).cursor is None, "its rows would come again"
    assert headers(calls.fetch_free(PEOPLE, top).at(None))["Prefer"] == (
        'odata.include-annotations="*"'
    )
    with pytest.raises(ConfigError, match="not of 'person'"):
        calls.fetch_free(PEOPLE, "<fetch><entity name='x'/></fetch>")
    with pytest.raises(ConfigError, match="no expanded rows"):
        calls.fetch_rows(GROUPS, "<fetch><entity name='group'/></fetch>")


def test_labels_come_with_fetchxml_and_deltas_too() -> None:
    @frozen(kw_only=True)
    class Labelled:
        id: str
        state: str | None = None

    columns = {"id": "personid", "state": formatted("statuscode")}
    table = Table(Labelled, "person", "people", "personid", columns)
    fetch = calls.fetch_rows(table, "<fetch><entity name='person'/></fetch>").at(None)

    assert "V1.FormattedValue" in headers(fetch)["Prefer"]
    assert 'name="statuscode"' in options(fetch)["fetchXml"]
    assert headers(calls.track_rows(table).at(None))["Prefer"] == (
        "odata.track-changes,odata.maxpagesize=5000,"
        'odata.include-annotations="OData.Community.Display.V1.FormattedValue"'
    )


# --- deltas ----------------------------------------------------------------------------------


@frozen(kw_only=True)
class Priced:
    id: str
    price: Decimal | None = field(default=None)


PRICED = Table(Priced, "p", "ps", "pid", {"id": "pid", "price": "price"})
GONE = (
    f'{{"@odata.context":"x/$metadata#ps/$deletedEntity","id":"{ID.upper()}","reason":"deleted"}}'
)
KEPT = f'{{"pid":"{OTHER}","price":12345678901234567.89}}'


@pytest.mark.parametrize(
    "rows", [f"{KEPT},{GONE}", f"{GONE},{KEPT}", f"{KEPT}, {GONE}, {GONE}", f"{GONE}"]
)
def test_deletions_are_told_from_rows_wherever_they_stand(rows: str) -> None:
    answer = f'{{"value":[{rows}],"@odata.deltaLink":"https://o/d"}}'.encode()

    page = calls.track_rows(PRICED).at("https://o/x").decode(Response(status=200, body=answer))

    assert [row.id for row in page.items] == [OTHER] * rows.count('"pid"')
    assert page.removed == (ID,) * rows.count("reason")
    assert page.delta == "https://o/d"


def test_a_page_with_deletions_is_read_as_exactly_as_any_other() -> None:
    answer = f'{{"value":[{KEPT},{GONE}]}}'.encode()

    page = calls.track_rows(PRICED).at(None).decode(Response(status=200, body=answer))

    assert page.items[0].price == Decimal("12345678901234567.89")


def test_a_table_that_expands_others_is_not_tracked() -> None:
    with pytest.raises(ConfigError, match="tracked of groups alone"):
        calls.track_rows(GROUPS)


# --- writing ---------------------------------------------------------------------------------


def test_a_created_row_is_read_back() -> None:
    call = calls.create_and_read(PEOPLE, {"fullname": "A"})
    fixed = calls.create_and_read(PEOPLE, {}, row_id=ID)

    assert (call.request.method, headers(call)["Prefer"]) == ("POST", "return=representation")
    assert options(call) == {"$select": "personid,fullname"}
    assert call.write_class is WriteClass.UNSAFE
    assert call.decode(ok({"personid": ID}, 201)) == Person(person_id=RowId(ID))
    assert headers(fixed)["If-None-Match"] == "*"
    with pytest.raises(ConfigError, match="no expanded rows"):
        calls.create_and_read(GROUPS, {}, row_id=ID)


def test_an_updated_row_is_read_back() -> None:
    call = calls.update_and_read(PEOPLE, ID, {"fullname": "A"}, etag='W/"1"')

    assert (headers(call)["If-Match"], headers(call)["Prefer"]) == (
        'W/"1"',
        "return=representation",
    )
    with pytest.raises(ConfigError, match="no expanded rows"):
        calls.update_and_read(GROUPS, ID, {})


def test_an_upsert_by_key_tells_the_id_and_whether_it_was_new() -> None:
    call = calls.upsert_by_key(PEOPLE, KEY, {"fullname": "A", "gr_id": "aB3"})

    assert (call.request.method, call.request.path) == ("PATCH", "people(gr_id='aB3')")
    assert options(call) == {"$select": "personid"}
    assert headers(call)["Prefer"] == "return=representation"
    assert "If-Match" not in headers(call)
    assert body(call) == {"fullname": "A"}, "a key in the body would count more than the URL's"
    assert call.decode(ok({"personid": ID.upper()}, 201)) == Upserted(
        row_id=RowId(ID), created=True
    )
    assert call.decode(ok({"personid": ID})).created is False
    with pytest.raises(ConfigError, match="key column gr_id another value"):
        calls.upsert_by_key(PEOPLE, KEY, {"gr_id": "other"})


def test_a_delete_may_ask_that_nothing_changed() -> None:
    assert headers(calls.delete_row(PEOPLE, ID)) == {}
    assert headers(calls.delete_row(PEOPLE, ID, etag='W/"1"')) == {"If-Match": 'W/"1"'}


def test_values_are_written_at_any_depth() -> None:
    values = {
        "due": datetime(2026, 5, 1, 12, tzinfo=UTC),
        "tasks": [{"at": datetime(2026, 5, 1, tzinfo=UTC), "cost": Decimal("0.10")}],
        "id": UUID(ID),
    }

    assert calls.create_row(PEOPLE, values).request.body == (
        b'{"due":"2026-05-01T12:00:00Z","tasks":[{"at":"2026-05-01T00:00:00Z","cost":0.10}],'
        b'"id":"' + ID.encode() + b'"}'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 1, 1), object()])
def test_values_that_cannot_be_sent_are_refused(value: object) -> None:
    with pytest.raises(ConfigError):
        calls.create_row(PEOPLE, {"x": [value]})


def test_bulk_writes_name_rows_by_id_or_key() -> None:
    kind = {"@odata.type": "Microsoft.Dynamics.CRM.person"}
    create = calls.create_many(PEOPLE, [(ID, {"fullname": "A"})])
    upsert = calls.upsert_many(PEOPLE, [(KEY, {"fullname": "B", "gr_id": "aB3"})])
    update = calls.update_many(PEOPLE, [(ID, {})])

    assert body(create) == {"Targets": [{**kind, "personid": ID, "fullname": "A"}]}
    assert create.write_class is WriteClass.NATURAL_KEY
    assert create.decode(ok({"Ids": [ID]})) == (ID,)
    assert body(upsert) == {
        "Targets": [{**kind, "@odata.id": "people(gr_id='aB3')", "fullname": "B"}]
    }
    assert update.request.path == "people/Microsoft.Dynamics.CRM.UpdateMultiple"
    assert (update.operation, update.write_class) == ("people.update_many", WriteClass.IDEMPOTENT)
    with pytest.raises(ConfigError, match="twice"):
        calls.upsert_many(PEOPLE, [(KEY, {}), (AlternateKey({"gr_id": "aB3"}), {})])


def test_whether_a_table_has_bulk_actions_is_asked() -> None:
    one = calls.bulk_supported("person", "CreateMultiple")
    both = calls.bulk_supported("person", "UpsertMultiple")

    assert one.request.path == "sdkmessagefilters"
    assert options(one)["$filter"] == (
        "(sdkmessageid/name eq 'CreateMultiple') and primaryobjecttypecode eq 'person'"
    )
    row = {"sdkmessagefilterid": ID}
    assert one.decode(ok({"value": [row]})) is True
    assert one.decode(ok({"value": []})) is False
    assert both.decode(ok({"value": [row]})) is False
    assert both.decode(ok({"value": [row, row]})) is True


# --- links -----------------------------------------------------------------------------------


def test_links_are_made_by_absolute_references() -> None:
    put = calls.associate(GROUPS, ID, "group_people", PEOPLE.ref(OTHER), base_url=BASE)
    lookup = calls.set_lookup(GROUPS, KEY, "gr_HeadId", PEOPLE.ref(KEY), base_url=BASE)

    assert (put.request.method, put.request.path) == ("POST", f"groups({ID})/group_people/$ref")
    assert body(put) == {"@odata.id": f"{BASE}/people({OTHER})"}
    assert (lookup.request.method, lookup.request.path) == (
        "PUT",
        "groups(gr_id='aB3')/gr_HeadId/$ref",
    )
    assert body(lookup) == {"@odata.id": f"{BASE}/people(gr_id='aB3')"}
    new = calls.set_lookup(GROUPS, ID, "gr_HeadId", PEOPLE.ref(ContentId(1)), base_url=BASE)
    assert body(new) == {"@odata.id": "$1"}


def test_a_link_that_is_there_already_counts_as_made() -> None:
    call = calls.associate(GROUPS, ID, "group_people", PEOPLE.ref(OTHER), base_url=BASE)

    call.decode(Response(status=204))
    call.decode(refused("0x80040237", 412))
    call.decode(refused("0x80040237", 400))
    assert 404 not in call.safe_statuses
    with pytest.raises(Conflict):
        call.decode(refused("0x80060892", 412))
    with pytest.raises(BadRequest):
        call.decode(refused("0x80048d19", 400))


def test_a_link_that_is_not_there_counts_as_taken_away() -> None:
    out = calls.disassociate(GROUPS, ID, "group_people", OTHER)
    empty = calls.clear_lookup(GROUPS, ID, "gr_HeadId")

    assert out.request.path == f"groups({ID})/group_people({OTHER})/$ref"
    assert empty.request.path == f"groups({ID})/gr_HeadId/$ref"
    for call in (out, empty):
        assert call.request.method == "DELETE"
        call.decode(refused("0x80040217"))


@pytest.mark.parametrize("target", ["", "people", "https://evil.example/people(1)", "people(1)/x"])
def test_a_target_that_is_no_reference_is_refused(target: str) -> None:
    with pytest.raises(ConfigError, match="reference such as"):
        calls.associate(GROUPS, ID, "group_people", target, base_url=BASE)


def test_no_call_shows_a_value_or_a_key() -> None:
    shown = [
        repr(calls.create_row(CONTACTS, {"emailaddress1": "ada@example.org"})),
        repr(calls.upsert_many(CONTACTS, [(ID, {"lastname": "c4n4ry"})])),
        repr(AlternateKey({"mail": "c4n4ry"})),
    ]

    assert not [text for text in shown if "ada@" in text or "c4n4ry" in text]
    assert quote("ada@example.org") not in "".join(shown)


def test_a_model_that_is_no_attrs_class_and_a_column_that_comes_twice_are_refused() -> None:
    class Plain:
        id: str

    with pytest.raises(ConfigError, match="must be an attrs class"):
        Table(Plain, "x", "xs", "xid", {"id": "xid"})

    @frozen
    class Twice:
        id: str
        other: str | None = None

    with pytest.raises(ConfigError, match="two attributes stand for xid"):
        Table(Twice, "x", "xs", "xid", {"id": "xid", "other": "xid"})


def test_a_cursor_that_is_no_link_is_refused_before_any_call() -> None:
    with pytest.raises(ConfigError, match="those are links"):
        calls.list_rows(CONTACTS).at("foo")
