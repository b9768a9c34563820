"""Reads the legacy XML of DocuSign Connect into the shape that its JSON has.

What comes out goes through the same readers as JSON does, so that both end in the same models. XML
lacks the short ids of recipients; it has their GUIDs. Its times are in the account's zone.

Source: `DocuSignEnvelopeInformation` of the eSignature Connect guide, and payloads as observed.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

import msgspec
from attrs import frozen
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from ..errors import DecodeError
from .models.recipients import RecipientKind
from .reading import RECIPIENT_LISTS

MOST_ELEMENTS = 250_000
"""More than the largest envelope has; each takes a hundred times the memory of its text."""

DEEPEST = 32

_ROOT = "DocuSignEnvelopeInformation"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

_ARRAYS = {
    "".join(map(str.capitalize, kind.value.split("_"))): name
    for kind, name in RECIPIENT_LISTS.items()
    if isinstance(kind, RecipientKind)
}
"""`Type` of a recipient, such as `InPersonSigner` → the list it stands in as JSON."""

_Texts = dict[str, str]
"""Names of JSON, and what they say; what was not said is left out."""

_ENVELOPE_TIMES = "Created Sent Delivered Completed Declined Voided Deleted".split()
_RECIPIENT_TIMES = "Sent Delivered Signed Declined".split()


@frozen(kw_only=True)
class Delivered:
    """What one XML message says, with the names of JSON.

    Attributes:
        summary: the envelope, as `envelopeSummary`; its times have no zone where `zone` is None.
        generated: when the message was written.
        told: whether the message itself names the zone.
    """

    summary: dict[str, Any]
    generated: str | None
    zone: tzinfo | None
    told: bool


def read(body: bytes, zone: tzinfo | None) -> Delivered:
    """Read one message.

    Args:
        body: as it came.
        zone: of the account, for messages that do not tell it.

    Raises:
        DecodeError: no XML, DTDs or entities in it, or no message of Connect.
    """
    root = _tree(body)
    if _name(root) != _ROOT:
        raise _no_event("$", f"expected {_ROOT}")
    status = _children(root).get("EnvelopeStatus")
    if status is None:
        raise _no_event(f"$.{_ROOT}.EnvelopeStatus", "missing")
    told = _offset(_texts(root).get("TimeZoneOffset"))
    zone = told or zone
    return Delivered(
        summary=_summary(status, zone),
        generated=_time(_texts(status).get("TimeGenerated"), zone),
        zone=zone,
        told=told is not None,
    )


def _tree(body: bytes) -> Element:
    # Told the encoding, the parser looks at no codec that the message may name.
    parser = DefusedXMLParser(target=_Bounded(), encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(body.removeprefix(BOM_UTF8).lstrip())
        root: Element = parser.close()
    except ParseError as error:
        line, column = error.position
        raise DecodeError(
            f"the body is not XML: it breaks at line {line}, column {column}",
            service="docusign",
            garbled=True,
        ) from None
    except ValueError:  # of defusedxml
        raise _no_event("$", "it holds a DTD or entities, which Connect never sends") from None
    return root


class _Bounded(TreeBuilder):
    """Builds the tree of a message, and no larger one."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._count += 1
        self._depth += 1
        if self._count > MOST_ELEMENTS or self._depth > DEEPEST:
            raise _no_event("$", "more or deeper elements than any envelope has")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _summary(status: Element, zone: tzinfo | None) -> dict[str, Any]:
    fields = [_custom_field(each) for each in _rows(status, "CustomFields")]
    said = _texts(status)
    return {
        **_said(
            envelopeId=said.get("EnvelopeID"),
            status=_lower(said.get("Status")),
            emailSubject=said.get("Subject"),
            signingLocation=_lower(said.get("SigningLocation")),
            voidedReason=said.get("VoidReason"),
            **{f"{n.lower()}DateTime": _time(said.get(n), zone) for n in _ENVELOPE_TIMES},
        ),
        "sender": _said(
            userName=said.get("UserName"),
            email=said.get("Email"),
            ipAddress=said.get("SenderIPAddress"),
        ),
        "customFields": {
            "textCustomFields": [f for t, f in fields if t != "List"],
            "listCustomFields": [f for t, f in fields if t == "List"],
        },
        "recipients": _recipients(status, zone),
        "envelopeDocuments": [_document(each) for each in _rows(status, "DocumentStatuses")],
    }


