"""What we send against DocuSign's own description of its API, of 2022.

Every difference stands here with its reason, and none may be there that stands nowhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors.core.call import Call
from tests.docusign import administration, operations

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "docusign-esignature-v2.1.json"
ROOT = "/v2.1/accounts/{accountId}"
EVERY = [*operations.EVERY, *administration.EVERY]
PARAMETERS = operations.PARAMETERS | administration.PARAMETERS

# what is sent beyond, or other than, the description: where → why (sections are the reference's)
DEVIATIONS: Mapping[tuple[str, str], str] = {
    ("POST /envelopes", "query tab_label_exact_matches"): "§2.1: of the SDK of 2026",
    ("GET /envelopes/{}/audit_events", "query locale"): "§2.1: newer than the description",
    ("GET /envelopes/{}/documents", "query include_document_size"): "§2.1: as locale",
    ("POST /envelopes", "templateRoles[].deliveryMethod: unknown"): "§2.3: as locale",
    ("POST /envelopes", "eventNotification.integratorManaged: unknown"): "§2.7: as locale",
    ("POST /envelopes", "eventNotification.includeOAuth: unknown"): "§2.7: as locale",
    ("POST /envelopes/{}/views/sender", "viewAccess: unknown"): (
        "§2.6: the description has the body of old, which is deprecated"
    ),
    ("POST /envelopes/{}/views/sender", "settings: unknown"): "§2.6: as viewAccess",
    ("PUT /connect", "allUsersExcept: unknown"): "§2.7: newer than the description",
    ("PUT /connect", "enableOAuthPerConfiguration: unknown"): "§2.7: as allUsersExcept",
    ("PUT /connect", "groupIds: unknown"): "§2.7: as allUsersExcept",
    ("PUT /connect", "includeOAuth: unknown"): "§2.7: as allUsersExcept",
    ("PUT /connect", "integratorManaged: unknown"): "§2.7: as allUsersExcept",
    ("PUT /connect", "pausePublish: unknown"): "§2.7: as allUsersExcept",
}

# what is called, and is not in the description at all
UNDESCRIBED: Mapping[str, str] = {
    "GET /connect/secret": "§2.7: in the description since mid-2026",
    "POST /connect/secret": "§2.7: as GET",
    "DELETE /connect/secret/{}": "§2.7: as GET",
    "GET /connect/oauth": "§2.7: newer than the description",
    "POST /connect/oauth": "§2.7: as GET",
    "PUT /connect/oauth": "§2.7: as GET",
    "DELETE /connect/oauth": "§2.7: as GET",
    "POST /connect/envelopes/publish/historical": "§2.7: newer than the description",
}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("the vendor's API description is not beside this checkout")
    found: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return found


def line(call: Call[Any]) -> str:
    """`GET /envelopes/{}`"""
    parts = ["{}" if part in PARAMETERS else part for part in call.request.path.split("/")]
    return f"{call.request.method} /{'/'.join(parts)}".removesuffix("/")


def described(spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {re.sub(r'{[a-zA-Z]+}', '{}', path.removeprefix(ROOT))}": operation
        for path, methods in spec["paths"].items()
        if path.startswith(ROOT)
        for method, operation in methods.items()
        if method != "parameters"
    }


def faults(
    value: Any, schema: Mapping[str, Any], spec: Mapping[str, Any], at: str
) -> Iterator[str]:
    """What in a value is not as a schema has it. Scalars are text in the description."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from faults(value, spec["definitions"][name], spec, at)
        return
    kinds: dict[str, Any] = {"object": dict, "array": list, "string": str}
    kind = schema.get("type")
    if kind is not None and not isinstance(value, kinds[kind]):
        yield f"{at}: not {kind}"
        return
    if kind == "array":
        for each in value:
            yield from faults(each, schema["items"], spec, f"{at}[]")
    if kind == "object":
        known = schema.get("properties", {})
        for name, each in value.items():
            where = f"{at}.{name}".lstrip(".")
            if name not in known:
                yield f"{where}: unknown"
            else:
                yield from faults(each, known[name], spec, where)


def differences(call: Call[Any], spec: Mapping[str, Any]) -> Iterator[str]:
    if line(call) in UNDESCRIBED:
        return
    parameters = described(spec)[line(call)].get("parameters", ())
    names = {p["name"] for p in parameters if p.get("in") == "query"}
    for name, _ in parse_qsl(call.request.query, keep_blank_values=True):
        if name not in names:
            yield f"query {name}"
    wanted = [p["schema"] for p in parameters if p.get("in") == "body"]
    if dict(call.request.headers).get("Content-Type") == "application/json":
        if not wanted:
            yield "body"
        for schema in wanted:
            yield from faults(json.loads(call.request.body), schema, spec, "")


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_every_request_is_as_described_or_differs_for_a_reason(
    call: Call[Any], spec: dict[str, Any]
) -> None:
    unexplained = [each for each in differences(call, spec) if (line(call), each) not in DEVIATIONS]

    assert unexplained == []


def test_every_known_difference_still_is_one(spec: dict[str, Any]) -> None:
    found = {(line(call), each) for call in EVERY for each in differences(call, spec)}

    assert found == set(DEVIATIONS)


def test_what_is_not_described_still_is_not_and_is_called(spec: dict[str, Any]) -> None:
    found = {line(call) for call in EVERY} - described(spec).keys()

    assert found == set(UNDESCRIBED)
