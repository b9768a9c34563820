"""Table definitions and privileges as the metadata part of the API shows them."""

from __future__ import annotations

import uuid
from typing import Any

from ..kernel import Answer
from .call import Call
from .errors import Refused, Unknown, bad_syntax
from .keys import split_segment
from .schema import Column, Schema
from .state import PRIVILEGES

_SPACE = uuid.UUID("8b1f1d0a-5d0e-4f0c-9a43-3d4f2f4c6b55")
_TYPES = {
    "string": "String",
    "memo": "Memo",
    "integer": "Integer",
    "bigint": "BigInt",
    "decimal": "Decimal",
    "double": "Double",
    "boolean": "Boolean",
    "datetime": "DateTime",
    "date": "DateTime",
    "choice": "Picklist",
    "lookup": "Lookup",
    "guid": "Uniqueidentifier",
}
_OPTIONS = ("$select", "$filter", "$expand")


def _id(*names: str) -> str:
    return str(uuid.uuid5(_SPACE, "/".join(names)))


def _label(text: str) -> dict[str, Any]:
    one = {"Label": text, "LanguageCode": 1033}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def _table(call: Call, schema: Schema) -> dict[str, Any]:
    return {
        "MetadataId": _id(schema.name),
        "LogicalName": schema.name,
        "SchemaName": schema.schema,
        "EntitySetName": schema.set,
        "LogicalCollectionName": schema.set,
        "PrimaryIdAttribute": schema.key,
        "PrimaryNameAttribute": schema.primary_name,
        "ObjectTypeCode": schema.type_code,
        "ChangeTrackingEnabled": schema.tracked,
        "IsCustomEntity": schema.custom,
        "IsManaged": not schema.custom,
        "IsActivity": False,
        "IsIntersect": schema.name == "listmember",
        "OwnershipType": "UserOwned" if "ownerid" in schema.columns else "OrganizationOwned",
        "DisplayName": _label(schema.display),
        "DisplayCollectionName": _label(schema.plural),
        "Privileges": [
            {
                "Name": (name := call.state.privilege(schema.name, kind)),
                "PrivilegeId": call.state.privilege_id(name),
                "PrivilegeType": kind,
                "CanBeBasic": "ownerid" in schema.columns,
                "CanBeLocal": "ownerid" in schema.columns,
                "CanBeDeep": "ownerid" in schema.columns,
                "CanBeGlobal": True,
            }
            for kind in PRIVILEGES
        ],
    }


def _attribute(schema: Schema, column: Column) -> dict[str, Any]:
    kind = {"statecode": "State", "statuscode": "Status", "ownerid": "Owner"}.get(
        column.name, _TYPES[column.kind]
    )
    found: dict[str, Any] = {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{kind}AttributeMetadata",
        "MetadataId": _id(schema.name, column.name),
        "LogicalName": column.name,
        "SchemaName": column.schema,
        "EntityLogicalName": schema.name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": f"{kind}Type"},
        "IsPrimaryId": column.name == schema.key,
        "IsPrimaryName": column.name == schema.primary_name,
        "IsValidForCreate": not column.read_only,
        "IsValidForUpdate": not (column.read_only or column.create_only),
        "IsValidForRead": True,
    }
    if column.length is not None:
        found["MaxLength"] = column.length
    if column.kind == "lookup":
        found["Targets"] = [column.target]
    return found


def _key(schema: Schema, columns: tuple[str, ...]) -> dict[str, Any]:
    name = "_".join(columns) + "_key"
    return {
        "MetadataId": _id(schema.name, name),
        "LogicalName": name,
        "SchemaName": name,
        "EntityLogicalName": schema.name,
        "KeyAttributes": list(columns),
        "EntityKeyIndexStatus": "Active",
    }


def _pick(row: dict[str, Any], select: str | None, *always: str) -> dict[str, Any]:
    if select is None:
        return row
    names = [n.strip() for n in select.split(",")]
    for name in names:
        if name not in row and name not in ("MaxLength", "Targets"):
            raise bad_syntax(f"Could not find a property named '{name}' on the metadata type.")
    return {k: v for k, v in row.items() if k in names or k in always or k[0] == "@"}


