"""Every standard name that the client speaks is in the `$metadata` of a real v8.2 server, or newer."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

import pytest

from connectors.core.call import Call
from connectors.dynamics import calls, models
from connectors.dynamics.calls import metadata, users
from connectors.dynamics.models import CONTACTS, MARKETING_LISTS, USERS, Table
from connectors.dynamics.models.metadata import KeyStatus

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "dynamics-v8.2-metadata.xml"
SOURCE = Path(calls.__file__).parents[1]
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
CRM = "Microsoft.Dynamics.CRM."
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "00000000-0000-0000-0000-00000000000a"

pytestmark = pytest.mark.skipif(
    not SPEC.exists(), reason="the metadata of a real server lies beside the project, not in it"
)

NEWER = {
    "CreateMultiple": "9.2 online",
    "UpdateMultiple": "9.2 online",
    "UpsertMultiple": "9.2 online",
    "RetrieveTotalRecordCount": "9.1",
    "ContainValues": "9.0",
    "PrivilegeName": "9.0",
}
"""What v8.2 does not have, with the version that first does."""

TABLES: list[Table[Any]] = [v for v in vars(models).values() if isinstance(v, Table)]


class Document:
    """The parts of the document that names are looked up in."""

    def __init__(self, root: Element) -> None:
        schema = next(root.iter(f"{EDM}Schema"))
        self.types = {
            e.attrib["Name"]: e
            for tag in ("EntityType", "ComplexType", "EnumType")
            for e in schema.iter(f"{EDM}{tag}")
        }
        self.sets = {
            e.attrib["Name"]: e.attrib["EntityType"].removeprefix(CRM)
            for e in schema.iter(f"{EDM}EntitySet")
        }
        self.operations: dict[str, list[Element]] = {}
        for tag in ("Action", "Function"):
            for e in schema.iter(f"{EDM}{tag}"):
                self.operations.setdefault(e.attrib["Name"], []).append(e)

    def members(self, type_name: str, *tags: str) -> set[str]:
        """Names of what a type has, by inheritance too."""
        element = self.types[type_name]
        wanted = {EDM + tag for tag in tags}
        own = {e.attrib["Name"] for e in element if e.tag in wanted}
        base = element.attrib.get("BaseType", "").rpartition(".")[2]
        return own | (self.members(base, *tags) if base in self.types else set())

    def properties(self, type_name: str) -> set[str]:
        return self.members(type_name, "Property")

    def navigations(self, type_name: str) -> set[str]:
        return self.members(type_name, "NavigationProperty")

    def parameters(self, operation: str) -> set[str]:
        found = self.operations[operation]
        return {p.attrib["Name"] for e in found for p in e.iter(f"{EDM}Parameter")}


@cache
def document() -> Document:
    return Document(parse(SPEC).getroot())


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.set)
def test_tables_are_called_so_and_have_these_columns(table: Table[Any]) -> None:
    assert document().sets[table.set] == table.logical
    assert {table.key, *table.selected} <= document().properties(table.logical)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.set)
def test_columns_have_the_type_that_the_model_gives_them(table: Table[Any]) -> None:
    kinds = {
        "Edm.Guid": ("RowId", "str"),
        "Edm.String": ("str",),
        "Edm.Boolean": ("bool",),
        "Edm.Int32": ("int",),
        "Edm.Decimal": ("Decimal",),
        "Edm.DateTimeOffset": ("datetime",),
    }
    element = document().types[table.logical]
    told = {e.attrib["Name"]: e.attrib["Type"] for e in element.iter(f"{EDM}Property")}
    for attribute, column in table.columns.items():
        if "@" not in column:
            kind = str(table.model.__annotations__[attribute]).partition(" |")[0]
            assert kind in kinds[told[column]], (column, told[column], kind)


def body(call: Call[Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call.request.body)
    return found


OPERATIONS: Mapping[str, Call[Any]] = {
    "WhoAmI": calls.who_am_i(),
    "RetrieveVersion": calls.retrieve_version(),
    "RetrieveCurrentOrganization": calls.current_organization(),
    "RetrieveProvisionedLanguages": calls.provisioned_languages(),
    "RetrieveTotalRecordCount": calls.total_record_counts(["contact"]),
    "RetrieveUserPrivileges": users.held_privileges(ID),
    "RetrieveRolePrivilegesRole": users.role_privileges(ID),
    "RetrievePrincipalAccess": users.principal_access(ID, CONTACTS.ref(OTHER)),
    "AddPrivilegesRole": users.add_privileges(ID, []),
    "ReplacePrivilegesRole": users.replace_privileges(ID, []),
    "RemovePrivilegeRole": users.remove_privilege(ID, OTHER),
    "AddListMembersList": calls.add_list_members(ID, [OTHER]),
    "CopyDynamicListToStatic": calls.copy_to_static(ID),
    "CopyMembersList": calls.copy_members(ID, OTHER),
    "AddItemCampaign": calls.add_to_campaign(ID, OTHER),
    "Merge": calls.merge(ID, OTHER),
    "CreateMultiple": calls.create_many(CONTACTS, [(ID, {})]),
    "UpdateMultiple": calls.update_many(CONTACTS, [(ID, {})]),
    "UpsertMultiple": calls.upsert_many(CONTACTS, [(ID, {})]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_exist_with_these_parameters(name: str) -> None:
    call = OPERATIONS[name]
    last = call.request.path.rpartition("/")[2].removeprefix(CRM)
    assert last.partition("(")[0] == name
    if name in NEWER:
        assert name not in document().operations
        return
    given = set(re.findall(r"(\w+)=@", last)) | (set(body(call)) if call.request.body else set())
    elements = document().operations[name]
    assert given <= document().parameters(name)
    assert (call.request.method == "GET") == elements[0].tag.endswith("Function")
    bound = CRM in call.request.path
    assert bound == any(e.attrib.get("IsBound") == "true" for e in elements)
    if bound:
        set_name = call.request.path.partition("(")[0]
        kinds = {e[0].attrib["Type"].rpartition(".")[2] for e in elements if len(e)}
        assert document().sets[set_name] in kinds


def test_what_must_be_given_to_an_action_is_given() -> None:
    for name, call in OPERATIONS.items():
        if name in NEWER or not call.request.body:
            continue
        needed = {
            p.attrib["Name"]
            for e in document().operations[name]
            for p in e.iter(f"{EDM}Parameter")
            if p.attrib.get("Nullable") == "false" and p.attrib["Name"] != "entity"
        }
        assert needed <= set(body(call)), name


@pytest.mark.parametrize(
    ("answer", "members"),
    [
        ("WhoAmIResponse", {"UserId", "BusinessUnitId", "OrganizationId"}),
        ("RetrieveVersionResponse", {"Version"}),
        ("RetrieveCurrentOrganizationResponse", {"Detail"}),
        (
            "OrganizationDetail",
            {"OrganizationId", "UniqueName", "FriendlyName", "OrganizationVersion"},
        ),
        ("RetrieveProvisionedLanguagesResponse", {"RetrieveProvisionedLanguages"}),
        ("RetrieveUserPrivilegesResponse", {"RolePrivileges"}),
        ("RetrieveRolePrivilegesRoleResponse", {"RolePrivileges"}),
        ("RolePrivilege", {"Depth", "PrivilegeId", "BusinessUnitId", "PrivilegeName"}),
        ("RetrievePrincipalAccessResponse", {"AccessRights"}),
    ],
)
def test_answers_have_what_is_read_from_them(answer: str, members: set[str]) -> None:
    assert members - NEWER.keys() <= document().properties(answer)


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("EntityMetadata", metadata._TABLE),
        ("AttributeMetadata", metadata._COLUMN),
        ("EntityKeyMetadata", metadata._KEY),
        ("OneToManyRelationshipMetadata", metadata._ONE_TO_MANY),
        ("ManyToManyRelationshipMetadata", metadata._MANY_TO_MANY),
        ("SecurityPrivilegeMetadata", metadata._PRIVILEGE),
        ("Label", metadata._OPTIONS[metadata._Label]),
        ("LocalizedLabel", metadata._OPTIONS[metadata._Text]),
        ("OptionMetadata", metadata._OPTIONS[metadata._Option]),
        ("OptionSetMetadata", metadata._OPTIONS[metadata._OptionSet]),
    ],
)
def test_definitions_have_what_is_asked_of_them(kind: str, table: Mapping[str, str]) -> None:
    assert set(table.values()) <= document().properties(kind)


def test_definitions_are_where_they_are_looked_for() -> None:
    told = document()

    assert told.sets["EntityDefinitions"] == "EntityMetadata"
    assert told.sets["GlobalOptionSetDefinitions"] == "OptionSetMetadataBase"
    assert {
        "Attributes",
        "Keys",
        "OneToManyRelationships",
        "ManyToOneRelationships",
        "ManyToManyRelationships",
    } <= told.navigations("EntityMetadata")
    assert {"OptionSet", "GlobalOptionSet"} <= told.navigations("PicklistAttributeMetadata")
    assert {"name", "sdkmessageid"} <= told.properties("sdkmessage")
    assert {"primaryobjecttypecode", "sdkmessagefilterid"} <= told.properties("sdkmessagefilter")
    assert "sdkmessageid" in told.navigations("sdkmessagefilter")


@pytest.mark.parametrize(
    ("table", "navigation"),
    [
        (MARKETING_LISTS, "listcontact_association"),
        (MARKETING_LISTS, "listaccount_association"),
        (MARKETING_LISTS, "listlead_association"),
        (USERS, "systemuserroles_association"),
    ],
)
def test_collections_are_called_so(table: Table[Any], navigation: str) -> None:
    assert navigation in document().navigations(table.logical)


@pytest.mark.parametrize("enum", [models.AccessRight, models.Depth, KeyStatus])
def test_enumerations_have_the_members_of_the_server(enum: Any) -> None:
    names = {
        "AccessRight": "AccessRights",
        "Depth": "PrivilegeDepth",
        "KeyStatus": "EntityKeyIndexStatus",
    }

    known = document().members(names[enum.__name__], "Member") - {"None"}

    assert {member.value for member in enum} == known


def texts_of_source() -> Iterator[str]:
    """Every text in the code that is no docstring."""
    for path in sorted(SOURCE.rglob("*.py")):
        if "blocking" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and id(node) not in said:
                yield text


def test_query_functions_exist() -> None:
    for name in ("In", "NotIn", "On", "OnOrAfter", "OnOrBefore", "LastXDays", "EqualUserId"):
        assert "PropertyName" in document().parameters(name)
    for name, parameter in (("In", "PropertyValues"), ("On", "PropertyValue")):
        assert parameter in document().parameters(name)


def test_no_operation_of_the_code_is_left_out_of_these_tests() -> None:
    """A text in the code that is an operation of the server is one that is looked at above."""
    names = set(document().operations) | set(NEWER)
    used = {text for text in texts_of_source() if text in names}
    looked_at = {*OPERATIONS, *NEWER, "In", "NotIn", "On", "OnOrAfter", "OnOrBefore"}

    assert used <= looked_at
    assert len(used) > 15
