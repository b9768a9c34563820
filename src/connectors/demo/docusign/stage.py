"""A world in which the envelopes live: accounts, people who act, and a clock that goes on."""

from __future__ import annotations

import heapq
import random
from datetime import datetime, timedelta

from attrs import frozen

from ...sandbox import Sandbox
from .data import Act, Data, Person, Row

URL = "https://hooks.regie-perrache.example/docusign"
OLD_URL = "https://hooks.regie-perrache.example/docusign-xml"

ENDED = ("completed", "declined", "voided")


@frozen
class Seen:
    """A signer under an address that a mail went to, and something they have done."""

    envelope: str
    recipient: str
    address: str
    what: str
    """ "sent", "moved" (a correction brought it to this address), "delivered", "completed" or
    "declined"."""


class Stage:
    """The accounts of the data in a sandbox, and what happens there.

    Attributes:
        accounts: ids of the DocuSign accounts by key.
        keys: the key that each of them signs with, by id.
        stranger: an account that is not connected, whose key is known all the same.
        templates: ids by key.
        automations: ids of automations in ActiveCampaign by name.
        envelopes: ids by row, as they are sent.
        history: what each signer went through, as it was seen right after every act.
    """

    def __init__(self, data: Data, seed: int) -> None:
        self.data = data
        self.box = Sandbox(seed=seed)
        self.box.calls.keep_records = False
        self._chance = random.Random(seed)
        docusign, marketing = self.box.docusign, self.box.activecampaign
        self.stranger = docusign.account_id
        self.keys = {self.stranger: docusign.add_secret()}
        self.accounts: dict[str, str] = {}
        self.templates: dict[str, str] = {}
        self._senders: dict[str, str] = {}
        for account in data.accounts:
            id = self.accounts[account.key] = docusign.add_account(account.name)
            self.keys[id] = docusign.add_secret(account_id=id)
            for sender in account.senders:
                made = docusign.add_user(sender.name, sender.email, account_id=id)
                self._senders[sender.key] = made
            for template in account.templates:
                self.templates[template.key] = docusign.add_template(
                    template.name,
                    roles=[template.role],
                    tabs={"textTabs": [{"tabLabel": label} for label in template.tabs]},
                    prefill=dict.fromkeys(template.prefill, ""),
                    documents=template.documents,
                    account_id=id,
                )
            if account.xml:
                docusign.add_configuration(
                    OLD_URL,
                    account_id=id,
                    name="Since 2014",
                    deliveryMode="Aggregate",
                    eventData=None,
                    events=None,
                    envelopeEvents=["Sent", "Delivered", "Completed", "Declined", "Voided"],
                    recipientEvents=["Sent", "Delivered", "Completed", "Declined"],
                    includeEnvelopeVoidReason="true",
                    includeTimeZoneInformation="true",
                )
        for title in ("Company", "Department"):
            marketing.add_field(title)
        self.automations = {
            name: marketing.add_automation(name) for name in ("Offboarding", "Win back")
        }
        self.envelopes: dict[str, str] = {}
        self.history: set[Seen] = set()
        self._first: dict[str, str] = {}
        self._cast: dict[str, dict[str, str]] = {}
        self._plan: list[tuple[datetime, int, int]] = []

    def open(self) -> datetime:
        """Begin at the next midnight: from there the rows count their days."""
        now = self.box.clock.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self._plan = [(midnight + row.sent, at, -1) for at, row in enumerate(self.data.rows)]
        heapq.heapify(self._plan)
        return midnight

    def live_until(self, moment: datetime) -> int:
        """Let happen what is to happen by then; how much did."""
        acts = 0
        while self._plan and self._plan[0][0] <= moment:
            due, at, number = heapq.heappop(self._plan)
            self.wait_for(due)
            follows = self._next(self.data.rows[at], number)
            acts += 1
            if follows is not None:
                heapq.heappush(self._plan, (self.box.clock.now() + follows, at, number + 1))
        self.wait_for(moment)
        return acts

    @property
    def over(self) -> bool:
        """Whether nothing more is to happen."""
        return not self._plan

    def wait_for(self, moment: datetime) -> None:
        """Let time pass until then."""
        self.box.clock.advance(max(moment - self.box.clock.now(), timedelta(0)))

    def _next(self, row: Row, number: int) -> timedelta | None:
        """Send an envelope, or do what comes next in its life; how long until what follows."""
        if number < 0:
            self._send(row)
        elif row.chance:
            self.box.docusign.step(self.envelopes[row.key], self._chance)
        else:
            self._do(row, row.acts[number])
        self._look(self.envelopes[row.key])
        if row.chance:
            ended = self.box.docusign.envelope(self.envelopes[row.key]).status in ENDED
            return None if ended else timedelta(hours=self._chance.randrange(1, 12))
        return row.acts[number + 1].after if number + 1 < len(row.acts) else None

    def _look(self, envelope: str) -> None:
        for one in self.box.docusign.envelope(envelope).recipients:
            if one.kind != "signers":
                continue
            done = (
                ("delivered", one.delivered),
                ("completed", one.signed),
                ("declined", one.declined),
            )
            news = {
                Seen(envelope, one.guid, one.email, what) for what, at in done if at is not None
            }
            if one.sent is not None:
                first = self._first.setdefault(one.guid, one.email)
                what = "sent" if first == one.email else "moved"
                news.add(Seen(envelope, one.guid, one.email, what))
            self.history |= news

    def _send(self, row: Row) -> None:
        people = self.data.people
        self._cast[row.key] = {
            person: str(id)
            for id, person in enumerate([*(one for one, _, _ in row.signers), *row.copies], 1)
        }
        self.envelopes[row.key] = self.box.docusign.send(
            row.subject,
            [
                {
                    "name": people[person].name,
                    "email": people[person].email,
                    "role": role,
                    "order": turn,
                    "tabs": {"Company": "", "Phone": ""},
                }
                for person, role, turn in row.signers
            ],
            carbon_copies=[
                {"name": people[person].name, "email": people[person].email, "order": 9}
                for person in row.copies
            ],
            documents=row.documents,
            custom_fields={"Department": row.department} if row.department else None,
            sender_id=self._senders[row.sender],
            account_id=self.accounts[row.account],
        )

    def _do(self, row: Row, act: Act) -> None:
        docusign, envelope = self.box.docusign, self.envelopes[row.key]
        cast = self._cast[row.key]
        who = cast.get(act.who, "")
        to = self.data.people.get(act.to)
        match act.verb:
            case "views":
                docusign.view(envelope, who)
            case "signs":
                docusign.sign(envelope, who, values=_filled(self.data.people[act.who]))
            case "declines":
                docusign.decline(envelope, who, reason=act.said)
            case "bounces":
                docusign.bounce(envelope, who)
            case "fails":
                docusign.fail_authentication(envelope, who)
            case "finishes":
                docusign.finish_later(envelope, who)
            case "reassigns" | "delegates" if to is not None:
                cast[act.to] = docusign.reassign(
                    envelope,
                    who,
                    name=to.name,
                    email=to.email,
                    delegate=act.verb == "delegates",
                )
            case "correct" if to is not None:
                docusign.correct(envelope, who, email=to.email, name=to.name)
                cast[act.to] = who
            case "resend":
                docusign.resend(envelope)
            case "remind":
                docusign.remind(envelope)
            case "expire":
                docusign.expire(envelope)
            case "discard":
                docusign.discard(envelope)
            case "void":
                docusign.void(envelope, reason=act.said)


def _filled(person: Person) -> dict[str, str]:
    """What somebody writes into their fields."""
    values = {"Company": person.company, "Phone": person.phone}
    return {label: value for label, value in values.items() if value}
