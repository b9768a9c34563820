"""The integration for async hosts. `blocking.py` beside it is generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from attrs import evolve

from ...activecampaign.aio import AsyncActiveCampaignClient
from ...docusign.aio import AsyncDocuSignClient
from ...domain.personalisation import Part
from ...domain.prefill import PrefillTemplate, TemplateShape
from ...domain.triggers import check_automations
from ...engine import inbox
from ...engine.drivers import AsyncClient, AsyncDriver
from ...engine.job import Job, Store, transact
from ...engine.plans import Plan
from ...engine.report import Check, Report
from ...errors import ConfigError
from . import drafts, events, firing, jobs, mails, polling, receiving, records, setups
from .backfill import backfill
from .checks import check
from .context import Context, by_service
from .firing import Fired, Firing, checked_callbacks
from .receiving import Receipt, SigningKeys
from .records import DocuSignRecord
from .schema import SCHEMA
from .settings import BridgeSettings
from .setups import Preview

if TYPE_CHECKING:
    from .web import WebhookApp

T = TypeVar("T")


class AsyncDocuSignActiveCampaign:
    """DocuSign envelopes into ActiveCampaign: contacts, tags, records, triggers, drafts.

    Args:
        docusign: a client for each DocuSign account, or one; they are not closed here.
        activecampaign: the client of the ActiveCampaign account; it is not closed here either.
        store: a `SqlStore`: the inbox and all that is known; one file may serve several connections.
        signing_keys: the HMAC keys of DocuSign Connect: one, several while they are exchanged, or
            those of each account by its id.
        settings: see `BridgeSettings`.
        callbacks: functions of the host by the name that an automation calls them by. They may be
            `async def` here.
        connection: a name for this ActiveCampaign account inside the store.

    ```python
    import asyncio
    from connectors import (
        AsyncActiveCampaignClient, AsyncDocuSignActiveCampaign, AsyncDocuSignClient, JwtBearer,
        Sandbox, SqlStore,
    )

    box = Sandbox(seed=1)
    user = JwtBearer(box.docusign.integration_key, box.docusign.user_id, box.docusign.private_key)

    async def main() -> None:
        async with (
            AsyncDocuSignClient(user, transport=box.transport) as ds,
            AsyncActiveCampaignClient(
                box.activecampaign.url, box.activecampaign.key, transport=box.transport
            ) as ac,
        ):
            bridge = AsyncDocuSignActiveCampaign(
                ds, ac, store=SqlStore("sqlite://"), signing_keys="a-key-of-your-account"
            )
            plan = await bridge.setup.plan("https://example.com/docusign")
            print(plan)

    asyncio.run(main())
    ```
    """

    def __init__(
        self,
        docusign: AsyncDocuSignClient | Sequence[AsyncDocuSignClient],
        activecampaign: AsyncActiveCampaignClient,
        *,
        store: Store,
        signing_keys: SigningKeys = (),
        settings: BridgeSettings | None = None,
        callbacks: Mapping[str, Callable[[Firing], object]] | None = None,
        connection: str = "main",
    ) -> None:
        accounts = list(docusign) if isinstance(docusign, Sequence) else [docusign]
        if not accounts:
            raise ConfigError(
                "`docusign` must be a client for each DocuSign account, or one; got none"
            )
        for name, given, wanted in (
            *(("docusign", one, AsyncDocuSignClient) for one in accounts),
            ("activecampaign", activecampaign, AsyncActiveCampaignClient),
        ):
            if not isinstance(given, wanted):
                raise ConfigError(
                    f"`{name}` must be of class {wanted.__name__}, got {type(given).__name__}"
                )
        if len(set(map(id, accounts))) < len(accounts):
            raise ConfigError(
                "`docusign` has one client twice: give one for each account, as "
                "`client.for_account(account_id)` makes them"
            )
        if not hasattr(store, "transact"):
            raise ConfigError(f"`store` must be a SqlStore, got {type(store).__name__}")
        _check_text(
            "connection", connection, "a name for this ActiveCampaign account, such as 'main'"
        )
        labelled = {f"docusign:{number}": one for number, one in enumerate(accounts)}
        self._clients: Mapping[str, AsyncClient] = {"activecampaign": activecampaign, **labelled}
        self._store = store
        self._keys = receiving.checked_keys(signing_keys)
        store.install(inbox.SCHEMA)
        store.install(SCHEMA)
        settings = BridgeSettings() if settings is None else settings
        _check_kind("settings", settings, BridgeSettings, "BridgeSettings")
        callbacks = {} if callbacks is None else callbacks
        checked_callbacks(callbacks, awaits=iscoroutinefunction(type(self).apply))
        check_automations(
            settings.automations,
            known_tags=settings.tags.known_tags,
            actions=settings.actions,
            records=settings.records,
            callbacks=tuple(callbacks),
            contact_fields=settings.contact_fields,
        )
        self._ctx = Context(
            connection=connection,
            settings=settings,
            store=store,
            docusign=tuple(labelled),
            demo={label: one.demo for label, one in labelled.items()},
            callbacks=callbacks,
            signed=bool(signing_keys),
            keyed=receiving.keyed_accounts(signing_keys),
            now=activecampaign.now,
        )
        self.setup: AsyncSetupJob = AsyncSetupJob(self)
        self.events: AsyncEventsJob = AsyncEventsJob(self)
        self.backfill: AsyncBackfillJob = AsyncBackfillJob(self)
        self.reconcile: AsyncReconcileJob = AsyncReconcileJob(self)
        self.records: AsyncRecords = AsyncRecords(self)
        self.templates: AsyncTemplates = AsyncTemplates(self)
        self.firings: AsyncFirings = AsyncFirings(self)

    async def check(self) -> tuple[Check, ...]:
        """Ask both services everything the jobs rely on; each failing check says what to fix."""
        return await self._do(check(self._ctx))

    async def apply(self, plan: Plan) -> Report:
        """Carry a plan of `setup` out.

        Raises:
            PlanStale: applied before, older than an hour, or made under other settings.
        """
        _check_kind("plan", plan, Plan, "what `setup.plan(url)` makes")
        return await self._report(jobs.apply(self._ctx, plan))

    async def run(self) -> tuple[Report, ...]:
        """Work off the inbox, then reconcile where that is due."""
        return (await self.events.run(), await self.reconcile.run())

    def webhook_app(self) -> WebhookApp:
        """The endpoint for DocuSign Connect, to be put under a path of an ASGI application.

        Raises:
            ConfigError: the extra `web` is not installed, or there are no `signing_keys`.
        """
        from .web import WebhookApp

        return WebhookApp(self)

    async def _perform(self, job: Job[T]) -> tuple[T, Mapping[str, int]]:
        driver = AsyncDriver(self._clients, self._store)
        result = await driver.run(job)
        return result, by_service(driver.calls)

    async def _do(self, job: Job[T]) -> T:
        result, _ = await self._perform(job)
        return result

    async def _report(self, job: Job[Report]) -> Report:
        report, calls = await self._perform(job)
        return evolve(report, calls=calls)


class AsyncSetupJob:
    """What must be there before messages come in: webhook, tags, the DocuSign object, the mapping."""

    def __init__(self, bridge: AsyncDocuSignActiveCampaign) -> None:
        self._bridge = bridge

    def preview(self) -> Preview:
        """The tags, record fields, events and mapping that the settings lead to. No call is made."""
        return setups.preview(self._bridge._ctx.settings)

    async def plan(
        self, url: str = "", *, adopt: Mapping[str, str] | None = None, remove: bool = False
    ) -> Plan:
        """What has to be made on either side, and why. Changes nothing outside the store.

        Once it was applied, a second plan has only what differs.

        Args:
            url: the public https address of your webhook endpoint.
            adopt: Connect configurations made by hand, by account id; what they lack is in the plan.
            remove: plan the way back instead: webhooks go, contacts, tags and records stay.

        Raises:
            ConfigError: no https address; a DocuSign account whose plan has no Connect.
            MappingRefused: a field that does not exist, with the nearest that does.
            Forbidden: the DocuSign user is no administrator of the account.
        """
        endpoint = "the public https address of your webhook endpoint, as text"
        _check_kind("url", url, str, endpoint)
        adopt = {} if adopt is None else adopt
        by_hand = "configurations by account, {account_id: connect_id}, both as text"
        _check_kind("adopt", adopt, Mapping, by_hand)
        for one in (*adopt, *adopt.values()):
            _check_text("adopt", one, by_hand)
        _check_kind("remove", remove, bool, "True or False")
        job = jobs.plan(self._bridge._ctx, url, adopt, remove=remove)
        plan, calls = await self._bridge._perform(job)
        return evolve(plan, calls=calls)


class GivenUp(NamedTuple):
    """A message that was tried too often, and why it failed last."""

    id: int
    envelope_id: str
    reason: str


class AsyncEventsJob:
    """Connect messages: taken in by your web server, worked off by `run`."""

    def __init__(self, bridge: AsyncDocuSignActiveCampaign) -> None:
        self._bridge = bridge

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> Receipt:
        """Verify a message and keep it; answer the request with the receipt's `status`.

        Nothing else happens here: no service is called. What cannot be trusted leaves a count.

        Raises:
            ConfigError: no signing key was given.
            StoreError: it could not be kept. Answer with 500: DocuSign sends it again.
        """
        bridge = self._bridge
        return await bridge._do(receiving.receive(bridge._ctx, bridge._keys, body, headers))

    async def run(self) -> Report:
        """Work off the inbox: contact, tags, record, then triggers, recipient by recipient.

        Raises:
            ConfigError: `setup` was not applied, or under other settings.
            TransportError, Throttled, AuthError: a service that nothing can be done without; what
                was not worked off stays.
        """
        return await self._bridge._report(events.run(self._bridge._ctx))

    async def sync_now(self, envelope_id: str, *, account_id: str | None = None) -> Report:
        """Read one envelope and carry out what it leads to.

        Args:
            account_id: where several accounts are connected.

        Raises:
            NotFound: there is no such envelope.
            AskedTooOften: it was read less than 15 minutes ago, which DocuSign does not allow;
                `retry_after` says for how long to wait.
        """
        _check_text("envelope_id", envelope_id, "the id of an envelope, a GUID")
        _check_account(account_id)
        job = polling.sync_now(self._bridge._ctx, envelope_id, account_id)
        return await self._bridge._report(job)

    async def counts(self) -> Mapping[str, int]:
        """How messages ended, why others were refused or ignored, how many are "waiting"."""
        counted = partial(inbox.outcomes, connection=self._bridge._ctx.connection)
        return await self._bridge._do(transact(counted))

    async def given_up(self) -> tuple[GivenUp, ...]:
        """Messages that were tried too often."""
        dead = partial(inbox.dead, connection=self._bridge._ctx.connection)
        found = await self._bridge._do(transact(dead))
        return tuple(GivenUp(message.id, message.object, why) for message, why in found)

    async def retry(self, ids: Sequence[int] | None = None) -> int:
        """Take up messages that were given up, all or these; how many there were.

        Args:
            ids: as `given_up` has them.
        """
        if ids is not None:
            wanted = "ids of messages, such as [one.id for one in given_up]"
            _check_kind("ids", ids, Sequence, wanted)
            for one in ids:
                _check_kind("ids", one, int, wanted)
        again = partial(inbox.retry, connection=self._bridge._ctx.connection, ids=ids)
        return await self._bridge._do(transact(again))


class AsyncBackfillJob:
    """History, loaded at once and without firing triggers."""

    def __init__(self, bridge: AsyncDocuSignActiveCampaign) -> None:
        self._bridge = bridge

    async def run(self, since: datetime, until: datetime | None = None) -> Report:
        """Load envelopes that changed from `since` on, until now or `until`.

        Contacts are imported in bulk, 250 at a time, without starting ActiveCampaign's automations.

        Raises:
            DomainError: moments without a time zone, or in the wrong order.
        """
        return await self._bridge._report(backfill(self._bridge._ctx, since, until))


class AsyncReconcileJob:
    """What webhooks missed."""

    def __init__(self, bridge: AsyncDocuSignActiveCampaign) -> None:
        self._bridge = bridge

    async def run(self) -> Report:
        """Read what changed since the last time and what Connect failed to deliver; once a day also
        write records again that somebody changed. Within 15 minutes of the last time it does
        nothing, and says so."""
        return await self._bridge._report(polling.reconcile(self._bridge._ctx))


class AsyncRecords:
    """The DocuSign records of contacts. Only this integration writes them."""

    def __init__(self, bridge: AsyncDocuSignActiveCampaign) -> None:
        self._bridge = bridge

    async def of_contact(self, contact_id: str) -> tuple[DocuSignRecord, ...]:
        """A contact's records, newest first, by its ActiveCampaign id."""
        _check_text("contact_id", contact_id, _CONTACT_ID)
        listed = partial(records.listed, ctx=self._bridge._ctx, contact_id=contact_id)
        return tuple(await self._bridge._do(transact(listed)))

    async def of(self, email: str) -> tuple[DocuSignRecord, ...]:
        """A contact's records, newest first, by its e-mail address.

        Raises:
            InvalidAddress: it is none.
        """
        _check_text("email", email, "an e-mail address")
        listed = partial(records.listed_by_address, ctx=self._bridge._ctx, email=email)
        return tuple(await self._bridge._do(transact(listed)))


