"""Functions and actions: any of them by name, and those that this library uses with types."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec
from attrs import frozen

from ...core.call import Call, Json, Response, WriteClass
from ...core.wire import Reader, parse
from ...errors import ConfigError, DecodeError
from .. import wire
from ..literals import literal
from ..models import CONTACTS, Authority, Organization, RowId, Table, WhoAmI
from .parts import CRM, nothing, part, read, refusal, write
from .rows import table_name

T = TypeVar("T")


@frozen
class Member:
    """A member of an enumeration, as functions take it: `Member("EndpointAccessType", "Default")`.

    In the body of an action it is its bare name.
    """

    type: str
    name: str

    def __attrs_post_init__(self) -> None:
        if not re.fullmatch(r"\w+", self.type) or not re.fullmatch(r"\w+(,\w+)*", self.name):
            raise ConfigError(f"no enumeration has the member {self.type}'{self.name}'")

    def __str__(self) -> str:
        return f"{CRM}.{self.type}'{self.name}'"


@frozen
class Ref:
    """A row as the parameter of a function: `Ref(CONTACTS.ref(contact_id))`."""

    target: str

    def __attrs_post_init__(self) -> None:
        if not re.fullmatch(r"/?\w+\([^()]+\)", self.target):
            raise ConfigError("a row is referred to as CONTACTS.ref(contact_id)")


Parameter = (
    None
    | bool
    | int
    | float
    | str
    | Decimal
    | date
    | datetime
    | UUID
    | Member
    | Ref
    | Sequence[str]
    | Mapping[str, object]
)
"""What a function takes: a GUID as a `UUID`, a list of texts, a structure as a mapping."""


def call_function(
    name: str, parameters: Mapping[str, Parameter] | None = None, *, bound_to: str = ""
) -> Call[Json]:
    """Call any function of the server; the answer is its JSON.

    Args:
        parameters: by name, in the server's spelling.
        bound_to: what it hangs on: `USERS.path(user_id)` for a row, `contacts` for a set.

    Raises:
        ConfigError: a name or value that cannot be.
    """
    given = dict(parameters or {})
    # Aliases keep values out of the path, where some characters are forbidden.
    aliases = {key: f"@p{number}" for number, key in enumerate(given, 1)}
    inside = ",".join(f"{_plain(key)}={alias}" for key, alias in aliases.items())
    path = _operation_path(name, bound_to) + (f"({inside})" if given else "")
    query = wire.query([(aliases[key], _written(value)) for key, value in given.items()])
    return read(name, path, _json, query=query)


def call_action(
    name: str,
    parameters: Mapping[str, object] | None = None,
    *,
    bound_to: str = "",
    write_class: WriteClass = WriteClass.UNSAFE,
) -> Call[Json]:
    """Call any action of the server; the answer is its JSON, None where it says nothing.

    Args:
        parameters: by name; a row is given as `entity(CONTACTS, contact_id)`.
        bound_to: as for `call_function`.
        write_class: how it may be repeated when its answer was lost; by default never.

    Raises:
        ConfigError: a name or value that cannot be.
    """
    body = {_plain(key): _member_name(value) for key, value in (parameters or {}).items()}
    return write(
        name,
        "POST",
        _operation_path(name, bound_to),
        _json,
        body=wire.row(body),
        write_class=write_class,
    )


def entity(
    table: Table[T], row_id: str | None, values: Mapping[str, object] | None = None
) -> dict[str, object]:
    """A row as the parameter of an action: its type, its id, and columns."""
    known = {} if row_id is None else {table.key: wire.guid(row_id, table.key)}
    return {"@odata.type": f"{CRM}.{table.logical}", **known, **wire.row(values or {})}


def _operation_path(name: str, bound_to: str) -> str:
    if not re.fullmatch(r"[A-Za-z]\w*", name):
        raise ConfigError(f"an operation is called like WhoAmI, not {name!r}")
    if not bound_to:
        return name
    if not re.fullmatch(r"\w+(\([^()]+\))?", bound_to):
        raise ConfigError(f"bound_to is an address such as contacts(3f25…), not {bound_to!r}")
    # What is not the platform's own says so in its name; bound ones want the namespace.
    return f"{bound_to}/{CRM}.{name}"


def _plain(name: str) -> str:
    if not re.fullmatch(r"\w+", name):
        raise ConfigError(f"a parameter is called like EntityName, not {name!r}")
    return name


def _written(value: Parameter) -> str:
    match value:
        case Member():
            return str(value)
        case Ref():
            return json.dumps({"@odata.id": value.target.removeprefix("/")})
        case Mapping() | list() | tuple():
            plain = wire.row({"value": value})["value"]
            return wire.dumps(plain).decode()
        case None | bool() | int() | float() | str() | Decimal() | date() | UUID():
            return literal(value)
    raise ConfigError(f"a function takes no {type(value).__name__}")


def _member_name(value: object) -> object:
    if isinstance(value, Ref):
        raise ConfigError("an action takes a row as entity(CONTACTS, contact_id), not as a Ref")
    return value.name if isinstance(value, Member) else value


def _json(response: Response) -> Json:
    value: Json = parse(response.body) if response.body else None
    return value


# --- the environment --------------------------------------------------------------------------

_who = Reader(
    WhoAmI,
    {
        WhoAmI: {
            "user_id": "UserId",
            "business_unit_id": "BusinessUnitId",
            "organization_id": "OrganizationId",
        }
    },
)


class _Version(msgspec.Struct):
    version: str = msgspec.field(name="Version")


class _Languages(msgspec.Struct):
    codes: list[int] = msgspec.field(name="RetrieveProvisionedLanguages")


class _Detail(msgspec.Struct, rename="pascal"):
    organization_id: str
    unique_name: str | None = None
    friendly_name: str | None = None
    organization_version: str | None = None


class _Current(msgspec.Struct):
    detail: _Detail = msgspec.field(name="Detail")


class _Totals(msgspec.Struct):
    keys: list[str] = msgspec.field(name="Keys")
    values: list[int] = msgspec.field(name="Values")


class _TotalsAnswer(msgspec.Struct):
    totals: _Totals = msgspec.field(name="EntityRecordCountCollection")


def who_am_i() -> Call[WhoAmI]:
    """Who the credential is; needs no privilege, so it is the check of a connection."""
    return read("WhoAmI", "WhoAmI", lambda r: _who.one(r.body))


def retrieve_version() -> Call[str]:
    """The server's own version, such as `9.2.24083.00191`."""
    return read("RetrieveVersion", "RetrieveVersion", lambda r: part(_Version, r).version)


