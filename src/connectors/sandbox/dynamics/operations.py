"""Which functions and actions there are, on which table, in which version, and who does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..kernel import Answer
from . import functions, lists, merge, roles
from .call import Call
from .errors import Unknown, no_segment
from .parameters import TYPE, no_resource

Unbound = Callable[[Call, str | None], Answer]
"""(call, text between the parentheses)"""
Bound = Callable[[Call, str, str | None], Answer]
"""(call, id of the row, text between the parentheses)"""


@dataclass(frozen=True, slots=True)
class Operation:
    """A function or an action."""

    name: str
    kind: Literal["Function", "Action"]
    run: Unbound | Bound
    table: str = ""
    """Table it is bound to; empty when it is not."""
    parameters: tuple[tuple[str, str], ...] = ()
    returns: str = ""
    since: tuple[int, int] = (8, 2)

    def there(self, call: Call) -> bool:
        """Whether this server has it under the version of the call's address."""
        state, tables = call.state, call.state.store.tables
        if self.name == "RemoveMemberList" and not state.remove_member_action:
            return False
        needed = "list" if self.name == "AddListMembersList" else self.table
        return call.number >= self.since and (not needed or needed in tables)


def _action(run: Callable[[Call], Answer]) -> Unbound:
    return lambda call, inner: run(call)


_PRIVILEGES = (("Privileges", "Collection(mscrm.RolePrivilege)"),)
OPERATIONS = (
    Operation("WhoAmI", "Function", functions.who_am_i, returns="WhoAmIResponse"),
    Operation("RetrieveVersion", "Function", functions.version, returns="RetrieveVersionResponse"),
    Operation(
        "RetrieveProvisionedLanguages",
        "Function",
        functions.languages,
        returns="RetrieveProvisionedLanguagesResponse",
    ),
    Operation(
        "RetrieveCurrentOrganization",
        "Function",
        functions.organization,
        parameters=(("AccessType", "mscrm.EndpointAccessType"),),
        returns="RetrieveCurrentOrganizationResponse",
    ),
    Operation(
        "RetrieveTotalRecordCount",
        "Function",
        functions.record_count,
        parameters=(("EntityNames", "Collection(Edm.String)"),),
        returns="RetrieveTotalRecordCountResponse",
        since=(9, 0),
    ),
    Operation(
        "RetrieveRolePrivilegesRole",
        "Function",
        roles.role_privileges,
        parameters=(("RoleId", "Edm.Guid"),),
        returns="RetrieveRolePrivilegesRoleResponse",
    ),
    Operation(
        "RetrieveUserPrivileges",
        "Function",
        roles.user_privileges,
        "systemuser",
        returns="RetrieveUserPrivilegesResponse",
    ),
    Operation(
        "RetrievePrincipalAccess",
        "Function",
        roles.principal_access,
        "systemuser",
        (("Target", "mscrm.crmbaseentity"),),
        "RetrievePrincipalAccessResponse",
    ),
    Operation("AddPrivilegesRole", "Action", roles.add_privileges, "role", _PRIVILEGES),
    Operation("ReplacePrivilegesRole", "Action", roles.replace_privileges, "role", _PRIVILEGES),
    Operation(
        "RemovePrivilegeRole",
        "Action",
        roles.remove_privilege,
        "role",
        (("Privilege", "mscrm.privilege"),),
    ),
    Operation(
        "Merge",
        "Action",
        _action(merge.merge),
        parameters=(
            ("Target", "mscrm.crmbaseentity"),
            ("Subordinate", "mscrm.crmbaseentity"),
            ("UpdateContent", "mscrm.crmbaseentity"),
            ("PerformParentingChecks", "Edm.Boolean"),
        ),
    ),
    Operation(
        "AddListMembersList",
        "Action",
        _action(lists.add_list_members),
        parameters=(("List", "mscrm.list"), ("Members", "Collection(mscrm.crmbaseentity)")),
    ),
    Operation(
        "AddMemberList",
        "Action",
        lists.add_member,
        "list",
        (("EntityId", "Edm.Guid"),),
        "AddMemberListResponse",
    ),
    Operation(
        "RemoveMemberList",
        "Action",
        lists.remove_member_action,
        "list",
        (("ListMember", "mscrm.listmember"),),
        since=(9, 0),
    ),
    Operation("CopyDynamicListToStatic", "Action", lists.copy_dynamic, "list", returns="list"),
    Operation(
        "CopyMembersList", "Action", lists.copy_members, "list", (("TargetList", "mscrm.list"),)
    ),
    Operation(
        "AddItemCampaign",
        "Action",
        lists.add_item("list"),
        "list",
        (("Campaign", "mscrm.campaign"),),
        "campaignitem",
    ),
    Operation(
        "AddItemCampaign",
        "Action",
        lists.add_item("campaign"),
        "campaign",
        (("Campaign", "mscrm.campaign"),),
        "campaignitem",
    ),
)
_BY_NAME = {(o.table, o.name): o for o in OPERATIONS}
_REAL_NAMES = """
    AddSolutionComponent AddUserToRecordTeam AssociateEntities BackgroundSendEmail BulkDelete
    BulkDetectDuplicates CreateCustomerRelationships CreateEntities CreatePolymorphicLookupAttribute
    DeleteAndPromote DeleteOptionSet DeleteOptionValue ExportSolution FetchXmlToQueryExpression
    GetValidManyToMany GrantAccess ImportSolution ImportSolutionAsync InitializeFrom
    InsertOptionValue InsertStatusValue ModifyAccess OrderOption PublishAllXml PublishXml
    QueryExpressionToFetchXml ReactivateEntityKey RetrieveAllEntities RetrieveDuplicates
    RetrieveEntityChanges RetrieveMetadataChanges RetrieveSharedPrincipalsAndAccess RevokeAccess
    RollupMarketingRelationship SendBulkMail StageAndUpgrade StageAndUpgradeAsync UpdateOptionValue
    ValidateSavedQuery AddItemToCampaign RemoveItemCampaign CopyCampaign AddMembersTeam
    RemoveMembersTeam RetrieveUnpublishedMultiple RetrieveUnpublished RetrieveTeamPrivileges
    RetrievePrincipalAccess RetrieveUserQueues RetrieveMembersBulkOperation CreateActivitiesList
"""
REAL = frozenset(_REAL_NAMES.split())
"""Operations that real servers have and this one does not simulate."""


def unbound(call: Call, name: str, inner: str | None, rest: list[str]) -> Answer | None:
    """Perform an unbound function or action; None when there is none of that name."""
    found = _BY_NAME.get(("", name))
    if found is None:
        if name in REAL:
            call.operation = name
            raise Unknown(f"{call.method} {name}")
        return None
    call.operation = name
    if not found.there(call):
        raise no_segment(name)
    _verb(call, found, inner, rest)
    run: Unbound = found.run  # type: ignore[assignment]
    return run(call, inner)


def bound(
    call: Call, table: str, row_id: str, name: str, inner: str | None, rest: list[str]
) -> Answer:
    """Perform a function or action bound to a row."""
    found = _BY_NAME.get((table, name))
    if found is None and name in REAL:
        raise Unknown(f"{call.method} {call.operation}")
    if found is None or not found.there(call):
        raise no_segment(f"{TYPE}{name}")
    _verb(call, found, inner, rest)
    run: Bound = found.run  # type: ignore[assignment]
    return run(call, row_id, inner)


def _verb(call: Call, found: Operation, inner: str | None, rest: list[str]) -> None:
    function = found.kind == "Function"
    wrong = call.method != ("GET" if function else "POST") or bool(rest)
    no_resource(call, wrong or (not function and inner is not None))