class AsyncTemplates:
    """DocuSign templates, to be prefilled from contacts."""

    def __init__(self, bridge: AsyncDocuSignActiveCampaign) -> None:
        self._bridge = bridge

    async def shape(self, template_id: str, *, account_id: str | None = None) -> TemplateShape:
        """The roles of a template and the fields that can be filled in. Changes nothing.

        Raises:
            NotFound: there is no such template.
        """
        _check_text("template_id", template_id, "the id of a DocuSign template, a GUID")
        _check_account(account_id)
        return await self._bridge._do(drafts.shape(self._bridge._ctx, account_id, template_id))

    async def prefill(self, contact_id: str, action: PrefillTemplate, *, key: str) -> str:
        """Make a draft for one contact; its envelope id. It is never sent.

        Args:
            key: of your choice. Within 7 days the same key gives the same draft, not another.

        Raises:
            MappingRefused: a role, tab or field that does not exist.
            DomainError: the contact lacks what the draft needs.
        """
        _check_text("contact_id", contact_id, _CONTACT_ID)
        wanted = "what the draft is made of: PrefillTemplate(…)"
        _check_kind("action", action, PrefillTemplate, wanted)
        _check_text("key", key, "a key of your choice, such as 'renewal 2027'")
        return await self._bridge._do(drafts.prefill(self._bridge._ctx, contact_id, action, key))


