"""What we send against the vendor's own description of the API, as far as it reaches.

The description at hand has 19 operations of 220, and mistakes that are known; every difference stands
here with its reason, and none may be there that stands nowhere.
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
from tests.getresponse.operations import EVERY, PARAMETERS

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "getresponse-v3.json"

# operations that the description at hand lacks: in the vendor's full OpenAPI, by reference §3 to §10
ABSENT = frozenset(
    line.strip()
    for line in """
    GET /accounts
    GET /accounts/timezones
    GET /accounts/callbacks
    POST /accounts/callbacks
    DELETE /accounts/callbacks
    GET /accounts/blocklists
    POST /accounts/blocklists
    GET /campaigns/{}/blocklists
    POST /campaigns/{}/blocklists
    POST /campaigns/{}
    GET /campaigns/{}/contacts
    GET /campaigns/statistics/{}
    POST /contacts/{}
    DELETE /contacts/{}
    POST /contacts/{}/tags
    GET /contacts/{}/activities
    GET /contacts/{}/consents
    POST /custom-fields/{}
    DELETE /custom-fields/{}
    GET /tags
    POST /tags
    GET /tags/{}
    DELETE /tags/{}
    GET /predefined-fields
    POST /predefined-fields
    GET /predefined-fields/{}
    POST /predefined-fields/{}
    DELETE /predefined-fields/{}
    POST /newsletters/send-draft
    GET /newsletters/statistics
    GET /newsletters/{}/statistics
    POST /from-fields
    GET /from-fields/{}
    DELETE /from-fields/{}
    POST /from-fields/{}/default
    GET /search-contacts
    POST /search-contacts
    GET /search-contacts/{}
    POST /search-contacts/{}
    DELETE /search-contacts/{}
    GET /search-contacts/{}/contacts
    POST /search-contacts/{}/custom-fields
    GET /imports
    POST /imports
    GET /imports/{}
    POST /custom-reports
    GET /custom-reports/{}
    GET /suppressions
    POST /suppressions
    GET /suppressions/{}
    POST /suppressions/{}
    DELETE /suppressions/{}
    """.strip().splitlines()
)

# what is sent beyond, or other than, the description: where → why (sections are the reference's)
DEVIATIONS: Mapping[tuple[str, str], str] = {
    ("GET /campaigns", "query sort[createdOn]"): "§3: the full OpenAPI has it; walks need an order",
    ("GET /campaigns", "query query[isDefault]"): "§3: the full OpenAPI has it",
    ("POST /campaigns", "postal: unknown"): "§3: a property of the full OpenAPI",
    ("POST /campaigns", "subscriptionNotifications: unknown"): "§3: as postal",
    ("POST /campaigns", "profile.title: unknown"): "§3: as postal",
    ("GET /custom-fields", "query sort[name]"): "§5: the full OpenAPI has it",
    ("POST /custom-fields", "type: not in enum"): "§5 [!]: the value type, with `format` beside it",
    ("POST /custom-fields", "format: unknown"): "§5 [!]: required beside `type`",
    ("GET /contacts", "query query[origin]"): "§4: the full OpenAPI has it",
    ("GET /contacts", "query query[createdOn][from]"): "§4: the full OpenAPI has it",
    ("GET /contacts", "query query[createdOn][to]"): "§4: the full OpenAPI has it",
    ("GET /contacts", "query query[changedOn][from]"): "§4: the full OpenAPI has it",
    ("GET /contacts", "query query[changedOn][to]"): "§4: the full OpenAPI has it",
    ("GET /contacts", "query sort[createdOn]"): "§4: the full OpenAPI has it; walks need an order",
    ("POST /contacts", "scoring: unknown"): "§4: a property of the full OpenAPI",
    ("POST /contacts", "tags: unknown"): "§4: a property of the full OpenAPI",
    ("POST /contacts/batch", "contacts[].scoring: unknown"): "§4: as of a single contact",
    ("POST /contacts/batch", "contacts[].ipAddress: unknown"): "§4: as of a single contact",
    ("POST /contacts/batch", "contacts[].tags: unknown"): "§4: `{ids: […]}`, the batch's own form",
    ("GET /newsletters", "query query[name]"): "§6: the full OpenAPI has it",
    ("GET /newsletters", "query query[subject]"): "§6: the full OpenAPI has it",
    ("GET /newsletters", "query query[type]"): "§6: the full OpenAPI has it",
    ("GET /newsletters", "query query[createdOn][from]"): "§6: the full OpenAPI has it",
    ("GET /newsletters", "query query[createdOn][to]"): "§6: the full OpenAPI has it",
    ("GET /newsletters", "query query[sendOn][from]"): "§6: the full OpenAPI has it",
    ("GET /newsletters", "query query[sendOn][to]"): "§6: the full OpenAPI has it",
    ("GET /newsletters", "query sort[createdOn]"): "§6: the full OpenAPI has it",
    ("POST /newsletters", "name: missing"): "§6: optional in the full OpenAPI",
    ("POST /newsletters", "attachments: unknown"): "§6: a property of the full OpenAPI",
    ("POST /newsletters", "trackOpens: unknown"): "§6: a property of the full OpenAPI",
    **{
        ("POST /newsletters", f"sendSettings.{name}: unknown"): "§6: a key of the full OpenAPI"
        for name in (
            "excludedCampaigns",
            "excludedSegments",
            "selectedSuppressions",
            "timeTravel",
            "perfectTiming",
            "externalLexpad",
        )
    },
    ("POST /newsletters", "sendSettings.sendOn: unknown"): (
        "§6 [!]: the schedule belongs into sendSettings; at the root it is read-only, and the "
        "message might go out at once"
    ),
    ("POST /search-contacts/contacts", "query sort[createdOn]"): "§9: sorting is in the query",
    ("POST /search-contacts/contacts", "subscribersType[]: not in enum"): (
        "§9: `undelivered` and `unconfirmed` are missing in the description, `notConfirmed` is wrong"
    ),
    ("POST /search-contacts/contacts", "section[].customDate: unknown"): "§9: of `custom` dates",
    ("POST /search-contacts/contacts", "section[].conditions[].value: not string"): (
        "§9: an engagement score is compared with a number"
    ),
    ("GET /from-fields", "query query[email]"): "§6: the full OpenAPI has it",
    ("GET /from-fields", "query query[name]"): "§6: the full OpenAPI has it",
    ("GET /from-fields", "query page"): "§2: paging is the same for every list",
    ("GET /from-fields", "query perPage"): "§2: paging is the same for every list",
}

NOT_SENT = "X-Request-Source"
"""A header that the description wants of the vendor's own skill; others may leave it out (§1)."""


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("the vendor's API description is not beside this checkout")
    found: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return found


