"""Queries, pages, annotations, change tracking of the Dynamics room."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sandbox.dynamics_kit import FORMATTED, Crm

ALL = 'odata.include-annotations="*"'


@pytest.fixture
def crm() -> Crm:
    return Crm()


def names(crm: Crm, text: str, **options: str) -> set[str]:
    told = crm.query("contacts", select="firstname", filter=text, **options)
    assert told.status == 200, told.json
    return {row["firstname"] for row in told.rows}


def test_a_list_has_etags_the_key_and_the_nulls(crm: Crm) -> None:
    contact = crm.service.add_contact(lastname="Alone")
    told = crm.get("contacts?$select=firstname,lastname")
    assert told.json["@odata.context"] == crm.api + "$metadata#contacts(firstname,lastname)"
    (row,) = told.rows
    assert row.pop("@odata.etag").startswith('W/"')
    assert row == {"firstname": None, "lastname": "Alone", "contactid": contact}
    assert told.answer.operation == "contacts.list"
    full = crm.get(f"contacts({contact})").json
    assert full["fullname"] == "Alone"
    assert full["_ownerid_value"] == crm.service.store.owner
    assert full["merged"] is False
    assert "emailaddress1" in full


FILTERS = [
    ("emailaddress1 eq 'P3@EXAMPLE.COM'", {"First3"}),
    ("lastname eq 'odd' and not (firstname eq 'First1')", {"First3", "First5"}),
    ("firstname eq 'First0' or firstname eq 'first1'", {"First0", "First1"}),
    ("contains(emailaddress1,'p2') or endswith(firstname,'4')", {"First2", "First4"}),
    ("startswith(emailaddress1,'p%5')", {"First5"}),
    ("not contains(lastname,'dd')", {"First0", "First2", "First4"}),
    ("emailaddress1 eq null", set()),
    ("merged ne true and emailaddress1 ne null and statecode eq 0 and lastname eq 'Odd'",
     {"First1", "First3", "First5"}),
    ("createdon ge 2026-03-02T08:00:00Z and firstname gt 'First3'", {"First4", "First5"}),
    ("createdon gt 2026-03-02 and firstname le 'FIRST0'", {"First0"}),
    ("donotemail eq true", set()),
    ("Microsoft.Dynamics.CRM.In(PropertyName='firstname',PropertyValues=[\"First1\",\"x\"])",
     {"First1"}),
    ("Microsoft.Dynamics.CRM.NotIn(PropertyName='lastname',PropertyValues=[\"Odd\"])",
     {"First0", "First2", "First4"}),
    ("Microsoft.Dynamics.CRM.On(PropertyName='createdon',PropertyValue='2026-03-02') and "
     "lastname eq 'Even'", {"First0", "First2", "First4"}),
    ("Microsoft.Dynamics.CRM.OnOrAfter(PropertyName='createdon',PropertyValue='2026-03-03')",
     set()),
    ("Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')", set()),
    ("Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=2) and "
     "firstname eq 'First1'", {"First1"}),
    ("Microsoft.Dynamics.CRM.Between(PropertyName='firstname',"
     "PropertyValues=[\"First2\",\"First3\"])", {"First2", "First3"}),
    ("ownerid/fullname eq 'Maja Nowak' and firstname eq 'First1'", {"First1"}),
    ("listcontact_association/any(l:l/listname eq 'Club')", {"First0", "First1"}),
    ("listcontact_association/any()", {"First0", "First1"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), FILTERS)
def test_filters(crm: Crm, text: str, found: set[str]) -> None:
    ids = crm.people(6)
    crm.service.add_marketing_list("Club", members=ids[:2])
    assert names(crm, text) == found


def test_quotes_are_doubled_and_aliases_work(crm: Crm) -> None:
    contact = crm.service.add_contact(firstname="Pat", lastname="O'Brian")
    assert names(crm, "lastname eq 'O''Brian'") == {"Pat"}
    assert names(crm, f"contactid eq {contact}") == {"Pat"}
    told = crm.get("contacts?$select=firstname&$filter=firstname%20eq%20@p1&@p1='Pat'")
    assert [r["firstname"] for r in told.rows] == ["Pat"]


@pytest.mark.parametrize(
    ("options", "code", "part"),
    [
        ({"filter": "lastname eq"}, "0x80060888", "position 11"),
        ({"filter": "lastname = 'x'"}, "0x80060888", "position 9"),
        ({"filter": "(lastname eq 'x'"}, "0x80060888", "position 16"),
        ({"filter": "lastname eq 'O'Brian'"}, "0x80060888", "position"),
        ({"filter": "Lastname eq 'x'"}, "0x0", "'Lastname'"),
        ({"filter": "lastname eq 5"}, "0x80060888", "Edm.String"),
        ({"filter": "statecode eq 'x'"}, "0x80060888", "Edm.Int32"),
        ({"filter": "contactid eq 'a0000000-0000-4000-8000-000000000000'"}, "0x80060888", "Guid"),
        ({"filter": "ownerid eq null"}, "0x0", "ownerid"),
        ({"filter": "nope(lastname,'x')"}, "0x80060888", "nope"),
        ({"select": "fullName"}, "0x0", "Could not find a property named 'fullName' on type "
         "'Microsoft.Dynamics.CRM.contact'."),
        ({"orderby": "nope"}, "0x0", "nope"),
        ({"orderby": "lastname sideways"}, "0x80060888", "sideways"),
        ({"expand": "nope"}, "0x0", "nope"),
        ({"skip": "5"}, "0x80060888", "$skip"),
        ({"search": "x"}, "0x80060888", "$search"),
        ({"format": "json"}, "0x80060888", "$format"),
        ({"top": "-1"}, "0x80060888", "$top"),
    ],
)  # fmt: skip
def test_bad_queries(crm: Crm, options: dict[str, str], code: str, part: str) -> None:
    told = crm.query("contacts", **options)
    assert (told.status, told.code) == (400, code)
    assert part in told.message


def test_lookups_are_filtered_by_value_and_path(crm: Crm) -> None:
    a, b = crm.people(2)
    for number, contact in enumerate((a, b)):
        crm.service.add_row("gr_contact", gr_getresponseid=f"r{number}", gr_crmcontactid=contact)
    told = crm.query("gr_contacts", filter=f"_gr_crmcontactid_value eq {a}")
    assert [r["gr_getresponseid"] for r in told.rows] == ["r0"]
    told = crm.query("gr_contacts", filter="gr_CrmContactId/emailaddress1 eq 'p1@example.com'")
    assert [r["gr_getresponseid"] for r in told.rows] == ["r1"]
    assert crm.query("gr_contacts", filter="gr_crmcontactid/lastname eq 'x'").code == "0x0"


def test_expansion_of_lookups_and_collections(crm: Crm) -> None:
    a, b = crm.people(2)
    row = crm.service.add_row("gr_contact", gr_getresponseid="r", gr_crmcontactid=a)
    told = crm.query(
        "gr_contacts",
        select="gr_getresponseid",
        expand="gr_CrmContactId($select=fullname;$expand=ownerid($select=fullname)),gr_ListId",
    )
    assert told.json["@odata.context"].endswith(
        "#gr_contacts(gr_getresponseid,gr_CrmContactId(fullname),gr_ListId())"
    )
    (found,) = told.rows
    assert found["gr_CrmContactId"]["fullname"] == "First0 Even"
    assert found["gr_CrmContactId"]["ownerid"]["fullname"] == "Maja Nowak"
    assert found["gr_ListId"] is None
    known = crm.service.add_marketing_list("L", members=[a, b])
    expand = (
        "listcontact_association($select=firstname;$filter=lastname eq 'Odd';$orderby=firstname)"
    )
    told = crm.query(f"lists({known})", select="listname", expand=expand)
    assert [r["firstname"] for r in told.json["listcontact_association"]] == ["First1"]
    told = crm.query(f"contacts({a})", select="fullname", expand="gr_contact_gr_crmcontactid")
    assert [r["gr_contactid"] for r in told.json["gr_contact_gr_crmcontactid"]] == [row]
    older = Crm(version="8.2")
    known = older.service.add_marketing_list("L", members=older.people(1))
    told = older.get(f"lists({known})?$select=listname&$expand=listcontact_association")
    assert told.json["listcontact_association"] == []
    assert told.json["listcontact_association@odata.nextLink"].endswith("listcontact_association")


def test_annotations_are_given_when_asked_for(crm: Crm) -> None:
    contact = crm.people(1)[0]
    row = crm.service.add_row("gr_contact", gr_getresponseid="r", gr_crmcontactid=contact)
    crm.service.edit_row("gr_contact", row, gr_syncstatus=727000001)
    path = f"gr_contacts({row})?$select=_gr_crmcontactid_value,gr_syncstatus,statecode"
    told = crm.get(path, prefer=ALL).json
    assert told[f"gr_syncstatus{FORMATTED}"] == "Synchronized"
    assert told[f"statecode{FORMATTED}"] == "Active"
    lookup = "_gr_crmcontactid_value"
    assert told[lookup + FORMATTED] == "First0 Even"
    assert told[f"{lookup}@Microsoft.Dynamics.CRM.lookuplogicalname"] == "contact"
    assert told[f"{lookup}@Microsoft.Dynamics.CRM.associatednavigationproperty"] == (
        "gr_CrmContactId"
    )
    only = crm.get(path, prefer='odata.include-annotations="Microsoft.Dynamics.CRM.*"').json
    assert not any(name.endswith(FORMATTED) for name in only)
    assert f"{lookup}@Microsoft.Dynamics.CRM.lookuplogicalname" in only
    assert not any("@" in name[1:] for name in crm.get(path).json)
    told = crm.get(f"contacts({contact})?$select=donotemail,createdon", prefer=ALL).json
    assert told[f"donotemail{FORMATTED}"] == "Allow"
    assert told[f"createdon{FORMATTED}"] == "3/2/2026 8:00 AM"


def test_pages_hold_together_while_rows_change(crm: Crm) -> None:
    ids = crm.people(25)
    first = crm.get("contacts?$select=firstname", prefer="odata.maxpagesize=10")
    assert first.headers["Preference-Applied"] == "odata.maxpagesize=10"
    seen = [r["contactid"] for r in first.rows]
    crm.service.delete_contact(seen[0])
    crm.service.edit_contact(seen[1], firstname="Changed")
    link = first.json["@odata.nextLink"]
    assert link.startswith(crm.api + "contacts?$select=firstname&$skiptoken=")
    rest = crm.pages(link, prefer="odata.maxpagesize=10")
    seen += [r["contactid"] for page in rest for r in page.rows]
    assert sorted(seen) == sorted(ids)
    changed = crm.get(link.replace("firstname", "lastname"))
    assert (changed.status, changed.code) == (400, "0x80060888")


def test_a_page_has_at_most_5000_rows(crm: Crm) -> None:
    crm.people(5001)
    first, second = crm.pages("contacts?$select=firstname")
    assert (len(first.rows), len(second.rows)) == (5000, 1)
    assert len(crm.pages("contacts?$select=firstname", prefer="odata.maxpagesize=9000")) == 2
    assert crm.get("contacts?$count=true&$top=1").json["@odata.count"] == 5000
    assert crm.get("contacts/$count").answer.body.decode("utf-8-sig") == "5000"
    told = crm.get("contacts?$select=firstname&$top=3")
    assert (len(told.rows), "@odata.nextLink" in told.json) == (3, False)
    both = crm.get("contacts?$select=firstname&$top=3", prefer="odata.maxpagesize=4")
    assert (len(both.rows), "@odata.nextLink" in both.json) == (4, True)


def test_order_goes_over_pages(crm: Crm) -> None:
    crm.people(9)
    crm.service.add_contact(lastname="Nameless")
    pages = crm.pages(
        "contacts?$select=firstname&$orderby=lastname%20desc,firstname",
        prefer="odata.maxpagesize=4",
    )
    found = [r["firstname"] for page in pages for r in page.rows]
    assert found == [
        "First1", "First3", "First5", "First7", None,
        "First0", "First2", "First4", "First6", "First8",
    ]  # fmt: skip


def test_single_reads(crm: Crm) -> None:
    contact = crm.people(1)[0]
    told = crm.get(f"contacts({contact})?$select=firstname")
    assert told.json["@odata.context"].endswith("#contacts(firstname)/$entity")
    etag = told.json["@odata.etag"]
    assert crm.get(f"contacts({contact})?$select=firstname", if_none_match=etag).status == 304
    assert crm.get(f"contacts({contact})", if_none_match="null").status == 200
    assert crm.get(f"contacts(contactid={contact})").status == 200
    assert crm.get(f"contacts({contact})/firstname").json["value"] == "First0"
    assert crm.get(f"contacts({contact})/ownerid?$select=fullname").json["fullname"] == "Maja Nowak"
    assert crm.get(f"contacts({contact})/masterid").status == 204
    missing = "00000000-0000-4000-8000-00000000dead"
    told = crm.get(f"contacts({missing})")
    assert (told.status, told.code) == (404, "0x80040217")
    assert told.message == f"contact With Id = {missing} Does Not Exist"
    assert crm.get("contacts(12345)").status == 400
    assert crm.get("contacts(firstname='First0')").code == "0x80060890"


def test_first_tracked_read_and_deltas(crm: Crm) -> None:
    ids = crm.people(7)
    pages = crm.pages(
        "contacts?$select=firstname", prefer="odata.track-changes,odata.maxpagesize=3"
    )
    assert [len(p.rows) for p in pages] == [3, 3, 1]
    assert ["@odata.deltaLink" in p.json for p in pages] == [False, False, True]
    assert "odata.track-changes" in pages[0].headers["Preference-Applied"]
    link = pages[-1].json["@odata.deltaLink"]
    quiet = crm.get(link)
    assert quiet.answer.operation == "contacts.delta"
    assert quiet.rows == []
    assert quiet.json["@odata.context"].endswith("#contacts(firstname)/$delta")
    crm.service.edit_contact(ids[3], firstname="Later")
    crm.service.edit_contact(ids[1], firstname="Last")
    crm.service.delete_contact(ids[2])
    unseen = crm.people(1)[0]
    crm.service.delete_contact(unseen)
    told = crm.get(quiet.json["@odata.deltaLink"])
    assert [r["firstname"] for r in told.rows[:2]] == ["Later", "Last"]
    assert told.rows[2:] == [
        {
            "@odata.context": crm.api + "$metadata#contacts/$deletedEntity",
            "id": gone,
            "reason": "deleted",
        }
        for gone in (ids[2], unseen)
    ]
    count = link.replace("contacts?$select=firstname&", "contacts/$count?")
    assert crm.get(count).answer.body.decode("utf-8-sig") == "4"
    assert crm.get(told.json["@odata.deltaLink"]).rows == []


def test_delta_pages_lose_nothing_that_changes_meanwhile(crm: Crm) -> None:
    ids = crm.people(10)
    link = crm.get("contacts?$select=firstname", prefer="odata.track-changes").json[
        "@odata.deltaLink"
    ]
    for contact in ids[:6]:
        crm.service.edit_contact(contact, firstname="A")
    for contact in ids[6:]:
        crm.service.delete_contact(contact)
    first = crm.get(link, prefer="odata.maxpagesize=4")
    crm.service.edit_contact(ids[0], firstname="B")
    pages = [first, *crm.pages(first.json["@odata.nextLink"], prefer="odata.maxpagesize=4")]
    rows = [r for page in pages for r in page.rows]
    assert [r.get("firstname") for r in rows] == ["A"] * 6 + ["B"] + [None] * 4
    assert [r["id"] for r in rows[-4:]] == ids[6:]
    assert crm.get(pages[-1].json["@odata.deltaLink"]).rows == []


def test_tracked_reads_take_select_only(crm: Crm) -> None:
    for option in ("$filter=statecode%20eq%200", "$orderby=lastname", "$top=3", "$expand=ownerid"):
        told = crm.get(f"contacts?{option}", prefer="odata.track-changes")
        assert told.status == 400
        assert told.message == (
            f'The "{option.partition("=")[0]}" query parameter isn\'t supported when Change '
            "Tracking is enabled."
        )
    told = crm.get("listmembers", prefer="odata.track-changes")
    assert (told.status, told.code) == (400, "0x80072491")
    for entity_set in ("lists", "campaigns", "systemusers", "roles", "gr_contacts"):
        told = crm.get(entity_set, prefer="odata.track-changes")
        assert "@odata.deltaLink" in told.json


def test_delta_tokens_expire(crm: Crm) -> None:
    path = "contacts?$select=firstname"
    link = crm.get(path, prefer="odata.track-changes").json["@odata.deltaLink"]
    crm.clock.advance(timedelta(days=7))
    crm.sign_in()
    assert crm.get(link).status == 200
    crm.clock.advance(timedelta(seconds=1))
    told = crm.get(link)
    assert (told.status, told.code) == (400, "0x80044352")
    assert told.message.startswith("Version stamp associated with the client has expired.")
    link = crm.get(path, prefer="odata.track-changes").json["@odata.deltaLink"]
    crm.service.expire_delta_tokens()
    assert crm.get(link).code == "0x80044352"
    assert crm.get("contacts?$deltatoken=nonsense").status == 400


def test_v82_may_ignore_the_tracking_header() -> None:
    crm = Crm(version="8.2")
    assert "@odata.deltaLink" in crm.get("contacts", prefer="odata.track-changes").json
    crm.service.tracks_v82 = False
    assert "@odata.deltaLink" not in crm.get("contacts", prefer="odata.track-changes").json


def test_the_probe_for_bulk_messages(crm: Crm) -> None:
    text = "sdkmessageid/name eq 'CreateMultiple' and primaryobjecttypecode eq '{}'"
    probe = {"select": "sdkmessagefilterid"}
    assert len(crm.query("sdkmessagefilters", **probe, filter=text.format("gr_contact")).rows) == 1
    assert crm.query("sdkmessagefilters", **probe, filter=text.format("list")).rows == []
    older = Crm(version="9.1")
    assert older.query("sdkmessagefilters", **probe, filter=text.format("contact")).rows == []
