"""Texts of automations that DocuSign started."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection

from ...domain import personalisation
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
    contact = yield from transact(partial(_contact, ctx=ctx, fired=fired))
    return personalisation.render(
        text,
        AutomationMail(_trigger(automation, fired)),
        record=record,
        contact=contact,
        part=part,
        contact_fields=ctx.settings.contact_fields,
    )


def _trigger(automation: Automation, fired: Firing) -> Trigger:
    for one in automation.triggers:
        if isinstance(one, TagAdded) and fired.tag and one.tag.casefold() == fired.tag.casefold():
            return one
    return automation.triggers[0]


def _contact(db: Connection, *, ctx: Context, fired: Firing) -> dict[str, str]:
    facts = people.by_id(db, ctx=ctx, contact_id=fired.contact_id).facts
    return {**fields_of(ctx, ctx.mapping(ctx.saved(db)), facts), "email": fired.email}