def line(call: Call[Any]) -> str:
    """`GET /contacts/{}`"""
    parts = ["{}" if part in PARAMETERS else part for part in call.request.path.split("/")]
    return f"{call.request.method} /{'/'.join(parts)}"


def described(spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {re.sub(r'{[a-zA-Z]+}', '{}', path)}": operation
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    }


def faults(
    value: Any, schema: Mapping[str, Any], spec: Mapping[str, Any], at: str
) -> Iterator[str]:
    """What in a value is not as a schema has it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from faults(value, spec["components"]["schemas"][name], spec, at)
        return
    kinds: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int}
    kind = schema.get("type")
    if kind is not None and not isinstance(value, kinds[kind]):
        yield f"{at}: not {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: not in enum"
    if kind == "array":
        for each in value:
            yield from faults(each, schema["items"], spec, f"{at}[]")
    if kind == "object":
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{at}.{name}: missing".lstrip(".")
        for name, each in value.items():
            where = f"{at}.{name}".lstrip(".")
            if name not in known:
                yield f"{where}: unknown"
            else:
                yield from faults(each, known[name], spec, where)


def differences(call: Call[Any], spec: Mapping[str, Any]) -> Iterator[str]:
    operation = described(spec)[line(call)]
    names = {p["name"] for p in operation.get("parameters", ()) if p.get("in") == "query"}
    for name, _ in parse_qsl(call.request.query, keep_blank_values=True):
        if name not in names:
            yield f"query {name}"
    wanted = operation.get("requestBody")
    assert bool(wanted) == bool(call.request.body)
    if wanted:
        schema = wanted["content"]["application/json"]["schema"]
        yield from faults(json.loads(call.request.body), schema, spec, "")


def test_every_operation_is_described_or_known_to_be_left_out(spec: dict[str, Any]) -> None:
    ours = {line(call) for call in EVERY}

    assert ours - set(described(spec)) == ABSENT
    assert {each for each in described(spec) if each not in ours} == set()


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_every_request_is_as_described_or_differs_for_a_reason(
    call: Call[Any], spec: dict[str, Any]
) -> None:
    if line(call) in ABSENT:
        assert line(call) not in described(spec)
        return

    unexplained = [each for each in differences(call, spec) if (line(call), each) not in DEVIATIONS]

    assert unexplained == []


def test_every_known_difference_still_is_one(spec: dict[str, Any]) -> None:
    found = {
        (line(call), each)
        for call in EVERY
        if line(call) not in ABSENT
        for each in differences(call, spec)
    }

    assert found == set(DEVIATIONS)


def test_no_request_says_that_it_comes_from_the_vendors_skill(spec: dict[str, Any]) -> None:
    assert spec["components"]["parameters"]["RequestSource"]["name"] == NOT_SENT
    assert all(NOT_SENT not in dict(call.request.headers) for call in EVERY)
