"""Who wants to be told of what: Connect configurations, and subscriptions of one envelope."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .wire import Json, NotSimulated, Refusal, known, rows, text, yes

EVENTS = frozenset(
    """
    envelope-created envelope-sent envelope-resent envelope-delivered envelope-completed
    envelope-declined envelope-voided envelope-corrected envelope-purge envelope-deleted
    envelope-discard envelope-removed envelope-reminder-sent recipient-sent recipient-resent
    recipient-delivered recipient-completed recipient-declined recipient-authenticationfailed
    recipient-autoresponded recipient-reassign recipient-delegate recipient-finish-later
    template-created template-modified template-deleted click-agreed click-declined sms-opt-in
    sms-opt-out identity-verification-pending identity-verification-completed workflow-started
    workflow-completed workflow-failed extension-executed notary-session-signer-locked
    notary-session-signer-unlocked notary-session-terminated notary-session-paused
    notary-session-status-updated notary-session-notary-assigned notary-session-notary-removed
    agreement-created agreement-updated agreement-deleted agreement-reviews-completed
    agreement-extractions-reviewed
    """.split()
)
ENVELOPE_CODES = {
    name: f"envelope-{name.lower()}"
    for name in ("Sent", "Delivered", "Completed", "Declined", "Voided")
}
RECIPIENT_CODES = {
    name: f"recipient-{name.lower()}"
    for name in (
        "Sent",
        "Delivered",
        "Completed",
        "Declined",
        "AuthenticationFailed",
        "AutoResponded",
    )
}
DATA = frozenset(
    "attachments custom_fields documents extensions folders payment_tabs powerform prefill_tabs "
    "recipients tabs".split()
)
TOLD = frozenset({"custom_fields", "documents", "prefill_tabs", "recipients", "tabs"})
"""What of it the sandbox tells."""

SWITCHES = {
    "allowEnvelopePublish": "false",
    "pausePublish": "false",
    "allUsers": "false",
    "requiresAcknowledgement": "false",
    "enableLog": "false",
    "includeHMAC": "false",
    "includeDocuments": "false",
    "includeCertificateOfCompletion": "false",
    "includeDocumentFields": "false",
    "includeEnvelopeVoidReason": "false",
    "includeTimeZoneInformation": "false",
    "includeSenderAccountasCustomField": "false",
    "useSoapInterface": "false",
    "includeCertSoapHeader": "false",
    "signMessageWithX509Certificate": "false",
    "requireMutualTls": "false",
    "includeOAuth": "false",
    "enableOAuthPerConfiguration": "false",
    "integratorManaged": "false",
    "allUsersExcept": "false",
}
UNKNOWN_WHEN_ON = (
    "useSoapInterface",
    "includeCertSoapHeader",
    "signMessageWithX509Certificate",
    "requireMutualTls",
    "includeOAuth",
    "enableOAuthPerConfiguration",
    "integratorManaged",
    "allUsersExcept",
    "includeCertificateOfCompletion",
    "includeDocumentFields",
)
OTHERS = (
    "connectId",
    "name",
    "configurationType",
    "urlToPublishTo",
    "deliveryMode",
    "events",
    "envelopeEvents",
    "recipientEvents",
    "eventData",
    "userIds",
    "groupIds",
    "userName",
    "password",
    "soapNamespace",
    "disabledBy",
)
NAMES = (*SWITCHES, *OTHERS)

ENVELOPE_NAMES = {
    "url": "urlToPublishTo",
    "deliveryMode": "deliveryMode",
    "events": "events",
    "envelopeEvents": "envelopeEvents",
    "recipientEvents": "recipientEvents",
    "eventData": "eventData",
    "requireAcknowledgment": "requiresAcknowledgement",
    "loggingEnabled": "enableLog",
    "includeHMAC": "includeHMAC",
    "integratorManaged": "integratorManaged",
    "includeOAuth": "includeOAuth",
    "signMessageWithX509Cert": "signMessageWithX509Certificate",
    "includeDocuments": "includeDocuments",
    "includeCertificateOfCompletion": "includeCertificateOfCompletion",
    "includeDocumentFields": "includeDocumentFields",
    "includeEnvelopeVoidReason": "includeEnvelopeVoidReason",
    "includeTimeZone": "includeTimeZoneInformation",
    "includeSenderAccountAsCustomField": "includeSenderAccountasCustomField",
    "useSoapInterface": "useSoapInterface",
    "soapNameSpace": "soapNamespace",
    "includeCertificateWithSoap": "includeCertSoapHeader",
}
"""The same ideas have other names in an envelope's own subscription."""


