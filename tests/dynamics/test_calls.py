"""Each operation as a value: what it sends, how it reads the answer, how it may be repeated."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote
from uuid import UUID
from xml.etree.ElementTree import fromstring

import pytest
from attrs import frozen

from connectors.core.call import Call, Response, WriteClass
from connectors.dynamics import calls
from connectors.dynamics.models import CONTACTS, MARKETING_LISTS, ListTarget, RowId, Table
from connectors.errors import BadRequest, ConfigError, DecodeError, NotFound

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "00000000-0000-0000-0000-00000000000a"
SELECT = (
    "contactid,firstname,lastname,fullname,emailaddress1,donotemail,donotbulkemail,statecode,"
    "merged,_masterid_value,createdon,modifiedon"
)
LINK = "https://contoso.crm4.dynamics.com/api/data/v9.2/contacts?$skiptoken=%3Ccookie%20p%3D'2'/%3E"


@frozen(kw_only=True)
class Person:
    person_id: RowId
    name: str | None = None


PEOPLE = Table(Person, "gr_contact", "gr_contacts", "gr_contactid",
               {"person_id": "gr_contactid", "name": "gr_name"})  # fmt: skip


def ok(value: object, **headers: str) -> Response:
    return Response(status=200, headers=headers, body=json.dumps(value).encode())


def refused(code: str, status: int = 404) -> Response:
    return Response(
        status=status, body=json.dumps({"error": {"code": code, "message": "x"}}).encode()
    )


def options(call: Call[Any]) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(call.request.query).items()}


def headers(call: Call[Any]) -> Mapping[str, str]:
    return dict(call.request.headers)


def body(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


# --- connection ------------------------------------------------------------------------------


def test_who_am_i_and_version_are_read() -> None:
    who = calls.who_am_i().decode(
        ok({"@odata.context": "x", "BusinessUnitId": "b", "UserId": "u", "OrganizationId": "o"})
    )

    assert (who.user_id, who.business_unit_id, who.organization_id) == ("u", "b", "o")
    assert calls.retrieve_version().decode(ok({"Version": "9.2.1.2"})) == "9.2.1.2"
    with pytest.raises(DecodeError):
        calls.retrieve_version().decode(ok({}))


def test_a_missing_table_is_an_answer_and_a_wrong_url_is_not() -> None:
    call = calls.table_exists("gr_contact")

    assert call.request.path == "EntityDefinitions(LogicalName='gr_contact')"
    assert call.safe_statuses == {404}
    assert call.decode(ok({"MetadataId": ID})) is True
    assert call.decode(refused("0x80060888")) is False
    with pytest.raises(NotFound):
        call.decode(Response(status=404, body=b"<html>"))
    with pytest.raises(ConfigError, match="lower case"):
        calls.table_exists("x')/Keys")


# --- tables ----------------------------------------------------------------------------------


def test_a_table_whose_model_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="no column for name; Person has no attribute nome"):
        Table(Person, "x", "xs", "xid", {"person_id": "xid", "nome": "x"})
    with pytest.raises(ConfigError, match="attribute without default must stand for xid"):
        Table(Person, "x", "xs", "xid", {"person_id": "other", "name": "xid"})


def test_models_show_no_personal_data() -> None:
    row = {"contactid": ID, "statecode": 0, "fullname": "Ada L", "emailaddress1": "ada@x.org"}

    shown = repr(CONTACTS.reader.from_object(row))

    assert "Ada" not in shown
    assert "ada" not in shown


# --- reading ---------------------------------------------------------------------------------


def test_lists_select_the_model_and_are_ordered_by_the_key_in_the_end() -> None:
    call = calls.list_rows(CONTACTS, filter="statecode eq 0", page_size=100).at(None)

    assert (call.operation, call.request.path) == ("contacts.list", "contacts")
    assert options(call) == {
        "$select": SELECT,
        "$filter": "statecode eq 0",
        "$orderby": "contactid",
    }
    assert headers(call) == {"If-None-Match": "null", "Prefer": "odata.maxpagesize=100"}


@pytest.mark.parametrize(
    ("order", "sent"),
    [
        ("createdon desc", "createdon desc,contactid"),
        ("contactid desc", "contactid desc"),
        ("parentcontactid", "parentcontactid,contactid"),
    ],
)
def test_the_key_completes_a_given_order(order: str, sent: str) -> None:
    assert options(calls.list_rows(CONTACTS, order_by=order).at(None))["$orderby"] == sent


def test_a_page_leads_to_the_next_by_its_link_as_it_came() -> None:
    pages = calls.list_rows(CONTACTS, page_size=100)
    row = {
        "@odata.etag": 'W/"12"',
        "contactid": ID,
        "firstname": "Ada",
        "emailaddress1": None,
        "donotemail": None,
        "statecode": 1,
        "merged": True,
        "_masterid_value": OTHER,
        "createdon": "2018-06-28T09:10:50Z",
    }

    page = pages.at(None).decode(ok({"value": [row], "@odata.nextLink": LINK}))
    following = pages.at(page.cursor)

    contact = page.items[0]
    assert (contact.contact_id, contact.etag, contact.state) == (ID, 'W/"12"', 1)
    assert (contact.email, contact.do_not_email, contact.merged) == (None, None, True)
    assert contact.master_id == OTHER
    assert contact.created_on == datetime(2018, 6, 28, 9, 10, 50, tzinfo=UTC)
    assert following.request.url("https://elsewhere") == LINK
    assert following.request.headers == pages.at(None).request.headers
    assert following.decode(ok({"value": []})).cursor is None


def test_tracking_ends_with_a_link_for_the_next_time() -> None:
    pages = calls.track_rows(PEOPLE)
    delta = (
        "https://o/api/data/v9.2/gr_contacts?$select=gr_contactid,gr_name&$deltatoken=919042%2108"
    )

    first = pages.at(None)
    page = first.decode(ok({"value": [], "@odata.deltaLink": delta}))
    later = pages.at(page.delta)
    changes = later.decode(
        ok(
            {
                "value": [
                    {"gr_contactid": OTHER, "gr_name": "B"},
                    {"@odata.context": "x/$deletedEntity", "id": ID.upper(), "reason": "deleted"},
                ],
                "@odata.deltaLink": f"{delta}9",
            }
        )
    )

    assert options(first) == {"$select": "gr_contactid,gr_name"}
    assert headers(first)["Prefer"] == "odata.track-changes,odata.maxpagesize=5000"
    assert (page.cursor, page.delta) == (None, delta)
    assert later.request.url("https://elsewhere") == delta
    assert changes.items == (Person(person_id=RowId(OTHER), name="B"),)
    assert (changes.removed, changes.delta) == ((ID,), f"{delta}9")


@pytest.mark.parametrize(
    "link",
    [
        "https://o/api/data/v9.2/contacts?$select=contactid,fullname&$deltatoken=1",
        "https://o/api/data/v9.2/contacts?%24select=contactid%2Cfullname&$deltatoken=1",
        "https://o/api/data/v9.2/contacts?$select=fullname&$skiptoken=1",
    ],
)
def test_a_link_taken_with_fewer_columns_is_refused(link: str) -> None:
    wider = {"contact_id": "contactid", "name": "fullname", "owner_id": "_ownerid_value"}

    with pytest.raises(ConfigError, match="without _ownerid_value: read the table from the start"):
        calls.track_rows(Table(Owned, "contact", "contacts", "contactid", wider)).at(link)


@pytest.mark.parametrize(
    "query",
    [
        "$select=contactid,fullname,_ownerid_value,telephone1&$deltatoken=1",
        "$select=contactid,fullname,ownerid&$deltatoken=1",
        "$select=fullname,_ownerid_value&$deltatoken=1",
        "$deltatoken=1",
    ],
)
def test_a_link_with_these_columns_and_more_is_walked_as_it_came(query: str) -> None:
    columns = {"contact_id": "contactid", "name": "fullname", "owner_id": "_ownerid_value"}
    link = f"https://o/api/data/v9.2/contacts?{query}"
    table = Table(Owned, "contact", "contacts", "contactid", columns)

    assert calls.track_rows(table).at(link).request.path == link


@frozen(kw_only=True)
class Owned:
    contact_id: str
    name: str | None = None
    owner_id: str | None = None


def test_one_row_is_read_by_its_bare_id() -> None:
    call = calls.get_row(PEOPLE, f"{{{ID.upper()}}}")

    assert (call.operation, call.request.path) == ("gr_contacts.get", f"gr_contacts({ID})")
    assert call.decode(ok({"gr_contactid": ID})) == Person(person_id=RowId(ID))


@pytest.mark.parametrize("size", [0, 5001])
def test_page_sizes_are_bounded(size: int) -> None:
    with pytest.raises(ConfigError, match="1 to 5000"):
        calls.list_rows(PEOPLE, page_size=size)
    with pytest.raises(ConfigError, match="1 to 5000"):
        calls.fetch_rows(PEOPLE, "<fetch/>", page_size=size)


# --- writing ---------------------------------------------------------------------------------


def test_a_create_without_id_is_never_repeated() -> None:
    call = calls.create_row(PEOPLE, {"gr_name": "A"})
    url = f"https://o/api/data/v9.2/gr_contacts({ID})"

    assert (call.request.method, call.request.path) == ("POST", "gr_contacts")
    assert call.write_class is WriteClass.UNSAFE
    assert call.decode(Response(status=204, headers={"odata-entityid": url})) == ID


def test_a_create_with_id_only_inserts() -> None:
    call = calls.create_row(PEOPLE, {"gr_name": "A"}, row_id=ID.upper())

    assert (call.request.method, call.request.path) == ("PATCH", f"gr_contacts({ID})")
    assert headers(call)["If-None-Match"] == "*"
    assert body(call) == {"gr_name": "A"}
    assert call.write_class is WriteClass.NATURAL_KEY
    assert call.decode(Response(status=204)) == ID


def test_an_update_never_brings_a_deleted_row_back() -> None:
    assert headers(calls.update_row(PEOPLE, ID, {}))["If-Match"] == "*"
    assert headers(calls.update_row(PEOPLE, ID, {}, etag='W/"7"'))["If-Match"] == 'W/"7"'


def test_an_upsert_has_no_condition() -> None:
    call = calls.upsert_row(PEOPLE, ID, {"gr_name": "A"})

    assert headers(call).keys() == {"Content-Type"}
    assert call.write_class is WriteClass.IDEMPOTENT


def test_a_bulk_upsert_names_type_and_key_first() -> None:
    rows: list[tuple[str, Mapping[str, object]]] = [
        (ID.upper(), {"gr_name": "A", "gr_contactid": f"{{{ID}}}"}),
        (OTHER, {"gr_name": None}),
    ]
    call = calls.upsert_many(PEOPLE, rows)

    assert call.operation == "gr_contacts.upsert_many"
    assert call.request.path == "gr_contacts/Microsoft.Dynamics.CRM.UpsertMultiple"
    assert call.write_class is WriteClass.IDEMPOTENT
    kind = {"@odata.type": "Microsoft.Dynamics.CRM.gr_contact"}
    assert body(call) == {
        "Targets": [
            {**kind, "gr_contactid": ID, "gr_name": "A"},
            {**kind, "gr_contactid": OTHER, "gr_name": None},
        ]
    }
    assert list(body(call)["Targets"][0])[:2] == ["@odata.type", "gr_contactid"]


@pytest.mark.parametrize(
    "write",
    [
        lambda values: calls.upsert_row(PEOPLE, ID, values),
        lambda values: calls.update_row(PEOPLE, ID, values),
        lambda values: calls.create_row(PEOPLE, values, row_id=ID),
        lambda values: calls.upsert_many(PEOPLE, [(ID, values)]),
        lambda values: calls.create_many(PEOPLE, [(ID, values)]),
    ],
)
def test_an_id_among_the_values_never_makes_another_row(write: Any) -> None:
    sent = body(write({"gr_name": "A", "gr_contactid": UUID(ID)}))
    row = sent["Targets"][0] if "Targets" in sent else sent

    assert row["gr_name"] == "A"
    assert row.get("gr_contactid") in (ID, None)
    with pytest.raises(ConfigError, match="gr_contactid another value than the row's id"):
        write({"gr_contactid": OTHER})


def test_a_bulk_upsert_is_bounded_and_takes_each_row_once() -> None:
    with pytest.raises(ConfigError, match="1 to 1000 rows, got 0"):
        calls.upsert_many(PEOPLE, [])
    with pytest.raises(ConfigError, match="got 1001"):
        calls.upsert_many(PEOPLE, [(ID, {})] * 1001)
    with pytest.raises(ConfigError, match="twice"):
        calls.upsert_many(PEOPLE, [(ID, {}), (ID.upper(), {})])


@pytest.mark.parametrize(
    "call", [calls.delete_row(PEOPLE, ID), calls.remove_list_member(OTHER, ID)]
)
def test_what_is_gone_counts_as_deleted_and_a_wrong_url_does_not(call: Call[None]) -> None:
    assert 404 in call.safe_statuses
    call.decode(Response(status=204))
    call.decode(refused("0x80040217"))
    with pytest.raises(BadRequest):
        call.decode(refused("0x8006088a"))
    with pytest.raises(NotFound):
        call.decode(Response(status=404, body=b"<html>"))


# --- FetchXML --------------------------------------------------------------------------------

QUERY = "<fetch><entity name='gr_contact'><filter/></entity></fetch>"
COOKIE = "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"
MORE = "@Microsoft.Dynamics.CRM.morerecords"


def cookie(text: str, page: int) -> str:
    return f'<cookie pagenumber="{page}" pagingcookie="{quote(quote(text))}" istracking="False" />'


def fetched(count: int, **notes: object) -> Response:
    rows = [{"gr_contactid": f"{n:08x}-0000-0000-0000-000000000000"} for n in range(count)]
    return ok({"value": rows, **notes})


@pytest.mark.parametrize("more", [True, "true"])
def test_fetching_goes_on_with_the_cookie(more: object) -> None:
    pages = calls.fetch_rows(PEOPLE, QUERY, page_size=2)
    first = pages.at(None)
    text = '<cookie page="1"><gr_contactid last="{A &amp; B}" /></cookie>'

    page = first.decode(fetched(2, **{MORE: more, COOKIE: cookie(text, 2)}))
    second = fromstring(options(pages.at(page.cursor))["fetchXml"])
    last = pages.at(page.cursor).decode(fetched(1, **{MORE: False}))

    assert first.request.path == "gr_contacts"
    assert headers(first)["Prefer"] == (
        'odata.include-annotations="Microsoft.Dynamics.CRM.fetchxmlpagingcookie,'
        'Microsoft.Dynamics.CRM.morerecords"'
    )
    assert fromstring(options(first)["fetchXml"]).attrib == {"count": "2", "page": "1"}
    assert second.attrib == {"count": "2", "page": "2", "paging-cookie": text}
    assert last.cursor is None


def test_a_full_page_without_word_of_more_is_followed_by_number() -> None:
    pages = calls.fetch_rows(PEOPLE, QUERY, page_size=2)

    page = pages.at(None).decode(fetched(2))
    second = fromstring(options(pages.at(page.cursor))["fetchXml"])

    assert second.attrib == {"count": "2", "page": "2"}
    assert pages.at(page.cursor).decode(fetched(1)).cursor is None


def test_paging_that_stands_still_is_an_error() -> None:
    pages = calls.fetch_rows(PEOPLE, QUERY, page_size=2)
    cursor = json.dumps({"page": 3, "cookie": "same"})

    with pytest.raises(DecodeError, match="does not come to an end"):
        pages.at(cursor).decode(fetched(2, **{MORE: True, COOKIE: cookie("same", 4)}))
    with pytest.raises(DecodeError, match="does not come to an end"):
        pages.at(json.dumps({"page": 100_000, "cookie": "some"})).decode(
            fetched(2, **{MORE: True, COOKIE: cookie("other", 100_001)})
        )


def test_rows_beyond_what_page_numbers_reach_are_not_lost_in_silence() -> None:
    pages = calls.fetch_rows(PEOPLE, QUERY, page_size=5000)
    cursor = json.dumps({"page": 10, "cookie": None})

    with pytest.raises(ConfigError, match="only 50000 rows"):
        pages.at(cursor).decode(fetched(0, **{MORE: True}))


@pytest.mark.parametrize("cursor", ["", "2", "{}", "[]", '{"page": "x", "cookie": null}'])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ConfigError, match="not one of a FetchXML query"):
        calls.fetch_rows(PEOPLE, QUERY).at(cursor)


def test_a_query_about_another_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="rows of 'gr_contact', not of 'contact'"):
        calls.fetch_rows(CONTACTS, QUERY)


# --- marketing lists -------------------------------------------------------------------------


def test_members_are_read_as_ids() -> None:
    pages = calls.list_members(ID)
    call = pages.at(None)
    page = call.decode(ok({"value": [{"contactid": OTHER}], "@odata.nextLink": LINK}))

    assert call.operation == "lists.members"
    assert call.request.path == f"lists({ID})/listcontact_association"
    assert options(call) == {"$select": "contactid", "$orderby": "contactid"}
    assert (page.items, page.cursor) == ((OTHER,), LINK)
    assert pages.at(LINK).request.url("") == LINK


def test_ids_of_a_dynamic_list_are_fetched() -> None:
    pages = calls.fetch_ids("<fetch><entity name='contact'/></fetch>")
    page = pages.at(None).decode(ok({"value": [{"contactid": OTHER}], MORE: True}))

    assert page.items == (OTHER,)
    assert json.loads(page.cursor or "") == {"page": 2, "cookie": None}


def test_members_are_added_by_one_unbound_action() -> None:
    call = calls.add_list_members(ID, [OTHER])

    assert call.request.path == "AddListMembersList"
    assert body(call) == {
        "List": {"@odata.type": "Microsoft.Dynamics.CRM.list", "listid": ID},
        "Members": [{"@odata.type": "Microsoft.Dynamics.CRM.contact", "contactid": OTHER}],
    }
    with pytest.raises(ConfigError, match="1 to 1000 members, got 0"):
        calls.add_list_members(ID, [])
    with pytest.raises(ConfigError, match="contact_id must be a GUID"):
        calls.add_list_members(ID, ["ada"])


def test_a_member_is_removed_by_its_reference() -> None:
    call = calls.remove_list_member(ID, OTHER)

    assert call.request.method == "DELETE"
    assert call.request.path == f"lists({ID})/listcontact_association({OTHER})/$ref"


def test_a_static_list_is_created_without_query() -> None:
    call = calls.create_marketing_list("News", purpose="tests")

    assert (call.operation, call.request.path) == ("lists.create", "lists")
    assert body(call) == {
        "listname": "News",
        "type": False,
        "createdfromcode": 2,
        "purpose": "tests",
    }
    assert call.write_class is WriteClass.UNSAFE
    with pytest.raises(ConfigError, match="dynamic=True"):
        calls.create_marketing_list("News", query="<fetch><entity name='contact'/></fetch>")


def test_a_query_must_find_what_the_list_holds() -> None:
    query = "<fetch><entity name='lead'/></fetch>"

    call = calls.create_marketing_list("L", dynamic=True, query=query, target=ListTarget.LEAD)

    assert body(call)["query"] == query
    assert body(call)["createdfromcode"] == 4
    with pytest.raises(ConfigError, match="contact rows needs a query"):
        calls.create_marketing_list("L", dynamic=True, query=query)
    with pytest.raises(ConfigError, match="contact rows needs a query"):
        calls.set_list_query(ID, query)


def test_a_list_is_read() -> None:
    row = {"listid": ID, "listname": "News", "type": True, "createdfromcode": 2, "statecode": 0,
           "query": "<fetch/>", "lockstatus": False}  # fmt: skip

    found = MARKETING_LISTS.reader.from_object(row)

    assert (found.name, found.dynamic, found.locked) == ("News", True, False)
    assert found.member_type == ListTarget.CONTACT
    assert "fetch" not in repr(found)
