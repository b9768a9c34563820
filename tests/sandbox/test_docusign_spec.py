"""What the sandbox takes and tells against the vendor's own description of the API.

The description at hand is of 2022; what is newer, or stands in the vendor's texts alone, is listed
here, and nothing may be listed that the description has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.docusign import parsing, service, subscriptions
from connectors.sandbox.docusign.making import DEFINITION, ROLE, SWITCHES
from tests.sandbox.docusign_kit import HOOK, Edge

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "docusign-esignature-v2.1.json"
pytestmark = pytest.mark.skipif(
    not SPEC.exists(), reason="the vendor's API description is not beside this checkout"
)


@cache
def spec() -> Any:
    return json.loads(SPEC.read_text(encoding="utf-8"))


def fields(*names: str) -> set[str]:
    return {key for name in names for key in spec()["definitions"][name].get("properties", ())}


def test_every_path_is_the_vendors() -> None:
    known = {
        (method.upper(), re.sub(r"\{[^}]+\}", "{}", path))
        for path, methods in spec()["paths"].items()
        for method in methods
        if method != "parameters"
    }
    base = "/v2.1/accounts/{}"
    theirs = {
        (r.method, f"{base}/{r.path}".rstrip("/")): r for r in (*service.ROUTES, *service.BEYOND)
    }
    paths = {path for _, path in theirs}
    assert {each for each in known if each[1] in paths} <= theirs.keys()
    ours = {(r.method, f"{base}/{r.path}".rstrip("/")) for r in service.ROUTES}
    newer = {
        ("GET", f"{base}/connect/secret"),
        ("POST", f"{base}/connect/secret"),
        ("DELETE", f"{base}/connect/secret/{{}}"),
        ("POST", f"{base}/connect/envelopes/publish/historical"),
        *((method, f"{base}/connect/oauth") for method in ("GET", "POST", "PUT", "DELETE")),
    }
    assert ours - known == newer


PEOPLE = ("signer", "carbonCopy", "inPersonSigner", "agent")
TABS = ("text", "checkbox", "list", "radioGroup", "radio", "signHere", "fullName", "number")


@pytest.mark.parametrize(
    ("ours", "theirs", "newer"),
    [
        (parsing.PERSON_FIELDS, PEOPLE, set()),
        (parsing.TAB_FIELDS, TABS, set()),
        (parsing.TAB_TYPES, ("tabs", "prefillTabs"), set()),
        (parsing.DOCUMENT_FIELDS, ("document",), set()),
        (parsing.FIELD_FIELDS, ("listCustomField",), set()),
        ((*DEFINITION, *SWITCHES), ("envelopeDefinition",), {"eventNotifications"}),
        (ROLE, ("templateRole",), {"deliveryMethod"}),
        (
            subscriptions.NAMES,
            ("connectCustomConfiguration",),
            {
                "allUsersExcept",
                "disabledBy",
                "enableOAuthPerConfiguration",
                "groupIds",
                "includeOAuth",
                "integratorManaged",
                "pausePublish",
            },
        ),
        (
            subscriptions.ENVELOPE_NAMES,
            ("eventNotification",),
            {"includeOAuth", "integratorManaged"},
        ),
    ],
)
def test_every_field_that_is_taken_is_the_vendors(
    ours: Any, theirs: tuple[str, ...], newer: set[str]
) -> None:
    assert set(ours) - fields(*theirs) == newer


def refs(schema: Mapping[str, Any]) -> str:
    ref = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
    return str(ref).rpartition("/")[2]


def strange(value: Any, name: str, path: str) -> Iterator[str]:
    """The keys of an answer that the description of `name` lacks."""
    if isinstance(value, list):
        for each in value:
            yield from strange(each, name, path)
    elif isinstance(value, dict) and name:
        known = spec()["definitions"][name].get("properties", {})
        for key, item in value.items():
            if key in known:
                yield from strange(item, refs(known[key]), f"{path}.{key}")
            else:
                yield f"{path}.{key}"


NEWER = {
    "envelopesInformation.nextUri",
    "envelopesInformation.previousUri",
    "envelopesInformation.envelopeSearchSource",
    "envelopesInformation.envelopes.sender.ipAddress",
    "envelope.sender.ipAddress",
    "envelope.envelopeDocuments.tabs",
    "envelopeTemplate.isDocGenTemplate",
    "envelopeTemplateResults.envelopeTemplates.isDocGenTemplate",
    "connectConfigResults.configurations.pausePublish",
    "connectConfigResults.configurations.includeOAuth",
    "connectConfigResults.configurations.enableOAuthPerConfiguration",
    "connectConfigResults.configurations.integratorManaged",
    "connectConfigResults.configurations.allUsersExcept",
}
"""In the vendor's texts or the newer client, by the reference."""


def test_every_field_that_is_told_is_the_vendors() -> None:
    edge = Edge()
    template = edge.box.add_template("Sales", tabs={"company": "?"}, prefill={"price": "0"})
    edge.box.add_configuration(HOOK)
    people: list[dict[str, Any]] = [
        {
            "email": "a@example.com",
            "tabs": {
                "textTabs": [{"tabLabel": "company", "value": "X"}],
                "radioGroupTabs": [{"groupName": "size", "radios": [{"value": "S"}]}],
            },
        },
        {"email": "b@example.com", "kind": "inPersonSigners"},
    ]
    envelope = edge.box.send("Hi", people, carbon_copies=["c@example.com"])
    edge.box.fail_authentication(envelope, "1")
    edge.box.reassign(envelope, "1", name="Bob", email="bob@example.com")
    path = f"/envelopes/{envelope}"
    told = "recipients,tabs,custom_fields,documents,prefill_tabs,folders"
    edge.box.deliver(lambda headers, body: 500)
    of_template = edge.box.create_envelope("Hi", ["a@example.com"], template_id=template)
    answers = {
        "envelope": edge.get(path, include=told),
        "envelopesInformation": edge.get("/envelopes", envelope_ids=envelope),
        "recipients": edge.get(f"{path}/recipients", include_tabs="true"),
        "envelopeDocumentsResult": edge.get(f"{path}/documents", include_document_size="true"),
        "envelopeFormData": edge.get(f"{path}/form_data"),
        "envelopeAuditEventResponse": edge.get(f"{path}/audit_events"),
        "notification": edge.get(f"{path}/notification"),
        "templateInformation": edge.get(f"/envelopes/{of_template}/templates"),
        "customFields": edge.get(f"{path}/custom_fields"),
        "envelopeTemplate": edge.get(f"/templates/{template}", include="tabs"),
        "envelopeTemplateResults": edge.get("/templates", include="recipients,documents"),
        "accountInformation": edge.get("", include_account_settings="true"),
        "userInformationList": edge.get("/users", additional_info="true"),
        "connectConfigResults": edge.get("/connect"),
        "connectLogs": edge.get("/connect/logs"),
        "connectFailureResults": edge.put(f"/connect{path}/retry_queue"),
        "lockInformation": edge.post(f"{path}/lock", {"lockDurationInSeconds": "60"}),
    }
    found = set()
    for name, reply in answers.items():
        assert reply.status in (200, 201), (name, reply.body)
        found |= set(strange(reply.json, name, name))
    assert found == NEWER