@dataclass(slots=True, eq=False)
class Subscription:
    """A configuration, read: `fields` is it as told by the API."""

    id: int
    account: str
    fields: dict[str, Any]
    envelope: str = ""
    """The one envelope it is for; empty for a configuration of the account."""
    password: str = field(default="", repr=False)

    def on(self, switch: str) -> bool:
        return bool(self.fields[switch] == "true")

    @property
    def url(self) -> str:
        return str(self.fields["urlToPublishTo"])

    @property
    def aggregate(self) -> bool:
        return bool(self.fields["deliveryMode"] == "Aggregate")

    @property
    def xml(self) -> bool:
        return "eventData" not in self.fields

    @property
    def data(self) -> frozenset[str]:
        return frozenset(self.fields.get("eventData", {}).get("includeData", ()))

    @property
    def events(self) -> frozenset[str]:
        """The events it wants, in their new spelling."""
        wanted = frozenset(self.fields["events"])
        if self.aggregate:
            wanted |= {ENVELOPE_CODES[code] for code in self.fields["envelopeEvents"]}
            wanted |= {RECIPIENT_CODES[code] for code in self.fields["recipientEvents"]}
        return wanted

    def wants(self, event: str, sender: str) -> bool:
        """Whether it is told of an event of an envelope of this sender."""
        if event not in self.events:
            return False
        if self.envelope:
            return True
        users = self.fields["userIds"]
        return self.on("allowEnvelopePublish") and (self.on("allUsers") or sender in users)


def read(body: Json, id: int, account: str) -> Subscription:
    """A configuration of the account out of a request."""
    given = known(body, NAMES, "the Connect configuration")
    if not text(given.get("name")):
        raise _bad("name", "A name is required.")
    kind = given.get("configurationType")
    if kind is None:
        raise _bad("configurationType", "A configurationType is required.")
    if kind != "custom":
        raise NotSimulated(f"the configurationType {kind!r}")
    return _make(given, id, account)


def read_of_envelope(body: Json, id: int, account: str, envelope: str) -> Subscription:
    """An envelope's own subscription."""
    given = known(body, ENVELOPE_NAMES, "the eventNotification")
    config = {ENVELOPE_NAMES[name]: value for name, value in given.items()}
    codes = (
        ("envelopeEvents", "envelopeEventStatusCode"),
        ("recipientEvents", "recipientEventStatusCode"),
    )
    for name, code in codes:
        found = []
        for row in rows(config.get(name), name):
            one = known(row, (code, "includeDocuments"), name)
            if yes(one.get("includeDocuments")):
                raise NotSimulated(f"includeDocuments of {name}")
            found.append(one.get(code))
        config[name] = found
    if len(text(config.get("urlToPublishTo")).encode()) > 4096:
        raise _bad("url", "The url is too long.")
    return _make(config, id, account, envelope)


def _make(given: dict[str, Json], id: int, account: str, envelope: str = "") -> Subscription:
    url = text(given.get("urlToPublishTo"))
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.netloc:
        raise _bad("urlToPublishTo", "The URL must start with https.")
    fields: dict[str, Any] = {"connectId": str(id)}
    for name in OTHERS:
        if name not in ("connectId", "password", "disabledBy", "eventData") and name in given:
            fields[name] = given[name]
    for name, usual in SWITCHES.items():
        fields[name] = "true" if yes(given.get(name, usual)) else "false"
    for name in UNKNOWN_WHEN_ON:
        if fields[name] == "true":
            raise NotSimulated(f"{name} of a Connect configuration")
    fields["deliveryMode"] = given.get("deliveryMode") or "Aggregate"
    if fields["deliveryMode"] not in ("SIM", "Aggregate"):
        raise _bad("deliveryMode", "deliveryMode is SIM or Aggregate.")
    fields["events"] = _listed(given, "events", EVENTS)
    fields["envelopeEvents"] = _listed(given, "envelopeEvents", ENVELOPE_CODES)
    fields["recipientEvents"] = _listed(given, "recipientEvents", RECIPIENT_CODES)
    fields["userIds"] = _users(given.get("userIds"))
    if given.get("groupIds"):
        raise NotSimulated("groupIds of a Connect configuration")
    fields.pop("groupIds", None)
    data = _data(given.get("eventData"))
    if data is not None:
        fields["eventData"] = data
    elif fields["deliveryMode"] == "SIM":
        raise NotSimulated("XML in SIM mode, which the vendor has retired")
    return Subscription(id, account, fields, envelope, text(given.get("password")))


def _bad(name: str, why: str) -> Refusal:
    return Refusal(
        "INVALID_REQUEST_PARAMETER",
        f"The request contained at least one invalid parameter. {name}: {why}",
    )


def _listed(given: dict[str, Json], name: str, allowed: Container[str] | None) -> list[str]:
    value = given.get(name) or []
    if not isinstance(value, list):
        raise _bad(name, "An array is expected.")
    for each in value:
        if not isinstance(each, str) or (allowed is not None and each not in allowed):
            raise _bad(name, f"{each!r} is no event.")
    return list(value)


def _users(value: Json) -> list[str]:
    if isinstance(value, str):
        value = [each.strip() for each in value.split(",") if each.strip()]
    return _listed({"userIds": value}, "userIds", None)


def _data(value: Json) -> dict[str, Json] | None:
    if value is None:
        return None
    given = known(value, ("version", "format", "includeData"), "eventData")
    if given.get("version") != "restv2.1" or given.get("format") != "json":
        raise NotSimulated(
            "eventData of another version than restv2.1, or another format than json"
        )
    wanted = _listed(given, "includeData", DATA)
    strange = sorted(set(wanted) - TOLD)
    if strange:
        raise NotSimulated(f"includeData {strange[0]}")
    return {"version": "restv2.1", "format": "json", "includeData": wanted}