class AsyncFirings:
    """Triggers that fired."""

    def __init__(self, bridge: AsyncDocuSignActiveCampaign) -> None:
        self._bridge = bridge

    async def all(self) -> tuple[Fired, ...]:
        """Each trigger that fired, oldest first, with its state and what went wrong."""
        fired = partial(firing.fired, ctx=self._bridge._ctx)
        return tuple(await self._bridge._do(transact(fired)))

    async def retry(self) -> int:
        """Take up what was given up; how many there were."""
        return await self._bridge._do(transact(partial(firing.retry, ctx=self._bridge._ctx)))

    async def render(self, text: str, fired: Firing, *, part: Part = Part.TEXT) -> str:
        """A text of the automation that started, with `{{ docusign.status }}` and the like filled in.

        For a tag it speaks of the contact's newest record of that action. A custom contact field is
        called as the mapping calls it, or by its id, personalisation tag or title: a name with blanks
        in brackets, `{{ contact['Deal number'] }}`.

        Raises:
            PersonalisationRefused: a field that does not exist, or there is no record.
            ConfigError: the extra `mail` is not installed.
        """
        _check_kind("text", text, str, "a text with placeholders")
        _check_kind(
            "fired", fired, Firing, "a Firing, as callbacks and each of `firings.all()` have"
        )
        _check_kind("part", part, Part, "a part of a mail, such as Part.HTML")
        return await self._bridge._do(mails.render(self._bridge._ctx, text, fired, part))


# --- what is given -----------------------------------------------------------------------------

_CONTACT_ID = "the id of a contact of ActiveCampaign"


def _check_kind(name: str, value: object, kind: type, wanted: str) -> None:
    """Refuse what is of another kind, without showing it."""
    # Whoever gives True for a number, or a text for several, has mixed something up.
    mixed = (kind is int and isinstance(value, bool)) or (
        kind is Sequence and isinstance(value, str | bytes)
    )
    if mixed or not isinstance(value, kind):
        raise ConfigError(f"`{name}` must be {wanted}, got {type(value).__name__}")


def _check_text(name: str, value: object, wanted: str) -> None:
    """Refuse what is no text, or an empty one."""
    _check_kind(name, value, str, f"{wanted}, as text")
    if not str(value).strip():
        raise ConfigError(f"`{name}` is empty; give {wanted}")


def _check_account(account_id: object) -> None:
    if account_id is not None:
        _check_text("account_id", account_id, "the id of a connected DocuSign account")
