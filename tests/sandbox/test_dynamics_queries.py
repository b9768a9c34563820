"""Aggregates, saved queries, expansions and query functions of the Dynamics room."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.dynamics_kit import FORMATTED, Crm, Reply

ALL = 'odata.include-annotations="*"'
CRM = "Microsoft.Dynamics.CRM."


@pytest.fixture
def crm() -> Crm:
    return Crm()


def scores(crm: Crm) -> list[str]:
    """Two contacts; the first has mirrors with scores 1 and 4, the second one with 3."""
    ids = crm.people(2)
    for contact, score, points in ((ids[0], 1, 0.5), (ids[0], 4, 1.25), (ids[1], 3, None)):
        crm.service.add_row(
            "gr_contact",
            gr_getresponseid=f"r{score}",
            gr_crmcontactid=contact,
            gr_engagementscore=score,
            gr_scoring=points,
            gr_syncstatus=727000001,
            gr_createdon=f"2026-0{score}-15T10:00:00Z",
        )
    return ids


def apply(crm: Crm, text: str, table: str = "gr_contacts", **headers: str) -> Reply:
    return crm.get(f"{table}?$apply={quote(text, safe='')}", **headers)


AGGREGATES: list[tuple[str, list[dict[str, Any]]]] = [
    ("aggregate($count as n)", [{"n": 3}]),
    ("aggregate(gr_engagementscore with sum as s,gr_engagementscore with average as a)",
     [{"s": 8, "a": pytest.approx(8 / 3)}]),
    ("aggregate(gr_scoring with min as low,gr_scoring with max as high)",
     [{"low": 0.5, "high": 1.25}]),
    ("filter(gr_engagementscore gt 2)/aggregate($count as n)", [{"n": 2}]),
    ("filter(gr_engagementscore gt 9)/aggregate($count as n,gr_scoring with sum as s)",
     [{"n": 0, "s": None}]),
    ("groupby((gr_syncstatus),aggregate($count as n))", [{"gr_syncstatus": 727000001, "n": 3}]),
    ("groupby((gr_CrmContactId/fullname),aggregate($count as n))",
     [{"contact_fullname": "First0 Even", "n": 2}, {"contact_fullname": "First1 Odd", "n": 1}]),
    ("filter(gr_getresponseid eq 'r3')/groupby((gr_getresponseid,statecode))",
     [{"gr_getresponseid": "r3", "statecode": 0}]),
    ("aggregate(gr_CrmContactId/lastname with countdistinct as n)", [{"n": 2}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), AGGREGATES)
def test_rows_are_grouped_and_summed(crm: Crm, text: str, expected: list[dict[str, Any]]) -> None:
    scores(crm)
    told = apply(crm, text)
    assert told.answer.operation == "gr_contacts.apply"
    key = str
    assert sorted(told.rows, key=key) == sorted(expected, key=key) or told.rows == expected


@pytest.mark.parametrize(
    ("text", "status", "part"),
    [
        ("groupby((createdon))", 400, "createdon"),
        ("groupby((nope))", 400, "nope"),
        ("groupby(gr_name)", 400, "Syntax"),
        ("aggregate(gr_name with sum as s)", 400, "gr_name"),
        ("aggregate(gr_scoring with median as s)", 400, "median"),
        ("aggregate(gr_scoring as s)", 400, "Syntax"),
        ("identity", 400, "Syntax"),
        ("topcount(5,gr_scoring)", 501, "topcount"),
        ("groupby((gr_name))/filter(gr_name eq 'x')", 501, "groupby"),
    ],
)
def test_aggregates_that_are_refused(crm: Crm, text: str, status: int, part: str) -> None:
    told = apply(crm, text)
    assert (told.status, part in told.message) == (status, True), told.message


def test_aggregates_have_no_order_and_a_limit_of_rows(crm: Crm) -> None:
    scores(crm)
    path = "gr_contacts?$apply=aggregate($count%20as%20n)"
    assert crm.get(f"{path}&$orderby=n").status == 400
    assert crm.get(f"{path}&$top=1").status == 501
    crm.service.aggregate_limit = 2
    told = crm.get(path)
    assert (told.status, told.code) == (400, "0x8004e023")
    assert fetch(crm, "<attribute name='gr_contactid' alias='n' aggregate='count'/>").code == (
        "0x8004e023"
    )


def test_aggregates_are_annotated(crm: Crm) -> None:
    scores(crm)
    text = "groupby((gr_syncstatus),aggregate($count as n))"
    (row,) = apply(crm, text, prefer=ALL).rows
    assert (row[f"gr_syncstatus{FORMATTED}"], row[f"n{FORMATTED}"]) == ("Synchronized", "3")


# --- aggregates in FetchXML ------------------------------------------------------------------


def fetch(crm: Crm, inner: str, attributes: str = "aggregate='true'", **headers: str) -> Reply:
    text = f"<fetch {attributes}><entity name='gr_contact'>{inner}</entity></fetch>"
    return crm.get(f"gr_contacts?fetchXml={quote(text, safe='')}", **headers)


BY_CONTACT = (
    "<link-entity name='contact' from='contactid' to='gr_crmcontactid' alias='c'>"
    "<attribute name='lastname' alias='who' groupby='true'/></link-entity>"
)
FETCHES = [
    ("<attribute name='gr_contactid' alias='n' aggregate='count'/>", [{"n": 3}]),
    ("<attribute name='gr_scoring' alias='n' aggregate='countcolumn'/>", [{"n": 2}]),
    ("<attribute name='gr_syncstatus' alias='n' aggregate='countcolumn' distinct='true'/>",
     [{"n": 1}]),
    ("<attribute name='gr_engagementscore' alias='s' aggregate='sum'/>"
     "<attribute name='gr_engagementscore' alias='m' aggregate='max'/>", [{"s": 8, "m": 4}]),
    ("<attribute name='gr_contactid' alias='n' aggregate='count'/>"
     "<order alias='n' descending='true'/>" + BY_CONTACT,
     [{"n": 2, "who": "Even"}, {"n": 1, "who": "Odd"}]),
    ("<attribute name='gr_createdon' alias='month' groupby='true' dategrouping='month'/>"
     "<attribute name='gr_scoring' alias='p' aggregate='avg'/><order alias='month'/>",
     [{"month": 1, "p": 0.5}, {"month": 3}, {"month": 4, "p": 1.25}]),
    ("<attribute name='gr_createdon' alias='q' groupby='true' dategrouping='quarter'/>"
     "<attribute name='gr_contactid' alias='n' aggregate='count'/><order alias='q'/>",
     [{"q": 1, "n": 2}, {"q": 2, "n": 1}]),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "expected"), FETCHES)
def test_fetches_aggregate(crm: Crm, inner: str, expected: list[dict[str, Any]]) -> None:
    scores(crm)
    told = fetch(crm, inner)
    assert told.status == 200, told.json
    assert told.rows == expected


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<attribute name='gr_name'/>",
        "<attribute name='gr_name' alias='a'/>",
        "<attribute name='gr_name' alias='a' aggregate='sum'/>",
        "<attribute name='gr_name' alias='a' aggregate='median'/>",
        "<attribute name='gr_name' alias='a' groupby='true' dategrouping='day'/>",
        "<attribute name='gr_name' alias='a' groupby='true'/><order attribute='gr_name'/>",
        "<attribute name='gr_name' alias='a' groupby='true'/>"
        "<attribute name='gr_email' alias='a' groupby='true'/>",
    ],
)
def test_aggregate_fetches_that_are_refused(crm: Crm, inner: str) -> None:
    assert fetch(crm, inner).status == 400


def test_groups_are_annotated_and_cut(crm: Crm) -> None:
    scores(crm)
    inner = (
        "<attribute name='gr_getresponseid' alias='g' groupby='true'/>"
        "<attribute name='gr_syncstatus' alias='s' groupby='true'/><order alias='g'/>"
    )
    told = fetch(crm, inner, "aggregate='true' top='2'", prefer=ALL)
    assert [r["g"] for r in told.rows] == ["r1", "r3"]
    assert told.rows[0][f"s{FORMATTED}"] == "Synchronized"
    second = fetch(crm, inner, "aggregate='true' count='2' page='2'", prefer=ALL)
    assert [r["g"] for r in second.rows] == ["r4"]
    assert second.json[f"@{CRM}morerecords"] is False


def test_columns_are_compared_with_each_other(crm: Crm) -> None:
    crm.service.add_row("gr_contact", gr_name="same", gr_origin="same")
    crm.service.add_row("gr_contact", gr_name="one", gr_origin="other")
    crm.service.add_row("gr_contact", gr_name="alone")
    for op, names in (("eq", {"same"}), ("ne", {"one", "alone"})):
        inner = (
            "<attribute name='gr_name'/><filter><condition attribute='gr_name' "
            f"operator='{op}' valueof='gr_origin'/></filter>"
        )
        assert {r["gr_name"] for r in fetch(crm, inner, "").rows} == names


# --- saved queries ---------------------------------------------------------------------------

VIEW = (
    "<fetch><entity name='contact'><attribute name='firstname'/><attribute name='jobtitle'/>"
    "<order attribute='firstname' descending='true'/></entity></fetch>"
)


def test_saved_queries_are_run_by_id(crm: Crm) -> None:
    crm.people(3)
    view = crm.service.add_saved_query("All", VIEW)
    told = crm.get(f"contacts?savedQuery={view}")
    assert told.answer.operation == "contacts.savedQuery"
    assert [r["firstname"] for r in told.rows] == ["First2", "First1", "First0"]
    assert "jobtitle" not in told.rows[0]
    own = crm.service.add_saved_query("Mine", VIEW, own=True)
    assert len(crm.get(f"contacts?userQuery={own}").rows) == 3
    assert [r["name"] for r in crm.query("userqueries", select="name").rows] == ["Mine"]
    assert crm.get(f"contacts?userQuery={view}").code == "0x80040217"
    assert crm.get(f"contacts?UserQuery={own}").status == 400
    assert crm.get(f"lists?savedQuery={view}").status == 400
    assert crm.get(f"contacts?savedQuery={view}&$top=1").status == 501


def test_saved_queries_page_and_run_on_collections(crm: Crm) -> None:
    ids = crm.people(3)
    view = crm.service.add_saved_query("All", VIEW)
    pages = crm.pages(f"contacts?savedQuery={view}", prefer="odata.maxpagesize=2")
    assert [[r["firstname"] for r in p.rows] for p in pages] == [["First2", "First1"], ["First0"]]
    known = crm.service.add_marketing_list("L", members=ids[:2])
    told = crm.get(f"lists({known})/listcontact_association?savedQuery={view}")
    assert [r["firstname"] for r in told.rows] == ["First1", "First0"]


# --- expansion, functions, annotations -------------------------------------------------------


def test_large_expansions_go_on_by_link(crm: Crm) -> None:
    ids = crm.people(5003)
    known = crm.service.add_marketing_list("L", members=ids)
    for nested in ("$select=firstname", "$select=firstname;$orderby=emailaddress1"):
        told = crm.get(f"lists({known})?$select=listname&$expand=listcontact_association({nested})")
        first = told.json["listcontact_association"]
        rest = crm.get(told.json["listcontact_association@odata.nextLink"])
        assert (len(first), len(rest.rows)) == (5000, 3)
        assert {r["contactid"] for r in first + rest.rows} == set(ids)


def test_nested_collections_expand_since_9_1(crm: Crm) -> None:
    text = (
        "contacts?$select=fullname&$expand=gr_contact_gr_crmcontactid($select=gr_name;"
        "$expand=gr_activity_gr_grcontactid($select=gr_name))"
    )
    contact = crm.people(1)[0]
    row = crm.service.add_row("gr_contact", gr_name="m", gr_crmcontactid=contact)
    crm.service.add_row("gr_activity", gr_name="open", gr_grcontactid=row)
    (found,) = crm.get(text).rows
    (mirror,) = found["gr_contact_gr_crmcontactid"]
    assert [a["gr_name"] for a in mirror["gr_activity_gr_grcontactid"]] == ["open"]
    assert Crm(version="9.0").get(text).status == 400


def test_a_lookup_of_two_tables_tells_which_it_means(crm: Crm) -> None:
    account = crm.service.add_row("account", name="Firm")
    contact = crm.people(1)[0]
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    assert crm("PATCH", f"contacts({contact})", bind).status == 204
    told = crm.get(
        f"contacts({contact})?$select=_parentcustomerid_value&"
        "$expand=parentcustomerid_account($select=name),parentcustomerid_contact",
        prefer=ALL,
    ).json
    name = "_parentcustomerid_value"
    assert (told[name], told[f"{name}{FORMATTED}"]) == (account, "Firm")
    assert told[f"{name}@{CRM}lookuplogicalname"] == "account"
    assert told[f"{name}@{CRM}associatednavigationproperty"] == "parentcustomerid_account"
    assert told["parentcustomerid_account"]["name"] == "Firm"
    assert told["parentcustomerid_contact"] is None
    listed = crm.query("contacts", filter="parentcustomerid_account/name eq 'firm'")
    assert [r["contactid"] for r in listed.rows] == [contact]
    back = crm.get(f"accounts({account})/contact_customer_accounts")
    assert [r["contactid"] for r in back.rows] == [contact]
    assert crm("DELETE", f"accounts({account})").status == 204
    assert "parentcustomerid" not in (crm.service.row("contact", contact) or {})


FUNCTIONS = [
    ("Today(PropertyName='createdon')", 2),
    ("Yesterday(PropertyName='createdon')", 0),
    ("ThisMonth(PropertyName='createdon')", 2),
    ("LastXHours(PropertyName='createdon',PropertyValue=1)", 2),
    ("NextXDays(PropertyName='createdon',PropertyValue=1)", 2),
    ("OlderThanXMonths(PropertyName='createdon',PropertyValue=1)", 0),
    ("OnOrBefore(PropertyName='createdon',PropertyValue='2026-03-02')", 2),
    ("NotBetween(PropertyName='firstname',PropertyValues=['First0','First0'])", 1),
    ("NotEqualUserId(PropertyName='ownerid')", 2),
    ("EqualUserOrUserTeams(PropertyName='ownerid')", 0),
    ("EqualUserTeams(PropertyName='ownerid')", 0),
    ("EqualBusinessId(PropertyName='owningbusinessunit')", 2),
    ("In(PropertyName='firstname',PropertyValues=@p1)&@p1=[\"First1\"]", 1),
]


@pytest.mark.parametrize(("text", "count"), FUNCTIONS)
def test_query_functions(crm: Crm, text: str, count: int) -> None:
    crm.people(2)
    text = text.replace("['First0','First0']", '["First0","First0"]')
    told = crm.get(f"contacts?$select=firstname&$filter={CRM}{text}")
    assert told.status == 200, told.json
    assert len(told.rows) == count


def test_unknown_query_functions(crm: Crm) -> None:
    for name, status in (("EqualUserLanguage", 501), ("InFiscalYear", 501), ("Nope", 400)):
        told = crm.get(f"contacts?$filter={CRM}{name}(PropertyName='createdon')")
        assert (told.status, f"{CRM}{name}" in told.message) == (status, True)


def test_lambdas_count_all_of_a_collection(crm: Crm) -> None:
    ids = crm.people(3)
    crm.service.add_row("gr_contact", gr_name="a", gr_crmcontactid=ids[0])
    crm.service.add_row("gr_contact", gr_name="b", gr_crmcontactid=ids[0])
    crm.service.add_row("gr_contact", gr_name="a", gr_crmcontactid=ids[1])
    for text, expected in (
        ("gr_contact_gr_crmcontactid/all(g:g/gr_name eq 'a')", {"First1", "First2"}),
        ("gr_contact_gr_crmcontactid/any(g:contains(g/gr_name,'b'))", {"First0"}),
        ("not gr_contact_gr_crmcontactid/any()", {"First2"}),
    ):
        told = crm.query("contacts", select="firstname", filter=text)
        assert {r["firstname"] for r in told.rows} == expected


def test_applied_preferences_are_echoed(crm: Crm) -> None:
    told = crm.get("contacts", prefer=f"{ALL},odata.maxpagesize=10")
    assert set(told.headers["Preference-Applied"].split(", ")) == {
        'odata.include-annotations="*"', "odata.maxpagesize=10",
    }  # fmt: skip
    assert "Preference-Applied" not in crm.get("contacts").headers