def current_organization() -> Call[Organization]:
    """The environment's names, id and version."""

    def decode(response: Response) -> Organization:
        detail = part(_Current, response).detail
        return Organization(
            organization_id=RowId(detail.organization_id.lower()),
            unique_name=detail.unique_name,
            friendly_name=detail.friendly_name,
            version=detail.organization_version,
        )

    access = Member("EndpointAccessType", "Default")
    name = "RetrieveCurrentOrganization"
    return read(name, f"{name}(AccessType=@p1)", decode, query=wire.query([("@p1", access)]))


def provisioned_languages() -> Call[tuple[int, ...]]:
    """The languages of the environment, as Windows codes: 1033 is English."""
    name = "RetrieveProvisionedLanguages"
    return read(name, name, lambda r: tuple(part(_Languages, r).codes))


def total_record_counts(logicals: Sequence[str]) -> Call[Mapping[str, int]]:
    """How many rows whole tables have, however many: a snapshot of the last 24 hours; 9.1 on.

    Raises:
        ConfigError: no table, or no such name can be.
    """
    if not logicals:
        raise ConfigError("name at least one table")
    names = json.dumps([table_name(logical) for logical in logicals], separators=(",", ":"))

    def decode(response: Response) -> Mapping[str, int]:
        totals = part(_TotalsAnswer, response).totals
        if len(totals.keys) != len(totals.values):
            raise DecodeError("the answer has not as many counts as tables")
        return dict(zip(totals.keys, totals.values, strict=True))

    name = "RetrieveTotalRecordCount"
    return read(name, f"{name}(EntityNames=@p1)", decode, query=wire.query([("@p1", names)]))


def discover_authority(base_url: str) -> Call[Authority]:
    """Ask the environment, without signing in, where it wants to be signed in to.

    On-premises servers were seen not to tell.
    """

    def decode(response: Response) -> Authority:
        told = response.headers.get("www-authenticate", "")
        authority = re.search(r"authorization_uri=\"?([^\s\",]+)", told, re.IGNORECASE)
        resource = re.search(r"resource_id=\"?([^\s\",]+)", told, re.IGNORECASE)
        if response.status != 401 or not authority:
            raise (
                refusal(response)
                if response.status >= 400
                else DecodeError("the environment answered without asking to sign in")
            )
        return Authority(authority=authority[1], resource=resource[1] if resource else None)

    return Call(
        service="dynamics",
        operation="discover_authority",
        request=read("WhoAmI", f"{base_url}/WhoAmI", decode).request,
        decode=decode,
        safe_statuses=frozenset({401}),
        authorized=False,
    )


# --- merging ----------------------------------------------------------------------------------

_MERGEABLE = ("account", "contact", "lead", "incident")


def merge(
    target_id: str,
    subordinate_id: str,
    *,
    values: Mapping[str, object] | None = None,
    table: Table[T] | None = None,
    check_parents: bool = False,
) -> Call[None]:
    """Merge a row into another: it becomes inactive, and what hangs on it moves to `target_id`.

    Whether a lost answer was a merge is told by the subordinate's `merged` and `master_id`.

    Args:
        values: columns of the target to change along, such as those the subordinate fills better.
        table: accounts, contacts (the default), leads or incidents.
        check_parents: refuse where the two have different parents.

    Raises:
        ConfigError: another table, or a row with itself.
    """
    where: Table[object] = CONTACTS if table is None else table
    if where.logical not in _MERGEABLE:
        raise ConfigError(f"rows of {where.logical} cannot be merged, only {', '.join(_MERGEABLE)}")
    target = wire.guid(target_id, "target_id")
    subordinate = wire.guid(subordinate_id, "subordinate_id")
    if target == subordinate:
        raise ConfigError("a row cannot be merged with itself")
    return write(
        "Merge",
        "POST",
        "Merge",
        nothing,
        body={
            "Target": entity(where, target),
            "Subordinate": entity(where, subordinate),
            # Older servers insist on it, also when it changes nothing.
            "UpdateContent": entity(where, None, values),
            "PerformParentingChecks": check_parents,
        },
        write_class=WriteClass.MARKED,
    )
