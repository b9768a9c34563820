"""What a user of the DocuSign and ActiveCampaign integration sees. Type-checked, never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_type

from connectors import (
    Action,
    ActiveCampaignClient,
    AddToAutomation,
    AsyncActiveCampaignClient,
    AsyncDocuSignActiveCampaign,
    AsyncDocuSignClient,
    Automation,
    BridgeSettings,
    Callback,
    Change,
    Check,
    Comparison,
    ContactRule,
    DocuSignActiveCampaign,
    DocuSignClient,
    DocuSignRecord,
    Fallback,
    Firing,
    Plan,
    PrefillTemplate,
    Receipt,
    Received,
    RecordCreated,
    RecordUpdated,
    Report,
    Segment,
    SqlStore,
    TagAdded,
    Tagging,
    TagRule,
    TemplateRule,
)
from connectors.domain.personalisation import Part
from connectors.domain.prefill import TemplateShape
from connectors.domain.tagging import TagPreview
from connectors.integrations.docusign_activecampaign.web import WebhookApp


def greet(fired: Firing) -> None:
    assert_type(fired.id, str)
    assert_type(fired.action, Action | None)
    assert_type(fired.record, Mapping[str, str | None] | None)
    assert_type(fired.draft_id, str | None)


async def greet_later(fired: Firing) -> None:
    assert_type(fired.trigger, str)


def rules() -> BridgeSettings:
    tenant = TagRule("tenant", actions=(Action.COMPLETED,), roles=("Tenant",))
    tagging = Tagging((*Tagging.french().rules, tenant))
    draft = PrefillTemplate(
        account_id="a",
        template_id="t",
        rules=(TemplateRule(source="contact.email", role="Tenant", person="email"),),
    )
    welcome = Automation(
        id="welcome",
        triggers=(RecordUpdated(Action.COMPLETED, "status", after="completed"),),
        segments=(Segment(Comparison.CONTAINS, "@example.org", field="contact.email"),),
        then=(Callback("greet"), AddToAutomation("42"), draft),
    )
    Automation(id="new", triggers=(RecordCreated(Action.SENT),), then=(Callback("greet"),))
    Automation(id="tag", triggers=(TagAdded("tenant"),), then=(Callback("greet"),))
    settings = BridgeSettings(
        actions=(Action.SENT, Action.COMPLETED),
        tagging=tagging,
        mapping=(ContactRule("recipient.email", "email"),),
        automations=(welcome,),
        fallback=Fallback.NOTE,
        max_age=timedelta(days=20),
    )
    assert_type(settings.tags, Tagging)
    assert_type(tagging.dump(), dict[str, object])
    assert_type(Tagging.load({"rules": []}), Tagging)
    return settings


def built(ds: DocuSignClient, ac: ActiveCampaignClient, store: SqlStore) -> None:
    DocuSignActiveCampaign(ds, ac, store=store)
    DocuSignActiveCampaign(
        [ds, ds.for_account("b")],
        ac,
        store=store,
        signing_keys={"a": "key", "b": ["new", "old"]},
        settings=rules(),
        callbacks={"greet": greet},
        connection="second",
    )


def jobs(bridge: DocuSignActiveCampaign, since: datetime) -> None:
    assert_type(bridge.check(), tuple[Check, ...])
    assert_type(bridge.setup.preview().tags, tuple[TagPreview, ...])
    plan = bridge.setup.plan("https://app.example.org/docusign", adopt={"a": "17"})
    assert_type(plan, Plan)
    for change in plan:
        assert_type(change, Change)
    assert_type(bridge.apply(plan), Report)
    assert_type(bridge.apply(bridge.setup.plan(remove=True)), Report)
    assert_type(bridge.events.run(), Report)
    assert_type(bridge.events.sync_now("e", account_id="a"), Report)
    assert_type(bridge.backfill.run(since), Report)
    assert_type(bridge.reconcile.run(), Report)
    assert_type(bridge.run(), tuple[Report, ...])


def incoming(bridge: DocuSignActiveCampaign, body: bytes, headers: dict[str, str]) -> int:
    receipt = bridge.events.receive(body, headers)
    assert_type(receipt, Receipt)
    assert_type(receipt.outcome, Received)
    assert_type(receipt.kept, bool)
    assert_type(bridge.webhook_app(), WebhookApp)
    assert_type(bridge.events.counts(), Mapping[str, int])
    for given_up in bridge.events.given_up():
        assert_type(given_up.envelope_id, str)
        assert_type(bridge.events.retry([given_up.id]), int)
    return receipt.status


def looked_at(bridge: DocuSignActiveCampaign, action: PrefillTemplate) -> None:
    for record in bridge.records.of("ada@example.org"):
        assert_type(record, DocuSignRecord)
        assert_type(record.sent_at, datetime | None)
        assert_type(record.details, Mapping[str, str])
    assert_type(bridge.records.of_contact("1"), tuple[DocuSignRecord, ...])
    assert_type(bridge.templates.shape("t"), TemplateShape)
    assert_type(bridge.templates.prefill("1", action, key="monday"), str)
    for fired in bridge.firings.all():
        assert_type(fired.firing, Firing)
        assert_type(fired.state, str)
        text = bridge.firings.render("{{ docusign.status }}", fired.firing, part=Part.SUBJECT)
        assert_type(text, str)


async def async_jobs(
    ds: AsyncDocuSignClient,
    ac: AsyncActiveCampaignClient,
    store: SqlStore,
    body: bytes,
    since: datetime,
) -> None:
    bridge = AsyncDocuSignActiveCampaign(
        ds, ac, store=store, signing_keys="key", callbacks={"greet": greet, "later": greet_later}
    )
    assert_type(await bridge.check(), tuple[Check, ...])
    # A preview asks nobody, so there is nothing to wait for.
    assert_type(bridge.setup.preview().events, tuple[str, ...])
    plan = await bridge.setup.plan("https://app.example.org/docusign")
    assert_type(plan, Plan)
    assert_type(await bridge.apply(plan), Report)
    assert_type(await bridge.events.receive(body, {}), Receipt)
    assert_type(await bridge.events.run(), Report)
    assert_type(await bridge.backfill.run(since), Report)
    assert_type(await bridge.run(), tuple[Report, ...])
    assert_type(await bridge.records.of("ada@example.org"), tuple[DocuSignRecord, ...])
    assert_type(bridge.webhook_app(), WebhookApp)
