"""`$metadata`: a CSDL document of the tables and operations that this server has."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from ..kernel import Answer
from .call import Call
from .operations import OPERATIONS, Operation
from .parameters import no_resource
from .schema import Column, Schema

_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices>
<Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" \
xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="crmbaseentity" Abstract="true" />
<EntityType Name="principal" BaseType="mscrm.crmbaseentity">
<Key><PropertyRef Name="ownerid" /></Key>
<Property Name="ownerid" Type="Edm.Guid" />
</EntityType>
<ComplexType Name="RolePrivilege">
<Property Name="Depth" Type="mscrm.PrivilegeDepth" />
<Property Name="PrivilegeId" Type="Edm.Guid" />
<Property Name="BusinessUnitId" Type="Edm.Guid" />
{named}</ComplexType>
<EnumType Name="PrivilegeDepth">
<Member Name="Basic" Value="0" />
<Member Name="Local" Value="1" />
<Member Name="Deep" Value="2" />
<Member Name="Global" Value="3" />
</EnumType>
<EnumType Name="EndpointAccessType">
<Member Name="Default" Value="0" />
<Member Name="Internet" Value="1" />
<Member Name="Intranet" Value="2" />
</EnumType>
"""
_TAIL = """</EntityContainer>
</Schema>
</edmx:DataServices>
</edmx:Edmx>
"""
_CORE = "Org.OData.Core.V1"
_CAPABLE = "Org.OData.Capabilities.V1"
_RESULTS = {
    "WhoAmIResponse": "BusinessUnitId:Edm.Guid UserId:Edm.Guid OrganizationId:Edm.Guid",
    "RetrieveVersionResponse": "Version:Edm.String",
    "AddMemberListResponse": "Id:Edm.Guid",
    "RetrieveProvisionedLanguagesResponse": "RetrieveProvisionedLanguages:Collection(Edm.Int32)",
    "RetrieveUserPrivilegesResponse": "RolePrivileges:Collection(mscrm.RolePrivilege)",
    "RetrieveRolePrivilegesRoleResponse": "RolePrivileges:Collection(mscrm.RolePrivilege)",
    "RetrievePrincipalAccessResponse": "AccessRights:Edm.String",
    "RetrieveCurrentOrganizationResponse": "Detail:mscrm.OrganizationDetail",
    "RetrieveTotalRecordCountResponse": (
        "EntityRecordCountCollection:mscrm.EntityRecordCountCollection"
    ),
    "OrganizationDetail": (
        "OrganizationId:Edm.Guid FriendlyName:Edm.String OrganizationVersion:Edm.String "
        "UrlName:Edm.String UniqueName:Edm.String State:Edm.String "
        "Endpoints:mscrm.EndpointCollection"
    ),
    "EndpointCollection": (
        "Count:Edm.Int32 IsReadOnly:Edm.Boolean Keys:Collection(Edm.String) "
        "Values:Collection(Edm.String)"
    ),
    "EntityRecordCountCollection": (
        "Count:Edm.Int32 IsReadOnly:Edm.Boolean Keys:Collection(Edm.String) "
        "Values:Collection(Edm.Int64)"
    ),
}


def document(call: Call, segments: list[str]) -> Answer:
    """Answer GET `$metadata`."""
    no_resource(call, call.method != "GET" or len(segments) > 1)
    text = "".join(_lines(call))
    return call.answer(200, text.encode(), {"Content-Type": "application/xml"})


def _lines(call: Call) -> Iterator[str]:
    schemas = [t.schema for t in call.state.store.tables.values()]
    named = '<Property Name="PrivilegeName" Type="Edm.String" />\n' if call.number >= (9, 0) else ""
    yield _HEAD.replace("{named}", named)
    for schema in schemas:
        yield from _type(call, schema)
    for name, members in _RESULTS.items():
        yield f'<ComplexType Name="{name}">\n'
        for member in members.split():
            column, _, kind = member.partition(":")
            yield f'<Property Name="{column}" Type="{kind}" />\n'
        yield "</ComplexType>\n"
    there = [o for o in OPERATIONS if o.there(call)]
    for operation in there:
        yield from _operation(operation)
    yield '<EntityContainer Name="System">\n'
    for schema in schemas:
        yield from _set(call, schema)
    for operation in there:
        if not operation.table:
            kind, name = operation.kind, operation.name
            yield f'<{kind}Import Name="{name}" {kind}="Microsoft.Dynamics.CRM.{name}" />\n'
    goes_on = call.number >= (9, 1) and call.state.continue_on_error
    for term, value in (
        ("BatchSupported", True),
        ("AsynchronousRequestsSupported", False),
        ("BatchContinueOnErrorSupported", goes_on),
        ("CrossJoinSupported", False),
    ):
        yield f'<Annotation Term="{_CAPABLE}.{term}" Bool="{str(value).lower()}" />\n'
    yield _TAIL