def _recipients(status: Element, zone: tzinfo | None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(status, "RecipientStatuses"):
        kind = _texts(row).get("Type", "Signer")
        found.setdefault(_ARRAYS.get(kind) or _camel(kind), []).append(_recipient(row, zone))
    return found


def _recipient(row: Element, zone: tzinfo | None) -> dict[str, Any]:
    said = _texts(row)
    tabs: dict[str, list[_Texts]] = {}
    for each in _rows(row, "TabStatuses"):
        name, tab = _tab(each)
        tabs.setdefault(name, []).append(tab)
    known: dict[str, Any] = _said(
        recipientIdGuid=said.get("RecipientId"),
        name=said.get("UserName"),
        email=said.get("Email"),
        routingOrder=said.get("RoutingOrder"),
        clientUserId=said.get("ClientUserId"),
        status=_lower(said.get("Status")),
        declinedReason=said.get("DeclineReason"),
        **{f"{n.lower()}DateTime": _time(said.get(n), zone) for n in _RECIPIENT_TIMES},
    )
    fields = [text for each in _rows(row, "CustomFields") if (text := _content(each))]
    return {**known, "customFields": fields, **({"tabs": tabs} if tabs else {})}


def _tab(row: Element) -> tuple[str, _Texts]:
    """The list that JSON keeps a tab in, and the tab."""
    said = _texts(row)
    kind = said.get("TabType", "")
    if kind == "Custom":  # what is no signature, name or date says what kind of field it is
        kind = said.get("CustomTabType", kind)
    value = said.get("TabValue")
    return f"{_camel(kind)}Tabs", _said(
        tabLabel=said.get("TabLabel"),
        name=said.get("TabName"),
        value=value,
        originalValue=said.get("OriginalValue"),
        # A box that is ticked says X.
        selected=("true" if value else "false") if kind == "Checkbox" else None,
        status=_lower(said.get("Status")),
        documentId=said.get("DocumentID"),
        pageNumber=said.get("PageNumber"),
        xPosition=said.get("XPosition"),
        yPosition=said.get("YPosition"),
    )


def _custom_field(row: Element) -> tuple[str | None, _Texts]:
    """The type of a custom field of the envelope, and the field."""
    said = _texts(row)
    return said.get("CustomFieldType"), _said(
        name=said.get("Name"),
        value=said.get("Value"),
        show=said.get("Show"),
        required=said.get("Required"),
    )


def _document(row: Element) -> _Texts:
    said = _texts(row)
    return _said(documentId=said.get("ID"), name=said.get("Name"), order=said.get("Sequence"))


# --- times -----------------------------------------------------------------------------------


def cut(text: str) -> str:
    """A time's text without what is finer than a microsecond: rounded up, it could be another day."""
    return re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text, count=1)


def _offset(text: str | None) -> tzinfo | None:
    """`-7` or `5.5` hours; None for what no zone has."""
    try:
        hours = float(text or "nan")
    except ValueError:
        return None
    return timezone(timedelta(hours=hours)) if -15 < hours < 15 else None


def _time(text: str | None, zone: tzinfo | None) -> str | None:
    """A time in UTC as JSON has it; without a zone where neither it nor the message names one; None
    for what is no time."""
    if text is None:
        return None
    try:
        moment = msgspec.convert(cut(text), datetime)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        if moment.tzinfo is None:
            return moment.isoformat()
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except (msgspec.ValidationError, OverflowError):
        return None


# --- elements --------------------------------------------------------------------------------


def _name(element: Element) -> str:
    """The local name: who uses SOAP may choose the namespace."""
    return element.tag.rpartition("}")[2]


def _children(parent: Element) -> dict[str, Element]:
    return {_name(each): each for each in parent}


def _rows(parent: Element, name: str) -> Iterator[Element]:
    return iter(_children(parent).get(name, ()))


def _texts(parent: Element) -> _Texts:
    """What the children say, by name."""
    return _said(**{_name(each): _content(each) for each in parent})


def _content(element: Element) -> str | None:
    """What an element says; `xsi:nil` and nothing at all both mean no value."""
    if element.get(_NIL, "").strip().lower() in ("true", "1"):
        return None
    return (element.text or "").strip() or None


def _said(**values: str | None) -> _Texts:
    return {name: value for name, value in values.items() if value is not None}


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _camel(name: str) -> str:
    """`DateSigned` → `dateSigned`."""
    return name[:1].lower() + name[1:]


def _no_event(path: str, why: str) -> DecodeError:
    return DecodeError(f"{path}: {why}", service="docusign", paths=[f"{path}: {why}"])
