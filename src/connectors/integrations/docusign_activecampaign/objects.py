"""Where contacts' records are shown: the custom object, what it lacks, and what stands in for it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from ...activecampaign import calls as ac
from ...activecampaign.models import (
    PRIMARY_CONTACT,
    TO_CONTACT,
    NewSchema,
    Schema,
    SchemaField,
)
from ...activecampaign.models import SchemaFieldType as Type
from ...core.call import Pages
from ...domain.envelopes import RECORD_FIELDS
from ...domain.field_mapping import TEXTS, ContactField
from ...domain.places import folded
from ...domain.plan import Change, Side, Verb
from ...engine.job import Job, send
from ...engine.plans import Draft
from ...errors import DomainError, Forbidden
from .context import Context, RecordsIn, Saved, T
from .settings import BridgeSettings, Fallback

SLUG = "docusign"
IF_REFUSED = "if the object is refused"
PLAN_NEEDED = "custom objects of one's own need ActiveCampaign's Enterprise plan"

ALWAYS = ("status", "document-link", "recipient-status")
"""What no record is without: these fields may be required."""

_ELSEWHERE = {
    Fallback.STORE: RecordsIn.STORE,
    Fallback.NOTE: RecordsIn.NOTE,
    Fallback.FIELDS: RecordsIn.FIELDS,
}


def all_of(pages: Pages[T]) -> Job[list[T]]:
    """Every item of a list."""
    found: list[T] = []
    cursor = None
    while True:
        page = yield from send(pages.at(cursor))
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def check_targets(settings: BridgeSettings, fields: Sequence[ContactField]) -> None:
    """Refuse contact fields that cannot hold what `record_fields` puts into them.

    Raises:
        DomainError: there is no such field, or it is of another type.
    """
    known = {one.id: one for one in fields}
    for name, target in settings.record_fields.items():
        if target not in known:
            raise DomainError(
                f"record_fields[{name!r}]: there is no contact field with id {target!r}"
            )
        kind = folded(known[target].type)
        right = ("date", "datetime", *TEXTS) if _is_time(name) else TEXTS
        if kind not in right:
            raise DomainError(
                f"record_fields[{name!r}]: the contact field {target} {known[target].title!r} is of "
                f"type {kind!r}, which does not hold each value of {name!r}; name one of type "
                f"{_either(right)}"
            )


@frozen(kw_only=True)
class Where:
    """Where records are shown, and why, where that is not the custom object."""

    records_in: RecordsIn
    schema_id: str = ""
    reason: str = ""


def plan_object(ctx: Context, draft: Draft, old: Saved | None) -> Job[tuple[Where, list[Change]]]:
    """Where records will be shown, and what has to be made for it.

    Raises:
        DomainError: there is an object of this slug that no record fits, and nothing that could be
            added to it would help.
    """
    if not ctx.settings.records:
        return Where(records_in=RecordsIn.NOWHERE, reason="the object is switched off"), []
    where = _ELSEWHERE[ctx.settings.fallback]
    try:
        schemas = yield from all_of(ac.list_schemas(with_deleted_fields=True))
    except Forbidden:
        draft.warnings.append(f"records go into {where.value}: {PLAN_NEEDED}")
        return Where(records_in=where, reason=PLAN_NEEDED), []
    found = ours(schemas)
    if found is None and old is not None and old.records_in in _ELSEWHERE.values():
        draft.warnings.append(
            f"records go into {where.value}: {PLAN_NEEDED}; where the plan has them by now, plan the "
            "removal of this setup, and then set it up anew"
        )
        return Where(records_in=where, reason=PLAN_NEEDED), []
    if found is None:
        # What others made can be read on every plan: only making an object tells.
        draft.warnings.append(f"records go into {where.value} {IF_REFUSED}: {PLAN_NEEDED}")
        change = _change(Verb.CREATE, "", "contacts' records need it")
        return Where(records_in=RecordsIn.OBJECT), [change]
    _, lacking = _completed(found)
    changes = [_change(Verb.UPDATE, found.id, lacking)] if lacking else []
    return Where(records_in=RecordsIn.OBJECT, schema_id=found.id), changes


def apply_object(ctx: Context, change: Change, made: dict[str, str]) -> Job[None]:
    """Make the object, or add what it lacks; `made` learns its id, or where records go instead."""
    try:
        if change.verb is Verb.CREATE:
            made["schema_id"] = (yield from send(ac.create_schema(_new()))).id
        else:
            better, lacking = _completed((yield from send(ac.get_schema(change.ref))))
            if lacking:
                yield from send(ac.update_schema(change.ref, better))
    except Forbidden:
        # What others made can be read on every plan; own objects cannot be made on every plan.
        made["records_in"] = _ELSEWHERE[ctx.settings.fallback].name


def ours(schemas: Sequence[Schema]) -> Schema | None:
    """The object of records among all there are."""
    return next((one for one in schemas if one.slug == SLUG), None)


def misfit(found: Schema) -> str:
    """Why an object can take no record, and what would be right; empty where it can."""
    for one in found.fields:
        own = one.id in RECORD_FIELDS
        if own and one.deleted:
            return f"its field {one.id!r} is marked for deletion: its id is free once it is gone"
        kind = one.type.value if isinstance(one.type, Type) else one.type
        right = ("text", "textarea", "datetime") if _is_time(one.id) else ("text", "textarea")
        if own and kind not in right:
            return f"its field {one.id!r} is of type {kind!r}, and should be {_either(right)}"
        if one.required and not one.deleted and one.id not in ALWAYS:
            return f"its field {one.id!r} is required, and should not be: {_without(own)}"
    return ""


def _without(own: bool) -> str:
    return "some records have nothing there" if own else "records of envelopes do not have it"


def _completed(found: Schema) -> tuple[NewSchema, str]:
    """The object with all that is there and what records need beyond, and what that is.

    Raises:
        DomainError: it would take no record even then.
    """
    if why := misfit(found):
        raise DomainError(
            f"ActiveCampaign's custom object {SLUG!r} cannot take the records of envelopes: {why}; "
            "mend that, give the object another slug or delete it, or choose "
            "BridgeSettings(records=False)"
        )
    has = {one.id for one in found.fields}
    adding = [_field(name) for name in RECORD_FIELDS if name not in has]
    better = found.as_new(adding=adding)
    lacking = []
    if adding:
        lacking.append(f"the fields {', '.join(one.id for one in adding)}")
    if all(one.id != PRIMARY_CONTACT for one in found.relationships):
        better = evolve(better, relationships=(*better.relationships, TO_CONTACT))
        lacking.append(f"the relationship {PRIMARY_CONTACT} to contacts")
    told = f"it gets {' and '.join(lacking)}; all else of it stays" if lacking else ""
    return better, told


def _new() -> NewSchema:
    return NewSchema(
        slug=SLUG,
        singular="DocuSign",
        plural="DocuSign",
        description="Envelopes of the contact. Only the integration writes here.",
        fields=tuple(_field(name) for name in RECORD_FIELDS),
    )


def _field(name: str) -> SchemaField:
    kind = Type.DATETIME if _is_time(name) else Type.TEXT
    return SchemaField(id=name, label=RECORD_FIELDS[name], type=kind)


def _is_time(name: str) -> bool:
    return name.endswith("-at")


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _change(verb: Verb, ref: str, reason: str) -> Change:
    return Change(
        verb=verb,
        side=Side.ACTIVECAMPAIGN,
        kind="object",
        ref=ref,
        subject="custom object DocuSign",
        reason=reason,
        after={"fields": list(RECORD_FIELDS)},
    )
