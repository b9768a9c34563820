"""What must have come of it, looked up where it happened: in DocuSign, not in the integration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from ..day import Check
from .bridge import PREFIX, Bridge
from .stage import Seen, Stage
from .state import State, drafts

_ADDRESS = re.compile(r"[^@\s(]+@[^@\s(]+\.[^@\s(]+")

OWN = {"delivered": "Delivered", "completed": "Completed", "declined": "Declined"}


@frozen
class Truth:
    """What the signers went through, by DocuSign's own books."""

    seen: frozenset[Seen]

    @classmethod
    def of(cls, stage: Stage) -> Truth:
        """That of a stage; who has no usable address can be nobody's contact."""
        return cls(frozenset(s for s in stage.history if _ADDRESS.fullmatch(s.address)))

    def addresses(self, *whats: str) -> set[str]:
        """Whoever went through one of these."""
        return {s.address.casefold() for s in self.seen if s.what in whats}

    def records(self, *whats: str) -> set[str]:
        """The keys of the records of whoever went through one of these."""
        return {f"{s.envelope}:{s.recipient}" for s in self.seen if s.what in whats}


def claims(stage: Stage, bridge: Bridge, now: State) -> Iterator[Check]:
    """What has to hold once everything was worked off."""
    truth = Truth.of(stage)
    yield Check(
        "contacts",
        "one for each address that was sent something, however it is spelled; nobody else",
        set(now.contacts) == truth.addresses("sent", "moved"),
    )
    yield Check(
        "two signers, one address",
        "one contact with a record for each of them",
        _shared(truth, now),
    )
    tagged, sent = tagged_with(now, "Sent"), truth.addresses("sent")
    yield Check(
        "tag Sent",
        "on the contacts of those who were asked to sign themselves, and on no others",
        sent <= tagged <= truth.addresses("sent", "moved"),
    )
    for what, word in OWN.items():
        yield Check(
            f"tag {word}",
            f"on the contacts of those who {_DID[what]} themselves, and on no others",
            tagged_with(now, word) == truth.addresses(what),
        )
    yield Check(
        "records",
        "one for each signer and envelope, however many messages there were",
        set(now.records) == truth.records("sent", "moved"),
    )
    yield Check(
        "somebody refuses",
        "their own record says so, and no other signer's",
        _standing(now, "declined") == truth.records("declined"),
    )
    yield Check(
        "somebody signs",
        "their own record says so, whatever becomes of the envelope",
        _standing(now, "completed") == truth.records("completed"),
    )
    fired = bridge.jobs.firings.all()
    yield Check(
        "triggers",
        "each fires once, and all that it starts is done",
        bool(fired)
        and len({firing.id for firing, _, _ in fired}) == len(fired)
        and all(stands == "done" for _, stands, _ in fired),
    )
    thanked = {f.email.casefold() for f, _, _ in fired if f.automation == "thank-you"}
    yield Check(
        "functions of the host",
        "called once for each firing, and thanks go to those who signed",
        set(bridge.called.values()) == {1} and thanked == truth.addresses("completed"),
    )
    made = list(drafts(stage))
    yield Check(
        "prefilled templates",
        "one draft for each firing, for the contact it fired for; none was ever sent",
        len(made) == sum(f.draft_id is not None for f, _, _ in fired)
        and {one.id for one in made} == {f.draft_id for f, _, _ in fired if f.draft_id}
        and all(one.status == "created" and one.initial_sent is None for one in made)
        and {(one.id, one.recipients[0].email.casefold()) for one in made}
        == {(f.draft_id, f.email.casefold()) for f, _, _ in fired if f.draft_id},
    )


_DID = {
    "delivered": "opened the envelope",
    "completed": "signed",
    "declined": "refused",
}


def tagged_with(now: State, word: str) -> set[str]:
    """The addresses of the contacts that have the tag of an action."""
    return {address for address, one in now.contacts.items() if f"{PREFIX}{word}" in one.tags}


def _standing(now: State, status: str) -> set[str]:
    return {key for key, one in now.records.items() if one["recipient-status"] == status}


def _shared(truth: Truth, now: State) -> bool:
    """Whether signers of one envelope who share an address have their own records."""
    by_place: dict[tuple[str, str], set[str]] = {}
    for one in truth.seen:
        place = (one.envelope, one.address.casefold())
        by_place.setdefault(place, set()).add(f"{one.envelope}:{one.recipient}")
    several = {place: keys for place, keys in by_place.items() if len(keys) > 1}
    return bool(several) and all(
        now.records.get(key, {}).get("contacts") == address
        for (_, address), keys in several.items()
        for key in keys
    )
