"""Many contacts at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from ...core.call import Call, Response, WriteClass
from ...core.given import named
from ...core.wire import Reader, dumps, parse
from ...errors import ConfigError
from ..models.contacts import Import, ImportCallback, ImportContact, ImportState, ImportStatus
from ._parts import address, call, field_rows

IMPORT_SIZE = 250
"""Contacts of the largest import."""

IMPORT_BYTES = 400_000
"""A body of an import is smaller than this."""

_ROOM = 2_000
"""Bytes of an import beside its contacts: a callback, say."""

_STATES = {each.value: each for each in ImportState}


@frozen(kw_only=True)
class _Row:
    """The answer to an import on the wire."""

    batch_id: str
    queued_contacts: int | None = None
    message: str | None = None


@frozen(kw_only=True)
class _Status:
    """What became of an import on the wire."""

    success: tuple[str, ...] | None = None
    failure: tuple[str, ...] | None = None


_import = Reader(_Row, {_Row: {"queued_contacts": "queued_contacts"}})
_status = Reader(_Status)


def import_contacts(
    contacts: Sequence[ImportContact],
    *,
    exclude_automations: bool = True,
    callback: ImportCallback | None = None,
) -> Call[Import]:
    """Create or change up to 250 contacts with one call, all or none of them.

    Raises:
        ConfigError: none, more than 250, or 400 000 bytes and more: `split_import` makes parts.
    """
    if not 1 <= len(contacts) <= IMPORT_SIZE:
        raise ConfigError(f"an import takes 1 to {IMPORT_SIZE} contacts, got {len(contacts)}")
    body: dict[str, object] = {
        "contacts": [_body(contact) for contact in contacts],
        "exclude_automations": exclude_automations,
    }
    if callback is not None:
        body["callback"] = _callback(callback)
    size = len(dumps(body))
    if size >= IMPORT_BYTES:
        raise ConfigError(
            f"an import is smaller than {IMPORT_BYTES} bytes, got {size}; split_import makes parts"
        )
    return call(
        "contacts.import" if len(contacts) > 1 else "contacts.import_one",
        "POST",
        "import/bulk_import",
        _taken,
        body=body,
        write_class=WriteClass.UNSAFE,
    )


def split_import(contacts: Iterable[ImportContact]) -> list[tuple[ImportContact, ...]]:
    """Contacts in as few parts as an import takes, in their order.

    Raises:
        ConfigError: a contact that no import takes.
    """
    parts: list[tuple[ImportContact, ...]] = []
    part: list[ImportContact] = []
    filled = 0
    for contact in contacts:
        size = len(dumps(_body(contact))) + 1
        if size >= IMPORT_BYTES - _ROOM:
            raise ConfigError(f"a contact of {size} bytes is too large for an import")
        if part and (len(part) == IMPORT_SIZE or filled + size >= IMPORT_BYTES - _ROOM):
            parts.append(tuple(part))
            part, filled = [], 0
        part.append(contact)
        filled += size
    return [*parts, tuple(part)] if part else parts


def get_import(batch_id: str) -> Call[ImportStatus]:
    """How far an import is, and what became of its contacts."""
    query = [("batchId", named("a batch id", batch_id))]
    return call("contacts.import_status", "GET", "import/info", _how_far, query=query)


def _body(contact: ImportContact) -> dict[str, object]:
    """A contact as imports have it: not with the names that `sync_contact` uses."""
    body: dict[str, object] = {"email": address(contact.email)}
    for name in ("first_name", "last_name", "phone"):
        text = getattr(contact, name)
        if text:
            body[name] = text
    if isinstance(contact.tags, str):
        raise ConfigError("the tags of an import are a list of names, not one text")
    if contact.tags:
        body["tags"] = [named("the name of a tag", tag) for tag in contact.tags]
    if contact.fields:
        body["fields"] = [
            {"id": int(row["field"]), "value": row["value"]} for row in field_rows(contact.fields)
        ]
    return body


def _callback(callback: ImportCallback) -> dict[str, object]:
    if callback.method not in ("GET", "POST"):
        raise ConfigError(f"the method of a callback is GET or POST, got {callback.method!r}")
    body: dict[str, object] = {
        "url": named("the URL of a callback", callback.url),
        "requestType": callback.method,
    }
    if callback.detailed:
        body["detailed_results"] = "true"
    for name, pairs in (("params", callback.params), ("headers", callback.headers)):
        if pairs:
            body[name] = [{"key": key, "value": value} for key, value in pairs.items()]
    return body


def _taken(response: Response) -> Import:
    row = _import.one(response.body)
    return Import(
        batch_id=row.batch_id, queued=row.queued_contacts or 0, message=row.message or None
    )


def _how_far(response: Response) -> ImportStatus:
    row = _status.one(response.body)
    said = parse(response.body).get("status")
    # Just after it was taken, the status is `false`.
    text = said if isinstance(said, str) else ImportState.WAITING.value
    return ImportStatus(
        state=_STATES.get(text, text),
        succeeded=row.success or (),
        failed=row.failure or (),
    )
