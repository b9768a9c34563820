"""The integration on a stage: its settings, its automations, and what it is given to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

from ...activecampaign.blocking import ActiveCampaignClient
from ...core.auth import JwtBearer
from ...docusign.blocking import DocuSignClient
from ...domain.envelopes import Action
from ...domain.field_mapping import DEFAULT_RULES, ContactRule
from ...domain.prefill import PrefillTemplate, TemplateRule
from ...domain.tagging import Tagging, TagRule
from ...domain.triggers import (
    AddToAutomation,
    Automation,
    Callback,
    Comparison,
    RecordCreated,
    RecordUpdated,
    Segment,
    TagAdded,
)
from ...integrations.docusign_activecampaign.blocking import DocuSignActiveCampaign
from ...integrations.docusign_activecampaign.firing import Firing
from ...integrations.docusign_activecampaign.receiving import Received
from ...integrations.docusign_activecampaign.settings import BridgeSettings
from ...runtime.http import Transport
from ...stores import SqlStore
from .stage import Stage

ACTIONS = (
    Action.SENT,
    Action.DELIVERED,
    Action.COMPLETED,
    Action.DECLINED,
    Action.VOIDED,
    Action.EXPIRED,
    Action.CORRECTED,
    Action.REASSIGNED,
)
PREFIX = "docusign-integration-DocuSign_Envelope_"
THANKS = (
    "{{ contact.first_name | default('Hello') }}, your copy of {{ docusign.subject }} "
    "(from {{ docusign.sender_user_name }}) is signed."
)


DRAFTED = {"entry-inspection": "entry", "counter-offer": "counter"}
"""Automation → the template that it drafts."""


class Bridge:
    """The integration between the services of a stage.

    Attributes:
        jobs: the integration itself.
        received: what became of each delivery.
        called: which firings the host's function was called with.
    """

    def __init__(
        self, stage: Stage, store: SqlStore, wrap: Callable[[Transport], Transport]
    ) -> None:
        box = stage.box
        transport = wrap(box.transport)
        user = JwtBearer(
            box.docusign.integration_key, box.docusign.user_id, box.docusign.private_key
        )
        self._open = ExitStack()
        marketing = self._open.enter_context(
            ActiveCampaignClient(
                box.activecampaign.url, box.activecampaign.key, transport=transport
            )
        )
        accounts = [
            self._open.enter_context(DocuSignClient(user, account=id, transport=transport))
            for id in stage.accounts.values()
        ]
        self.received: Counter[Received] = Counter()
        self.called: Counter[str] = Counter()
        self.jobs = DocuSignActiveCampaign(
            accounts,
            marketing,
            store=store,
            signing_keys={id: (key,) for id, key in stage.keys.items()},
            settings=settings(stage),
            callbacks=dict.fromkeys(("thank", "greet", "warn"), self._note),
        )

    def close(self) -> None:
        """Close the clients."""
        self._open.close()

    def receive(self, headers: dict[str, str], body: bytes) -> int:
        """What the web server does with a request."""
        receipt = self.jobs.events.receive(body, headers)
        self.received[receipt.outcome] += 1
        return receipt.status

    def _note(self, firing: Firing) -> None:
        self.called[firing.id] += 1


def settings(stage: Stage) -> BridgeSettings:
    """What the two companies have chosen."""
    return BridgeSettings(
        actions=ACTIONS,
        tagging=Tagging(
            (
                *Tagging.english(ACTIONS).rules,
                TagRule("tenant", actions=(Action.COMPLETED,), roles=("Locataire",)),
            )
        ),
        mapping=(
            *DEFAULT_RULES,
            ContactRule("tab.Phone", "phone"),
            ContactRule("tab.Company", "Company"),
            ContactRule("custom.Department", "Department"),
        ),
        automations=automations(stage),
    )


def automations(stage: Stage) -> tuple[Automation, ...]:
    """What starts by itself."""
    return (
        Automation(
            id="thank-you",
            triggers=(TagAdded(f"{PREFIX}Completed"),),
            then=(Callback("thank"),),
        ),
        Automation(
            id="win-back",
            triggers=(TagAdded(f"{PREFIX}Expired"), TagAdded(f"{PREFIX}Voided")),
            then=(AddToAutomation(stage.automations["Win back"]),),
        ),
        Automation(
            id="welcome",
            triggers=(RecordCreated(Action.SENT),),
            segments=(Segment(Comparison.EQUALS, "Locataire", field="record.role"),),
            then=(Callback("greet"),),
        ),
        Automation(
            id="offboarding",
            triggers=(RecordUpdated(Action.COMPLETED, "recipient-status", after="completed"),),
            segments=(Segment(Comparison.CONTAINS, "Aufhebungsvertrag", field="record.subject"),),
            then=(AddToAutomation(stage.automations["Offboarding"]),),
        ),
        Automation(
            id="entry-inspection",
            triggers=(RecordUpdated(Action.COMPLETED, "recipient-status", after="completed"),),
            segments=(Segment(Comparison.EQUALS, "Locataire", field="record.role"),),
            then=(
                _draft(
                    stage,
                    DRAFTED["entry-inspection"],
                    _filled("Locataire", "Nom complet", "contact.name"),
                    _filled("Locataire", "Téléphone", "contact.phone"),
                    TemplateRule(source="record.subject", tab="Dossier"),
                ),
            ),
        ),
        Automation(
            id="counter-offer",
            triggers=(RecordUpdated(Action.DECLINED, "recipient-status", after="declined"),),
            segments=(Segment(Comparison.CONTAINS, "Purchase order", field="record.subject"),),
            then=(
                Callback("warn"),
                _draft(
                    stage,
                    DRAFTED["counter-offer"],
                    _filled("Supplier", "Company", "contact.Company"),
                ),
            ),
        ),
    )


def _draft(stage: Stage, key: str, *rules: TemplateRule) -> PrefillTemplate:
    account, template = next(
        (account, template)
        for account in stage.data.accounts
        for template in account.templates
        if template.key == key
    )
    return PrefillTemplate(
        account_id=stage.accounts[account.key],
        template_id=stage.templates[key],
        rules=(
            TemplateRule(source="contact.email", role=template.role, person="email"),
            TemplateRule(source="contact.name", role=template.role, person="name"),
            *rules,
        ),
    )


def _filled(role: str, tab: str, source: str) -> TemplateRule:
    return TemplateRule(source=source, role=role, tab=tab)
