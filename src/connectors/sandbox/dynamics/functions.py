"""Functions about the organisation and its server."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..kernel import Answer
from .call import Call
from .errors import bad_syntax
from .parameters import TYPE, arguments, enum_literal, literal
from .state import BUILDS

_ACCESS_TYPES = ("Default", "Internet", "Intranet")


def _body(call: Call, name: str, values: dict[str, Any], headers: dict[str, str]) -> Answer:
    where = {"@odata.context": f"{call.api}$metadata#{TYPE}{name}Response"}
    return call.answer(200, where | values, headers)


def who_am_i(call: Call, inner: str | None) -> Answer:
    """Function WhoAmI; online a header tells how many calls may run at once."""
    arguments(call, inner)
    state = call.state
    headers = {"x-ms-dop-hint": str(state.dop_hint)} if state.deployment == "online" else {}
    body = {
        "BusinessUnitId": state.store.unit,
        "UserId": state.store.caller,
        "OrganizationId": state.store.org,
    }
    return _body(call, "WhoAmI", body, headers)


def version(call: Call, inner: str | None) -> Answer:
    """Function RetrieveVersion: the version of the server, not of the URL."""
    arguments(call, inner)
    return _body(call, "RetrieveVersion", {"Version": BUILDS[call.state.version]}, {})


def languages(call: Call, inner: str | None) -> Answer:
    """Function RetrieveProvisionedLanguages."""
    arguments(call, inner)
    name = "RetrieveProvisionedLanguages"
    return _body(call, name, {name: list(call.state.languages)}, {})


def organization(call: Call, inner: str | None) -> Answer:
    """Function RetrieveCurrentOrganization."""
    given = arguments(call, inner, "AccessType")["AccessType"]
    enum_literal(call, given, "EndpointAccessType", _ACCESS_TYPES)
    state = call.state
    row = state.store.table("organization").rows[state.store.org]
    home = urlsplit(state.url)
    detail: dict[str, Any] = {
        "OrganizationId": state.store.org,
        "FriendlyName": row["name"],
        "OrganizationVersion": BUILDS[state.version],
        "UrlName": home.path.strip("/") or home.netloc.partition(".")[0],
        "UniqueName": row["name"],
        "Endpoints": {
            "Count": 3,
            "IsReadOnly": False,
            "Keys": ["WebApplication", "OrganizationService", "OrganizationDataService"],
            "Values": [
                f"{state.url}/",
                f"{state.url}/XRMServices/2011/Organization.svc",
                f"{state.url}/XRMServices/2011/OrganizationData.svc",
            ],
        },
        "State": "Enabled",
    }
    return _body(call, "RetrieveCurrentOrganization", {"Detail": detail}, {})


def record_count(call: Call, inner: str | None) -> Answer:
    """Function RetrieveTotalRecordCount: a snapshot, or the true numbers where there is none."""
    names = literal(arguments(call, inner, "EntityNames")["EntityNames"])
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise bad_syntax("The parameter 'EntityNames' must be an array of names.")
    state, counts = call.state, []
    for name in names:
        table = state.store.tables.get(name)
        if table is None:
            raise bad_syntax(f"The entity with a name = '{name}' was not found.")
        state.require(name, "Read")
        counts.append(state.record_counts.get(name, len(table.rows)))
    found = {"Count": len(names), "IsReadOnly": False, "Keys": names, "Values": counts}
    name = "RetrieveTotalRecordCount"
    return _body(call, name, {"EntityRecordCountCollection": found}, {})
