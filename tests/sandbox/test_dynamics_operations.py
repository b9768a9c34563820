"""Functions, actions, roles and impersonation of the Dynamics room."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.dynamics_kit import Crm, Reply

CRM = "Microsoft.Dynamics.CRM."
OBJECT_ID = "azureactivedirectoryobjectid"


@pytest.fixture
def crm() -> Crm:
    return Crm()


def entity(table: str, row: str) -> dict[str, str]:
    return {f"{table}id": row, "@odata.type": f"Microsoft.Dynamics.CRM.{table}"}


def act(crm: Crm, entity_set: str, row: str, name: str, body: Any = None) -> Reply:
    return crm("POST", f"{entity_set}({row})/{CRM}{name}", {} if body is None else body)


# --- the organisation ------------------------------------------------------------------------


def test_the_organisation_tells_about_itself(crm: Crm) -> None:
    access = f"{CRM}EndpointAccessType'Default'"
    told = crm.get(f"RetrieveCurrentOrganization(AccessType={access})")
    assert told.answer.operation == "RetrieveCurrentOrganization"
    detail = told.json["Detail"]
    assert detail["OrganizationId"] == crm.service.store.org
    assert detail["OrganizationVersion"] == crm.get("RetrieveVersion()").json["Version"]
    assert detail["Endpoints"]["Values"][0] == f"{crm.service.url}/"
    assert crm.get("RetrieveCurrentOrganization(AccessType='Default')").status == 200
    for wrong in ("AccessType='Nowhere'", "AccessType=Default"):
        assert crm.get(f"RetrieveCurrentOrganization({wrong})").status == 400
    assert crm.get("RetrieveCurrentOrganization").status == 404
    older = Crm(version="8.2")
    assert older.get("RetrieveCurrentOrganization(AccessType='Default')").status == 400
    assert older.get(f"RetrieveCurrentOrganization(AccessType=@p)?@p={access}").status == 200


def test_provisioned_languages(crm: Crm) -> None:
    crm.service.languages = [1033, 1036]
    told = crm.get("RetrieveProvisionedLanguages").json
    assert told["RetrieveProvisionedLanguages"] == [1033, 1036]


def test_record_counts_are_a_snapshot_or_the_truth(crm: Crm) -> None:
    crm.people(3)
    path = "RetrieveTotalRecordCount(EntityNames=@p)?@p=" + quote("['contact','account']")
    told = crm.get(path).json["EntityRecordCountCollection"]
    assert dict(zip(told["Keys"], told["Values"], strict=True)) == {"contact": 3, "account": 0}
    crm.service.record_counts["contact"] = 2
    assert crm.get(path).json["EntityRecordCountCollection"]["Values"] == [2, 0]
    assert Crm(version="8.2").get(path).status == 404
    assert crm.get("RetrieveTotalRecordCount(EntityNames=@p)?@p=['nope']").status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "RetrieveProvisionedLanguages"),
        ("GET", "Merge"),
        ("GET", "AddListMembersList"),
        ("GET", "WhoAmI(A=1)"),
        ("GET", "WhoAmI/UserId"),
        ("POST", "RetrieveRolePrivilegesRole"),
    ],
)
def test_operations_called_by_the_wrong_verb_are_not_there(
    crm: Crm, method: str, path: str
) -> None:
    told = crm(method, path, {} if method == "POST" else None)
    assert (told.status, told.code) == (404, "0x80060888")


# --- roles -----------------------------------------------------------------------------------


def privilege(crm: Crm, name: str) -> str:
    told = crm.query("privileges", select="name,privilegeid", filter=f"name eq '{name}'")
    (row,) = told.rows
    return str(row["privilegeid"])


def row(crm: Crm, name: str, depth: str = "Global", **more: str) -> dict[str, str]:
    return {
        "Depth": depth,
        "PrivilegeId": privilege(crm, name),
        "BusinessUnitId": crm.service.store.unit,
        **more,
    }


def held(crm: Crm, role: str) -> dict[str, str]:
    told = crm.get(f"RetrieveRolePrivilegesRole(RoleId={role})").json["RolePrivileges"]
    return {p["PrivilegeName"]: p["Depth"] for p in told}


def test_a_new_role_has_nine_privileges_until_they_are_replaced(crm: Crm) -> None:
    unit = f"/businessunits({crm.service.store.unit})"
    made = crm("POST", "roles", {"name": "Ours", "businessunitid@odata.bind": unit})
    role = made.headers["OData-EntityId"].rpartition("(")[2][:-1]
    assert len(held(crm, role)) == 9
    body = {"Privileges": [row(crm, "prvReadContact"), row(crm, "prvWritegr_List", "Basic")]}
    assert act(crm, "roles", role, "AddPrivilegesRole", body).status == 204
    assert len(held(crm, role)) == 11
    assert act(crm, "roles", role, "ReplacePrivilegesRole", body).status == 204
    assert held(crm, role) == {"prvReadContact": "Global", "prvWritegr_List": "Basic"}
    gone = {"Privilege": {"privilegeid": privilege(crm, "prvReadContact")}}
    assert act(crm, "roles", role, "RemovePrivilegeRole", gone).status == 204
    assert act(crm, "roles", role, "RemovePrivilegeRole", gone).status == 404
    assert held(crm, role) == {"prvWritegr_List": "Basic"}


def test_privileges_that_cannot_be_given(crm: Crm) -> None:
    role = crm.service.add_role("Ours", {})
    good = row(crm, "prvReadContact")
    for wrong, status in (
        (good | {"Depth": "Everywhere"}, 400),
        (good | {"PrivilegeId": crm.service.store.org}, 404),
        (good | {"Nope": 1}, 400),
        (row(crm, "prvReadRole", "Basic"), 400),
    ):
        body = {"Privileges": [good, wrong]}
        assert act(crm, "roles", role, "AddPrivilegesRole", body).status == status
    crm.service.revoke(crm.service.service_role, "prvReadContact")
    told = act(crm, "roles", role, "AddPrivilegesRole", {"Privileges": [good]})
    assert (told.status, told.code) == (403, "0x80040220")
    assert held(crm, role) == {}


def test_v82_knows_no_privilege_names() -> None:
    crm = Crm(version="8.2")
    role = crm.service.add_role("Ours", {})
    named = row(crm, "prvReadContact", PrivilegeName="prvReadContact")
    assert act(crm, "roles", role, "AddPrivilegesRole", {"Privileges": [named]}).status == 400
    del named["PrivilegeName"]
    assert act(crm, "roles", role, "AddPrivilegesRole", {"Privileges": [named]}).status == 204
    told = crm.get(f"RetrieveRolePrivilegesRole(RoleId={role})").json["RolePrivileges"]
    assert set(told[0]) == {"Depth", "PrivilegeId", "BusinessUnitId"}


def test_a_failed_change_set_leaves_the_role_as_it_was(crm: Crm) -> None:
    role = crm.service.add_role("Ours", {})
    text = "\r\n".join([
        "--b", "Content-Type: multipart/mixed; boundary=c", "",
        "--c", "Content-Type: application/http", "Content-Transfer-Encoding: binary",
        "Content-ID: 1", "",
        f"POST {crm.api}roles({role})/{CRM}AddPrivilegesRole HTTP/1.1",
        "Content-Type: application/json", "",
        json.dumps({"Privileges": [row(crm, "prvReadContact")]}),
        "--c", "Content-Type: application/http", "Content-Transfer-Encoding: binary",
        "Content-ID: 2", "", f"DELETE {crm.api}contacts({role}) HTTP/1.1", "", "",
        "--c--", "--b--", "",
    ])  # fmt: skip
    told = crm("POST", "$batch", text.encode(), content_type="multipart/mixed; boundary=b")
    assert told.status == 404
    assert held(crm, role) == {}


def test_access_to_a_row_is_told_as_flags(crm: Crm) -> None:
    contact = crm.people(1)[0]
    role = crm.service.add_role("Readers", {"prvReadContact": "Basic", "prvWriteContact": "Global"})
    user = crm.service.add_user("Ola", "Reader", roles=[role])
    path = (
        f"systemusers({user})/{CRM}RetrievePrincipalAccess(Target=@p1)"
        f"?@p1={{'@odata.id':'contacts({contact})'}}"
    )
    assert crm.get(path).json["AccessRights"] == "WriteAccess"
    crm.service.edit_contact(contact, ownerid=user)
    assert crm.get(path).json["AccessRights"] == "ReadAccess, WriteAccess"
    crm.service.take_role(user, role)
    assert crm.get(path).json["AccessRights"] == "None"
    missing = path.replace(contact, crm.service.store.org)
    assert crm.get(missing).code == "0x80040217"
    assert crm.get(path.partition("(Target")[0]).status == 404


# --- who may do what -------------------------------------------------------------------------


@pytest.fixture
def clerk(crm: Crm) -> str:
    """A user who sees contacts of her own, and no list."""
    everything = {f"prv{a}Contact": "Basic" for a in ("Create", "Read", "Write", "Delete")}
    role = crm.service.add_role("Clerk", everything)
    return crm.service.add_user("Ewa", "Clerk", roles=[role])


def test_below_global_depth_other_peoples_rows_are_not_there(crm: Crm, clerk: str) -> None:
    mine, other = crm.people(2)
    crm.service.edit_contact(mine, ownerid=clerk)
    as_clerk = {"mscrmcallerid": clerk}
    for path in ("contacts?$select=contactid", "contacts?$orderby=lastname",
                 "contacts?$filter=contains(emailaddress1,'example')",
                 "contacts?fetchXml=" + quote("<fetch><entity name='contact'/></fetch>")):  # fmt: skip
        assert [r["contactid"] for r in crm.get(path, **as_clerk).rows] == [mine]
        assert len(crm.get(path).rows) == 2
    assert crm.get("contacts/$count", **as_clerk).answer.body == "\ufeff1".encode()
    told = crm.get("contacts?$apply=aggregate($count%20as%20n)", **as_clerk)
    assert told.rows == [{"n": 1}]
    for method, body in (("GET", None), ("PATCH", {"lastname": "X"}), ("DELETE", None)):
        told = crm(method, f"contacts({other})", body, **as_clerk)
        assert (told.status, told.code) == (403, "0x80048306")
    assert crm("PATCH", f"contacts({mine})", {"lastname": "X"}, **as_clerk).status == 204
    assert crm.get("lists", **as_clerk).code == "0x80040220"
    assert crm.get(f"lists({other})", **as_clerk).code == "0x80040220"
    told = crm.get("contacts", prefer="odata.track-changes", **as_clerk)
    assert (told.status, told.code) == (403, "0x80040220")


def test_units_reach_down(crm: Crm) -> None:
    service = crm.service
    below = service.add_row("businessunit", name="South", parentbusinessunitid=service.store.unit)
    far = service.add_user("Jan", "South")
    service.edit_row("systemuser", far, businessunitid=below)
    role = service.add_role("Heads", {"prvReadContact": "Local"})
    head = service.add_user("Ala", "Head", roles=[role])
    near, theirs = crm.people(2)
    service.edit_contact(theirs, ownerid=far)
    as_head = {"mscrmcallerid": head}
    assert [r["contactid"] for r in crm.get("contacts", **as_head).rows] == [near]
    service.grant(role, "prvReadContact", "Deep")
    assert len(crm.get("contacts", **as_head).rows) == 2


def test_who_impersonates_has_the_rights_that_both_have(crm: Crm, clerk: str) -> None:
    as_clerk = {"mscrmcallerid": clerk}
    made = crm("POST", "contacts", {"lastname": "Own"}, **as_clerk)
    contact = made.headers["OData-EntityId"].rpartition("(")[2][:-1]
    held = crm.service.row("contact", contact) or {}
    assert (held["ownerid"], held["createdby"]) == (clerk, clerk)
    assert crm("DELETE", f"contacts({contact})", **as_clerk).status == 204
    crm.service.revoke(crm.service.service_role, "prvCreateContact")
    told = crm("POST", "contacts", {"lastname": "Own"}, **as_clerk)
    assert (told.status, told.code) == (403, "0x80040220")
    assert "prvCreateContact" in told.message


def test_both_headers_of_impersonation(crm: Crm, clerk: str) -> None:
    object_id = (crm.service.row("systemuser", clerk) or {})[OBJECT_ID]
    assert crm.get("WhoAmI", callerobjectid=object_id).json["UserId"] == clerk
    assert crm.get("WhoAmI", callerobjectid=clerk).code == "0x80040217"
    older = f"{crm.service.url}/api/data/v8.2/WhoAmI"
    assert crm.get(older, callerobjectid=object_id).json["UserId"] == crm.service.store.user
    assert crm.get(older, mscrmcallerid=clerk).json["UserId"] == clerk
    crm.service.revoke(crm.service.service_role, "prvActOnBehalfOfAnotherUser")
    for headers in ({"mscrmcallerid": clerk}, {"callerobjectid": object_id}):
        told = crm.get("WhoAmI", **headers)
        assert (told.status, told.code) == (403, "0x80040220")
        assert "prvActOnBehalfOfAnotherUser" in told.message


def test_users_without_roles_or_disabled_are_turned_away(crm: Crm, clerk: str) -> None:
    service = crm.service
    crm.service.edit_row("systemuser", clerk, isdisabled=True)
    assert crm.get("WhoAmI", mscrmcallerid=clerk).code == "0x80040225"
    service.take_role(service.store.user, service.service_role)
    told = crm.get("WhoAmI")
    assert (told.status, told.code) == (403, "0x80042f09")
    service.give_role(service.store.user, service.service_role)
    assert crm.get("WhoAmI").status == 200
    service.edit_row("systemuser", service.store.user, isdisabled=True)
    assert crm.get("WhoAmI").code == "0x80040225"


def test_a_role_is_given_by_reference(crm: Crm) -> None:
    user = crm.service.add_user("Iga", "New")
    body = {"@odata.id": f"{crm.api}roles({crm.service.staff_role})"}
    path = f"systemusers({user})/systemuserroles_association/$ref"
    assert crm.get("contacts", mscrmcallerid=user).code == "0x80042f09"
    assert crm("POST", path, body).status == 204
    assert crm.get("contacts", mscrmcallerid=user).status == 200
    roles = crm.get(f"systemusers({user})/systemuserroles_association?$select=name").rows
    assert [r["name"] for r in roles] == ["Marketing user"]


BYPASS = [
    ({"mscrm.bypasscustompluginexecution": "true"}, "prvBypassCustomPlugins"),
    ({"mscrm.bypassbusinesslogicexecution": "CustomSync,CustomAsync"},
     "prvBypassCustomBusinessLogic"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "name"), BYPASS)
def test_custom_logic_is_bypassed_by_privilege(
    crm: Crm, headers: dict[str, str], name: str
) -> None:
    assert crm("POST", "contacts", {"lastname": "A"}, **headers).status == 204
    crm.service.revoke(crm.service.service_role, name)
    told = crm("POST", "contacts", {"lastname": "A"}, **headers)
    assert (told.status, told.code) == (403, "0x80040220")
    assert name in told.message
    wrong = {"mscrm.bypassbusinesslogicexecution": "Everything"}
    assert crm.get("contacts", **wrong).status == 400


def test_duplicates_are_detected_when_asked_for(crm: Crm) -> None:
    crm.service.duplicate_rules["contact"] = ("emailaddress1",)
    asked = {"mscrm.suppressduplicatedetection": "false"}
    (contact,) = crm.people(1)
    same = {"emailaddress1": "P0@example.com"}
    assert crm("POST", "contacts", same).status == 204
    told = crm("POST", "contacts", same, **asked)
    assert (told.status, told.code) == (412, "0x80040333")
    crm.service.edit_contact(contact, email="else@example.com")
    assert crm("PATCH", f"contacts({contact})", same, **asked).code == "0x80040333"
    assert crm("PATCH", f"contacts({contact})", {"lastname": "Y"}, **asked).status == 204
    older = Crm(version="8.2")
    older.service.duplicate_rules["contact"] = ("emailaddress1",)
    older.people(1)
    assert older("POST", "contacts", same).status == 204
    older.service.detects_duplicates_v82 = True
    assert older("POST", "contacts", same).code == "0x80040333"


# --- lists, campaigns, merges ----------------------------------------------------------------


def test_a_dynamic_list_is_copied_into_a_locked_static_one(crm: Crm) -> None:
    a, _ = crm.people(2)
    crm.service.edit_contact(a, jobtitle="Boss")
    text = (
        "<fetch><entity name='contact'><filter><condition attribute='jobtitle' operator='eq' "
        "value='boss'/></filter></entity></fetch>"
    )
    dynamic = crm.service.add_marketing_list("D", dynamic=True, query=text)
    told = act(crm, "lists", dynamic, "CopyDynamicListToStatic")
    assert told.status == 200
    assert told.json["@odata.context"].endswith("#lists/$entity")
    assert (told.json["type"], told.json["lockstatus"]) == (False, True)
    copy = told.json["listid"]
    assert crm.service.members(copy) == [a]
    assert act(crm, "lists", copy, "CopyDynamicListToStatic").code == "0x8004f704"


def test_members_are_copied_between_static_lists(crm: Crm) -> None:
    a, b, c = crm.people(3)
    service = crm.service
    source = service.add_marketing_list("S", members=[a, b])
    target = service.add_marketing_list("T", members=[b, c])
    body = {"TargetList": entity("list", target)}
    assert act(crm, "lists", source, "CopyMembersList", body).status == 204
    assert service.members(target) == sorted([a, b, c])
    service.lock_list(target)
    assert act(crm, "lists", source, "CopyMembersList", body).code == "0x80040302"
    other = {"TargetList": entity("list", service.add_marketing_list("A", target="account"))}
    assert act(crm, "lists", source, "CopyMembersList", other).code == "0x80040306"
    dynamic = service.add_marketing_list("D", dynamic=True, query="<fetch/>")
    body = {"TargetList": entity("list", dynamic)}
    assert act(crm, "lists", source, "CopyMembersList", body).code == "0x8004f701"


def test_a_list_of_accounts_takes_accounts(crm: Crm) -> None:
    account = crm.service.add_row("account", name="Firm")
    contact = crm.people(1)[0]
    known = crm.service.add_marketing_list("A", target="account")
    body = {"List": entity("list", known), "Members": [entity("account", account)]}
    assert crm("POST", "AddListMembersList", body).status == 204
    firms = crm.get(f"lists({known})/listaccount_association?$select=name").rows
    assert [r["name"] for r in firms] == ["Firm"]
    assert crm.get(f"lists({known})/listcontact_association").rows == []
    body["Members"] = [entity("contact", contact)]
    assert crm("POST", "AddListMembersList", body).code == "0x80040301"
    told = act(crm, "lists", known, "AddMemberList", {"EntityId": contact})
    assert told.code == "0x80040301"
    row = crm.query("listmembers", prefer='odata.include-annotations="*"').rows[0]
    assert row["entitytype"] == "account"
    assert row[f"_entityid_value@{CRM}lookuplogicalname"] == "account"


def test_a_list_becomes_an_item_of_a_campaign(crm: Crm) -> None:
    campaign = crm.service.add_row("campaign", name="Spring")
    known = crm.service.add_marketing_list("L")
    body = {"Campaign": entity("campaign", campaign)}
    told = act(crm, "lists", known, "AddItemCampaign", body)
    assert told.status == 200
    assert (told.json["entityid"], told.json["_campaignid_value"]) == (known, campaign)
    told = crm.get(f"campaigns({campaign})/campaignlist_association?$select=listname")
    assert [r["listname"] for r in told.rows] == ["L"]
    assert act(crm, "lists", known, "AddItemCampaign", body).code == "0x80040237"
    body = {"Campaign": entity("campaign", known)}
    assert act(crm, "lists", known, "AddItemCampaign", body).code == "0x80040217"


def merge(crm: Crm, table: str, winner: str, loser: str, **changes: Any) -> Reply:
    body = {
        "Target": entity(table, winner),
        "Subordinate": entity(table, loser),
        "UpdateContent": {"@odata.type": f"{CRM}{table}"},
        "PerformParentingChecks": False,
    }
    return crm("POST", "Merge", body | changes)


def test_accounts_are_merged_too(crm: Crm) -> None:
    a, b = (crm.service.add_row("account", name=n) for n in "AB")
    content = {"@odata.type": f"{CRM}account", "telephone1": "1"}
    assert merge(crm, "account", a, b, UpdateContent=content).status == 204
    loser = crm.service.row("account", b) or {}
    assert (loser["masterid"], loser["merged"], loser["statecode"]) == (a, True, 1)
    assert (crm.service.row("account", a) or {})["telephone1"] == "1"
    contact = crm.people(1)[0]
    mixed = merge(crm, "account", a, a, Subordinate=entity("contact", contact))
    assert mixed.code == "0x80040301"
    assert merge(crm, "lead", a, b).code == "0x80040301"


def test_merges_that_are_refused(crm: Crm) -> None:
    a, b = crm.people(2)
    crm.service.edit_contact(a, parentcustomerid=b)
    assert merge(crm, "contact", a, b, PerformParentingChecks=True).code == "0x80045300"
    crm.service.revoke(crm.service.service_role, "prvMerge")
    told = merge(crm, "contact", a, b)
    assert (told.status, told.code) == (403, "0x80045301")
    crm.service.grant(crm.service.service_role, "prvMerge")
    assert merge(crm, "contact", a, b).status == 204
