"""A caller of the ActiveCampaign room by the sandbox's edge, with raw HTTP values and no client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.activecampaign import ActiveCampaign
from connectors.sandbox.kernel import CallLog, Clock, FaultPlan, Transport

SCHEMA: dict[str, Any] = {
    "slug": "docusign",
    "labels": {"singular": "DocuSign", "plural": "DocuSign"},
    "description": "Envelopes",
    "fields": [
        {
            "id": id,
            "labels": {"singular": id, "plural": id},
            "type": type,
            "required": id == "status",
            **({"options": [{"value": "a"}, {"value": "b"}]} if id.startswith("kind") else {}),
        }
        for id, type in {
            "status": "text",
            "sent-at": "datetime",
            "day": "date",
            "pages": "number",
            "price": "decimal",
            "kind": "dropdown",
            "kinds": "multiselect",
        }.items()
    ],
    "relationships": [
        {
            "id": "primary-contact",
            "labels": {"singular": "Primary Contact", "plural": "Primary Contacts"},
            "description": "Who signs",
            "namespace": "contacts",
            "hasMany": False,
        }
    ],
}


@dataclass(frozen=True)
class Reply:
    """An answer with its JSON read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The only entry of `errors`."""
        (entry,) = self.json["errors"]
        return entry


class Edge:
    """Somebody with the account's key; `box` has the side doors."""

    def __init__(self, *, limits: bool = False) -> None:
        self.clock = Clock()
        self.box = ActiveCampaign(self.clock, seed=1)
        self.box.limits = limits
        self.calls = CallLog()
        self.transport = Transport(self.clock, lambda: [self.box], self.calls, FaultPlan())

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        """A request as it is; without headers it is signed in."""
        if headers is None:
            headers = {"Api-Token": self.box.key, "Accept": "application/json"}
            if body:
                headers["Content-Type"] = "application/json"
        url = path if path.startswith("https://") else f"{self.box.url}/api/3/{path}"
        return Reply(*self.transport(method, url, headers, body))

    def get(self, path: str, query: dict[str, object] | None = None) -> Reply:
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: object) -> Reply:
        return self.call("POST", path, json.dumps(body).encode())

    def put(self, path: str, body: object) -> Reply:
        return self.call("PUT", path, json.dumps(body).encode())

    def delete(self, path: str) -> Reply:
        return self.call("DELETE", path)

    def sync(self, email: str, **more: object) -> Reply:
        return self.post("contact/sync", {"contact": {"email": email, **more}})

    def link(self, contact: object, tag: object) -> Reply:
        return self.post("contactTags", {"contactTag": {"contact": contact, "tag": tag}})

    def record(
        self, schema: str, external: str, fields: dict[str, object], **more: object
    ) -> Reply:
        rows = [{"id": id, "value": value} for id, value in fields.items()]
        return self.post(
            f"customObjects/records/{schema}",
            {"record": {"externalId": external, "fields": rows, **more}},
        )

    def bulk(self, *contacts: object, **more: object) -> Reply:
        return self.post("import/bulk_import", {"contacts": list(contacts), **more})

    def track(self, **pairs: str) -> Reply:
        form = {"actid": self.box.actid, "key": self.box.event_key, **pairs}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", self.box.event_url, urlencode(form).encode(), headers)

    def emails(self, query: dict[str, object] | None = None) -> list[str]:
        return [each["email"] for each in self.get("contacts", query).json["contacts"]]
