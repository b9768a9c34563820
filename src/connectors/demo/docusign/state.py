"""What a world holds in the end, without what depends on the order of arrival."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import msgspec
from attrs import frozen

from ...sandbox.docusign.records import Envelope
from .bridge import Bridge
from .stage import Stage

SLUG = "docusign"


@frozen(kw_only=True)
class Contact:
    """A contact, without its id."""

    first_name: str
    last_name: str
    phone: str
    fields: Mapping[str, str]
    tags: tuple[str, ...]


@frozen(kw_only=True)
class State:
    """Contacts by address, records by their own key, and what fired: none of the ids that a service
    hands out one after another."""

    contacts: Mapping[str, Contact]
    records: Mapping[str, Mapping[str, str]]
    fired: tuple[tuple[str, ...], ...]
    """Automation, trigger, address or envelope, tag, action, where it stands."""
    entered: tuple[tuple[str, str], ...]
    """Automation of ActiveCampaign, address."""
    drafts: tuple[tuple[str, ...], ...]
    """Subject, status, and then role and address of each signer."""

    @property
    def digest(self) -> str:
        """The same for two worlds that hold the same."""
        return hashlib.blake2b(
            msgspec.json.encode(self, order="sorted"), digest_size=16
        ).hexdigest()


def state(stage: Stage, bridge: Bridge) -> State:
    """What there is now."""
    marketing = stage.box.activecampaign
    rows = marketing.contacts()
    address = {row["id"]: row["email"].casefold() for row in rows}
    names = {id: name for name, id in stage.automations.items()}
    fired = [
        (
            firing.automation,
            firing.trigger,
            # A corrected envelope's record fires once, for whom the first message to come names.
            firing.email.casefold() if firing.tag else firing.envelope_id,
            firing.tag or "",
            firing.action.value if firing.action else "",
            stands,
        )
        for firing, stands, _ in bridge.jobs.firings.all()
    ]
    entered = [
        (names[row["automation"]], address[row["contact"]]) for row in marketing.enrolments()
    ]
    return State(
        contacts={
            row["email"].casefold(): Contact(
                first_name=row["first_name"],
                last_name=row["last_name"],
                phone=row["phone"],
                fields=dict(sorted(row["fields"].items())),
                tags=tuple(row["tags"]),
            )
            for row in rows
        },
        records={
            row["external_id"]: {
                **row["fields"],
                "contacts": " ".join(sorted(address[id] for id in row["contacts"])),
            }
            for row in marketing.records(SLUG)
        },
        fired=tuple(sorted(fired)),
        entered=tuple(sorted(entered)),
        drafts=tuple(sorted(map(_shown, drafts(stage)))),
    )


def drafts(stage: Stage) -> Iterator[Envelope]:
    """The envelopes that were made by API: people make theirs by hand."""
    for account in stage.accounts.values():
        for envelope in stage.box.docusign.envelopes(account_id=account):
            if envelope.transaction_id:
                yield envelope


def _shown(draft: Envelope) -> tuple[str, ...]:
    signers = [text for one in draft.recipients for text in (one.role, one.email.casefold())]
    return (draft.subject, draft.status, *signers)
