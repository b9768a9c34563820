"""Drafts of DocuSign templates, filled in from contacts. None is ever sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from ...activecampaign import calls as ac
from ...docusign import calls as ds
from ...docusign.flows import check_prefill
from ...docusign.models import (
    CustomField,
    EnvelopeDefinition,
    ListItem,
    Radio,
    Tab,
    TabType,
    TemplateRole,
)
from ...domain.field_mapping import ContactField
from ...domain.prefill import (
    DraftValues,
    PrefillTemplate,
    TabValue,
    TemplateMapping,
    TemplateShape,
)
from ...engine.job import Job, reply, send, transact
from ...errors import AnswerLost, DomainError
from . import context, reading, templates
from .context import Context, at

_NAMESPACE = uuid.UUID("9d0c5a3e-3f0f-5c0e-8f35-6f4f3f7a1f10")
"""What makes transaction ids ours."""


def shape(ctx: Context, account_id: str | None, template_id: str) -> Job[TemplateShape]:
    """The roles of a template and what can be filled in."""
    label = yield from _label(ctx, account_id)
    return (yield from templates.shape(label, template_id))


def prefill(ctx: Context, contact_id: str, action: PrefillTemplate, key: str) -> Job[str]:
    """Make a draft for one contact; its envelope id. The same key gives the same draft."""
    return (yield from make(ctx, action, contact_id, None, f"prefill/{key}", unsure=True))


def make(
    ctx: Context,
    action: PrefillTemplate,
    contact_id: str,
    record: Mapping[str, str | None] | None,
    key: str,
    *,
    unsure: bool,
) -> Job[str]:
    """Make a draft; its envelope id. `unsure`: it may have been made before, so it is looked for.

    Raises:
        MappingRefused: the template is not as the rules need it.
        DomainError: the contact lacks what the draft needs, or a field was refused.
    """
    saved = yield from transact(ctx.saved)
    label = yield from _label(ctx, action.account_id)
    transaction = str(uuid.uuid5(_NAMESPACE, f"{ctx.connection}/{key}"))
    found = (yield from _found(label, transaction)) if unsure else None
    there = yield from templates.shape(label, action.template_id)
    mapping = TemplateMapping.build(
        action.rules, there, saved.fields, allow_blank=action.allow_blank
    )
    values = mapping.values((yield from _contact(contact_id, saved.fields)), record)
    if values.problem and not action.allow_blank:
        raise DomainError(f"no draft of template {there.name!r}: {values.problem}")
    if found is None:
        definition = _definition(values, contact_id, transaction)
        try:
            found = (yield from send(at(label, ds.create_envelope(definition)))).envelope_id
        except AnswerLost:
            found = yield from _found(label, transaction)
            if found is None:
                raise
    if values.prefill:
        yield from _fill_in(label, found, values.prefill)
    return found


def _label(ctx: Context, account_id: str | None) -> Job[str]:
    by_account = yield from context.labels(ctx)
    if account_id is None:
        if len(by_account) != 1:
            raise DomainError(
                f"name one of the connected accounts: {', '.join(sorted(by_account))}"
            )
        return next(iter(by_account.values()))
    return reading.label_of(by_account, account_id)


def _found(label: str, transaction: str) -> Job[str | None]:
    pages = ds.list_envelopes(transaction_ids=(transaction,))
    page = yield from send(at(label, pages.at(None)))
    return page.items[0].envelope_id if page.items else None


# --- the contact --------------------------------------------------------------------------------


def _contact(contact_id: str, fields: Sequence[ContactField]) -> Job[dict[str, str]]:
    contact = yield from send(ac.get_contact(contact_id))
    own = yield from send(ac.list_contact_field_values(contact_id))
    known = {one.id for one in fields}
    values = {one.field_id: one.value for one in own if one.value and one.field_id in known}
    standard = {
        "email": contact.email,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "phone": contact.phone,
    }
    return {**{name: value for name, value in standard.items() if value}, **values}


# --- the draft ----------------------------------------------------------------------------------


def _definition(values: DraftValues, contact_id: str, transaction: str) -> EnvelopeDefinition:
    return EnvelopeDefinition(
        template_id=values.template_id,
        template_roles=tuple(
            TemplateRole(
                role_name=one.role,
                email=one.email,
                name=one.name,
                tabs=tuple(map(_filled, one.tabs)),
            )
            for one in values.roles
        ),
        custom_fields=(CustomField(name=templates.CONTACT_FIELD, value=contact_id, show=False),),
        transaction_id=transaction,
    )


def _filled(one: TabValue) -> Tab:
    kind = TabType(one.kind)
    if kind is TabType.CHECKBOX:
        return Tab(type=kind, label=one.label, selected=one.value == "true")
    if kind is TabType.RADIO_GROUP:
        chosen = Radio(value=one.value, selected=True)
        return Tab(type=kind, group_name=one.label, radios=(chosen,))
    return Tab(type=kind, label=one.label, value=one.value)


def _fill_in(label: str, envelope_id: str, values: Sequence[TabValue]) -> Job[None]:
    """Fill in the sender's own tabs: they belong to documents, so the draft must be there first."""
    by_label = {one.label: one for one in values}
    for document in (yield from send(at(label, ds.list_documents(envelope_id)))):
        if document.document_id == "certificate":
            continue
        tabs = yield from send(at(label, ds.list_document_tabs(envelope_id, document.document_id)))
        wanted = [
            _with_value(tab, by_label[tab.key]) for tab in tabs.prefill if tab.key in by_label
        ]
        if wanted:
            call = ds.update_prefill_tabs(envelope_id, document.document_id, wanted)
            check_prefill(envelope_id, wanted, (yield from reply(at(label, call))))


def _with_value(tab: Tab, one: TabValue) -> Tab:
    filled = _filled(one)
    return Tab(
        type=filled.type,
        tab_id=tab.tab_id,
        label=tab.label,
        group_name=tab.group_name,
        value=filled.value,
        selected=filled.selected,
        radios=filled.radios,
        list_items=tuple(
            ListItem(text=item.text, value=item.value, selected=item.value == one.value)
            for item in tab.list_items
        ),
    )
