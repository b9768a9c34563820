"""What takes several calls: to find by name, to make sure, to read and write back.

Generators over `perform` and `Wait`, so they run in both worlds: `session.run(flow)`. Never imports
`runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..core.call import Call, Pages
from ..core.flow import Flow, Port, Wait, perform
from ..errors import AnswerLost, ConfigError, Conflict, NotFound, ServerError
from . import calls
from .models import (
    ContactTag,
    Enrolment,
    Field,
    FieldType,
    ImportStatus,
    Record,
    RecordFields,
    Schema,
    Tag,
)

T = TypeVar("T")

PAUSES = (2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds between looks at an import."""


def send(call: Call[T], port: Port) -> Flow[T]:
    """One call of a flow."""
    return (yield from perform(call, port)).value


def find(pages: Pages[T], fits: Callable[[T], bool], port: Port) -> Flow[T | None]:
    """The first item of a list that fits, or None."""
    cursor: str | None = None
    while True:
        page = yield from send(pages.at(cursor), port)
        for item in page.items:
            if fits(item):
                return item
        cursor = page.cursor
        if cursor is None:
            return None


# --- tags ------------------------------------------------------------------------------------


def find_tag(name: str, port: Port) -> Flow[Tag | None]:
    """The tag of this name, or None."""
    fits = calls.is_tag(name)
    return (yield from find(calls.list_tags(name=name.strip()), fits, port))


def ensure_tag(name: str, port: Port, *, description: str = "") -> Flow[Tag]:
    """The tag of this name, created where there is none yet.

    Search, create, and search again where somebody else was first, or an answer was lost.
    """
    found = yield from find_tag(name, port)
    if found is not None:
        return found
    try:
        return (yield from send(calls.create_tag(name, description=description), port))
    except (Conflict, AnswerLost, ServerError) as error:
        found = yield from find_tag(name, port)
        if found is None:
            # A search by the whole name may lag or spell it otherwise: look through all that hold it.
            pages = calls.list_tags(search=name.strip())
            found = yield from find(pages, calls.is_tag(name), port)
        if found is None:
            raise error
        return found


def remove_tag(contact_id: str, tag_id: str, port: Port) -> Flow[ContactTag | None]:
    """Take a tag off a contact by the tag's id; what was taken off, None where it had none."""
    for pair in (yield from send(calls.list_contact_tags(contact_id), port)):
        if pair.tag_id == tag_id:
            yield from send(calls.remove_contact_tag(pair.id), port)
            return pair
    return None


# --- fields ----------------------------------------------------------------------------------


def create_field(
    title: str,
    port: Port,
    *,
    type: FieldType | str,
    perstag: str | None,
    description: str,
    options: Sequence[str],
) -> Flow[Field]:
    """Create a field with its choices, shown on every contact."""
    made = yield from send(
        calls.create_field(title, type=type, perstag=perstag, description=description), port
    )
    if options:
        yield from send(calls.create_field_options(made.id, options), port)
    yield from send(calls.show_field(made.id), port)
    return (yield from send(calls.get_field(made.id), port)) if options else made


# --- custom objects --------------------------------------------------------------------------


def update_record(
    schema: Schema, external_id: str, fields: RecordFields, port: Port, *, contact_id: str | None
) -> Flow[Record]:
    """Change some fields of a record: read all, write all back.

    Where the record holds what the schema does not have, the schema is read again: somebody may have
    added a field since, and its value would be cleared.

    Raises:
        NotFound: there is no such record, and no contact is given to create one for.
        ConfigError: the record holds a value of a field that is nowhere in the schema.
    """
    old = yield from send(calls.find_record(schema.id, external_id), port)
    owner = contact_id or next(iter(old.contact_ids if old else ()), None)
    if owner is None:
        raise NotFound(
            f"schema {schema.slug} has no record with this external id",
            service=port.service,
            operation="records.update",
            hint="say contact_id to create it",
        )
    held = {name: value for name, value in old.fields.items() if value} if old else {}
    if not set(held) <= {each.id for each in schema.fields if not each.deleted}:
        schema = yield from _read_again(schema, port)
    strange = sorted(set(held) - {each.id for each in schema.fields})
    if strange:
        raise ConfigError(
            f"the record holds {', '.join(strange)}, which schema {schema.slug} does not have, and "
            "would lose it; where it may go, write the whole record with `put_record`"
        )
    known = {each.id: None for each in schema.fields if not each.deleted}
    kept = {name: value for name, value in held.items() if name in known}
    whole: RecordFields = {**known, **kept, **fields}
    call = calls.put_record(schema.id, external_id, whole, contact_id=owner, schema=schema)
    return (yield from send(call, port))


def _read_again(schema: Schema, port: Port) -> Flow[Schema]:
    """The schema as it is now, with its deleted fields, which only the list of all shows."""
    pages = calls.list_schemas(with_deleted_fields=True)
    return (yield from find(pages, lambda each: each.id == schema.id, port)) or schema


# --- automations -----------------------------------------------------------------------------


def enrol_once(contact_id: str, automation_id: str, port: Port) -> Flow[Enrolment]:
    """Put a contact into an automation, unless it is in it; where an answer is lost, look first."""
    before = yield from _enrolments(contact_id, automation_id, port)
    for enrolment in before:
        if enrolment.active:
            return enrolment
    call = calls.enrol(contact_id, automation_id)
    try:
        return (yield from send(call, port))
    except (AnswerLost, ServerError):
        known = {enrolment.id for enrolment in before}
        for enrolment in (yield from _enrolments(contact_id, automation_id, port)):
            if enrolment.id not in known:
                return enrolment
        return (yield from send(call, port))


def _enrolments(contact_id: str, automation_id: str, port: Port) -> Flow[list[Enrolment]]:
    found = yield from send(calls.list_contact_enrolments(contact_id), port)
    return [each for each in found if each.automation_id == automation_id]


# --- contacts --------------------------------------------------------------------------------


def wait_for_import(
    batch_id: str, port: Port, *, pauses: Sequence[float] = PAUSES
) -> Flow[ImportStatus]:
    """Look at an import until nothing more will happen, or the pauses are over."""
    status = yield from send(calls.get_import(batch_id), port)
    for pause in pauses:
        if status.settled:
            break
        yield Wait(pause)
        status = yield from send(calls.get_import(batch_id), port)
    return status
