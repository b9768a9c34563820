"""The bodies of messages: JSON of one event, JSON of a state, and the legacy XML."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from . import shapes
from .records import Account, Envelope, Recipient
from .subscriptions import Subscription
from .wire import Json, flag, stamp, write

SPOT = '"<when>"'
COUNT = '"<count>"'


def summary(envelope: Envelope, data: frozenset[str], *, reason: bool = True) -> dict[str, Json]:
    """`envelopeSummary` with what `includeData` asks for."""
    row = shapes.head(envelope)
    row["hasFormDataChanges"] = flag(envelope.form_changed)
    if not reason:
        row.pop("voidedReason", None)
    row["sender"] = shapes.person(envelope)
    if "custom_fields" in data:
        row["customFields"] = shapes.custom_fields(envelope.custom_fields)
    if "recipients" in data or "tabs" in data:
        row["recipients"] = shapes.recipients(
            envelope.recipients, envelope.current_order, tabs="tabs" in data
        )
    if "documents" in data or "prefill_tabs" in data:
        row["envelopeDocuments"] = shapes.pushed_documents(
            envelope, content="documents" in data, prefill="prefill_tabs" in data
        )
    return row


def event(
    subscription: Subscription,
    envelope: Envelope,
    name: str,
    recipient: Recipient | None,
    extra: dict[str, Json],
) -> str:
    """The message of one event, with spots for its attempt and its time."""
    data: dict[str, Json] = {
        "accountId": envelope.account,
        "userId": envelope.by.id,
        "envelopeId": envelope.id,
    }
    if recipient is not None:
        data["recipientId"] = recipient.id
    data.update(extra)
    if subscription.data:
        data["envelopeSummary"] = summary(envelope, subscription.data, reason=_reason(subscription))
    body = {
        "event": name,
        "apiVersion": "v2.1",
        "uri": f"/restapi/v2.1/accounts/{envelope.account}/envelopes/{envelope.id}",
        "retryCount": "<count>",
        "configurationId": subscription.id,
        "generatedDateTime": "<when>",
        "data": data,
    }
    return write(body).decode()


def filled(text: str, *, attempt: int, at: str) -> bytes:
    """The message as it goes out; the spots are the first of their kind, data comes after them."""
    text = text.replace(COUNT, str(attempt), 1)
    return text.replace(SPOT, f'"{at}"', 1).encode()


def aged(body: bytes, at: datetime) -> bytes:
    """The same message, made at another time."""
    body = re.sub(
        rb'("generatedDateTime":)"[^"]*"', rb'\g<1>"' + stamp(at).encode() + b'"', body, count=1
    )
    shown = f"{at:%Y-%m-%dT%H:%M:%S.%f}7".encode()
    return re.sub(rb"(<TimeGenerated>)[^<]*", rb"\g<1>" + shown, body, count=1)


def state(subscription: Subscription, envelope: Envelope) -> bytes:
    """The aggregate in JSON: the envelope itself, and no event."""
    row = summary(envelope, subscription.data, reason=_reason(subscription))
    row["hasFormDataChanged"] = row.pop("hasFormDataChanges")
    return write(row)


def _reason(subscription: Subscription) -> bool:
    """A message of one envelope's state names the void reason only where that is asked for."""
    return not subscription.aggregate or subscription.on("includeEnvelopeVoidReason")


# -- XML ---------------------------------------------------------------------------------------

_NAMESPACES = (
    'xmlns="http://www.docusign.net/API/3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_TYPES = {
    "signers": "Signer",
    "agents": "Agent",
    "editors": "Editor",
    "intermediaries": "Intermediary",
    "carbonCopies": "CarbonCopy",
    "certifiedDeliveries": "CertifiedDelivery",
    "inPersonSigners": "InPersonSigner",
    "seals": "Seal",
    "witnesses": "Witness",
}
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TITLES = {"autoresponded": "AutoResponded", "timedout": "TimedOut"}
_TABS = {
    "signHereTabs": "SignHere",
    "initialHereTabs": "InitialHere",
    "dateSignedTabs": "DateSigned",
    "fullNameTabs": "FullName",
}


def xml(
    account: Account,
    subscription: Subscription,
    envelope: Envelope,
    now: datetime,
    *,
    bom: bool,
    offset: bool,
) -> bytes:
    """The legacy message. Its times are those of the account's zone and do not say so.

    Args:
        bom: whether it begins with a byte order mark.
        offset: whether `TimeGenerated` carries its offset.
    """
    name, hours = account.zone
    body = "".join(
        (
            f'<?xml version="1.0" encoding="utf-8"?><DocuSignEnvelopeInformation {_NAMESPACES}>',
            _status(account, subscription, envelope, now, offset=offset),
            _pdfs(envelope) if subscription.on("includeDocuments") else "",
            _tag("TimeZone", name) + _tag("TimeZoneOffset", str(hours))
            if subscription.on("includeTimeZoneInformation")
            else "",
            "</DocuSignEnvelopeInformation>",
        )
    )
    return (b"\xef\xbb\xbf" if bom else b"") + body.encode("utf-8", "replace")


def _tag(name: str, value: str) -> str:
    shown = escape(_NO_XML.sub("", value))
    return f"<{name}>{shown}</{name}>" if shown else f"<{name}/>"


def _title(status: str) -> str:
    return _TITLES.get(status, status.capitalize())


def _clock(at: datetime | None, hours: int) -> str:
    """A status time: the zone's, up to three digits, trailing zeros dropped."""
    if at is None:
        return ""
    local = at.astimezone(UTC) + timedelta(hours=hours)
    digits = f"{local.microsecond // 1000:03d}".rstrip("0")
    return f"{local:%Y-%m-%dT%H:%M:%S}" + (f".{digits}" if digits else "")


