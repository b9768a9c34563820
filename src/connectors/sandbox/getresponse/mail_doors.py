"""Side doors around messages: what people write, send, open and click without the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from . import imports, mailing, newsletters
from .doors import SideDoors
from .records import ConsentField, Declaration, Newsletter, Segment, Sender
from .wire import moment


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """A newsletter or a draft, as it is inside the account."""

    id: str
    name: str | None
    subject: str
    campaign: str
    type: str
    """draft or broadcast."""
    state: str | None
    """scheduled, in_progress or finished; None for a draft."""
    send_on: datetime | None
    sent: int
    total: int


class MailDoors(SideDoors):
    """What happens to messages without the API. None of it counts as a write or a call."""

    # -- senders -------------------------------------------------------------------------------

    def add_sender(self, email: str, name: str = "Sandbox", *, active: bool = True) -> str:
        """A from-field; gives its id. The account starts with one, which is its default."""
        sender = Sender(self.new_id(), email, name, self.now(), active)
        self.senders[sender.id] = sender
        return sender.id

    def verify_sender(self, from_field_id: str) -> None:
        """Somebody clicks the link that confirms a from-field."""
        self.senders[from_field_id].active = True

    @property
    def sender(self) -> str:
        """The id of the account's default from-field."""
        return next(each.id for each in self.senders.values() if each.default)

    # -- writing and sending -------------------------------------------------------------------

    def add_draft(
        self,
        campaign_id: str,
        subject: str,
        *,
        name: str | None = None,
        html: str = "<p>Hello</p>",
        plain: str = "Hello",
        editor: str = "getresponse",
        flags: Sequence[str] = ("clicktrack",),
    ) -> str:
        """Somebody writes a draft in the web page; gives its id."""
        campaign = self._list(campaign_id)
        draft = Newsletter("", name, subject, campaign.id, self.sender, self.now())
        draft.html, draft.plain, draft.editor, draft.flags = html, plain, editor, list(flags)
        return newsletters.file(self, draft).id

    def edit_draft(
        self,
        newsletter_id: str,
        *,
        name: str | None = None,
        subject: str | None = None,
        html: str | None = None,
    ) -> None:
        """Somebody changes a draft; None leaves a thing as it is."""
        draft = self._newsletter(newsletter_id)
        draft.name = draft.name if name is None else name
        draft.subject = draft.subject if subject is None else subject
        if html is not None:
            draft.html = html
            newsletters.track(self, draft)

    def send_newsletter(
        self, newsletter_id: str, campaign_ids: Sequence[str], *, at: datetime | None = None
    ) -> None:
        """Somebody sends a draft to lists from the web page."""
        newsletter = self._newsletter(newsletter_id)
        newsletter.settings = {"selectedCampaigns": list(campaign_ids)}
        mailing.schedule(self, newsletter, None if at is None else int(at.timestamp()))

    def delete_newsletter(self, newsletter_id: str) -> None:
        """Somebody deletes a draft or a message in the web page."""
        del self.newsletters[self._newsletter(newsletter_id).id]

    # -- reading -------------------------------------------------------------------------------

    def open_message(
        self,
        newsletter_id: str,
        contact_id: str,
        *,
        human: bool = True,
        at: datetime | None = None,
    ) -> None:
        """A contact, or a machine of its mail provider, opens a message."""
        newsletter = self._received(newsletter_id, contact_id)
        self.add_activity(
            contact_id, "open", newsletter.subject, resource_id=newsletter.id, human=human, at=at
        )

    def click_message(
        self,
        newsletter_id: str,
        contact_id: str,
        url: str,
        *,
        human: bool = True,
        at: datetime | None = None,
    ) -> None:
        """A contact clicks a link of a message."""
        newsletter = self._received(newsletter_id, contact_id)
        self.add_activity(
            contact_id,
            "click",
            newsletter.subject,
            resource_id=newsletter.id,
            url=url,
            human=human,
            at=at,
        )

    def message(self, newsletter_id: str) -> MessageInfo:
        """One newsletter or draft."""
        newsletter = self._newsletter(newsletter_id)
        return MessageInfo(
            newsletter.id,
            newsletter.name,
            newsletter.subject,
            newsletter.campaign,
            "draft" if newsletter.draft else "broadcast",
            mailing.state(self, newsletter),
            None if newsletter.send_on is None else moment(newsletter.send_on),
            len(self.sent_to(newsletter_id)),
            newsletter.total,
        )

    def messages(self) -> list[MessageInfo]:
        """All newsletters and drafts, oldest first."""
        return [self.message(id) for id in self.newsletters]

    def sent_to(self, newsletter_id: str) -> list[str]:
        """The addresses a message has gone out to by now, once for each mail."""
        now, newsletter = self.now(), self._newsletter(newsletter_id)
        return [
            event.contact.email
            for event in newsletter.events
            if event.activity == "send" and event.at <= now
        ]

    # -- the rest of the web page --------------------------------------------------------------

    def add_segment(self, name: str, campaign_ids: Sequence[str]) -> str:
        """A saved search that finds all of some lists; gives its id."""
        part = {
            "campaignIdsList": list(campaign_ids),
            "logicOperator": "or",
            "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
            "subscriptionDate": "all_time",
            "conditions": [],
        }
        form = {"subscribersType": ["subscribed"], "sectionLogicOperator": "or", "section": [part]}
        segment = Segment(self.new_id(), name, self.now(), form, form)
        self.segments[segment.id] = segment
        return segment.id

    def review_import(self, import_id: str, *, approve: bool = True) -> None:
        """A person at the vendor looks at an import that waits for it."""
        self.drain()
        job = self.imports[import_id]
        if job.status != "to_review":
            raise ValueError(f"import {import_id!r} does not wait for a review")
        if approve:
            imports.approve(self, job)
        else:
            imports.close(self, job, "rejected")

    def add_consent_field(self, name: str, content: str) -> str:
        """A GDPR field; gives its id."""
        kind = ConsentField(self.new_id(), name, content, self.now(), self.new_id())
        self.consent_fields[kind.id] = kind
        return kind.id

    def declare(self, contact_id: str, consent_field_id: str, granted: bool = True) -> None:
        """A contact gives its consent or takes it back."""
        kind, contact = self.consent_fields[consent_field_id], self._contact(contact_id)
        said = self.declarations.setdefault((contact.seq, kind.id), [])
        said.append(Declaration(granted, kind.content, self.now()))

    # -- helpers -------------------------------------------------------------------------------

    def _newsletter(self, id: str) -> Newsletter:
        self.drain()
        if id not in self.newsletters:
            raise KeyError(f"no newsletter {id!r}")
        return self.newsletters[id]

    def _received(self, newsletter_id: str, contact_id: str) -> Newsletter:
        newsletter, contact = self._newsletter(newsletter_id), self._contact(contact_id)
        now = self.now()
        if not any(
            event.activity == "send" and event.resource_id == newsletter.id and event.at <= now
            for event in contact.activities
        ):
            raise ValueError(f"{contact.email} has not got {newsletter.subject!r}")
        return newsletter
