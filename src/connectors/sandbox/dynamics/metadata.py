"""Definitions of tables, columns, keys, relationships and choices as JSON objects."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from .relations import FIRST, MEMBERS
from .rights import accesses, privilege_id
from .schema import Column, Schema
from .state import State

_SPACE = uuid.UUID("8b1f1d0a-5d0e-4f0c-9a43-3d4f2f4c6b55")
_TYPE = "#Microsoft.Dynamics.CRM."
TYPES = {
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
_CLASSES = {"Owner": "Lookup", "Customer": "Lookup", "Uniqueidentifier": "UniqueIdentifier"}
"""Attribute types whose metadata class is called otherwise."""
_INTERSECT = {
    "campaignlist_association": "campaignitem",
    "listaccount_association": "listmember",
    "listcontact_association": "listmember",
    "systemuserroles_association": "systemuserroles",
}
Json = dict[str, Any]


def make_id(*names: str) -> str:
    """The MetadataId of something, always the same."""
    return str(uuid.uuid5(_SPACE, "/".join(names)))


def label(text: str, language: int = 1033) -> Json:
    one = {"Label": text, "LanguageCode": language, "IsManaged": False}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def managed(value: Any, name: str) -> Json:
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def table(state: State, schema: Schema) -> Json:
    """EntityMetadata without its columns."""
    ownership = "UserOwned" if schema.owned else "OrganizationOwned"
    return {
        "MetadataId": make_id(schema.name),
        "LogicalName": schema.name,
        "SchemaName": schema.schema,
        "EntitySetName": schema.set,
        "LogicalCollectionName": schema.set,
        "CollectionSchemaName": schema.schema,
        "PrimaryIdAttribute": schema.key,
        "PrimaryNameAttribute": schema.primary_name,
        "ObjectTypeCode": schema.type_code,
        "ChangeTrackingEnabled": schema.tracked,
        "CanChangeTrackingBeEnabled": managed(
            schema.name != "listmember", "canchangetrackingbeenabled"
        ),
        "IsOptimisticConcurrencyEnabled": schema.versioned,
        "IsCustomEntity": schema.custom,
        "IsManaged": not schema.custom,
        "IsActivity": False,
        "IsIntersect": schema.name == "listmember",
        "HasActivities": False,
        "HasNotes": False,
        "OwnershipType": "None" if schema.name == "listmember" else ownership,
        "DisplayName": label(schema.display),
        "DisplayCollectionName": label(schema.plural),
        "Description": label(""),
        "Privileges": [
            {
                "Name": name,
                "PrivilegeId": privilege_id(name),
                "PrivilegeType": kind,
                "CanBeBasic": schema.owned,
                "CanBeLocal": schema.owned,
                "CanBeDeep": schema.owned,
                "CanBeGlobal": True,
            }
            for kind in accesses(schema)
            for name in [state.privilege(schema.name, kind)]
        ],
    }


def attribute_type(column: Column) -> str:
    """AttributeType of a column."""
    if column.name in ("statecode", "statuscode"):
        return {"statecode": "State", "statuscode": "Status"}[column.name]
    if column.kind == "lookup" and column.name == "ownerid":
        return "Owner"
    if column.kind == "lookup" and {"account", "contact"} == set(column.targets):
        return "Customer"
    return TYPES[column.kind]


def attribute_class(column: Column) -> str:
    """The metadata type of a column, without its prefix."""
    kind = attribute_type(column)
    return f"{_CLASSES.get(kind, kind)}AttributeMetadata"


def attribute(schema: Schema, column: Column) -> Json:
    """AttributeMetadata: what every column has."""
    kind = attribute_type(column)
    level = "ApplicationRequired" if column.required else "None"
    if column.name in (schema.key, "statecode"):
        level = "SystemRequired"
    return {
        "@odata.type": _TYPE + attribute_class(column),
        "MetadataId": make_id(schema.name, column.name),
        "LogicalName": column.name,
        "SchemaName": column.schema,
        "EntityLogicalName": schema.name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": f"{kind}Type"},
        "DisplayName": label(column.display or column.name),
        "Description": label(""),
        "RequiredLevel": managed(level, "canmodifyrequirementlevelsettings"),
        "IsCustomAttribute": schema.custom and bool(column.display),
        "IsPrimaryId": column.name == schema.key,
        "IsPrimaryName": column.name == schema.primary_name,
        "IsValidForCreate": not column.read_only,
        "IsValidForUpdate": not (column.read_only or column.create_only),
        "IsValidForRead": True,
        "IsManaged": not schema.custom,
        "AttributeOf": None,
        "SourceType": 0,
    }


def specific(column: Column) -> Json:
    """What a column's own metadata type adds."""
    kind = column.kind
    if kind == "string":
        return {"MaxLength": column.length, "FormatName": {"Value": _format(column)}}
    if kind == "memo":
        return {"MaxLength": column.length or 1_048_576, "Format": "TextArea"}
    if kind == "integer":
        low, high = -2_147_483_648, 2_147_483_647
        return {
            "MinValue": low if column.low is None else column.low,
            "MaxValue": high if column.high is None else column.high,
            "Format": "None",
        }
    if kind in ("decimal", "double"):
        bound = 100_000_000_000.0
        return {
            "MinValue": -bound if column.low is None else column.low,
            "MaxValue": bound if column.high is None else column.high,
            "Precision": 2 if column.precision is None else column.precision,
        }
    if kind == "boolean":
        return {"DefaultValue": bool(column.default)}
    if kind in ("datetime", "date"):
        behavior = "UserLocal" if kind == "datetime" else "DateOnly"
        shape = "DateAndTime" if kind == "datetime" else "DateOnly"
        return {"Format": shape, "DateTimeBehavior": {"Value": behavior}}
    if kind == "choice":
        return {"DefaultFormValue": -1 if column.default is None else column.default}
    if kind == "lookup":
        return {"Targets": list(column.targets)}
    return {}