def _select(text: str | None) -> str | None:
    if not text:
        return None
    name, _, value = text.partition("=")
    if name.strip() != "$select":
        raise bad_syntax(f"The query parameter {name} is not supported")
    return value


def _expanded(schema: Schema, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in text.replace("),", ")\n").split("\n"):
        name, _, rest = part.partition("(")
        select = _select(rest.rstrip(")"))
        if name == "Attributes":
            rows = [_attribute(schema, c) for c in schema.columns.values()]
        elif name == "Keys":
            rows = [_key(schema, k) for k in schema.keys]
        else:
            raise Unknown(f"EntityDefinitions $expand={name}")
        found[name] = [_pick(r, select, "MetadataId") for r in rows]
    return found


def definitions(call: Call, segments: list[str]) -> Answer:
    """GET below `EntityDefinitions`."""
    name, key = split_segment(segments[0])
    if call.method != "GET" or len(segments) > 2:
        raise Unknown(f"{call.method} {call.path}")
    for option, _ in call.pairs:
        if option.startswith("$") and option not in _OPTIONS:
            raise bad_syntax(f"The query parameter {option} is not supported")
    select, expand = call.option("$select"), call.option("$expand")
    schemas = [t.schema for t in call.state.store.tables.values()]
    if key is None:
        call.operation = f"{name}.list"
        schemas = _filtered(schemas, call.option("$filter"))
        rows = [_shown(call, s, select, expand) for s in schemas]
        where = f"{call.api}$metadata#EntityDefinitions"
        return call.answer(200, {"@odata.context": where, "value": rows})
    call.operation = f"{name}.get"
    found = next((s for s in schemas if key in (f"LogicalName='{s.name}'", _id(s.name))), None)
    if found is None:
        raise Refused(
            404,
            "0x80060888",
            f"Could not find an entity with name or id in '{key}'.",
        )
    where = f"{call.api}$metadata#EntityDefinitions"
    if len(segments) == 2:
        return _part(call, found, segments[1], select)
    body = {"@odata.context": f"{where}/$entity", **_shown(call, found, select, expand)}
    return call.answer(200, body)


def _filtered(schemas: list[Schema], text: str | None) -> list[Schema]:
    if text is None:
        return schemas
    name, _, value = text.partition(" eq ")
    if name.strip() != "LogicalName" or "(" in text:
        # Only equality on LogicalName is safe on real servers too.
        raise Refused(501, "0x80060888", "The filter is not supported on EntityDefinitions.")
    return [s for s in schemas if s.name == value.strip().strip("'")]


def _shown(call: Call, schema: Schema, select: str | None, expand: str | None) -> dict[str, Any]:
    row = _pick(_table(call, schema), select, "MetadataId")
    return row | (_expanded(schema, expand) if expand else {})


def _part(call: Call, schema: Schema, segment: str, select: str | None) -> Answer:
    name, key = split_segment(segment)
    where = f"{call.api}$metadata#EntityDefinitions('{schema.name}')/{name}"
    rows = _expanded(schema, name)[name]
    if key is None:
        body = {"@odata.context": where, "value": [_pick(r, select, "MetadataId") for r in rows]}
        return call.answer(200, body)
    row = next((r for r in rows if key == f"LogicalName='{r['LogicalName']}'"), None)
    if row is None:
        raise Refused(404, "0x80060888", f"Could not find '{key}' in '{schema.name}'.")
    return call.answer(
        200, {"@odata.context": f"{where}/$entity", **_pick(row, select, "MetadataId")}
    )


def user_privileges(call: Call, user: str) -> Answer:
    """Function RetrieveUserPrivileges: everything at organisation depth but what is denied."""
    found = []
    for table in call.state.store.tables:
        for kind in PRIVILEGES:
            if (table, kind) in call.state.denied:
                continue
            name = call.state.privilege(table, kind)
            row = {
                "Depth": "Global",
                "PrivilegeId": call.state.privilege_id(name),
                "BusinessUnitId": call.state.store.unit,
            }
            if call.number >= (9, 0):
                row["PrivilegeName"] = name
            found.append(row)
    where = f"{call.api}$metadata#Microsoft.Dynamics.CRM.RetrieveUserPrivilegesResponse"
    return call.answer(200, {"@odata.context": where, "RolePrivileges": found})