def _status(
    account: Account, subscription: Subscription, envelope: Envelope, now: datetime, *, offset: bool
) -> str:
    hours = account.zone[1]
    made = f"{now.astimezone(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.%f}7"
    if offset:
        made += f"{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
    times = (
        ("Created", envelope.created),
        ("Sent", envelope.sent),
        ("Delivered", envelope.delivered),
        ("Signed", envelope.completed),
        ("Completed", envelope.completed),
        ("Declined", envelope.declined),
        ("Voided", envelope.voided),
    )
    told = [
        _tag(name, _clock(at, hours))
        for name, at in times
        if at is not None or name not in ("Declined", "Voided")
    ]
    reason = subscription.on("includeEnvelopeVoidReason") and envelope.voided_reason
    fields = [(f.name, f.show, f.required, f.value, f.items) for f in envelope.custom_fields]
    if subscription.on("includeSenderAccountasCustomField"):
        site = account.base_uri.removeprefix("https://").partition(".")[0]
        extra = {"AccountId": account.id, "AccountName": account.name, "AccountSite": site}
        fields += [(name, False, False, value, None) for name, value in extra.items()]
    return "".join(
        (
            "<EnvelopeStatus><RecipientStatuses>",
            *(_recipient(each, hours) for each in envelope.recipients),
            "</RecipientStatuses>",
            _tag("TimeGenerated", made),
            _tag("EnvelopeID", envelope.id),
            _tag("Subject", envelope.subject),
            _tag("UserName", envelope.by.name),
            _tag("Email", envelope.by.email),
            _tag("Status", _title(envelope.status)),
            *told,
            _tag("VoidReason", envelope.voided_reason) if reason else "",
            _tag("ACStatus", "Original"),
            _tag("ACStatusDate", _clock(envelope.created, hours)),
            _tag("ACHolder", envelope.by.name),
            _tag("ACHolderEmail", envelope.by.email),
            _tag("ACHolderLocation", "DocuSign"),
            _tag("SigningLocation", "Online"),
            _tag("SenderIPAddress", "203.0.113.7"),
            _tag("EnvelopePDFHash", ""),
            "<CustomFields>",
            *(
                "<CustomField>"
                + _tag("Name", name)
                + _tag("Show", _title(flag(show)))
                + _tag("Required", _title(flag(required)))
                + _tag("Value", value)
                + _tag("CustomFieldType", "Text" if items is None else "List")
                + "</CustomField>"
                for name, show, required, value, items in fields
            ),
            "</CustomFields>",
            _tag("AutoNavigation", "true"),
            _tag("EnvelopeIdStamping", "true"),
            _tag("AuthoritativeCopy", "false"),
            "<DocumentStatuses>",
            *(
                "<DocumentStatus>"
                + _tag("ID", each.id)
                + _tag("Name", each.name)
                + _tag("TemplateName", "")
                + _tag("Sequence", str(each.order))
                + "</DocumentStatus>"
                for each in envelope.documents
            ),
            "</DocumentStatuses></EnvelopeStatus>",
        )
    )


def _recipient(who: Recipient, hours: int) -> str:
    reason = who.declined_reason
    return "".join(
        (
            "<RecipientStatus>",
            _tag("Type", _TYPES[who.kind]),
            _tag("Email", who.email),
            _tag("UserName", who.name),
            _tag("RoutingOrder", str(who.order)),
            _tag("Sent", _clock(who.sent, hours)),
            _tag("Delivered", _clock(who.delivered, hours)),
            _tag("Signed", _clock(who.signed, hours)),
            _tag("DeclineReason", reason) if reason else '<DeclineReason xsi:nil="true"/>',
            _tag("Status", _title(who.status)),
            _tag("RecipientIPAddress", "198.51.100.4" if who.delivered else ""),
            _tag("ClientUserId", who.client_user_id),
            "<CustomFields/><TabStatuses>",
            *_tabs(who),
            "</TabStatuses>",
            _tag("AccountStatus", "Active"),
            _tag("RecipientId", who.guid),
            "</RecipientStatus>",
        )
    )


def _tabs(who: Recipient) -> Iterable[str]:
    for name, group in who.tabs.items():
        for tab in group:
            yield "".join(
                (
                    "<TabStatus>",
                    _tag("TabType", _TABS.get(name, "Custom")),
                    _tag("Status", "Signed" if who.status == "completed" else "Active"),
                    _tag("XPosition", _shown(tab, "xPosition")),
                    _tag("YPosition", _shown(tab, "yPosition")),
                    _tag("TabLabel", _shown(tab, "tabLabel") or _shown(tab, "groupName")),
                    _tag("TabName", _shown(tab, "name")),
                    _tag("TabValue", _shown(tab, "value")),
                    _tag("DocumentID", _shown(tab, "documentId")),
                    _tag("PageNumber", _shown(tab, "pageNumber")),
                    "</TabStatus>",
                )
            )


def _shown(tab: dict[str, Any], name: str) -> str:
    return str(tab.get(name) or "")


def _pdfs(envelope: Envelope) -> str:
    return (
        "<DocumentPDFs>"
        + "".join(
            "<DocumentPDF>"
            + _tag("Name", each.name)
            + _tag("PDFBytes", base64.b64encode(each.content).decode())
            + _tag("DocumentID", each.id)
            + _tag("DocumentType", "CONTENT")
            + "</DocumentPDF>"
            for each in envelope.documents
        )
        + "</DocumentPDFs>"
    )
