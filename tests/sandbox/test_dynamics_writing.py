"""Writes, keys, references, bulk calls and batches of the Dynamics room."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.dynamics_kit import Crm, Reply

NEW = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
MISSING = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
def crm() -> Crm:
    return Crm()


def test_create_answers_the_address_or_the_row(crm: Crm) -> None:
    told = crm("POST", "contacts", {"lastname": "Nowak", "firstname": "Jan"})
    assert (told.status, told.answer.body) == (204, b"")
    address = told.headers["OData-EntityId"]
    assert crm.get(address).json["fullname"] == "Jan Nowak"
    told = crm(
        "POST",
        "contacts?$select=fullname",
        {"lastname": "Own", "contactid": NEW.upper()},
        prefer="return=representation",
    )
    assert told.status == 201
    assert (told.json["contactid"], told.json["fullname"]) == (NEW, "Own")
    assert told.headers["Preference-Applied"] == "return=representation"
    again = crm("POST", "contacts", {"contactid": NEW})
    assert (again.status, again.code) == (412, "0x80040237")
    assert crm.service.writes == 2


def test_the_headers_decide_between_update_and_insert(crm: Crm) -> None:
    path = f"contacts({NEW})"
    told = crm("PATCH", path, {"lastname": "A"}, if_match="*")
    assert (told.status, told.code) == (404, "0x80040217")
    told = crm("PATCH", path, {"lastname": "A"}, if_none_match="null")
    assert told.headers["OData-EntityId"] == crm.api + path
    told = crm("PATCH", path, {"lastname": "B"}, if_none_match="*")
    assert (told.status, told.code) == (412, "0x80040237")
    told = crm("PATCH", path, {"lastname": "C"}, prefer="return=representation")
    assert (told.status, told.json["lastname"]) == (200, "C")
    etag = told.json["@odata.etag"]
    assert crm("PATCH", path, {"lastname": "D"}, if_match=etag).status == 204
    told = crm("PATCH", path, {"lastname": "E"}, if_match=etag)
    assert (told.status, told.code) == (412, "0x80060882")
    assert crm("DELETE", path, if_match=etag).code == "0x80060882"
    assert crm("DELETE", path).status == 204
    assert crm("DELETE", path).status == 404
    # A plain PATCH brings the row back.
    told = crm("PATCH", path, {"lastname": "F"}, prefer="return=representation")
    assert told.status == 201


@pytest.mark.parametrize(
    ("body", "code", "part"),
    [
        ({"Lastname": "x"}, "0x0", "'Lastname'"),
        ({"lastname": "x" * 51}, "0x80044331", "'lastname'"),
        ({"lastname": 5}, "0x80048d19", "Edm.String"),
        ({"donotemail": "true"}, "0x80048d19", "Edm.Boolean"),
        ({"donotemail": 1}, "0x80048d19", "Edm.Boolean"),
        ({"numberofchildren": "2"}, "0x80048d19", "Edm.Int32"),
        ({"gendercode": 9}, "0x8004431a", "outside the valid range"),
        ({"birthdate": "1980-13-01"}, "0x80048d19", "Edm.Date"),
        ({"birthdate": "1700-01-01"}, "0x80040239", "1753"),
        ({"contactid": "nope"}, "0x80048d19", "Edm.Guid"),
        ({"_ownerid_value": NEW}, "0x80060888", "Navigation properties"),
        ({"ParentCustomerId_contact@odata.bind": f"/contacts({NEW})"}, "0x80048d19", "undeclared"),
        ({"lastname@odata.bind": f"/contacts({NEW})"}, "0x80048d19", "undeclared"),
        ({"parentcustomerid_contact@odata.bind": f"/lists({NEW})"}, "0x80048d19", "lists"),
        ({"parentcustomerid_contact@odata.bind": "/contacts"}, "0x80048d19", "Invalid Id"),
        ({"statecode": 0, "statuscode": 2}, "0x80048408", "not a valid status code"),
    ],
)
def test_bad_bodies(crm: Crm, body: dict[str, Any], code: str, part: str) -> None:
    told = crm("POST", "contacts", body)
    assert (told.status, told.code) == (400, code)
    assert part in told.message
    assert crm.service.rows("contact") == []
    assert crm.service.writes == 0


def test_a_missing_target_is_not_found(crm: Crm) -> None:
    for form in (f"/contacts({MISSING})", f"contacts({MISSING})", f"{crm.api}contacts({MISSING})"):
        told = crm("POST", "gr_contacts", {"gr_CrmContactId@odata.bind": form})
        assert (told.status, told.code) == (404, "0x80040217")


def test_bodies_must_be_json(crm: Crm) -> None:
    assert crm("POST", "contacts", b"{}").code == "0x80048d19"
    assert crm("POST", "contacts", b"{", content_type="application/json").code == "0x80048d19"
    assert crm("POST", "contacts", [1]).code == "0x80048d19"


def test_computed_columns_are_ignored_or_refused(crm: Crm) -> None:
    body = {
        "lastname": "X",
        "fullname": "Y",
        "createdon": "2020-01-01T00:00:00Z",
        "versionnumber": 1,
    }
    assert crm("POST", "contacts", body).status == 204
    (row,) = crm.service.rows("contact")
    assert (row["fullname"], row["createdon"]) == ("X", "2026-03-02T08:00:00Z")
    crm.service.read_only_columns = "refuse"
    assert crm("POST", "contacts", body).code == "0x80040203"


def test_lookups_are_bound_cleared_and_shown(crm: Crm) -> None:
    a, b = crm.people(2)
    name = "gr_CrmContactId"
    for form in (f"/contacts({a})", f"contacts({a})", f"{crm.api}contacts({a})"):
        told = crm("POST", "gr_contacts", {f"{name}@odata.bind": form})
        row = told.headers["OData-EntityId"]
        assert crm.get(row).json["_gr_crmcontactid_value"] == a
    assert crm("PATCH", row, {f"{name}@odata.bind": f"/contacts({b})"}).status == 204
    assert crm.get(row).json["_gr_crmcontactid_value"] == b
    for body in ({name: None}, {f"{name}@odata.bind": None}):
        crm("PATCH", row, {f"{name}@odata.bind": f"/contacts({b})"})
        assert crm("PATCH", row, body).status == 204
        assert crm.get(row).json["_gr_crmcontactid_value"] is None
    wrong = crm("PATCH", row, {"gr_crmcontactid@odata.bind": f"/contacts({b})"})
    assert wrong.code == "0x80048d19"
    assert "undeclared property 'gr_crmcontactid'" in wrong.message
    reference = {"@odata.id": f"{crm.api}contacts({a})"}
    assert crm("PUT", f"{row}/{name}/$ref", reference).status == 204
    assert crm.get(row).json["_gr_crmcontactid_value"] == a
    assert crm("DELETE", f"{row}/{name}/$ref").status == 204
    assert crm.get(row).json["_gr_crmcontactid_value"] is None
    owner = {"ownerid@odata.bind": f"/systemusers({crm.service.store.owner})"}
    assert crm("PATCH", row, owner).status == 204
    assert crm.get(row).json["_owninguser_value"] == crm.service.store.owner


def test_v82_clears_a_lookup_by_reference_only() -> None:
    crm = Crm(version="8.2")
    contact = crm.people(1)[0]
    row = crm.service.add_row("gr_contact", gr_crmcontactid=contact)
    path = f"gr_contacts({row})"
    assert crm("PATCH", path, {"gr_CrmContactId": None}).status == 400
    assert crm("DELETE", f"{path}/gr_CrmContactId/$ref").status == 204
    assert "gr_crmcontactid" not in (crm.service.row("gr_contact", row) or {})


def test_nested_rows_are_created_together_or_not_at_all(crm: Crm) -> None:
    body = {
        "gr_name": "mirror",
        "gr_CrmContactId": {"lastname": "Deep"},
        "gr_activity_gr_grcontactid": [{"gr_name": "one"}, {"gr_name": "two"}],
    }
    assert crm("POST", "gr_contacts", body).status == 204
    (mirror,) = crm.service.rows("gr_contact")
    (contact,) = crm.service.rows("contact")
    assert mirror["gr_crmcontactid"] == contact["contactid"]
    assert {r["gr_grcontactid"] for r in crm.service.rows("gr_activity")} == {
        mirror["gr_contactid"]
    }
    assert crm.service.writes == 4
    body["gr_activity_gr_grcontactid"] = [{"gr_name": "three"}, {"gr_type": 5}]
    assert crm("POST", "gr_contacts", body).code == "0x8004431a"
    assert len(crm.service.rows("contact")) == len(crm.service.rows("gr_contact")) == 1
    assert crm.service.writes == 4


def test_single_columns(crm: Crm) -> None:
    contact = crm.people(1)[0]
    path = f"contacts({contact})/jobtitle"
    assert crm("PUT", path, {"value": "Clerk"}).status == 204
    assert crm.get(path).json["value"] == "Clerk"
    assert crm.get(f"{path}/$value").answer.body == b"Clerk"
    assert crm("DELETE", path).status == 204
    assert crm.get(path).status == 204


def test_alternate_keys(crm: Crm) -> None:
    crm.service.define_key("gr_contact", ["gr_getresponseid"])
    path = "gr_contacts(gr_getresponseid='aBc')"
    assert crm.get(path).code == "0x80060891"
    made = crm("PATCH", path, {"gr_name": "one"})
    assert made.status == 204
    # The address repeats the key: nobody learns the GUID from it.
    assert made.headers["OData-EntityId"] == crm.api + path
    told = crm(
        "PATCH", f"{path}?$select=gr_contactid", {"gr_name": "two", "gr_getresponseid": "zzz"},
        prefer="return=representation",
    )  # fmt: skip
    assert told.status == 200
    (row,) = crm.service.rows("gr_contact")
    assert (row["gr_getresponseid"], row["gr_name"]) == ("aBc", "two")
    assert told.json["gr_contactid"] == row["gr_contactid"]
    twice = crm("POST", "gr_contacts", {"gr_getresponseid": "ABC"})
    assert (twice.status, twice.code) == (412, "0x80060892")
    assert crm("POST", "gr_contacts", {}).status == 204
    assert crm.get("gr_contacts(gr_name='two')").code == "0x80060890"
    for bad in ("a+b", "a%2Bb", "a%26b", "a%2Fb", "a:b"):
        assert crm.get(f"gr_contacts(gr_getresponseid='{bad}')").status == 400
    assert crm.get("gr_contacts(gr_getresponseid='O''Brian')").code == "0x80060891"


def test_deleting_a_contact_clears_lookups_and_memberships(crm: Crm) -> None:
    a, b = crm.people(2)
    row = crm.service.add_row("gr_contact", gr_crmcontactid=a)
    known = crm.service.add_marketing_list("L", members=[a, b])
    assert crm("DELETE", f"contacts({a})").status == 204
    assert "gr_crmcontactid" not in (crm.service.row("gr_contact", row) or {})
    assert crm.service.members(known) == [b]
    assert crm.service.writes == 1


def test_links_between_campaigns_and_lists(crm: Crm) -> None:
    campaign = crm.service.add_row("campaign", name="Spring")
    known = crm.service.add_marketing_list("L")
    path = f"campaigns({campaign})/campaignlist_association"
    body = {"@odata.id": f"{crm.api}lists({known})"}
    assert crm("POST", f"{path}/$ref", body).status == 204
    assert crm("POST", f"{path}/$ref", body).code == "0x80040237"
    assert [r["listid"] for r in crm.get(path).rows] == [known]
    back = crm.get(f"lists({known})/campaignlist_association")
    assert [r["name"] for r in back.rows] == ["Spring"]
    assert crm("DELETE", f"{path}({known})/$ref").status == 204
    assert crm("DELETE", f"{path}({known})/$ref").status == 404


# --- bulk ------------------------------------------------------------------------------------


def bulk(crm: Crm, action: str, rows: list[dict[str, Any]], table: str = "gr_contact") -> Reply:
    kind = {"@odata.type": f"Microsoft.Dynamics.CRM.{table}"}
    targets = {"Targets": [kind | row for row in rows]}
    return crm("POST", f"{table}s/Microsoft.Dynamics.CRM.{action}", targets)


def guid(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


def test_upsert_multiple_creates_and_updates_by_primary_key(crm: Crm) -> None:
    rows = [{"gr_contactid": guid(n), "gr_name": f"n{n}"} for n in range(3)]
    told = bulk(crm, "UpsertMultiple", rows)
    assert (told.status, told.answer.body) == (204, b"")
    assert told.answer.operation == "gr_contacts.UpsertMultiple"
    rows[1]["gr_name"] = "changed"
    assert bulk(crm, "UpsertMultiple", rows[1:]).status == 204
    assert [r["gr_name"] for r in crm.service.rows("gr_contact")] == ["n0", "changed", "n2"]
    assert crm.service.writes == 5


def test_upsert_multiple_by_alternate_key(crm: Crm) -> None:
    crm.service.define_key("gr_contact", ["gr_getresponseid"])
    row = {"@odata.id": "gr_contacts(gr_getresponseid='k')", "gr_name": "one"}
    both = row | {"gr_getresponseid": "k"}
    told = bulk(crm, "UpsertMultiple", [both])
    assert (told.status, told.code) == (400, "0x80040216")
    assert bulk(crm, "UpsertMultiple", [row]).status == 204
    assert bulk(crm, "UpsertMultiple", [both | {"gr_name": "two"}]).status == 204
    (held,) = crm.service.rows("gr_contact")
    assert (held["gr_getresponseid"], held["gr_name"]) == ("k", "two")


def test_bulk_calls_are_all_or_nothing(crm: Crm) -> None:
    link = crm.get("gr_contacts", prefer="odata.track-changes").json["@odata.deltaLink"]
    rows: list[dict[str, Any]] = [{"gr_contactid": guid(1)}, {"gr_contactid": guid(2), "gr_x": 1}]
    assert bulk(crm, "UpsertMultiple", rows).status == 400
    assert crm.service.rows("gr_contact") == []
    assert crm.get(link).rows == []
    assert crm.service.writes == 0
    assert bulk(crm, "UpdateMultiple", [{"gr_contactid": guid(1)}]).code == "0x80040217"
    twice = bulk(crm, "UpsertMultiple", [{"gr_contactid": guid(1)}] * 2)
    assert twice.status == 412
    made = bulk(crm, "CreateMultiple", [{"gr_name": "a"}, {"gr_contactid": guid(5)}])
    assert (made.status, made.json["Ids"][1]) == (200, guid(5))
    assert bulk(crm, "UpdateMultiple", [{"gr_contactid": guid(5), "gr_name": "b"}]).status == 204


def test_bulk_limits(crm: Crm) -> None:
    rows: list[dict[str, Any]] = [{"gr_name": str(n)} for n in range(1001)]
    assert bulk(crm, "CreateMultiple", rows).status == 400
    untyped = {"Targets": [{"gr_name": "x"}]}
    told = crm("POST", "gr_contacts/Microsoft.Dynamics.CRM.CreateMultiple", untyped)
    assert told.code == "0x80048d19"
    assert bulk(crm, "CreateMultiple", [{"listname": "x"}], "list").status == 400
    assert "not yet been implemented" in bulk(crm, "DeleteMultiple", [{}]).message
    older = Crm(version="9.1")
    assert bulk(older, "UpsertMultiple", rows[:1]).status == 404


# --- batches ---------------------------------------------------------------------------------


def part(method: str, url: str, body: str = "", number: str = "", **headers: str) -> str:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if number:
        lines.append(f"Content-ID: {number}")
    lines += ["", f"{method} {url} HTTP/1.1"]
    lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
    if body:
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", body]) + "\r\n"


def joined(boundary: str, *parts: str) -> str:
    return "".join(f"--{boundary}\r\n{p}" for p in parts) + f"--{boundary}--\r\n"


def change_set(boundary: str, *parts: str) -> str:
    kind = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n"
    return kind + joined(boundary, *parts)


def send(crm: Crm, text: str, **headers: str) -> Reply:
    kind = headers.pop("content_type", 'multipart/mixed; boundary="b"')
    return crm("POST", "$batch", text.encode(), content_type=kind, **headers)


def statuses(told: Reply) -> list[int]:
    lines = told.answer.body.decode().split("\r\n")
    return [int(line.split()[1]) for line in lines if line.startswith("HTTP/1.1 ")]


def test_a_batch_answers_in_order(crm: Crm) -> None:
    contacts = crm.api + "contacts"
    row = '{"gr_name":"a -- b","gr_CrmContactId@odata.bind":"$1"}'
    told = send(
        crm,
        joined(
            "b",
            change_set(
                "c",
                part("POST", contacts, '{"lastname":"Ż"}', "1"),
                part("POST", crm.api + "gr_contacts", row, "2"),
                part("PATCH", "$1", '{"firstname":"A"}', "3"),
            ),
            part("GET", "/api/data/v9.2/contacts?$select=fullname"),
            part("POST", contacts, '{"lastname":"Two"}'),
        ),
    )
    assert told.status == 200
    assert statuses(told) == [204, 204, 204, 200, 204]
    kind = told.headers["Content-Type"]
    assert kind.startswith("multipart/mixed; boundary=batchresponse_")
    mark = "--" + kind.partition("=")[2]
    text = told.answer.body.decode()
    assert text.startswith(mark + "\r\nContent-Type: multipart/mixed; boundary=changesetresponse_")
    assert text.endswith(f"\r\n{mark}--\r\n")
    assert '"fullname":"A Ż"' in text
    assert text.count("OData-EntityId: ") == 4
    assert "Content-ID: 2\r\n\r\nHTTP/1.1 204 No Content\r\n" in text
    (mirror,) = crm.service.rows("gr_contact")
    assert (crm.service.row("contact", mirror["gr_crmcontactid"]) or {})["lastname"] == "Ż"
    assert crm.service.writes == 4
    assert told.answer.operation == "$batch"


def test_a_failed_change_set_is_undone_and_answered_once(crm: Crm) -> None:
    contact = crm.people(1)[0]
    link = crm.get("contacts", prefer="odata.track-changes").json["@odata.deltaLink"]
    bad = change_set(
        "c",
        part("POST", crm.api + "contacts", '{"lastname":"A"}', "1"),
        part("PATCH", f"{crm.api}contacts({contact})", '{"lastname":"B"}', "2"),
        part("DELETE", f"{crm.api}contacts({contact})", number="3"),
        part("POST", crm.api + "contacts", '{"nope":"A"}', "4"),
    )
    told = send(crm, joined("b", bad, part("GET", crm.api + "contacts")))
    assert told.status == 400
    assert statuses(told) == [400]
    assert "Content-ID: 4" in told.answer.body.decode()
    assert [r["contactid"] for r in crm.service.rows("contact")] == [contact]
    assert crm.get(link).rows == []
    assert crm.service.writes == 0
    on = send(
        crm, joined("b", bad, part("GET", crm.api + "contacts")), prefer="odata.continue-on-error"
    )
    assert (on.status, statuses(on)) == (200, [400, 200])


def test_continue_on_error_needs_9_1(crm: Crm) -> None:
    older = Crm(version="9.0")
    text = joined("b", part("GET", older.api + "nope"), part("GET", older.api + "contacts"))
    told = send(older, text, prefer="odata.continue-on-error")
    assert (told.status, statuses(told)) == (404, [404])
    loose = joined("b", part("POST", older.api + "contacts", "{}"))
    assert send(older, loose).code == "0x80048d19"


def test_the_bytes_of_a_batch_must_be_right(crm: Crm) -> None:
    good = joined("b", part("POST", crm.api + "contacts", '{"lastname":"A"}'))
    for bad in (good[:-2], good.replace("\r\n", "\n"), good.replace("--b--", "--b"), "", "--b--"):
        told = send(crm, bad)
        assert (told.status, told.code) == (400, "0x80048d19")
        assert "Stream was not readable" in told.message
    assert send(crm, good, content_type="application/json").code == "0x80048d19"
    no_end = "\r\n".join([part("GET", crm.api + "WhoAmI").strip(), ""])
    assert send(crm, joined("b", no_end)).code == "0x80048d19"
    assert crm.service.rows("contact") == []
    assert send(crm, good).status == 200


def test_rules_of_change_sets(crm: Crm) -> None:
    post = part("POST", crm.api + "contacts", "{}", "1")
    for parts in (
        (post, post),
        (part("GET", crm.api + "contacts", number="1"),),
        (part("POST", crm.api + "contacts", "{}"),),
    ):
        assert send(crm, joined("b", change_set("c", *parts))).code == "0x80048d19"
    shown = part("POST", crm.api + "contacts", "{}", "1", Prefer="return=representation")
    told = send(crm, joined("b", change_set("c", shown, part("PATCH", "$1", "{}", "2"))))
    assert told.status == 400
    assert "Content-ID Reference: '$1' does not exist" in told.answer.body.decode()
    many = [part("GET", crm.api + "WhoAmI")] * 1001
    assert send(crm, joined("b", *many)).status == 400
    assert send(crm, joined("b", part("POST", crm.api + "$batch", "{}"))).status == 400
