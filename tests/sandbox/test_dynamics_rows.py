"""Keys, etags, references and bulk messages of the Dynamics room, version by version."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.dynamics_kit import Crm, Reply

CRM = "Microsoft.Dynamics.CRM."
MISSING = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
def crm() -> Crm:
    return Crm()


# --- keys ------------------------------------------------------------------------------------


def test_a_key_works_once_its_index_is_built(crm: Crm) -> None:
    key = ["gr_getresponseid"]
    crm.service.define_key("gr_contact", key, status="Pending")
    path = "gr_contacts(gr_getresponseid='a')"
    assert crm.get(path).code == "0x80060890"
    assert crm("PATCH", path, {"gr_name": "n"}).code == "0x80060890"
    for _ in range(2):
        assert crm("POST", "gr_contacts", {"gr_getresponseid": "twice"}).status == 204
    crm.service.define_key("gr_contact", key)
    assert crm("PATCH", path, {"gr_name": "n"}).status == 204
    assert crm.get(path).json["gr_name"] == "n"
    assert crm("POST", "gr_contacts", {"gr_getresponseid": "a"}).code == "0x80060892"


def test_keys_of_several_columns_and_of_lookups(crm: Crm) -> None:
    contact = crm.people(1)[0]
    crm.service.define_key("gr_contact", ["gr_origin", "gr_crmcontactid"])
    crm.service.define_key("gr_contact", ["gr_engagementscore"])
    path = f"gr_contacts(gr_origin='web',_gr_crmcontactid_value={contact})"
    made = crm("PATCH", path, {"gr_name": "n"}, prefer="return=representation")
    assert made.status == 201
    assert made.headers["OData-EntityId"] == crm.api + path
    assert (made.json["gr_origin"], made.json["_gr_crmcontactid_value"]) == ("web", contact)
    turned = f"gr_contacts(_gr_crmcontactid_value={contact},gr_origin='WEB')"
    assert crm.get(turned).json["gr_name"] == "n"
    assert crm("DELETE", "gr_contacts(gr_engagementscore=4)").code == "0x80060891"
    assert crm.get("gr_contacts(gr_engagementscore='4')").status == 400
    bind = {"gr_GrContactId@odata.bind": f"/{path}", "gr_name": "x"}
    assert crm("POST", "gr_activities", bind).status == 204


def test_body_keys_win_when_an_upsert_creates(crm: Crm) -> None:
    crm.service.define_key("gr_contact", ["gr_getresponseid"])
    path = "gr_contacts(gr_getresponseid='url')"
    assert crm("PATCH", path, {"gr_getresponseid": "body"}).status == 204
    assert crm.get(path).code == "0x80060891"
    assert crm.get("gr_contacts(gr_getresponseid='body')").status == 200
    insert = crm("PATCH", "gr_contacts(gr_getresponseid='body')", {}, if_none_match="*")
    assert (insert.status, insert.code) == (412, "0x80040237")
    update = crm("PATCH", path, {"gr_name": "x"}, if_match="*")
    assert (update.status, update.code) == (404, "0x80060891")


def test_users_are_addressed_as_owners(crm: Crm) -> None:
    user = crm.service.store.user
    assert crm.get(f"systemusers({user})").status == 200
    assert crm.get(f"systemusers(ownerid={user})").status == 200
    assert crm.get(f"systemusers(systemuserid={user})").code == "0x80060890"


# --- etags and single columns ----------------------------------------------------------------


def test_tables_without_optimistic_concurrency_take_no_etags(crm: Crm) -> None:
    contact = crm.people(1)[0]
    path = f"contacts({contact})"
    etag = crm.get(path).json["@odata.etag"]
    assert crm.get(path, if_none_match=etag).status == 304
    told = crm.get(path, if_none_match=etag, prefer='odata.include-annotations="*"')
    assert told.status == 200
    assert crm.get(f"{path}?$expand=ownerid", if_none_match=etag).status == 200
    schema = crm.service.store.tables["contact"].schema
    schema.versioned = False
    assert crm.get(path, if_none_match=etag).status == 200
    for method, body in (("PATCH", {"lastname": "X"}), ("DELETE", None)):
        told = crm(method, path, body, if_match=etag)
        assert (told.status, told.code) == (400, "0x8006088d")
    assert crm("PATCH", path, {"lastname": "X"}, if_match="*").status == 204


def test_single_columns_heed_etags_and_the_form_of_the_body(crm: Crm) -> None:
    contact = crm.people(1)[0]
    path = f"contacts({contact})/jobtitle"
    etag = crm.get(f"contacts({contact})").json["@odata.etag"]
    assert crm("PUT", path, {"value": "A"}, if_match=etag).status == 204
    assert crm("PUT", path, {"value": "B"}, if_match=etag).code == "0x80060882"
    assert crm("PUT", path, {"jobtitle": "B"}).code == "0x80048d19"
    assert crm("PUT", path, {"value": 5}).code == "0x80048d19"
    assert crm("PUT", f"contacts({contact})/nope", {"value": 5}).code == "0x8006088a"


def test_a_row_is_not_bound_and_nested_at_once(crm: Crm) -> None:
    contact = crm.people(1)[0]
    body = {"gr_CrmContactId@odata.bind": f"/contacts({contact})", "gr_CrmContactId": {}}
    assert crm("POST", "gr_contacts", body).code == "0x80048d19"


# --- references ------------------------------------------------------------------------------

COLLECTION = "gr_contact_gr_crmcontactid"


@pytest.fixture
def pair(crm: Crm) -> tuple[str, str]:
    """A contact and a mirror that is not tied to it."""
    return crm.people(1)[0], crm.service.add_row("gr_contact", gr_name="m")


def tied(crm: Crm, mirror: str) -> Any:
    return (crm.service.row("gr_contact", mirror) or {}).get("gr_crmcontactid")


@pytest.mark.parametrize("form", ["absolute", "relative", "rooted", "api"])
def test_references_are_added_and_removed_in_all_forms(
    crm: Crm, pair: tuple[str, str], form: str
) -> None:
    contact, mirror = pair
    base = {
        "absolute": crm.api,
        "relative": "",
        "rooted": "/",
        "api": "https://contoso.api.crm4.dynamics.com/api/data/v9.2/",
    }[form]
    body = {"@odata.id": f"{base}gr_contacts({mirror})"}
    path = f"contacts({contact})/{COLLECTION}"
    assert crm("POST", f"{path}/$ref", body).status == 204
    assert tied(crm, mirror) == contact
    assert crm("DELETE", f"{path}({mirror})/$ref").status == 204
    assert tied(crm, mirror) is None
    assert crm("DELETE", f"{path}({mirror})/$ref").status == 404
    crm("POST", f"{path}/$ref", body)
    assert crm("DELETE", f"{path}/$ref?$id={crm.api}gr_contacts({mirror})").status == 204
    single = f"gr_contacts({mirror})/gr_CrmContactId/$ref"
    assert crm("PUT", single, {"@odata.id": f"{base}contacts({contact})"}).status == 204
    assert tied(crm, mirror) == contact
    assert crm("DELETE", single).status == 204
    assert tied(crm, mirror) is None


def test_references_that_are_refused(crm: Crm, pair: tuple[str, str]) -> None:
    contact, mirror = pair
    path = f"contacts({contact})/{COLLECTION}/$ref"
    known = crm.service.add_marketing_list("L")
    for value, status in (
        (f"{crm.api}gr_contacts({MISSING})", 404),
        (f"{crm.api}lists({known})", 400),
        (f"https://other.crm4.dynamics.com/api/data/v9.2/gr_contacts({mirror})", 400),
        (f"{crm.api}gr_contacts", 400),
        (None, 400),
    ):
        assert crm("POST", path, {"@odata.id": value}).status == status
    assert crm("PUT", path, {"@odata.id": f"{crm.api}gr_contacts({mirror})"}).status == 405
    single = f"gr_contacts({mirror})/gr_CrmContactId/$ref"
    assert crm("POST", single, {"@odata.id": f"{crm.api}contacts({contact})"}).status == 405
    association = f"lists({known})/listcontact_association/$ref"
    assert crm("POST", association, {"@odata.id": f"{crm.api}contacts({contact})"}).status == 405
    assert tied(crm, mirror) is None


def test_v82_takes_absolute_references_alone() -> None:
    crm = Crm(version="8.2")
    contact, mirror = crm.people(1)[0], crm.service.add_row("gr_contact", gr_name="m")
    path = f"gr_contacts({mirror})/gr_CrmContactId/$ref"
    assert crm("PUT", path, {"@odata.id": f"contacts({contact})"}).status == 400
    assert crm("PUT", path, {"@odata.id": f"{crm.api}contacts({contact})"}).status == 204
    bind = {"gr_CrmContactId@odata.bind": f"/contacts({contact})"}
    assert crm("PATCH", f"gr_contacts({mirror})", bind).status == 204
    crm.service.relative_references_v82 = True
    assert crm("PUT", path, {"@odata.id": f"contacts({contact})"}).status == 204


# --- bulk messages ---------------------------------------------------------------------------


def bulk(crm: Crm, action: str, *rows: dict[str, Any], table: str = "gr_contact") -> Reply:
    kind = {"@odata.type": f"{CRM}{table}"}
    return crm("POST", f"{table}s/{CRM}{action}", {"Targets": [kind | r for r in rows]})


def probed(crm: Crm, action: str, table: str) -> bool:
    text = f"sdkmessageid/name eq '{action}' and primaryobjecttypecode eq '{table}'"
    told = crm.query("sdkmessagefilters", select="sdkmessagefilterid", filter=text)
    return bool(told.rows)


def test_the_probe_says_what_the_actions_do(crm: Crm) -> None:
    row = {"gr_name": "x"}
    assert probed(crm, "UpsertMultiple", "gr_contact")
    crm.service.bulk_messages("gr_contact", "CreateMultiple")
    assert not probed(crm, "UpsertMultiple", "gr_contact")
    assert probed(crm, "CreateMultiple", "gr_contact")
    assert bulk(crm, "CreateMultiple", row).status == 200
    told = bulk(crm, "UpsertMultiple", {"gr_contactid": MISSING})
    assert (told.status, told.code) == (400, "0x80040800")
    assert bulk(crm, "CreateMultiple", {"listname": "x", "createdfromcode": 2},
                table="list").status == 400  # fmt: skip
    crm.service.bulk_messages("list", "CreateMultiple")
    made = bulk(crm, "CreateMultiple", {"listname": "x", "createdfromcode": 2}, table="list")
    assert made.status == 200
    assert crm.service.writes == 2


def test_newer_builds_may_tell_what_an_upsert_created(crm: Crm) -> None:
    assert bulk(crm, "UpsertMultiple", {"gr_contactid": MISSING}).status == 204
    crm.service.upsert_results = True
    rows = [{"gr_contactid": MISSING}, {"gr_contactid": MISSING.replace("dead", "beef")}]
    told = bulk(crm, "UpsertMultiple", *rows)
    assert told.status == 200
    assert [r["RecordCreated"] for r in told.json["Results"]] == [False, True]


def test_update_multiple_by_alternate_key(crm: Crm) -> None:
    crm.service.define_key("gr_contact", ["gr_getresponseid"])
    row = {"@odata.id": "gr_contacts(gr_getresponseid='k')", "gr_name": "n"}
    assert bulk(crm, "UpdateMultiple", row).status in (400, 404)
    crm("PATCH", "gr_contacts(gr_getresponseid='k')", {})
    assert bulk(crm, "UpdateMultiple", row).status == 204
    assert crm.get("gr_contacts(gr_getresponseid='k')").json["gr_name"] == "n"
