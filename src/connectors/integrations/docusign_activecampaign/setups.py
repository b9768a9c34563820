"""Setting a connection up, as a plan: what will be made on either side, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from attrs import evolve, field, frozen
from sqlalchemy import Connection

from ...activecampaign import calls as ac
from ...activecampaign.models import Field, FieldType
from ...docusign import calls as ds
from ...docusign.models import ConnectConfiguration
from ...domain.actions import EVENTS
from ...domain.envelopes import RECORD_FIELDS, Action
from ...domain.field_mapping import ContactField, ContactMapping
from ...domain.plan import Change, Side, Verb
from ...domain.tagging import TagPreview
from ...domain.triggers import AddToAutomation
from ...engine import cursors, plans
from ...engine.job import Job, send, transact
from ...engine.plans import Draft
from ...errors import ConfigError, ConnectorsError, DomainError, Forbidden
from . import context, objects, people, repairing, templates
from .context import Account, Context, RecordsIn, Saved, at
from .objects import PLAN_NEEDED, all_of
from .settings import BridgeSettings

SETUP_JOB = "setup"
NAME = "connectors"


@frozen(kw_only=True)
class Preview:
    """What a setup will put on contacts, before anything is made.

    Attributes:
        tags: each tag with the rule that gives it.
        record_fields: fields of the DocuSign object, id → label; empty where it is switched off.
        events: Connect events that are subscribed.
        mapping: DocuSign field → contact field.
    """

    tags: tuple[TagPreview, ...]
    record_fields: Mapping[str, str]
    events: tuple[str, ...]
    mapping: tuple[tuple[str, str], ...] = field(repr=False)

    def __str__(self) -> str:
        lines = ["Tags:", *(f"  {tag}" for tag in self.tags)]
        if self.record_fields:
            lines += ["Object DocuSign:", *(f"  {v} ({k})" for k, v in self.record_fields.items())]
        lines += ["Webhook events:", *(f"  {event}" for event in self.events)]
        lines += ["Fields:", *(f"  {source} -> {target}" for source, target in self.mapping)]
        return "\n".join(lines)


def preview(settings: BridgeSettings) -> Preview:
    """What the settings lead to; no call is made."""
    return Preview(
        tags=settings.tags.preview(settings.actions),
        record_fields=dict(RECORD_FIELDS) if settings.records else {},
        events=events_for(settings.actions),
        mapping=tuple((rule.source, rule.target) for rule in settings.mapping),
    )


def events_for(actions: Sequence[Action]) -> tuple[str, ...]:
    """The Connect events that tell of actions."""
    return tuple(event for event, meant in EVENTS.items() if set(meant) & set(actions))


def plan_setup(ctx: Context, draft: Draft, url: str, adopt: Mapping[str, str]) -> Job[None]:
    """What has to be made so that messages come in and are worked off."""
    _check_url(url)
    fields = yield from contact_fields()
    for rule in ctx.settings.tags.rules:
        if rule.actions and not set(rule.actions) & set(ctx.settings.actions):
            draft.warnings.append(
                f"tag {rule.tag!r} is never given: none of its actions is subscribed"
            )
    known = yield from templates.known_fields(ctx)
    mapping = ContactMapping.build(ctx.settings.mapping, fields, known)
    draft.warnings += mapping.warnings
    objects.check_targets(ctx.settings, fields)
    yield from check_automations(ctx)
    changes = yield from _plan_tags(ctx)
    old = yield from transact(partial(context.read, connection=ctx.connection))
    where, more = yield from objects.plan_object(ctx, draft, old)
    changes += more
    accounts: list[Account] = []
    for label in ctx.docusign:
        account, more = yield from _plan_webhook(ctx, draft, label, url, adopt, old)
        if any(one.account_id == account.account_id for one in accounts):
            raise ConfigError(
                f"docusign: two clients are for account {account.account_id} {account.name!r}, so "
                "each message would come twice; give one client for each account"
            )
        accounts.append(account)
        changes += more
    changes += yield from _plan_left(ctx, old, accounts)
    _check_adopted(adopt, accounts)
    yield from templates.check_prefilled(ctx, fields)
    saved = Saved(
        settings=ctx.settings.digest,
        accounts=tuple(accounts),
        fields=tuple(fields),
        records_in=where.records_in,
        schema_id=where.schema_id,
        reason=where.reason,
    )
    if old != saved:
        changes.append(
            Change(
                verb=Verb.UPDATE if old else Verb.CREATE,
                side=Side.STORE,
                kind="setup",
                ref=ctx.connection,
                subject=f"connection {ctx.connection!r}",
                reason="what was chosen and found is kept" if old is None else _differs(old, saved),
                payload=context.dumped(saved),
            )
        )
    yield from transact(partial(draft.add, changes=changes))


_PARTS = {
    "settings": "what is chosen",
    "accounts": "the connected accounts or their webhooks",
    "fields": "the contact fields that there are",
    "records_in": "where records go",
    "schema_id": "the object DocuSign",
}


def _differs(old: Saved, new: Saved) -> str:
    found = [said for name, said in _PARTS.items() if getattr(old, name) != getattr(new, name)]
    return f"otherwise than before: {', '.join(found) or 'why records are where they are'}"


def plan_removal(ctx: Context, draft: Draft) -> Job[None]:
    """What has to go so that no message comes in any more. Contacts, tags and records stay."""
    old = yield from transact(partial(context.read, connection=ctx.connection))
    if old is None:
        draft.warnings.append(f"connection {ctx.connection!r} is not set up")
        return
    changes = []
    by_account = yield from context.labels(ctx)
    for account in old.accounts:
        label = by_account.get(account.account_id.lower())
        shared = partial(context.sharing, connection=ctx.connection, account=account)
        other = yield from transact(shared)
        if account.adopted or label is None or other is not None:
            why = "it was made by hand" if account.adopted else "no client is for its account"
            why = why if other is None else f"connection {other!r} hears by it too"
            changes.append(_webhook(Verb.SKIP, account, "", f"{why}: it stays"))
            continue
        there = yield from _configurations(label)
        if any(one.connect_id == account.connect_id for one in there):
            changes.append(_webhook(Verb.DELETE, account, label, "the connection is taken away"))
    changes.append(
        Change(
            verb=Verb.DELETE,
            side=Side.STORE,
            kind="setup",
            ref=ctx.connection,
            subject=f"connection {ctx.connection!r}",
            reason="the connection is taken away",
        )
    )
    draft.warnings.append("contacts, tags and records stay in ActiveCampaign")
    yield from transact(partial(draft.add, changes=changes))


def apply_setup(ctx: Context, plan_id: str) -> Job[None]:
    """Carry the changes of a setup out; each can be repeated."""
    made: dict[str, str] = {}
    for kind in ("tag", "object", "webhook", "setup"):
        for seq, change in (yield from transact(partial(_open, plan_id=plan_id, kind=kind))):
            yield from _apply_one(ctx, change, made)
            state = "refused" if kind == "object" and "records_in" in made else "done"
            yield from transact(partial(plans.close, plan_id=plan_id, seqs=[seq], state=state))


def _apply_one(ctx: Context, change: Change, made: dict[str, str]) -> Job[None]:
    payload = change.payload
    if change.kind == "tag":
        yield from people.tag_ids(ctx, (change.ref,))
    elif change.kind == "object":
        yield from objects.apply_object(ctx, change, made)
    elif change.kind == "webhook":
        label = str(payload["label"])
        if change.verb is Verb.DELETE:
            yield from send(at(label, ds.delete_connect_configuration(change.ref)))
            return
        wanted = _wanted(ctx.settings, str(payload["url"]))
        if change.verb is Verb.CREATE:
            now = yield from send(at(label, ds.create_connect_configuration(wanted)))
            made[change.scope] = str(now.connect_id or "")
        else:
            old = yield from send(at(label, ds.get_connect_configuration(change.ref)))
            better = _completed(old, wanted, alone=bool(payload["alone"]))
            yield from send(at(label, ds.update_connect_configuration(better)))
    else:
        saved = None if change.verb is Verb.DELETE else _with_ids(payload, made)
        yield from transact(partial(_keep, ctx=ctx, saved=saved))


def _keep(db: Connection, *, ctx: Context, saved: Saved | None) -> None:
    """Keep what was set up, and since when: what an account went through before is history."""
    old = context.read(db, ctx.connection)
    context.write(db, ctx.connection, saved)
    before = {one.account_id: one for one in old.accounts} if old else {}
    after = {one.account_id: one for one in saved.accounts} if saved else {}
    moved: dict[str, str | None] = {}
    for account_id in before.keys() ^ after.keys():
        account = before.get(account_id) or after[account_id]
        since = ctx.now().isoformat() if account_id in after else None
        moved |= {account.since: since, account.reconciled: None}
    if saved is None:
        moved[repairing.STREAM] = None
    cursors.write(db, ctx.connection, moved)


def _with_ids(payload: Mapping[str, object], made: Mapping[str, str]) -> Saved:
    """What is saved, with the ids of what was just made."""
    saved = context.loaded(payload)
    accounts = tuple(
        evolve(account, connect_id=account.connect_id or made.get(account.account_id, ""))
        for account in saved.accounts
    )
    where = RecordsIn[made["records_in"]] if "records_in" in made else saved.records_in
    return evolve(
        saved,
        accounts=accounts,
        records_in=where,
        schema_id=saved.schema_id or made.get("schema_id", ""),
        reason=saved.reason or (PLAN_NEEDED if "records_in" in made else ""),
    )


# --- ActiveCampaign ----------------------------------------------------------------------------


def contact_fields() -> Job[list[ContactField]]:
    """The custom contact fields of the ActiveCampaign account."""
    return [_contact_field(one) for one in (yield from all_of(ac.list_fields()))]


def _contact_field(one: Field) -> ContactField:
    kind = one.type.value if isinstance(one.type, FieldType) else (one.type or "")
    options = tuple(option.value for option in one.options)
    return ContactField(one.id, one.title, one.perstag or "", kind, options)


def check_automations(ctx: Context) -> Job[None]:
    """Refuse to add contacts to automations that do not exist."""
    wanted = [
        (automation.id, step.automation_id)
        for automation in ctx.settings.automations
        for step in automation.then
        if isinstance(step, AddToAutomation)
    ]
    if not wanted:
        return
    there = {one.id: one.name for one in (yield from all_of(ac.list_automations()))}
    for name, automation_id in wanted:
        if automation_id not in there:
            known = ", ".join(f"{key} {title!r}" for key, title in there.items()) or "none"
            raise DomainError(
                f"automation {name!r}: ActiveCampaign has no automation {automation_id!r}; it has "
                f"{known}"
            )


def _plan_tags(ctx: Context) -> Job[list[Change]]:
    changes = []
    for tag in ctx.settings.tags.known_tags:
        # The service's own search may give others, and templates have tags of their own.
        if not any(map(ac.is_tag(tag), (yield from all_of(ac.list_tags(name=tag))))):
            changes.append(
                Change(
                    verb=Verb.CREATE,
                    side=Side.ACTIVECAMPAIGN,
                    kind="tag",
                    ref=tag,
                    subject=tag,
                    reason="contacts will get it, and triggers can name it",
                )
            )
    return changes


# --- DocuSign ----------------------------------------------------------------------------------


def _plan_webhook(
    ctx: Context, draft: Draft, label: str, url: str, adopt: Mapping[str, str], old: Saved | None
) -> Job[tuple[Account, list[Change]]]:
    found = yield from send(at(label, ds.get_account()))
    if found.connect_hindrance:
        raise ConfigError(found.connect_hindrance)
    account = Account(
        account_id=(found.account_id or "").lower(),
        name=found.name or "",
        demo=ctx.demo[label],
    )
    there = yield from _configurations(label)
    by_hand = {key.lower(): value for key, value in adopt.items()}.get(account.account_id)
    before = old.account(account.account_id) if old else None
    yield from _look_for_keys(ctx, draft, label, account)
    chosen = _chosen(there, by_hand, before, url)
    if by_hand is not None and chosen is None:
        known = ", ".join(f"{one.connect_id} {one.name!r}" for one in there) or "none"
        raise DomainError(
            f"adopt: account {account.account_id} has no Connect configuration {by_hand!r}; it has "
            f"{known}"
        )
    wanted = _wanted(ctx.settings, url)
    if chosen is None:
        payload = {"label": label, "url": url}
        change = _webhook(Verb.CREATE, account, label, "nothing tells this endpoint", payload)
        return account, [change]
    hand_made = by_hand is not None or (before is not None and before.adopted)
    account = evolve(account, connect_id=str(chosen.connect_id), adopted=hand_made)
    shared = partial(context.sharing, connection=ctx.connection, account=account)
    if (other := (yield from transact(shared))) is not None:
        draft.warnings.append(
            f"connection {other!r} of this store hears by the same Connect configuration "
            f"{account.connect_id}: a message comes to one endpoint, so give each its own url"
        )
    alone = not hand_made and other is None
    missing = list(chosen.missing(wanted))
    if alone and (more := _beyond(chosen, wanted)):
        missing.append(f"events: no longer wanted: {', '.join(more)}")
    if not missing:
        if by_hand is not None and (before is None or not before.adopted):
            return account, [_webhook(Verb.SKIP, account, label, "it has all that is needed")]
        return account, []
    better = {"label": label, "url": url, "alone": alone}
    return account, [_webhook(Verb.UPDATE, account, label, "; ".join(missing), better)]


def _plan_left(ctx: Context, old: Saved | None, accounts: Sequence[Account]) -> Job[list[Change]]:
    """Tell of accounts that were set up and have no client any more."""
    changes = []
    here = {one.account_id for one in accounts}
    for account in old.accounts if old else ():
        if account.account_id in here:
            continue
        shared = partial(context.sharing, connection=ctx.connection, account=account)
        other = yield from transact(shared)
        if other is None:
            told = "its Connect configuration stays, delete it at DocuSign"
        else:
            told = f"its Connect configuration stays, as connection {other!r} hears by it too"
        reason = f"no client is for its account any more: {told}"
        changes.append(_webhook(Verb.SKIP, account, "", reason))
    return changes


def _chosen(
    there: Sequence[ConnectConfiguration], by_hand: str | None, before: Account | None, url: str
) -> ConnectConfiguration | None:
    if by_hand is not None:
        return next((one for one in there if str(one.connect_id) == by_hand), None)
    known = before.connect_id if before else None
    by_id = (one for one in there if known and str(one.connect_id) == known)
    by_url = (one for one in there if one.url == url)
    return next(by_id, None) or next(by_url, None)


def _configurations(label: str) -> Job[tuple[ConnectConfiguration, ...]]:
    try:
        return (yield from send(at(label, ds.list_connect_configurations())))
    except Forbidden as error:
        error.hint = error.hint or (
            "webhooks are set up by an administrator of a DocuSign account whose plan has Connect "
            "(Business Pro or above)"
        )
        raise


def _look_for_keys(ctx: Context, draft: Draft, label: str, account: Account) -> Job[None]:
    try:
        keys = yield from send(at(label, ds.list_connect_secrets()))
    except ConnectorsError:
        return  # newer than some accounts: nothing is known
    if keys and not ctx.signed:
        draft.warnings.append(
            "the bridge has no `signing_keys`, so it will take no message: give it the HMAC keys of "
            f"DocuSign account {account.account_id}"
        )
    if (unkeyed := context.without_keys(ctx, account.account_id)) is not None:
        draft.warnings.append(unkeyed)
    if not keys:
        draft.warnings.append(
            f"DocuSign account {account.account_id} has no HMAC key yet, so nothing is signed and "
            "everything will be refused: make one with `client.connect_secrets.create()` and give "
            "it as `signing_keys`"
        )


def _wanted(settings: BridgeSettings, url: str) -> ConnectConfiguration:
    wanted = ConnectConfiguration.recommended(url, events_for(settings.actions), name=NAME)
    voided = {Action.VOIDED, Action.EXPIRED} & set(settings.actions)
    return evolve(wanted, include_envelope_void_reason=True) if voided else wanted


def _beyond(there: ConnectConfiguration, wanted: ConnectConfiguration) -> list[str]:
    """The events that are subscribed and not wanted."""
    needed = set(map(_word, wanted.events))
    return [event for event in map(_word, there.events) if event not in needed]


def _completed(
    old: ConnectConfiguration, wanted: ConnectConfiguration, *, alone: bool
) -> ConnectConfiguration:
    """What is there, and what it lacked. `alone`: nobody else hears by it, so events that are not
    wanted go."""
    more = [] if alone else _beyond(old, wanted)
    data = wanted.event_data
    if old.event_data is not None and data is not None:
        kept = [d for d in old.event_data.include_data if d not in data.include_data]
        data = evolve(data, include_data=(*data.include_data, *kept))
    return evolve(
        old,
        url=wanted.url,
        enabled=True,
        pause_publish=False if old.pause_publish else old.pause_publish,
        delivery_mode=wanted.delivery_mode,
        events=(*map(_word, wanted.events), *more),
        event_data=data,
        requires_acknowledgement=True,
        enable_log=True,
        include_hmac=True,
        all_users=True,
        all_users_except=None,
        user_ids=(),
        group_ids=(),
    )


def _word(value: object) -> str:
    return str(getattr(value, "value", value))


def _webhook(
    verb: Verb,
    account: Account,
    label: str,
    reason: str,
    payload: Mapping[str, object] | None = None,
) -> Change:
    return Change(
        verb=verb,
        side=Side.DOCUSIGN,
        kind="webhook",
        ref=account.connect_id,
        scope=account.account_id,
        subject=f"Connect configuration of account {account.name or account.account_id}",
        reason=reason,
        payload=payload or {"label": label},
    )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        right = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        right = False
    if not right:
        raise ConfigError("setup: `url` must be the public https address of your webhook endpoint")


def _check_adopted(adopt: Mapping[str, str], accounts: Sequence[Account]) -> None:
    known = {account.account_id for account in accounts}
    for account_id in adopt:
        if account_id.lower() not in known:
            raise DomainError(
                f"adopt: account {account_id!r} is not connected; connected are "
                f"{', '.join(sorted(known))}"
            )


def _open(db: Connection, *, plan_id: str, kind: str) -> list[tuple[int, Change]]:
    return plans.open_changes(db, plan_id, kind, tuple(Verb), None, 1000)
