"""Texts of automations that DocuSign started."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from ...domain import personalisation
from ...domain.field_mapping import ContactMapping
from ...domain.personalisation import AutomationMail, Part
from ...domain.triggers import Automation, TagAdded, Trigger
from ...engine.job import Job, transact
from ...errors import DomainError
from . import people, records
from .context import Context
from .firing import Firing
from .work import fields_of


def render(ctx: Context, text: str, fired: Firing, part: Part) -> Job[str]:
    """A text, filled in for what fired."""
    automation = next((a for a in ctx.settings.automations if a.id == fired.automation), None)
    if automation is None:
        raise DomainError(f"automation {fired.automation!r} exists no more")
    record = fired.record
    if record is None:
        newest = partial(
            records.newest_of, ctx=ctx, contact_id=fired.contact_id, action=fired.action
        )
        record = yield from transact(newest)
    contact, names = yield from transact(partial(_contact, ctx=ctx, fired=fired))
    return personalisation.render(
        text,
        AutomationMail(_trigger(automation, fired)),
        record=record,
        contact=contact,
        part=part,
        contact_fields=names,
    )


def _trigger(automation: Automation, fired: Firing) -> Trigger:
    for one in automation.triggers:
        if isinstance(one, TagAdded) and fired.tag and one.tag.casefold() == fired.tag.casefold():
            return one
    return automation.triggers[0]


def _contact(
    db: Connection, *, ctx: Context, fired: Firing
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What is known of the contact, and all the names that a text may ask for it by."""
    mapping = ctx.mapping(ctx.saved(db))
    facts = people.by_id(db, ctx=ctx, contact_id=fired.contact_id).facts
    values = {**fields_of(ctx, mapping, facts), "email": fired.email}
    names = _names(ctx.settings.contact_fields, mapping)
    return {name: values.get(target, "") for name, target in names.items()}, tuple(names)


def _names(known: Sequence[str], mapping: ContactMapping) -> dict[str, str]:
    """Names of contact fields → the names that their values are known by.

    A custom field may be called by its id, personalisation tag or title, however the mapping calls
    it; a name that several have is none.
    """
    aliases: dict[str, set[str]] = {}
    for custom in mapping.fields.values():
        for name in filter(None, (custom.perstag, custom.title)):
            aliases.setdefault(name, set()).add(custom.id)
    own = {name: ids.pop() for name, ids in aliases.items() if len(ids) == 1}
    return {**own, **{id: id for id in mapping.fields}, **{name: name for name in known}}
