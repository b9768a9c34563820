"""DocuSign's JSON to models: everything is text, "" is nothing, and lists tell what is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec
from attrs import evolve

from ..core.wire import Names, Reader, Shape, by_position
from .models.envelopes import (
    Attachment,
    CustomField,
    CustomFieldKind,
    Envelope,
    EnvelopeDocument,
    EnvelopeLock,
    PageCount,
)
from .models.recipients import Delegate, Recipient, RecipientKind, Recipients
from .models.results import CustomFields
from .models.tabs import (
    ErrorDetails,
    ListItem,
    PrefillTabs,
    Radio,
    RecipientGuid,
    Tab,
    Tabs,
    TabType,
)

M = TypeVar("M")

RECIPIENT_LISTS: Mapping[RecipientKind | str, str] = {
    RecipientKind.SIGNER: "signers",
    RecipientKind.CARBON_COPY: "carbonCopies",
    RecipientKind.CERTIFIED_DELIVERY: "certifiedDeliveries",
    RecipientKind.IN_PERSON_SIGNER: "inPersonSigners",
    RecipientKind.AGENT: "agents",
    RecipientKind.EDITOR: "editors",
    RecipientKind.INTERMEDIARY: "intermediaries",
    RecipientKind.SEAL: "seals",
    RecipientKind.WITNESS: "witnesses",
    RecipientKind.NOTARY: "notaries",
    RecipientKind.NOTARY_WITNESS: "notaryWitnesses",
    RecipientKind.PARTICIPANT: "participants",
}
"""The list in which DocuSign keeps each kind of recipient."""

_KINDS = {name: kind for kind, name in RECIPIENT_LISTS.items()}


def recipient_kind(wire_name: str) -> RecipientKind | str:
    """The kind of a recipient that stands in this list."""
    return _KINDS.get(wire_name, wire_name)


def tab_type(wire_name: str) -> TabType | str:
    """The type of a tab that stands in this list: `signHereTabs` → `TabType.SIGN_HERE`."""
    text = re.sub("(?<=[a-z0-9])([A-Z])", r"_\1", wire_name.removesuffix("Tabs")).lower()
    found: TabType | str = TabType._value2member_map_.get(text, text)  # type: ignore[assignment]
    return found


def _field_kind(wire_name: str) -> CustomFieldKind | str:
    text = wire_name.removesuffix("CustomFields")
    return {each.value: each for each in CustomFieldKind}.get(text, text)


# --- shapes ----------------------------------------------------------------------------------


class _Gathered:
    """Rows that the wire keeps in a list for each kind, as one tuple; each row is told its kind.

    Args:
        make: takes the rows, and what else is there, by position.
        row: the model of a row.
        told: the attribute of a row that takes its kind; it is not on the wire.
        kind: the kind that a list's name stands for.
        others: what is beside the lists, wire name → what it is where it is absent and what it is
            read as: `int`, or one other type at most.
    """

    def __init__(
        self,
        make: Callable[..., Any],
        row: Any,
        told: str,
        kind: Callable[[str], object],
        others: Mapping[str, tuple[object, Any]] | None = None,
    ) -> None:
        self._make = make
        self._row = row
        self._told = told
        self._kind = kind
        self._others = others or {}

    def fast(
        self, typed: Callable[[Any], tuple[Any, Callable[..., Any]]]
    ) -> tuple[Any, Callable[[Any], Any]]:
        struct, fill = typed(self._row)
        value: Any = list[struct] | None  # type: ignore[valid-type]
        readers: dict[str, Callable[[Any], Any]] = {}
        for name, (_, kind) in self._others.items():
            inner, readers[name] = (str | int, _whole) if kind is int else typed(kind)
            value |= inner
        return dict[str, value] | None, self._maker(fill, readers)

    def slow(self, value: Any, structure: Callable[[Any, Any], Any]) -> Any:
        if not isinstance(value, dict | None):
            raise TypeError
        readers = {
            name: _whole if kind is int else partial(_structured, structure, kind)
            for name, (_, kind) in self._others.items()
        }

        def row(each: Any, kind: object) -> Any:
            return evolve(structure(each, self._row), **{self._told: kind})

        return self._maker(row, readers)(value)

    def _maker(
        self, fill: Callable[[Any, object], Any], readers: Mapping[str, Callable[[Any], Any]]
    ) -> Callable[[Any], Any]:
        others = {name: (at, readers[name]) for at, name in enumerate(self._others, 1)}
        absent = [None, *(default for default, _ in self._others.values())]
        kinds, kind_of, finish = dict[str, object](), self._kind, self._make

        def make(raw: Any) -> Any:
            rows: list[Any] = []
            add = rows.append
            parts = absent.copy()
            for name, value in raw.items() if raw else ():
                if not value:
                    continue
                if value.__class__ is list:
                    kind = kinds.get(name)
                    if kind is None:
                        kind = kinds[name] = kind_of(name)
                    for each in value:
                        add(fill(each, kind))
                elif name in others:
                    at, reader = others[name]
                    parts[at] = reader(value)
            parts[0] = tuple(rows)
            return finish(*parts)

        return make


def _structured(structure: Callable[[Any, Any], Any], kind: Any, value: Any) -> Any:
    return structure(value, kind)


def _whole(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 19 else None


class _WireError(msgspec.Struct, rename="camel", gc=False):
    error_code: str | None = None
    message: str | None = None


class _Errors:
    """`errorDetails`; one that says SUCCESS is none."""

    def fast(
        self, typed: Callable[[Any], tuple[Any, Callable[..., Any]]]
    ) -> tuple[Any, Callable[[Any], Any]]:
        return _WireError, lambda raw: _error(raw.error_code, raw.message)

    def slow(self, value: Any, structure: Callable[[Any, Any], Any]) -> Any:
        if not isinstance(value, dict):
            raise TypeError
        code, message = value.get("errorCode"), value.get("message")
        return _error(code and str(code), message and str(message))


def _error(code: str | None, message: str | None) -> ErrorDetails | None:
    if (code or "").upper() == "SUCCESS" or not (code or message):
        return None
    return ErrorDetails(error_code=code or None, message=message or None)


class _Pages:
    """A number of pages, or a list of them."""

    def fast(
        self, typed: Callable[[Any], tuple[Any, Callable[..., Any]]]
    ) -> tuple[Any, Callable[[Any], Any]]:
        return str | int | list[msgspec.Raw], _page_count

    def slow(self, value: Any, structure: Callable[[Any, Any], Any]) -> Any:
        return _page_count(value)


def _page_count(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else _whole(value)


_NO_ID = "00000000-0000-0000-0000-000000000000"


class _Guid:
    """A recipient's own id; one of zeros, as drafts have it, is none."""

    def fast(
        self, typed: Callable[[Any], tuple[Any, Callable[..., Any]]]
    ) -> tuple[Any, Callable[[Any], Any]]:
        return str, lambda text: None if text == _NO_ID or not text else text

    def slow(self, value: Any, structure: Callable[[Any, Any], Any]) -> Any:
        text = structure(value, str)
        return None if text == _NO_ID or not text else text