def _format(column: Column) -> str:
    if column.name.startswith("emailaddress"):
        return "Email"
    return "Url" if column.name == "websiteurl" else "Text"


def _options(options: Mapping[int, str]) -> list[Json]:
    return [
        {"Value": value, "Label": label(text), "Description": label(""), "IsManaged": False}
        for value, text in options.items()
    ]


def option_set(state: State, schema: Schema, column: Column) -> Json | None:
    """OptionSet of a choice or of yes and no; None where a column has none."""
    if column.kind == "boolean":
        no, yes = _options(dict(enumerate(column.labels)))
        return {
            "MetadataId": make_id(schema.name, column.name, "options"),
            "Name": f"{schema.name}_{column.name}",
            "IsGlobal": False,
            "OptionSetType": "Boolean",
            "TrueOption": yes,
            "FalseOption": no,
        }
    if column.kind != "choice":
        return None
    if column.choice:
        return choice(state, column.choice)
    kind = attribute_type(column)
    return {
        "MetadataId": make_id(schema.name, column.name, "options"),
        "Name": f"{schema.name}_{column.name}",
        "DisplayName": label(column.display or column.name),
        "IsGlobal": False,
        "IsManaged": not schema.custom,
        "OptionSetType": kind,
        "Options": _options(column.options),
    }


def choice(state: State, name: str) -> Json:
    """A global choice."""
    held = state.choices[name]
    return {
        "@odata.type": f"{_TYPE}OptionSetMetadata",
        "MetadataId": make_id("choice", name),
        "Name": name,
        "DisplayName": label(held.get("display", name)),
        "Description": label(""),
        "IsGlobal": True,
        "IsCustomOptionSet": True,
        "IsManaged": False,
        "OptionSetType": "Picklist",
        "Options": _options({o["value"]: o["label"] for o in held["options"]}),
    }


def key(schema: Schema, columns: tuple[str, ...]) -> Json:
    """An alternate key."""
    name = "_".join(columns) + "_key"
    return {
        "MetadataId": make_id(schema.name, name),
        "LogicalName": name,
        "SchemaName": name,
        "EntityLogicalName": schema.name,
        "DisplayName": label(name),
        "KeyAttributes": list(columns),
        "EntityKeyIndexStatus": schema.key_status.get(columns, "Active"),
        "IsManaged": False,
    }


def relationships(state: State) -> Iterator[Json]:
    """All relationships, one-to-many before many-to-many."""
    tables = state.store.tables
    for held in tables.values():
        schema = held.schema
        for column in schema.columns.values():
            for target in column.targets if column.kind == "lookup" and column.nav else ():
                if target in tables:
                    yield _one_to_many(schema, column, tables[target].schema)
    for link, intersect in _INTERSECT.items():
        if link in MEMBERS:
            first, second = MEMBERS[link][0], "list"
        else:
            first = FIRST[link]
            second = {"campaign": "list", "systemuser": "role"}[first]
        if first in tables and second in tables:
            yield _many_to_many(link, first, second, intersect)


def _one_to_many(schema: Schema, column: Column, target: Schema) -> Json:
    name = column.backs.get(target.name) or f"lk_{schema.name}_{column.name}_{target.name}"
    cascade = dict.fromkeys(("Assign", "Share", "Unshare", "Reparent"), "NoCascade")
    cascade |= {
        "Delete": "NoCascade" if column.read_only else "RemoveLink",
        "Merge": "Cascade" if column.merge else "NoCascade",
    }
    return {
        "@odata.type": f"{_TYPE}OneToManyRelationshipMetadata",
        "MetadataId": make_id("relationship", name),
        "SchemaName": name,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": schema.custom and bool(column.display),
        "IsManaged": not schema.custom,
        "ReferencedEntity": target.name,
        "ReferencedAttribute": target.key,
        "ReferencingEntity": schema.name,
        "ReferencingAttribute": column.name,
        "ReferencedEntityNavigationPropertyName": name,
        "ReferencingEntityNavigationPropertyName": column.nav_to(target.name),
        "CascadeConfiguration": cascade,
    }


def _many_to_many(link: str, first: str, second: str, intersect: str) -> Json:
    ids = ("entityid", "listid") if intersect == "listmember" else (f"{first}id", f"{second}id")
    return {
        "@odata.type": f"{_TYPE}ManyToManyRelationshipMetadata",
        "MetadataId": make_id("relationship", link),
        "SchemaName": link,
        "RelationshipType": "ManyToManyRelationship",
        "IsCustomRelationship": False,
        "IsManaged": True,
        "Entity1LogicalName": first,
        "Entity2LogicalName": second,
        "IntersectEntityName": intersect,
        "Entity1IntersectAttribute": ids[0],
        "Entity2IntersectAttribute": ids[1],
        "Entity1NavigationPropertyName": link,
        "Entity2NavigationPropertyName": link,
    }
