"""Definitions of tables, columns, keys, relationships and choices, and the CSDL document."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.sandbox.dynamics_kit import Crm

CRM = "Microsoft.Dynamics.CRM."
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture
def crm() -> Crm:
    return Crm()


def table(name: str, rest: str = "") -> str:
    return f"EntityDefinitions(LogicalName='{name}'){rest}"


def test_a_table_is_found_by_name_and_by_id(crm: Crm) -> None:
    told = crm.query("EntityDefinitions", select="LogicalName", filter="LogicalName eq 'gr_list'")
    assert told.answer.operation == "EntityDefinitions.list"
    (row,) = told.rows
    by_id = crm.get(f"EntityDefinitions({row['MetadataId']})").json
    assert (by_id["EntitySetName"], by_id["PrimaryNameAttribute"]) == ("gr_lists", "gr_name")
    assert by_id["ChangeTrackingEnabled"] is True
    assert by_id["CanChangeTrackingBeEnabled"]["Value"] is True
    assert by_id["IsOptimisticConcurrencyEnabled"] is True
    assert by_id["OwnershipType"] == "UserOwned"
    told = crm.query("EntityDefinitions", filter=f"MetadataId eq {row['MetadataId']}")
    assert [r["SchemaName"] for r in told.rows] == ["gr_List"]
    assert len(crm.get("EntityDefinitions?$select=LogicalName").rows) > 10
    assert crm.get("EntityDefinitions(LogicalName='gr_none')").status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("EntityDefinitions?$filter=startswith(LogicalName,'gr_')", 501),
        ("EntityDefinitions?$filter=SchemaName%20eq%20'Contact'", 501),
        ("EntityDefinitions?$top=1", 400),
        ("EntityDefinitions?$orderby=LogicalName", 400),
        ("EntityDefinitions?$count=true", 400),
        ("EntityDefinitions?$select=Nope", 400),
        (table("contact", "?$expand=Nope"), 400),
        (table("contact", "/Attributes?$select=MaxLength"), 400),
        (table("contact", "/Attributes?$expand=OptionSet"), 400),
        (table("contact", f"/Attributes/{CRM}NopeAttributeMetadata"), 404),
        (table("contact", f"/Attributes(LogicalName='fullname')/{CRM}MemoAttributeMetadata"), 404),
        (table("contact", "/Attributes(LogicalName='nope')"), 404),
        ("RelationshipDefinitions(SchemaName='nope')", 404),
        ("GlobalOptionSetDefinitions(Name='nope')", 404),
    ],
)
def test_what_metadata_queries_cannot_do(crm: Crm, path: str, status: int) -> None:
    assert crm.get(path).status == status


def test_metadata_is_not_written_here(crm: Crm) -> None:
    told = crm("POST", "EntityDefinitions", {})
    assert (told.status, "POST EntityDefinitions" in told.message) == (501, True)


COLUMNS = [
    ("contact", "emailaddress1", "String", {"MaxLength": 100, "FormatName": {"Value": "Email"}}),
    ("contact", "description", "Memo", {"MaxLength": 2000}),
    ("contact", "birthdate", "DateTime", {"Format": "DateOnly",
                                          "DateTimeBehavior": {"Value": "DateOnly"}}),
    ("contact", "createdon", "DateTime", {"Format": "DateAndTime",
                                          "DateTimeBehavior": {"Value": "UserLocal"}}),
    ("gr_contact", "gr_engagementscore", "Integer", {"MinValue": 0, "MaxValue": 5}),
    ("gr_contact", "gr_scoring", "Decimal", {"Precision": 2}),
    ("gr_contact", "gr_crmcontactid", "Lookup", {"Targets": ["contact"]}),
    ("contact", "donotemail", "Boolean", {"DefaultValue": False}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column", "kind", "members"), COLUMNS)
def test_a_cast_completes_a_column(
    crm: Crm, name: str, column: str, kind: str, members: dict[str, object]
) -> None:
    path = table(name, f"/Attributes(LogicalName='{column}')")
    plain = crm.get(path).json
    assert (plain["AttributeType"], plain["@odata.type"]) == (
        kind,
        f"#{CRM}{kind}AttributeMetadata",
    )
    assert not members.keys() & plain.keys()
    told = crm.get(f"{path}/{CRM}{kind}AttributeMetadata").json
    assert {k: told[k] for k in members} == members
    assert told["RequiredLevel"]["ManagedPropertyLogicalName"]


def test_owner_and_customer_are_lookups(crm: Crm) -> None:
    told = crm.get(table("contact", f"/Attributes/{CRM}LookupAttributeMetadata")).rows
    kinds = {r["LogicalName"]: (r["AttributeType"], r["Targets"]) for r in told}
    assert kinds["ownerid"] == ("Owner", ["systemuser"])
    assert kinds["parentcustomerid"] == ("Customer", ["contact", "account"])


def test_options_are_read_through_a_cast(crm: Crm) -> None:
    path = table("gr_list", f"/Attributes(LogicalName='gr_syncstatus')/{CRM}")
    expand = "?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet($select=Name)"
    told = crm.get(f"{path}PicklistAttributeMetadata{expand}").json
    options = {o["Value"]: o["Label"]["UserLocalizedLabel"]["Label"]
               for o in told["OptionSet"]["Options"]}  # fmt: skip
    assert options[727000002] == "Error"
    assert told["GlobalOptionSet"]["Name"] == "gr_liststatus"
    flags = crm.get(
        table("contact", f"/Attributes/{CRM}BooleanAttributeMetadata?$expand=OptionSet")
    ).rows
    found = next(r for r in flags if r["LogicalName"] == "donotemail")["OptionSet"]
    assert found["TrueOption"]["Label"]["UserLocalizedLabel"]["Label"] == "Do Not Allow"
    states = crm.get(
        table("list", f"/Attributes/{CRM}StatusAttributeMetadata?$expand=OptionSet")
    ).rows
    assert [o["Value"] for o in states[0]["OptionSet"]["Options"]] == [0, 1]
    enums = crm.get(table("list", f"/Attributes/{CRM}EnumAttributeMetadata")).rows
    assert {r["AttributeType"] for r in enums} == {"Picklist", "State", "Status"}


def test_columns_keys_and_relationships_are_expanded(crm: Crm) -> None:
    crm.service.define_key("gr_contact", ["gr_getresponseid"], status="InProgress")
    told = crm.get(
        table(
            "gr_contact",
            "?$select=LogicalName&$expand=Attributes($select=LogicalName,AttributeType;"
            "$filter=LogicalName%20eq%20'gr_name'),Keys($select=KeyAttributes,EntityKeyIndexStatus)"
            ",OneToManyRelationships($select=SchemaName),ManyToOneRelationships,"
            "ManyToManyRelationships",
        )
    ).json
    assert [a["AttributeType"] for a in told["Attributes"]] == ["String"]
    (key,) = told["Keys"]
    assert (key["KeyAttributes"], key["EntityKeyIndexStatus"]) == (
        ["gr_getresponseid"], "InProgress",
    )  # fmt: skip
    assert {r["SchemaName"] for r in told["OneToManyRelationships"]} >= {
        "gr_activity_gr_grcontactid"
    }
    lookup = next(
        r for r in told["ManyToOneRelationships"]
        if r["ReferencingAttribute"] == "gr_crmcontactid"
    )  # fmt: skip
    assert lookup["ReferencingEntityNavigationPropertyName"] == "gr_CrmContactId"
    assert lookup["CascadeConfiguration"]["Merge"] == "Cascade"
    assert told["ManyToManyRelationships"] == []
    many = crm.get(table("list", "/ManyToManyRelationships")).rows
    assert "listcontact_association" in {r["SchemaName"] for r in many}
    keys = crm.get(table("gr_contact", "/Keys?$select=EntityKeyIndexStatus")).rows
    assert keys[0]["EntityKeyIndexStatus"] == "InProgress"


def test_relationships_are_found_by_name_and_kind(crm: Crm) -> None:
    name = "gr_contact_gr_crmcontactid"
    one = crm.get(f"RelationshipDefinitions(SchemaName='{name}')").json
    assert (one["ReferencedEntity"], one["ReferencingEntity"]) == ("contact", "gr_contact")
    cast = f"RelationshipDefinitions/{CRM}OneToManyRelationshipMetadata"
    told = crm.get(f"{cast}?$filter=SchemaName%20eq%20'{name}'").rows
    assert [r["SchemaName"] for r in told] == [name]
    many = crm.get(f"RelationshipDefinitions/{CRM}ManyToManyRelationshipMetadata").rows
    assert {r["IntersectEntityName"] for r in many} >= {"listmember", "systemuserroles"}


def test_global_choices_have_a_key_by_name_since_9_0(crm: Crm) -> None:
    told = crm.get("GlobalOptionSetDefinitions(Name='gr_activitytype')").json
    assert [o["Value"] for o in told["Options"]] == [727000000, 727000001, 727000002]
    cast = crm.get(f"GlobalOptionSetDefinitions(Name='gr_onleave')/{CRM}OptionSetMetadata").json
    assert cast["IsGlobal"] is True
    older = Crm(version="8.2")
    assert older.get("GlobalOptionSetDefinitions(Name='gr_activitytype')").status == 400
    listed = {r["Name"]: r["MetadataId"] for r in older.get("GlobalOptionSetDefinitions").rows}
    one = older.get(f"GlobalOptionSetDefinitions({listed['gr_activitytype']})").json
    assert one["Name"] == "gr_activitytype"


def document(crm: Crm) -> ElementTree.Element:
    told = crm.get("$metadata", accept="application/xml")
    assert (told.status, told.headers["Content-Type"]) == (200, "application/xml")
    return ElementTree.fromstring(told.answer.body)


def names(root: ElementTree.Element, kind: str) -> set[str]:
    return {e.get("Name", "") for e in root.iter(f"{EDM}{kind}")}


def test_the_document_describes_tables_and_operations(crm: Crm) -> None:
    crm.service.define_key("gr_contact", ["gr_getresponseid"])
    root = document(crm)
    assert names(root, "EntitySet") >= {"contacts", "gr_contacts", "lists"}
    contact = next(e for e in root.iter(f"{EDM}EntityType") if e.get("Name") == "gr_contact")
    columns = {p.get("Name"): p.get("Type") for p in contact.iter(f"{EDM}Property")}
    assert columns["_gr_crmcontactid_value"] == "Edm.Guid"
    assert columns["gr_scoring"] == "Edm.Decimal"
    navs = {p.get("Name"): p.get("Type") for p in contact.iter(f"{EDM}NavigationProperty")}
    assert navs["gr_CrmContactId"] == "mscrm.contact"
    assert navs["gr_activity_gr_grcontactid"] == "Collection(mscrm.gr_activity)"
    assert "WhoAmI" in names(root, "FunctionImport")
    assert {"AddMemberList", "Merge"} <= names(root, "Action")
    assert "RemoveMemberList" not in names(root, "Action")
    crm.service.remove_member_action = True
    assert "RemoveMemberList" in names(document(crm), "Action")
    assert crm("POST", "$metadata", {}, accept="application/xml").status == 404


def test_the_document_follows_the_version_and_what_is_installed() -> None:
    older = Crm(version="8.2")
    root = document(older)
    assert "RetrieveTotalRecordCount" not in names(root, "Function")
    role = next(e for e in root.iter(f"{EDM}ComplexType") if e.get("Name") == "RolePrivilege")
    assert {p.get("Name") for p in role} == {"Depth", "PrivilegeId", "BusinessUnitId"}
    notes = {a.get("Term"): a.get("Bool") for a in root.iter(f"{EDM}Annotation")}
    assert notes["Org.OData.Capabilities.V1.BatchContinueOnErrorSupported"] == "false"
    older.service.uninstall_marketing()
    bare = document(older)
    assert "lists" not in names(bare, "EntitySet")
    assert "AddListMembersList" not in names(bare, "Action")
    assert not any("list" in (n.get("Target") or "") for n in bare.iter()
                   if n.get("Path") == "listcontact_association")  # fmt: skip