def _type(call: Call, schema: Schema) -> Iterator[str]:
    base = "principal" if schema.name == "systemuser" else "crmbaseentity"
    yield f'<EntityType Name="{schema.name}" BaseType="mscrm.{base}">\n'
    key = "ownerid" if schema.name == "systemuser" else schema.key
    yield f'<Key><PropertyRef Name="{key}" /></Key>\n'
    for name, column in schema.properties.items():
        yield _property(name, column)
    known = call.state.store.tables
    for nav in schema.navs.values():
        if nav.target in known:
            kind = f"mscrm.{'principal' if nav.name == 'ownerid' else nav.target}"
            kind = f"Collection({kind})" if nav.collection else kind
            yield f'<NavigationProperty Name="{nav.name}" Type="{kind}" />\n'
    for columns in schema.keys:
        yield _alternate(schema, columns)
    yield "</EntityType>\n"


def _property(name: str, column: Column) -> str:
    start = f'<Property Name="{name}" Type="{column.edm}"'
    if name == "versionnumber":
        start += ' ConcurrencyMode="Fixed"'
    notes = ""
    if column.display:
        text = quoteattr(column.display)
        notes += f'<Annotation Term="{_CORE}.Description" String={text} />'
    if column.kind == "lookup":
        notes += f'<Annotation Term="{_CORE}.Computed" Bool="true" />'
    if column.kind == "lookup" or column.read_only:
        notes += (
            f'<Annotation Term="{_CORE}.Permissions"><EnumMember>{_CORE}.PermissionType/Read'
            "</EnumMember></Annotation>"
        )
    return f"{start}>{notes}</Property>\n" if notes else f"{start} />\n"


def _alternate(schema: Schema, columns: tuple[str, ...]) -> str:
    term = "OData.Community.Keys.V1"
    parts = "".join(
        f'<Record Type="{term}.PropertyRef"><PropertyValue Property="Alias" String="{wire}" />'
        f'<PropertyValue Property="Name" PropertyPath="{wire}" /></Record>'
        for wire in (schema.columns[c].wire for c in columns)
    )
    return (
        f'<Annotation Term="{term}.AlternateKeys"><Collection><Record Type="{term}.AlternateKey">'
        f'<PropertyValue Property="Key"><Collection>{parts}</Collection></PropertyValue></Record>'
        "</Collection></Annotation>\n"
    )


def _operation(operation: Operation) -> Iterator[str]:
    kind, bound = operation.kind, ' IsBound="true"' if operation.table else ""
    yield f'<{kind} Name="{operation.name}"{bound}>\n'
    first = (("entity", f"mscrm.{operation.table}"),) if operation.table else ()
    for name, type_ in (*first, *operation.parameters):
        yield f'<Parameter Name="{name}" Type="{type_}" Nullable="false" />\n'
    if operation.returns:
        yield f'<ReturnType Type="mscrm.{operation.returns}" Nullable="false" />\n'
    yield f"</{kind}>\n"


def _set(call: Call, schema: Schema) -> Iterator[str]:
    yield f'<EntitySet Name="{schema.set}" EntityType="Microsoft.Dynamics.CRM.{schema.name}">\n'
    tables = call.state.store.tables
    for nav in schema.navs.values():
        if nav.target in tables:
            target = "owners" if nav.name == "ownerid" else tables[nav.target].schema.set
            yield f'<NavigationPropertyBinding Path="{nav.name}" Target="{target}" />\n'
    yield f'<Annotation Term="{_CAPABLE}.SkipSupported" Bool="false" />\n'
    tracked = str(schema.tracked).lower()
    yield (
        f'<Annotation Term="{_CAPABLE}.ChangeTracking"><Record>'
        f'<PropertyValue Property="Supported" Bool="{tracked}" /></Record></Annotation>\n'
    )
    yield "</EntitySet>\n"