SHAPES: Mapping[Any, Shape] = {
    Recipients: _Gathered(
        by_position(Recipients),
        Recipient,
        "kind",
        recipient_kind,
        {
            "recipientCount": (None, int),
            "currentRoutingOrder": (None, int),
            "errorDetails": (None, ErrorDetails),
        },
    ),
    Tabs: _Gathered(
        by_position(Tabs), Tab, "type", tab_type, {"prefillTabs": (PrefillTabs(), PrefillTabs)}
    ),
    PrefillTabs: _Gathered(by_position(PrefillTabs), Tab, "type", tab_type),
    tuple[CustomField, ...]: _Gathered(lambda rows: rows, CustomField, "kind", _field_kind),
    CustomFields: _Gathered(by_position(CustomFields), CustomField, "kind", _field_kind),
    ErrorDetails: _Errors(),
    PageCount: _Pages(),
    RecipientGuid: _Guid(),
}

_ERROR = {"error": "errorDetails"}

NAMES: Names = {
    Envelope: {
        "created_at": "createdDateTime",
        "initial_sent_at": "initialSentDateTime",
        "sent_at": "sentDateTime",
        "delivered_at": "deliveredDateTime",
        "completed_at": "completedDateTime",
        "declined_at": "declinedDateTime",
        "voided_at": "voidedDateTime",
        "deleted_at": "deletedDateTime",
        "last_modified_at": "lastModifiedDateTime",
        "status_changed_at": "statusChangedDateTime",
        "expire_at": "expireDateTime",
        "documents": "envelopeDocuments",
        "attachments": "envelopeAttachments",
        "lock": "lockInformation",
        "metadata": "envelopeMetadata",
        "is_21_cfr_part_11": "is21CFRPart11",
        **_ERROR,
    },
    EnvelopeDocument: _ERROR,
    EnvelopeLock: {"locked_until": "lockedUntilDateTime", "locked_by": "lockedByUser", **_ERROR},
    Attachment: _ERROR,
    Recipient: {
        "kind": "",
        "sent_at": "sentDateTime",
        "delivered_at": "deliveredDateTime",
        "signed_at": "signedDateTime",
        "declined_at": "declinedDateTime",
        "authentication": "recipientAuthenticationStatus",
        **_ERROR,
    },
    Delegate: {"name": "Name", "email": "Email", "user_id": "UserId"},
    CustomField: {"kind": "", **_ERROR},
    Tab: {"type": "", "label": "tabLabel", **_ERROR},
    Radio: _ERROR,
    ListItem: {},
}
"""Wire names of the models that many answers share, for readers and bodies alike."""


class DocuSignReader(Reader[M]):
    """Reads one model from an answer of DocuSign or an event of Connect."""

    @staticmethod
    def of(model: type[M], names: Names | None = None) -> DocuSignReader[M]:
        """A reader of this model.

        Args:
            model: a frozen attrs class.
            names: wire names of classes beyond `NAMES`, or other than those.
        """
        table = {**NAMES, **(names or {})}
        return DocuSignReader(model, table, shapes=SHAPES, loose=True)
