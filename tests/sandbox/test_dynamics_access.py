"""Sign-in, headers, versions, privileges and limits of the Dynamics room."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.sandbox import dynamics
from connectors.sandbox.dynamics import Dynamics
from connectors.sandbox.kernel import Clock, Request
from tests.sandbox.dynamics_kit import Crm


def test_the_room_imports_nothing_of_the_library_but_the_kernel() -> None:
    for file in Path(dynamics.__file__).parent.glob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) < 500
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert all(not a.name.startswith("connectors") for a in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level > 1:
                assert (node.level, node.module) == (2, "kernel")
            elif isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("connectors")


def test_a_token_lets_the_caller_in_until_it_ends() -> None:
    crm = Crm()
    told = crm.token().json
    assert (told["token_type"], told["expires_in"], told["ext_expires_in"]) == (
        "Bearer", 3599, 3599,
    )  # fmt: skip
    me = crm.get("WhoAmI")
    assert me.status == 200
    assert set(me.json) == {"@odata.context", "BusinessUnitId", "UserId", "OrganizationId"}
    assert me.headers["x-ms-dop-hint"].isdigit()
    assert me.headers["Date"] == "Mon, 02 Mar 2026 08:00:00 GMT"
    assert me.answer.operation == "WhoAmI"
    crm.clock.sleep(3599)
    late = crm.get("WhoAmI")
    assert (late.status, late.answer.body) == (401, b"")
    assert late.headers["WWW-Authenticate"] == (
        f"Bearer authorization_uri={crm.service.authority}/oauth2/authorize, "
        f"resource_id={crm.service.url}/"
    )
    crm.sign_in()
    assert crm.get("WhoAmI").status == 200
    crm.service.revoke_tokens()
    assert crm.get("WhoAmI").status == 401


def test_the_v1_endpoint_takes_a_resource() -> None:
    crm = Crm()
    crm.bearer = crm.token("/oauth2/token").json["access_token"]
    assert crm.get("WhoAmI").status == 200


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", "AADSTS7000215"),
        ({"client_id": "nobody"}, 400, "unauthorized_client", "AADSTS700016"),
        ({"scope": "https://contoso.crm4.dynamics.com"}, 400, "invalid_scope", "AADSTS1002012"),
        ({"scope": "https://other.crm4.dynamics.com/.default"}, 400, "invalid_resource",
         "AADSTS500011"),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type", "AADSTS70003"),
    ],
)  # fmt: skip
def test_wrong_sign_ins(changes: dict[str, str], status: int, error: str, code: str) -> None:
    told = Crm().token(**changes)
    assert (told.status, told.json["error"]) == (status, error)
    assert told.json["error_description"].startswith(f"{code}:")
    assert told.answer.operation == "token"


def test_a_double_slash_in_the_scope_makes_a_token_for_nobody() -> None:
    crm = Crm()
    crm.bearer = crm.token(scope=f"{crm.service.url}//.default").json["access_token"]
    assert crm.get("WhoAmI").status == 401


def test_the_api_host_is_served_too() -> None:
    crm = Crm()
    assert crm.get("https://contoso.api.crm4.dynamics.com/api/data/v9.2/WhoAmI").status == 200
    assert not crm.service.serves(Request("GET", "https://elsewhere.example/", {}, b""))


def test_without_an_application_user_nothing_works() -> None:
    crm = Crm()
    crm.service.application_user = False
    told = crm.get("WhoAmI")
    assert (told.status, told.code) == (403, "0x80072560")


@pytest.mark.parametrize("name", ["odata_version", "odata_maxversion", "accept"])
def test_the_headers_are_required(name: str) -> None:
    told = Crm()("GET", "contacts", **{name: ""})
    assert told.status == 400
    assert name.replace("_", "-").split("-")[0] in told.message.lower()


def test_versions_up_to_the_servers_own_are_known() -> None:
    crm = Crm(version="9.0")
    assert crm.get("RetrieveVersion").json["Version"].startswith("9.0.")
    base = f"{crm.service.url}/api/data/"
    assert crm.get(f"{base}v8.2/WhoAmI").status == 200
    for wrong in ("v9.2", "v9.1", "9.0", "v9", "vx"):
        told = crm.get(f"{base}{wrong}/WhoAmI")
        assert (told.status, told.code) == (400, "0x80060888")
    with pytest.raises(ValueError, match="version"):
        Dynamics(Clock(), version="7.0")
    with pytest.raises(ValueError, match="on-premises"):
        Dynamics(Clock(), version="9.2", deployment="on-premises")


def test_functions_called_by_the_wrong_verb_are_not_there() -> None:
    told = Crm()("POST", "WhoAmI", {})
    assert told.status == 404
    assert told.message.startswith("No HTTP resource was found")


def test_what_the_room_does_not_know_names_itself() -> None:
    crm = Crm()
    for path, name in (
        ("leads", "GET leads"),
        ("contacts?$apply=concat(aggregate($count%20as%20n))", "$apply=concat(…)"),
        ("RetrieveEntityChanges(EntityName='contact')", "GET RetrieveEntityChanges"),
        ("contacts?$filter=Microsoft.Dynamics.CRM.Under(PropertyName='parentcustomerid',"
         "PropertyValue='x')", "Microsoft.Dynamics.CRM.Under"),
    ):  # fmt: skip
        told = crm.get(path)
        assert (told.status, told.answer.operation) == (501, "unknown")
        assert name in told.message
    told = crm("POST", "PublishAllXml", {})
    assert (told.status, "POST PublishAllXml" in told.message) == (501, True)
    told = crm.get("nonsense")
    assert (told.status, told.code) == (404, "0x8006088a")
    assert told.message == "Resource not found for the segment 'nonsense'."
    assert crm.get("Contacts").code == "0x8006088a"


def test_a_denied_privilege_is_named() -> None:
    crm = Crm()
    contact = crm.people(1)[0]
    crm.service.denied = {("contact", "Read")}
    told = crm.get("contacts")
    assert (told.status, told.code) == (403, "0x80040220")
    assert "prvReadContact" in told.message
    body = {"gr_getresponseid": "a", "gr_CrmContactId@odata.bind": f"/contacts({contact})"}
    for table, access in (
        ("gr_contact", "Create"),
        ("contact", "AppendTo"),
        ("gr_contact", "Append"),
    ):
        crm.service.denied = {(table, access)}
        told = crm("POST", "gr_contacts", body)
        assert told.status == 403
        assert f"prv{access}{'Contact' if table == 'contact' else 'gr_Contact'} " in told.message
    assert crm.service.rows("gr_contact") == []


def test_the_privileges_of_the_caller() -> None:
    crm = Crm()
    crm.service.denied = {("gr_list", "Write")}
    me = crm.get("WhoAmI").json["UserId"]
    told = crm.get(f"systemusers({me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges")
    names = {p["PrivilegeName"] for p in told.json["RolePrivileges"]}
    assert "prvReadContact" in names
    assert "prvWritegr_List" not in names
    older = Crm(version="8.2")
    me = older.get("WhoAmI").json["UserId"]
    told = older.get(f"systemusers({me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges")
    assert set(told.json["RolePrivileges"][0]) == {"Depth", "PrivilegeId", "BusinessUnitId"}


def test_service_protection_refuses_the_burst_and_then_lets_go() -> None:
    crm = Crm()
    crm.service.limits = True
    crm.service.limit_requests = 5
    for _ in range(5):
        told = crm.get("WhoAmI")
        crm.clock.sleep(1)
    assert told.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "0"
    first, second = crm.get("WhoAmI"), crm.get("WhoAmI")
    assert (first.status, first.code) == (429, "0x80072322")
    assert int(second.headers["Retry-After"]) > int(first.headers["Retry-After"])
    crm.clock.sleep(int(second.headers["Retry-After"]))
    assert crm.get("WhoAmI").status == 200


def test_the_time_of_bulk_calls_counts_against_the_limit() -> None:
    crm = Crm()
    crm.service.limits = True
    crm.service.bulk_seconds_per_row = 600.0
    rows = [{"@odata.type": "Microsoft.Dynamics.CRM.gr_list", "gr_name": n} for n in "abc"]
    before = crm.clock.monotonic()
    action = "gr_lists/Microsoft.Dynamics.CRM.CreateMultiple"
    assert crm("POST", action, {"Targets": rows}).status == 200
    assert crm.clock.monotonic() - before == 1800
    assert crm.get("WhoAmI").code == "0x80072321"


def test_on_premises_signs_in_with_a_password_and_a_resource() -> None:
    crm = Crm(version="9.1", deployment="on-premises")
    service = crm.service
    good = {"resource": service.resource}
    user = {"grant_type": "password", "username": service.username, "password": service.password}
    told = crm.token("/oauth2/token", **user, resource=service.url)
    assert told.json["error_description"].startswith("MSIS9329")
    crm.bearer = crm.token("/oauth2/token", **good).json["access_token"]
    refused = crm.get("WhoAmI")
    assert refused.status == 401
    assert "WWW-Authenticate" not in refused.headers
    service.upn_rule = True
    crm.bearer = crm.token("/oauth2/token", **good).json["access_token"]
    assert crm.get("WhoAmI").status == 200
    crm.bearer = crm.token("/oauth2/token", **good, **user).json["access_token"]
    me = crm.get("WhoAmI")
    assert me.status == 200
    assert "x-ms-dop-hint" not in me.headers
    assert "innererror" in crm.get("nonsense").json["error"]
    service.claims = False
    assert crm.get("WhoAmI").headers["WWW-Authenticate"] == "Negotiate, NTLM"


def test_table_definitions_tell_what_is_installed() -> None:
    crm = Crm()
    told = crm.get("EntityDefinitions(LogicalName='list')?$select=EntitySetName,Privileges")
    assert told.answer.operation == "EntityDefinitions.get"
    assert told.json["EntitySetName"] == "lists"
    assert {p["Name"] for p in told.json["Privileges"]} >= {"prvReadList", "prvWriteList"}
    named = "EntityDefinitions?$select=LogicalName&$filter=LogicalName%20eq%20'{}'"
    assert [r["LogicalName"] for r in crm.get(named.format("gr_list")).rows] == ["gr_list"]
    assert crm.get(named.format("gr_none")).rows == []
    crm.service.uninstall_marketing()
    assert crm.get("EntityDefinitions(LogicalName='list')").status == 404
    assert crm.get("lists").status == 404


def test_the_same_seed_makes_the_same_ids() -> None:
    assert Crm().people(3) == Crm().people(3)


def test_impersonation_changes_the_user() -> None:
    crm = Crm()
    told = crm.get("WhoAmI", mscrmcallerid=crm.service.store.owner)
    assert told.json["UserId"] == crm.service.store.owner
    assert crm.get("WhoAmI").json["UserId"] == crm.service.store.user
    assert crm.get("WhoAmI", mscrmcallerid=crm.service.store.org).status == 400


def test_time_moves_the_stamps() -> None:
    crm = Crm()
    contact = crm.people(1)[0]
    crm.clock.advance(timedelta(hours=1))
    crm.service.edit_contact(contact, email=None)
    row = crm.service.row("contact", contact)
    assert row is not None
    assert (row["createdon"], row["modifiedon"]) == (
        "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z",
    )  # fmt: skip
    assert "emailaddress1" not in row
