"""Functions, actions, merging, lists, users and definitions as values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from connectors.core.call import Call, Response, WriteClass
from connectors.dynamics import calls
from connectors.dynamics.calls import Member, Ref, metadata, users
from connectors.dynamics.models import (
    ACCOUNTS,
    CAMPAIGNS,
    CONTACTS,
    USERS,
    AccessRight,
    Authority,
    Depth,
    ListTarget,
    Organization,
    Privilege,
    RowId,
)
from connectors.dynamics.models.metadata import KeyStatus, Option
from connectors.errors import BadRequest, ConfigError, DecodeError, NotFound, Unauthenticated

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "00000000-0000-0000-0000-00000000000a"
CRM = "Microsoft.Dynamics.CRM"


def ok(value: object) -> Response:
    return Response(status=200, body=json.dumps(value).encode())


def refused(code: str, status: int) -> Response:
    body = json.dumps({"error": {"code": code, "message": "x"}})
    return Response(status=status, body=body.encode())


def options(call: Call[Any]) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.request.query).items()}


def body(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


# --- any function, any action ----------------------------------------------------------------


def test_a_function_without_parameters_is_its_name() -> None:
    call = calls.call_function("WhoAmI")

    assert (call.request.method, call.request.path, call.request.query) == ("GET", "WhoAmI", "")
    assert call.write_class is WriteClass.IDEMPOTENT
    assert call.decode(ok({"UserId": ID})) == {"UserId": ID}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (Decimal("0.10"), "0.10"),
        ("O'Brien & Co", "'O''Brien & Co'"),
        (UUID(ID), ID),
        (date(2026, 5, 1), "2026-05-01"),
        (datetime(2026, 5, 1, tzinfo=UTC), "2026-05-01T00:00:00Z"),
        (Member("EndpointAccessType", "Default"), f"{CRM}.EndpointAccessType'Default'"),
        (Ref(CONTACTS.ref(ID)), f'{{"@odata.id": "contacts({ID})"}}'),
        (["a", "b'c"], '["a","b\'c"]'),
        ({"at": datetime(2026, 5, 1, tzinfo=UTC)}, '{"at":"2026-05-01T00:00:00Z"}'),
    ],
)
def test_parameters_travel_as_aliases(value: Any, text: str) -> None:
    call = calls.call_function("Do", {"A": value, "B": 1}, bound_to=USERS.path(ID))

    assert call.request.path == f"systemusers({ID})/{CRM}.Do(A=@p1,B=@p2)"
    assert options(call) == {"@p1": text, "@p2": "1"}
    assert call.request.query.isascii()


def test_actions_post_their_parameters() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    call = calls.call_action(
        "gr_Do",
        {
            "Who": calls.entity(CONTACTS, ID, {"lastname": "B"}),
            "At": at,
            "How": Member("Kind", "Fast"),
        },
        bound_to="contacts",
    )

    assert (call.request.method, call.request.path) == ("POST", f"contacts/{CRM}.gr_Do")
    assert call.write_class is WriteClass.UNSAFE
    assert body(call) == {
        "Who": {"@odata.type": f"{CRM}.contact", "contactid": ID, "lastname": "B"},
        "At": "2026-05-01T00:00:00Z",
        "How": "Fast",
    }
    assert call.decode(Response(status=204)) is None
    assert body(calls.call_action("PublishAllXml")) == {}


@pytest.mark.parametrize(
    "build",
    [
        lambda: calls.call_function("Who Am I"),
        lambda: calls.call_function("x/y"),
        lambda: calls.call_function("F", {"a b": 1}),
        lambda: calls.call_function("F", {"a": object()}),  # type: ignore[dict-item]
        lambda: calls.call_function("F", bound_to="contacts/x"),
        lambda: calls.call_action("A", bound_to="https://evil.example/x"),
        lambda: calls.call_action("A", {"x": float("nan")}),
        lambda: calls.call_action("A", {"x": Ref(CONTACTS.ref(ID))}),
        lambda: Member("Kind", "a'b"),
        lambda: Ref("ada"),
        lambda: calls.entity(CONTACTS, "ada"),
    ],
)
def test_operations_that_cannot_be_are_refused(build: Any) -> None:
    with pytest.raises(ConfigError):
        build()


# --- the environment -------------------------------------------------------------------------


def test_the_environment_tells_of_itself() -> None:
    organization = calls.current_organization()
    detail = {
        "OrganizationId": ID.upper(),
        "UniqueName": "contoso",
        "FriendlyName": "Contoso",
        "OrganizationVersion": "9.2.1",
    }

    assert organization.request.path == "RetrieveCurrentOrganization(AccessType=@p1)"
    assert options(organization) == {"@p1": f"{CRM}.EndpointAccessType'Default'"}
    assert organization.decode(ok({"Detail": detail})) == Organization(
        organization_id=RowId(ID),
        unique_name="contoso",
        friendly_name="Contoso",
        version="9.2.1",
    )
    languages = calls.provisioned_languages()
    assert languages.decode(ok({"RetrieveProvisionedLanguages": [1033, 1031]})) == (1033, 1031)


def test_whole_tables_are_counted_beyond_five_thousand() -> None:
    call = calls.total_record_counts(["contact", "gr_list"])
    answer = {"EntityRecordCountCollection": {"Keys": ["contact", "gr_list"], "Values": [70000, 3]}}

    assert call.request.path == "RetrieveTotalRecordCount(EntityNames=@p1)"
    assert options(call) == {"@p1": '["contact","gr_list"]'}
    assert call.decode(ok(answer)) == {"contact": 70000, "gr_list": 3}
    with pytest.raises(DecodeError):
        call.decode(ok({"EntityRecordCountCollection": {"Keys": ["contact"], "Values": []}}))
    for wrong in ([], ["Contact"], ["x']"]):
        with pytest.raises(ConfigError):
            calls.total_record_counts(wrong)


def test_where_to_sign_in_is_asked_without_signing_in() -> None:
    call = calls.discover_authority("https://contoso.crm4.dynamics.com/api/data/v9.2")
    told = (
        "Bearer authorization_uri=https://login.microsoftonline.com/t/oauth2/authorize, "
        "resource_id=https://contoso.crm4.dynamics.com/"
    )

    assert call.authorized is False
    assert call.decode(Response(status=401, headers={"www-authenticate": told})) == Authority(
        authority="https://login.microsoftonline.com/t/oauth2/authorize",
        resource="https://contoso.crm4.dynamics.com/",
    )
    with pytest.raises(Unauthenticated, match="Windows sign-in alone"):
        call.decode(Response(status=401, headers={"www-authenticate": "Negotiate"}))
    with pytest.raises(DecodeError):
        call.decode(Response(status=200, body=b"{}"))


# --- merging ---------------------------------------------------------------------------------


def test_a_merge_names_both_and_what_changes() -> None:
    call = calls.merge(ID, OTHER, values={"jobtitle": "x"})
    kind = {"@odata.type": f"{CRM}.contact"}

    assert (call.request.path, call.write_class) == ("Merge", WriteClass.MARKED)
    assert body(call) == {
        "Target": {**kind, "contactid": ID},
        "Subordinate": {**kind, "contactid": OTHER},
        "UpdateContent": {**kind, "jobtitle": "x"},
        "PerformParentingChecks": False,
    }
    accounts = calls.merge(ID, OTHER, table=ACCOUNTS, check_parents=True)
    assert body(accounts)["Target"] == {"@odata.type": f"{CRM}.account", "accountid": ID}
    assert body(accounts)["UpdateContent"] == {"@odata.type": f"{CRM}.account"}
    assert body(accounts)["PerformParentingChecks"] is True


def test_merges_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="with itself"):
        calls.merge(ID, ID.upper())
    with pytest.raises(ConfigError, match="rows of campaign cannot be merged"):
        calls.merge(ID, OTHER, table=CAMPAIGNS)
    with pytest.raises(ConfigError, match="target_id must be a GUID"):
        calls.merge("ada", OTHER)


# --- marketing lists -------------------------------------------------------------------------


def test_lists_of_accounts_and_leads_have_members_too() -> None:
    read = calls.list_members(ID, target=ListTarget.LEAD).at(None)
    add = calls.add_list_members(ID, [OTHER], target=ListTarget.ACCOUNT)
    remove = calls.remove_list_member(ID, OTHER, target=ListTarget.ACCOUNT)

    assert read.request.path == f"lists({ID})/listlead_association"
    assert options(read) == {"$select": "leadid", "$orderby": "leadid"}
    assert body(add)["Members"] == [{"@odata.type": f"{CRM}.account", "accountid": OTHER}]
    assert remove.request.path == f"lists({ID})/listaccount_association({OTHER})/$ref"


def test_who_is_on_no_list_counts_as_taken_off_and_a_locked_list_does_not() -> None:
    call = calls.remove_list_member(ID, OTHER)

    call.decode(refused("0x80048458", 400))
    call.decode(refused("0x80040217", 404))
    with pytest.raises(BadRequest, match="unlock"):
        call.decode(refused("0x80040302", 400))
    with pytest.raises(BadRequest):
        call.decode(refused("0x8006088a", 404))


def test_entries_are_found_by_list_by_member_and_by_both() -> None:
    assert options(calls.list_entries(ID).at(None))["$filter"] == f"_listid_value eq {ID}"
    assert options(calls.lists_of(OTHER).at(None))["$filter"] == f"_entityid_value eq {OTHER}"
    entry = calls.list_entry(ID, OTHER).at(None)
    assert entry.request.path == "listmembers"
    assert options(entry)["$filter"] == f"_listid_value eq {ID} and _entityid_value eq {OTHER}"
    assert calls.delete_list_entry(ID).request.path == f"listmembers({ID})"


def test_lists_are_copied_locked_and_used_in_campaigns() -> None:
    copy = calls.copy_to_static(ID)
    members = calls.copy_members(ID, OTHER)
    use = calls.add_to_campaign(ID, OTHER)

    assert (copy.request.path, body(copy)) == (f"lists({ID})/{CRM}.CopyDynamicListToStatic", {})
    assert copy.decode(ok({"listid": OTHER.upper(), "listname": "x"})) == OTHER
    assert body(members) == {"TargetList": {"@odata.type": f"{CRM}.list", "listid": OTHER}}
    assert body(use) == {"Campaign": {"@odata.type": f"{CRM}.campaign", "campaignid": OTHER}}
    assert use.decode(ok({"campaignitemid": ID})) == ID
    assert body(calls.lock_list(ID, True)) == {"lockstatus": True}


# --- users and roles -------------------------------------------------------------------------

HELD = {"Depth": "Global", "PrivilegeId": ID, "BusinessUnitId": OTHER}


def test_privileges_come_with_or_without_names() -> None:
    call = users.held_privileges(OTHER)
    rows = [{**HELD, "PrivilegeName": "prvReadContact"}, {**HELD, "Depth": "RecordFilter"}]

    named, bare = call.decode(ok({"@odata.context": "x", "RolePrivileges": rows}))

    assert call.request.path == f"systemusers({OTHER})/{CRM}.RetrieveUserPrivileges"
    assert (named.depth, named.name, named.business_unit_id) == (
        Depth.GLOBAL,
        "prvReadContact",
        OTHER,
    )
    assert (bare.depth, bare.name) == ("RecordFilter", None)
    role = users.role_privileges(ID)
    assert (role.request.path, options(role)) == (
        "RetrieveRolePrivilegesRole(RoleId=@p1)",
        {"@p1": ID},
    )


def test_roles_are_given_privileges_without_names() -> None:
    held = Privilege(
        privilege_id=RowId(ID), depth=Depth.BASIC, business_unit_id=RowId(OTHER), name="prvX"
    )
    add = users.add_privileges(OTHER, [held])

    assert add.request.path == f"roles({OTHER})/{CRM}.AddPrivilegesRole"
    assert body(add) == {
        "Privileges": [{"PrivilegeId": ID, "Depth": "Basic", "BusinessUnitId": OTHER}]
    }
    replace = users.replace_privileges(OTHER, [Privilege(privilege_id=RowId(ID), depth=Depth.DEEP)])
    assert replace.request.path.endswith("ReplacePrivilegesRole")
    assert body(replace) == {"Privileges": [{"PrivilegeId": ID, "Depth": "Deep"}]}
    assert body(users.remove_privilege(OTHER, ID)) == {"Privilege": {"privilegeid": ID}}


def test_access_to_a_row_is_a_set_of_rights() -> None:
    call = users.principal_access(OTHER, CONTACTS.ref(ID))

    assert call.request.path == (f"systemusers({OTHER})/{CRM}.RetrievePrincipalAccess(Target=@p1)")
    assert options(call) == {"@p1": f'{{"@odata.id": "contacts({ID})"}}'}
    assert call.decode(ok({"AccessRights": "ReadAccess, WriteAccess, NewAccess"})) == {
        AccessRight.READ,
        AccessRight.WRITE,
        "NewAccess",
    }
    assert call.decode(ok({"AccessRights": "None"})) == frozenset()


# --- definitions -----------------------------------------------------------------------------


def test_tables_are_found_by_name() -> None:
    row = {
        "MetadataId": ID,
        "LogicalName": "gr_list",
        "SchemaName": "gr_List",
        "EntitySetName": "gr_lists",
        "ChangeTrackingEnabled": True,
        "OwnershipType": "UserOwned",
    }
    find = metadata.find_table("gr_list")

    assert find.request.path == "EntityDefinitions"
    assert options(find)["$filter"] == "LogicalName eq 'gr_list'"
    found = find.decode(ok({"value": [row]}))
    assert found is not None
    assert (found.entity_set, found.tracks_changes, found.type_code) == ("gr_lists", True, None)
    assert find.decode(ok({"value": []})) is None
    get = metadata.get_table("gr_list")
    assert get.request.path == "EntityDefinitions(LogicalName='gr_list')"
    assert get.decode(ok(row)) == found
    with pytest.raises(ConfigError, match="lower case"):
        metadata.find_table("GR_List")


def test_what_a_table_has_is_asked_below_it() -> None:
    columns = metadata.table_columns("gr_list")
    row = {
        "MetadataId": ID,
        "LogicalName": "gr_name",
        "SchemaName": "gr_Name",
        "AttributeType": "String",
        "RequiredLevel": {"Value": "ApplicationRequired", "CanBeChanged": True},
    }

    assert columns.request.path == "EntityDefinitions(LogicalName='gr_list')/Attributes"
    (column,) = columns.decode(ok({"value": [row]}))
    assert (column.type, column.required and column.required.value) == (
        "String",
        "ApplicationRequired",
    )
    key = {
        "MetadataId": ID,
        "LogicalName": "k",
        "SchemaName": "K",
        "KeyAttributes": ["gr_id"],
        "EntityKeyIndexStatus": "Active",
    }
    (found,) = metadata.table_keys("gr_list").decode(ok({"value": [key]}))
    assert (found.columns, found.status) == (("gr_id",), KeyStatus.ACTIVE)
    assert metadata.many_to_one("x").request.path.endswith("/ManyToOneRelationships")
    assert metadata.one_to_many("x").request.path.endswith("/OneToManyRelationships")
    assert metadata.many_to_many("x").request.path.endswith("/ManyToManyRelationships")


def label(text: str, *, user: bool = True) -> dict[str, Any]:
    one = {"Label": text, "LanguageCode": 1033}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one if user else None}


OPTIONS = {
    "Name": "gr_status",
    "IsGlobal": True,
    "Options": [
        {"Value": 727000000, "Label": label("New")},
        {"Value": 727000001, "Label": label("Old", user=False)},
        {"Value": 727000002, "Label": None},
    ],
}


def test_choices_are_read_from_the_column_or_by_their_own_name() -> None:
    column = metadata.column_choice("gr_list", "gr_status")
    expected = (
        Option(value=727000000, label="New", labels=((1033, "New"),)),
        Option(value=727000001, label="Old", labels=((1033, "Old"),)),
        Option(value=727000002, label=None),
    )

    assert column.request.path == (
        "EntityDefinitions(LogicalName='gr_list')/Attributes(LogicalName='gr_status')/"
        f"{CRM}.PicklistAttributeMetadata"
    )
    for answer in ({"OptionSet": OPTIONS, "GlobalOptionSet": None}, {"GlobalOptionSet": OPTIONS}):
        choice = column.decode(ok(answer))
        assert (choice.name, choice.is_global, choice.options) == ("gr_status", True, expected)
    with pytest.raises(DecodeError, match="no options of gr_status"):
        column.decode(ok({}))
    own = metadata.global_choice("gr_status")
    assert own.request.path == "GlobalOptionSetDefinitions(Name='gr_status')"
    assert own.decode(ok(OPTIONS)).options == expected


def test_the_oldest_version_finds_a_choice_among_all() -> None:
    call = metadata.global_choice("gr_Status", by_name=False)

    assert call.request.path == "GlobalOptionSetDefinitions"
    assert call.decode(ok({"value": [{"Name": "other"}, OPTIONS]})).name == "gr_status"
    with pytest.raises(NotFound, match="no global choice"):
        call.decode(ok({"value": []}))
    with pytest.raises(ConfigError):
        metadata.global_choice("x')")


def test_privileges_of_a_table_are_those_that_roles_need() -> None:
    row = {"Name": "prvReadgr_List", "PrivilegeId": ID, "PrivilegeType": "Read",
           "CanBeBasic": True, "CanBeLocal": True, "CanBeDeep": True, "CanBeGlobal": True}  # fmt: skip

    (found,) = metadata.table_privileges("gr_list").decode(ok({"Privileges": [row]}))

    assert (found.name, found.type, found.can_be_global) == ("prvReadgr_List", "Read", True)


def test_a_question_can_be_put_past_the_caches() -> None:
    call = metadata.up_to_date(metadata.table_keys("gr_list"))

    assert dict(call.request.headers)["Consistency"] == "Strong"
