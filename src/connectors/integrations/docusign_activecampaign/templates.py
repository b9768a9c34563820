"""What the templates of the connected accounts have: roles, tabs, custom fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

import msgspec
from attrs import evolve
from sqlalchemy import Connection, select

from ...docusign import calls as ds
from ...docusign.models import Tab, Tabs, TabType
from ...domain.actions import concerns
from ...domain.envelopes import Snapshot
from ...domain.field_mapping import ContactField, KnownFields
from ...domain.prefill import PrefillTemplate, ShapeRole, ShapeTab, TemplateMapping, TemplateShape
from ...engine.job import Job, gather, send, transact
from ...engine.sql import upsert
from ...errors import ConnectorsError, DomainError, Forbidden, NotFound
from . import context
from .context import Context, at
from .schema import MADE_OF

CONTACT_FIELD = "ac_contact_id"
"""The hidden custom field of a draft made here that says for whom it was made."""

_WITHOUT_TEXT = frozenset(
    {
        *("approve", "decline", "draw", "initial_here", "sign_here"),
        *("signer_attachment", "view"),
    }
)
"""The types of tabs that never say anything: they are pressed, drawn or signed."""


def shape(label: str, template_id: str) -> Job[TemplateShape]:
    """The roles and fields of a template of one client's account.

    Raises:
        NotFound: it has no such template.
    """
    try:
        template = yield from send(at(label, ds.get_template(template_id)))
    except NotFound as error:
        error.hint = error.hint or "list the account's templates with `client.templates.list()`"
        raise
    people = yield from send(at(label, ds.list_template_recipients(template_id)))
    own = yield from _sender_tabs(label, template_id)
    return TemplateShape(
        template_id=template_id,
        name=template.name or "",
        roles=tuple(
            ShapeRole(
                one.role_name,
                kind=str(getattr(one.kind, "value", one.kind)),
                tabs=tuple(_tabs(one.tabs or Tabs())),
                filled=bool(one.email),
            )
            for one in people
            if one.role_name
        ),
        prefill=tuple(own),
    )


def known_fields(ctx: Context) -> Job[KnownFields]:
    """What the envelopes of the templates that the settings name can have; nothing is known where
    they name none.

    Raises:
        DomainError: no connected account has one of them.
    """
    if not ctx.settings.templates:
        return KnownFields()
    labels = list(dict.fromkeys((yield from context.labels(ctx)).values()))
    custom, tabs, form = {CONTACT_FIELD}, set[str](), set[str]()
    holders: list[str] = []
    for index, template_id in enumerate(ctx.settings.templates):
        label = yield from _holder(labels, template_id, f"templates[{index}]")
        if label not in holders:
            holders.append(label)
        for person in (yield from send(at(label, ds.list_template_recipients(template_id)))):
            tabs |= _saying(_tabs(person.tabs or Tabs()))
        form |= _saying((yield from _sender_tabs(label, template_id)))
        own = yield from send(at(label, ds.list_template_custom_fields(template_id)))
        custom |= {one.name for one in own if one.name}
    known = KnownFields(custom=custom, tabs=tabs, form=form | tabs)
    for label in holders:
        try:
            usual = yield from send(at(label, ds.list_account_custom_fields()))
        except Forbidden:
            # Envelopes may have fields of their account that nobody told of.
            known = evolve(known, custom=None)
            continue
        custom |= {one.name for one in usual if one.name}
    return known


def asked_for(ctx: Context) -> bool:
    """Whether a tag rule asks which templates an envelope was made of."""
    return any(rule.templates for rule in ctx.settings.tags.rules)


def made_of(ctx: Context, label: str, snapshots: Sequence[Snapshot]) -> Job[list[Snapshot]]:
    """The snapshots with the templates that their envelopes were made of, where a tag rule asks for
    them: a call for each envelope, once."""
    if not asked_for(ctx):
        return list(snapshots)
    asking = _asking(ctx, snapshots)
    known = yield from transact(partial(_known, ctx=ctx, envelope_ids=asking.keys()))
    new = [key for key in asking if key not in known]
    calls = [at(label, ds.list_envelope_templates(asking[key])) for key in new]
    failed: ConnectorsError | None = None
    found: dict[str, tuple[str, ...]] = {}
    for key, answer in zip(new, (yield from gather(calls)), strict=True):
        if isinstance(answer, NotFound):
            found[key] = ()
        elif isinstance(answer, ConnectorsError):
            failed = failed or answer
        else:
            found[key] = tuple(dict.fromkeys(one.template_id for one in answer.value))
    yield from transact(partial(_keep, ctx=ctx, found=found))
    if failed is not None:
        raise failed
    known |= found
    return [evolve(one, template_ids=known.get(one.envelope_id.lower(), ())) for one in snapshots]


def knows(ctx: Context, snapshot: Snapshot) -> Job[bool]:
    """Whether nobody has to be asked for the templates of an envelope."""
    asking = _asking(ctx, [snapshot])
    known = yield from transact(partial(_known, ctx=ctx, envelope_ids=asking.keys()))
    return asking.keys() <= known.keys()


def _asking(ctx: Context, snapshots: Sequence[Snapshot]) -> dict[str, str]:
    return {
        one.envelope_id.lower(): one.envelope_id
        for one in snapshots
        if concerns(one, ctx.settings.actions, ctx.settings.kinds)
    }


def _known(
    db: Connection, *, ctx: Context, envelope_ids: Collection[str]
) -> dict[str, tuple[str, ...]]:
    where = (MADE_OF.c.connection == ctx.connection, MADE_OF.c.envelope_id.in_(envelope_ids))
    query = select(MADE_OF.c.envelope_id, MADE_OF.c.templates).where(*where)
    return {envelope_id: _ids.decode(ids) for envelope_id, ids in db.execute(query)}


def _keep(db: Connection, *, ctx: Context, found: Mapping[str, tuple[str, ...]]) -> None:
    rows = [
        {"connection": ctx.connection, "envelope_id": key, "templates": msgspec.json.encode(ids)}
        for key, ids in found.items()
    ]
    upsert(db, MADE_OF, rows)


_ids = msgspec.json.Decoder(tuple[str, ...])


def check_prefilled(ctx: Context, fields: Sequence[ContactField]) -> Job[None]:
    """Refuse to prefill templates that do not exist, or have not the roles and tabs named.

    Raises:
        DomainError, MappingRefused: which automation it is, and what the template has.
    """
    by_account: Mapping[str, str] | None = None
    for automation in ctx.settings.automations:
        for step in automation.then:
            if not isinstance(step, PrefillTemplate):
                continue
            if by_account is None:
                by_account = yield from context.labels(ctx)
            label = by_account.get(step.account_id.lower())
            if label is None:
                known = ", ".join(sorted(by_account))
                raise DomainError(
                    f"automation {automation.id!r}: DocuSign account {step.account_id!r} is not "
                    f"connected; connected are {known}"
                )
            try:
                there = yield from shape(label, step.template_id)
            except NotFound:
                raise DomainError(
                    f"automation {automation.id!r}: account {step.account_id} has no template "
                    f"{step.template_id!r}; `client.templates.list()` shows those it has"
                ) from None
            TemplateMapping.build(step.rules, there, fields, allow_blank=step.allow_blank)


def _holder(labels: Sequence[str], template_id: str, place: str) -> Job[str]:
    """The client whose account has a template."""
    for label in labels:
        try:
            yield from send(at(label, ds.get_template(template_id)))
        except NotFound:
            continue
        return label
    raise DomainError(
        f"{place}: no connected account has a template {template_id!r}; "
        "`client.templates.list()` shows those it has"
    )


def _sender_tabs(label: str, template_id: str) -> Job[list[ShapeTab]]:
    """The tabs that the sender fills in; they belong to documents."""
    documents = yield from send(at(label, ds.list_template_documents(template_id)))
    calls = [
        at(label, ds.get_template_document_tabs(template_id, one.document_id))
        for one in documents
        if one.document_id != "certificate"
    ]
    own: list[ShapeTab] = []
    for answer in (yield from gather(calls)):
        if isinstance(answer, ConnectorsError):
            raise answer
        own += _tabs(answer.value.prefill)
    return own


def _tabs(tabs: Iterable[Tab]) -> list[ShapeTab]:
    found: dict[str, ShapeTab] = {}
    for tab in tabs:
        before = found.get(tab.key or "")
        # Of several of one name the one counts that says something.
        if tab.key and (before is None or before.kind in _WITHOUT_TEXT):
            listed = [one.value for one in tab.list_items if one.value]
            options = listed or [one.value for one in tab.radios if one.value]
            found[tab.key] = ShapeTab(
                tab.key,
                kind=tab.type.value if isinstance(tab.type, TabType) else str(tab.type),
                required=bool(tab.required),
                options=tuple(options),
                max_length=tab.max_length,
            )
    return list(found.values())


def _saying(tabs: Iterable[ShapeTab]) -> set[str]:
    return {tab.label for tab in tabs if tab.kind not in _WITHOUT_TEXT}
