"""Marketing lists, merges and FetchXML of the Dynamics room."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest

from tests.sandbox.dynamics_kit import FORMATTED, Crm, Reply

COOKIE = "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"
MORE = "@Microsoft.Dynamics.CRM.morerecords"
PAGED = f'odata.include-annotations="{COOKIE[1:]},{MORE[1:]}"'


@pytest.fixture
def crm() -> Crm:
    return Crm()


def entity(table: str, row: str) -> dict[str, str]:
    return {f"{table}id": row, "@odata.type": f"Microsoft.Dynamics.CRM.{table}"}


def add(crm: Crm, known: str, *contacts: str) -> Reply:
    members = [entity("contact", c) for c in contacts]
    return crm("POST", "AddListMembersList", {"List": entity("list", known), "Members": members})


def test_members_are_added_once(crm: Crm) -> None:
    a, b = crm.people(2)
    known = crm.service.add_marketing_list("L")
    assert add(crm, known, a, b).status == 204
    assert add(crm, known, a).status == 204
    assert crm.service.writes == 2
    assert crm.service.members(known) == sorted([a, b])
    told = crm.query("listmembers", select="_entityid_value", filter=f"_listid_value eq {known}")
    assert {r["_entityid_value"] for r in told.rows} == {a, b}
    told = crm.query("listmembers", filter=f"_entityid_value eq {a}")
    assert [(r["_listid_value"], r["entitytype"]) for r in told.rows] == [(known, "contact")]
    body = {"EntityId": b}
    member = crm("POST", f"lists({known})/Microsoft.Dynamics.CRM.AddMemberList", body)
    held = crm.query("listmembers", filter=f"_entityid_value eq {b}").rows[0]
    assert (member.status, member.json["Id"]) == (200, held["listmemberid"])
    assert crm.get(f"lists({known})?$select=membercount").json["membercount"] == 2


def test_members_are_read_with_filters_and_pages(crm: Crm) -> None:
    ids = crm.people(7)
    known = crm.service.add_marketing_list("L", members=ids)
    crm.service.deactivate_contact(ids[0])
    path = (
        f"lists({known})/listcontact_association?$select=emailaddress1&$filter=statecode%20eq%200"
    )
    pages = crm.pages(path, prefer="odata.maxpagesize=4")
    assert [len(p.rows) for p in pages] == [4, 2]
    assert pages[0].answer.operation == "lists.listcontact_association"
    assert {r["contactid"] for p in pages for r in p.rows} == set(ids[1:])
    back = crm.get(f"contacts({ids[1]})/listcontact_association?$select=listname")
    assert [r["listname"] for r in back.rows] == ["L"]


def test_members_leave(crm: Crm) -> None:
    a, b, c = crm.people(3)
    known = crm.service.add_marketing_list("L", members=[a, b, c])
    path = f"lists({known})/listcontact_association({a})/$ref"
    assert crm("DELETE", path).status == 204
    assert crm("DELETE", path).status == 404
    member = crm.query("listmembers", filter=f"_entityid_value eq {b}").rows[0]["listmemberid"]
    assert crm("DELETE", f"listmembers({member})").status == 204
    assert crm.service.members(known) == [c]
    assert crm("DELETE", f"listmembers({member})").status == 404
    # The platform has no Retrieve for list members.
    assert crm.get(f"listmembers({crm.query('listmembers').rows[0]['listmemberid']})").status == 405
    assert crm("POST", "listmembers", {}).status == 405
    action = f"lists({known})/Microsoft.Dynamics.CRM.RemoveMemberList"
    body = {"ListMember": {"listmemberid": c}}
    assert crm("POST", action, body).status == 404
    crm.service.remove_member_action = True
    assert crm("POST", action, body).status == 204
    assert crm("POST", action, body).code == "0x80048458"
    crm.service.dissociate_members = False
    crm.service.add_members(known, [a])
    assert crm("DELETE", path).status == 405


def test_lists_refuse_what_they_must(crm: Crm) -> None:
    contact = crm.people(1)[0]
    service = crm.service
    dynamic = service.add_marketing_list("D", dynamic=True, query="<fetch/>")
    locked = service.add_marketing_list("K", members=[contact])
    service.lock_list(locked)
    accounts = service.add_marketing_list("A", target="account")
    plain = service.add_marketing_list("P")
    codes = {dynamic: "0x8004f701", locked: "0x80040302", accounts: "0x80040301"}
    for known, code in codes.items():
        assert add(crm, known, contact).code == code
    assert crm("DELETE", f"lists({locked})/listcontact_association({contact})/$ref").code == (
        "0x80040302"
    )
    gone = "00000000-0000-4000-8000-00000000dead"
    assert add(crm, plain, gone).code == add(crm, gone, contact).code == "0x80040217"
    wrong: dict[str, Any] = {"List": entity("list", plain), "Members": [entity("lead", contact)]}
    assert crm("POST", "AddListMembersList", wrong).code == "0x80040301"
    assert crm("PATCH", f"lists({plain})", {"type": True}).code == "0x80040203"
    assert crm("PATCH", f"lists({plain})", {"createdfromcode": 1}).code == "0x80040203"
    assert crm("PATCH", f"lists({plain})", {"type": False, "purpose": "x"}).status == 204
    assert crm("PATCH", f"lists({plain})", {"query": "<fetch/>"}).code == "0x8004f702"
    assert crm("PATCH", f"lists({dynamic})", {"lockstatus": True}).code == "0x8004f703"
    assert crm("POST", "lists", {"listname": "x"}).code == "0x80040203"
    made = crm("POST", "lists", {"listname": "x", "createdfromcode": 2})
    row = crm.get(made.headers["OData-EntityId"]).json
    assert (row["type"], row["statecode"], row["statuscode"], row["membertype"]) == (False, 0, 0, 2)
    service.denied = {("list", "AppendTo")}
    assert add(crm, plain, contact).status == 403


def test_a_merge_moves_the_rows_and_retires_the_loser(crm: Crm) -> None:
    a, b, c = crm.people(3)
    mirror = crm.service.add_row("gr_contact", gr_crmcontactid=b)
    field = crm.service.add_row("gr_customfield", gr_name="f", gr_crmcontactid=b)
    link = crm.get("contacts?$select=merged", prefer="odata.track-changes").json["@odata.deltaLink"]
    body = {
        "Target": entity("contact", a),
        "Subordinate": entity("contact", b),
        "UpdateContent": {"@odata.type": "Microsoft.Dynamics.CRM.contact", "jobtitle": "Boss"},
        "PerformParentingChecks": False,
    }
    assert crm("POST", "Merge", body).status == 204
    loser = crm.service.row("contact", b) or {}
    assert (loser["merged"], loser["masterid"], loser["statecode"]) == (True, a, 1)
    assert (crm.service.row("contact", a) or {})["jobtitle"] == "Boss"
    assert (crm.service.row("gr_contact", mirror) or {})["gr_crmcontactid"] == a
    assert (crm.service.row("gr_customfield", field) or {})["gr_crmcontactid"] == a
    assert [r["contactid"] for r in crm.get(link).rows] == [a, b]
    assert crm("POST", "Merge", body).code == "0x80045304"
    body["Subordinate"] = body["Target"]
    assert crm("POST", "Merge", body).code == "0x80045305"
    del body["UpdateContent"]
    body["Subordinate"] = entity("contact", c)
    assert crm("POST", "Merge", body).status == 204
    assert Crm(version="8.2")("POST", "Merge", body).status == 400
    d, e = crm.people(2)
    crm.service.merge_contacts(d, e)
    assert (crm.service.row("contact", e) or {})["masterid"] == d


# --- FetchXML --------------------------------------------------------------------------------


def fetch(crm: Crm, text: str, table: str = "contacts", **headers: str) -> Reply:
    return crm.get(f"{table}?fetchXml={quote(text, safe='')}", **headers)


def query(inner: str, attributes: str = "", name: str = "contact") -> str:
    return f"<fetch {attributes}><entity name='{name}'>{inner}</entity></fetch>"


def where(*conditions: str, kind: str = "and") -> str:
    return (
        f"<filter type='{kind}'>" + "".join(f"<condition {c}/>" for c in conditions) + "</filter>"
    )


def found(crm: Crm, inner: str) -> set[str]:
    told = fetch(crm, query(f"<attribute name='firstname'/>{inner}"))
    assert told.status == 200, told.json
    return {r["firstname"] for r in told.rows}


def test_fetch_leaves_nulls_out(crm: Crm) -> None:
    crm.people(1)
    nobody = crm.service.add_contact(lastname="Nobody")
    told = fetch(crm, query("<attribute name='firstname'/>" + where(
        "attribute='lastname' operator='eq' value='nobody'")))  # fmt: skip
    assert told.answer.operation == "contacts.fetchXml"
    (row,) = told.rows
    assert set(row) == {"@odata.etag", "contactid"}
    assert row["contactid"] == nobody


OPERATORS = [
    ("attribute='lastname' operator='eq' value='odd'", {"First1", "First3"}),
    ("attribute='lastname' operator='ne' value='odd'", {"First0", "First2"}),
    ("attribute='firstname' operator='gt' value='First1'", {"First2", "First3"}),
    ("attribute='firstname' operator='le' value='First1'", {"First0", "First1"}),
    ("attribute='emailaddress1' operator='like' value='p_@%'",
     {"First0", "First1", "First2", "First3"}),
    ("attribute='emailaddress1' operator='not-like' value='p[01]%'", {"First2", "First3"}),
    ("attribute='emailaddress1' operator='null'", set()),
    ("attribute='firstname' operator='begins-with' value='first3'", {"First3"}),
    ("attribute='firstname' operator='ends-with' value='0'", {"First0"}),
    ("attribute='createdon' operator='on' value='2026-03-01'", set()),
    ("attribute='createdon' operator='on-or-before' value='2026-03-01'", set()),
    ("attribute='ownerid' operator='eq-userid'", set()),
    ("attribute='statecode' operator='ne' value='0'", set()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), OPERATORS)
def test_fetch_operators(crm: Crm, text: str, expected: set[str]) -> None:
    crm.people(4)
    assert found(crm, where(text)) == expected


EVERYBODY = [
    "attribute='createdon' operator='today'",
    "attribute='createdon' operator='last-x-days' value='3'",
    "attribute='createdon' operator='last-x-hours' value='1'",
    "attribute='createdon' operator='this-week'",
    "attribute='createdon' operator='this-month'",
    "attribute='createdon' operator='this-year'",
    "attribute='createdon' operator='on-or-after' value='2026-03-02'",
    "attribute='emailaddress1' operator='not-null'",
    "attribute='statecode' operator='eq' value='0'",
    "attribute='donotemail' operator='eq' value='0'",
]


@pytest.mark.parametrize("text", EVERYBODY)
def test_fetch_operators_that_take_all(crm: Crm, text: str) -> None:
    crm.people(2)
    assert found(crm, where(text)) == {"First0", "First1"}


def test_dates_move_with_the_clock(crm: Crm) -> None:
    crm.people(1)
    crm.clock.sleep(86_400)
    crm.sign_in()
    assert found(crm, where("attribute='createdon' operator='yesterday'")) == {"First0"}
    assert found(crm, where("attribute='createdon' operator='today'")) == set()
    assert found(crm, where("attribute='createdon' operator='olderthan-x-days' value='1'")) == set()
    crm.clock.sleep(86_400)
    crm.sign_in()
    assert found(crm, where("attribute='createdon' operator='last-x-hours' value='47'")) == set()


def test_nested_filters_and_lists_of_values(crm: Crm) -> None:
    crm.people(4)
    inside = (
        "<filter type='and'>"
        + where(
            "attribute='firstname' operator='eq' value='First0'",
            "attribute='firstname' operator='eq' value='First1'",
            kind="or",
        )
        + "<condition attribute='lastname' operator='in'><value>ODD</value><value>x</value>"
        "</condition></filter>"
    )
    assert found(crm, inside) == {"First1"}
    out = (
        "<filter><condition attribute='lastname' operator='not-in'><value>odd</value>"
        "</condition></filter>"
    )
    assert found(crm, out) == {"First0", "First2"}


def test_fetch_pages_by_cookie(crm: Crm) -> None:
    crm.people(5)
    root = ElementTree.fromstring(query("<attribute name='firstname'/>", "count='2' page='1'"))
    seen: list[str] = []
    for _ in range(3):
        told = fetch(crm, ElementTree.tostring(root, encoding="unicode"), prefer=PAGED)
        seen += [r["firstname"] for r in told.rows]
        if not told.json[MORE]:
            break
        cookie = ElementTree.fromstring(told.json[COOKIE])
        assert cookie.get("istracking") == "False"
        inner = unquote(unquote(cookie.get("pagingcookie", "")))
        assert inner.startswith('<cookie page="')
        root.set("page", cookie.get("pagenumber", ""))
        root.set("paging-cookie", inner)
    assert sorted(seen) == [f"First{n}" for n in range(5)]
    assert COOKIE not in told.json
    # Decoded once only, the cookie cannot be read.
    root.set("paging-cookie", quote(inner))
    broken = ElementTree.tostring(root, encoding="unicode")
    assert fetch(crm, broken).code == "0x8004112a"
    crm.service.bad_cookie = "first-page"
    assert [r["firstname"] for r in fetch(crm, broken).rows] == seen[:2]
    assert MORE not in fetch(crm, query("", "count='2'")).json


def test_fetch_order_distinct_and_top(crm: Crm) -> None:
    crm.people(4)
    text = "<attribute name='firstname'/><order attribute='firstname' descending='true'/>"
    assert [r["firstname"] for r in fetch(crm, query(text, "top='2'")).rows] == ["First3", "First2"]
    second = fetch(crm, query(text, "count='3' page='2'"))
    assert [r["firstname"] for r in second.rows] == ["First0"]
    told = fetch(crm, query("<attribute name='lastname'/>", "distinct='true'"))
    assert sorted(r["lastname"] for r in told.rows) == ["Even", "Odd"]
    assert fetch(crm, query(text, "top='2' page='1'")).status == 400


def test_linked_tables(crm: Crm) -> None:
    a, b, _ = crm.people(3)
    known = crm.service.add_marketing_list("L", members=[a, b])
    crm.service.add_row("gr_contact", gr_getresponseid="r", gr_crmcontactid=a)
    member = (
        "<link-entity name='listmember' from='entityid' to='contactid' alias='m'>"
        "<attribute name='listid'/>"
        + where(f"attribute='listid' operator='eq' value='{{{known}}}'")
        + "</link-entity>"
    )
    assert found(crm, member) == {"First0", "First1"}
    mirror = (
        "<link-entity name='gr_contact' from='gr_crmcontactid' to='contactid' alias='g' "
        "link-type='{}'><attribute name='gr_getresponseid'/></link-entity>"
    )
    told = fetch(crm, query("<attribute name='firstname'/>" + mirror.format("outer")))
    assert {r["firstname"]: r.get("g.gr_getresponseid") for r in told.rows} == {
        "First0": "r", "First1": None, "First2": None,
    }  # fmt: skip
    assert found(crm, mirror.format("inner")) == {"First0"}
    lonely = mirror.format("outer") + (
        "<filter><condition entityname='g' attribute='gr_contactid' operator='null'/></filter>"
    )
    assert found(crm, lonely) == {"First1", "First2"}
    crm.service.alias_dots = False
    told = fetch(crm, query(mirror.format("inner")))
    assert told.rows[0]["g_x002e_gr_getresponseid"] == "r"
    named = mirror.format("inner").replace("name='gr_getresponseid'", "name='statecode' alias='s'")
    told = fetch(crm, query(named), prefer='odata.include-annotations="*"')
    assert (told.rows[0]["s"], told.rows[0][f"s{FORMATTED}"]) == (0, "Active")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (query("", name="nothing"), "0x80041102"),
        (query("<attribute name='fullName'/>"), "0x80041103"),
        (query(where("attribute='nope' operator='null'")), "0x80041103"),
        (query("<order attribute='nope'/>"), "0x80041103"),
        (query("<link-entity name='nope' from='a' to='b'/>"), "0x80041102"),
        (query("<link-entity name='list' from='a' to='contactid'/>"), "0x80041103"),
        (query(where("attribute='statecode' operator='eq' value='x'")), "0x80040203"),
        (query("", name="list"), "0x80040203"),
        ("<fetch>", "0x80040216"),
        ("<!DOCTYPE f [<!ENTITY a 'b'>]><fetch/>", "0x80040216"),
    ],
)
def test_bad_fetches(crm: Crm, text: str, code: str) -> None:
    told = fetch(crm, text)
    assert (told.status, told.code) == (400, code)


def test_unknown_operators_are_not_simulated(crm: Crm) -> None:
    told = fetch(crm, query(where("attribute='createdon' operator='in-fiscal-year' value='1'")))
    assert told.status == 501


def test_a_dynamic_list_depends_on_who_asks(crm: Crm) -> None:
    crm.people(3)
    text = query(where("attribute='ownerid' operator='eq-userid'"))
    known = crm.service.add_marketing_list("Mine", dynamic=True, query=text)
    assert len(crm.service.members(known)) == 3
    stored = crm.get(f"lists({known})?$select=query").json["query"]
    assert fetch(crm, stored).rows == []
    assert len(fetch(crm, stored, mscrmcallerid=crm.service.store.owner).rows) == 3
    assert crm.get(f"lists({known})/listcontact_association").rows == []
