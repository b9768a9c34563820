"""Connect: what happens becomes messages, and messages go out, come again, fail and are retried."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..kernel import Clock
from . import payloads
from .records import Account, Envelope, Recipient
from .store import Book
from .subscriptions import Subscription
from .wire import Json, stamp

Receiver = Callable[[dict[str, str], bytes], int]
KEPT = timedelta(days=15)
LOGS = 100


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to a listener, as it would go out now."""

    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    due: datetime
    attempt: int
    """0 for the first."""
    message: str
    """The same for all attempts at one message."""
    account: str
    envelope: str
    event: str
    """Empty for a message that tells a state."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a listener answered."""

    delivery: Delivery
    status: int
    """0 where no answer came."""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


@dataclass(slots=True, eq=False)
class Secret:
    """A key that signs messages."""

    text: str = field(repr=False)
    created: datetime


@dataclass(slots=True, eq=False)
class Message:
    """Something a listener is still to be told."""

    id: str
    turn: int
    subscription: Subscription
    envelope: Envelope
    event: str
    text: str = field(repr=False)
    """The body of an event; empty where it is made when it goes out."""
    made: datetime
    due: datetime
    recipient: Recipient | None = None
    extra: dict[str, Json] = field(default_factory=dict)
    tries: int = 0
    retried: bool = True
    """Whether it goes out by itself; a message that nobody retries waits for a republish."""


@dataclass(slots=True, eq=False)
class Entry:
    """A row of the log, or of the failures."""

    id: str
    message: Message
    at: datetime
    status: str
    error: str = ""
    body: str = field(repr=False, default="")


class Publishing(Book):
    """Makes and delivers messages.

    Attributes that a test may set:
        connect_delay: seconds from an event to its message: the least and the most.
        retry_first: until a message that failed is tried again.
        retry_growth: how many times longer each later wait is; 1 with a day at first is what an older
            text of the vendor says.
        retry_for: how long a message is tried.
        late_snapshots: whether a message of an event shows the envelope as it is when the message goes
            out, and no longer as it was at the event.
        keeps_time: whether a message that is tried again keeps its `generatedDateTime`.
        xml_bom: whether XML begins with a byte order mark.
        xml_offset: whether `TimeGenerated` in XML carries its offset.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        super().__init__(clock, seed)
        self.connect_delay = (0.0, 0.0)
        self.retry_first = timedelta(minutes=5)
        self.retry_growth = 2.0
        self.retry_for = KEPT
        self.late_snapshots = False
        self.keeps_time = True
        self.xml_bom = False
        self.xml_offset = False
        self._messages: dict[str, Message] = {}
        self._states: dict[tuple[int, str], str] = {}
        self._turns = itertools.count()

    # -- what happens --------------------------------------------------------------------------

    def tell(
        self,
        envelope: Envelope,
        event: str,
        at: datetime,
        recipient: Recipient | None = None,
        extra: Mapping[str, Json] | None = None,
    ) -> None:
        """Make a message for everybody who wants this event."""
        account = self.owner(envelope)
        for each in [*account.configurations.values(), *envelope.subscriptions]:
            if account.connect and each.wants(event, envelope.by.id):
                self.queue(each, envelope, event, at, recipient, extra)

    def queue(
        self,
        subscription: Subscription,
        envelope: Envelope,
        event: str,
        at: datetime,
        recipient: Recipient | None = None,
        extra: Mapping[str, Json] | None = None,
    ) -> None:
        """Make one message; a state that nobody has been told of yet takes the event in."""
        if subscription.aggregate and self._waits(subscription, envelope):
            return
        more = dict(extra or {})
        text = ""
        if not subscription.aggregate and not self.late_snapshots:
            text = payloads.event(subscription, envelope, event, recipient, more)
        low, high = self.connect_delay
        due = at + timedelta(seconds=low + (high - low) * self._random.random())
        name = "" if subscription.aggregate else event
        message = Message(
            self.guid(), next(self._turns), subscription, envelope, name, text, at, due
        )
        message.recipient, message.extra = recipient, more
        self._messages[message.id] = message
        if subscription.aggregate:
            self._states[subscription.id, envelope.id] = message.id

    def _waits(self, subscription: Subscription, envelope: Envelope) -> bool:
        """Whether a message of the envelope's state is there that has not gone out yet."""
        found = self._messages.get(self._states.get((subscription.id, envelope.id), ""))
        return found is not None and not found.tries

    def forget(self, subscription: Subscription) -> None:
        """Drop what a configuration that is gone was still to be told."""
        gone = [id for id, each in self._messages.items() if each.subscription is subscription]
        for id in gone:
            del self._messages[id]

    def drop(self, message: Message) -> None:
        self._messages.pop(message.id, None)

    # -- what goes out -------------------------------------------------------------------------

    @property
    def pending(self) -> tuple[Delivery, ...]:
        """Everything that is still to go out by itself, the earliest first, as it would be now."""
        return tuple(self._delivery(each) for each in self._in_order())

    @property
    def next_due(self) -> datetime | None:
        """When the next message goes out; None where none is waiting."""
        return min((each.due for each in self._in_order()), default=None)

    def _in_order(self) -> list[Message]:
        waiting = [each for each in self._messages.values() if each.retried and _open(each)]
        return sorted(waiting, key=lambda each: (each.due, each.turn))

    def deliver(
        self,
        to: Receiver,
        *,
        duplicates: float = 0.0,
        disorder: float = 0.0,
        seed: int = 0,
        url: str | None = None,
    ) -> list[Delivered]:
        """Send what is due to a listener, and do with it what its answers ask for.

        Args:
            to: takes headers and body, gives the HTTP status. A `ConnectionError` or a
                `TimeoutError` is no answer.
            duplicates: the share of messages that come twice, from 0 to 1.
            disorder: the share of messages that leave their place, from 0 to 1.
            seed: makes both repeatable.
            url: the listener's address; messages for other addresses stay where they are.
        """
        chance = random.Random(seed).random
        now = self.moment()
        queue = [each for each in self._in_order() if each.due <= now]
        if url is not None:
            queue = [each for each in queue if each.subscription.url == url]
        again = {each.id: each for each in queue if chance() < duplicates}
        for each in again.values():
            queue.insert(int(chance() * (len(queue) + 1)), each)
        for place in range(len(queue)):
            if chance() < disorder:
                other = int(chance() * len(queue))
                queue[place], queue[other] = queue[other], queue[place]
        done: set[str] = set()
        out = []
        for message in queue:
            delivery = self._delivery(message)
            status = _send(to, delivery)
            out.append(Delivered(delivery, status))
            if message.id in done:
                continue
            # One whose answer is lost comes again with the next count; the same count comes again
            # where the request itself was doubled on the way.
            if message.id in again and chance() < 0.5:
                message.tries += 1
            if self._answered(message, delivery, status):
                done.add(message.id)
        return out

    def _delivery(self, message: Message) -> Delivery:
        subscription, envelope = message.subscription, message.envelope
        account = self.owner(envelope)
        if not subscription.aggregate:
            at = message.made if self.keeps_time or not message.tries else self.clock.now()
            text = message.text or payloads.event(
                subscription, envelope, message.event, message.recipient, message.extra
            )
            body = payloads.filled(text, attempt=message.tries, at=self._generated(at))
        elif subscription.xml:
            body = payloads.xml(
                account,
                subscription,
                envelope,
                self.clock.now(),
                bom=self.xml_bom,
                offset=self.xml_offset,
            )
        else:
            body = payloads.state(subscription, envelope)
        headers = self.headers_for(body, account.id, subscription=subscription)
        return Delivery(
            subscription.url,
            headers,
            body,
            message.due,
            message.tries,
            message.id,
            account.id,
            envelope.id,
            message.event,
        )

    def _generated(self, at: datetime) -> str:
        """A time whose seventh digit says something."""
        return f"{stamp(at)[:-2]}7Z"

    def headers_for(
        self,
        body: bytes,
        account_id: str | None = None,
        *,
        keys: Sequence[str] | None = None,
        subscription: Subscription | None = None,
    ) -> dict[str, str]:
        """The headers of a message with this body.

        Args:
            account_id: whose keys sign; the default account's where it is left out.
            keys: other keys.
            subscription: whose switches say whether it is signed, and with which login it goes out.
        """
        account = self.account(account_id or next(iter(self.accounts)))
        xml = body.lstrip(b"\xef\xbb\xbf").startswith(b"<")
        headers = {
            "Content-Type": "text/xml; charset=utf-8" if xml else "application/json; charset=utf-8",
            "X-DocuSign-AccountId": account.id,
        }
        secrets = [each.text for each in account.secrets] if keys is None else list(keys)
        if subscription is not None and not subscription.on("includeHMAC"):
            secrets = []
        for number, key in enumerate(secrets, 1):
            digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
            headers[f"X-DocuSign-Signature-{number}"] = base64.b64encode(digest).decode()
        if secrets:
            headers["X-Authorization-Digest"] = "HMACSHA256"
        if subscription is not None and subscription.fields.get("userName"):
            pair = f"{subscription.fields['userName']}:{subscription.password}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers

    # -- what comes back -----------------------------------------------------------------------

    def _answered(self, message: Message, delivery: Delivery, status: int) -> bool:
        """Write down an answer; whether the message is done with."""
        account = self.owner(message.envelope)
        now = self.moment()
        body = delivery.body.decode("utf-8", "replace")
        failed = self._failure(account, message)
        if 200 <= status < 300:
            self.drop(message)
            if failed is not None:
                del account.failures[failed.id]
            if message.subscription.on("enableLog"):
                account.logs.append(Entry(self.guid(), message, now, "accepted", body=body))
                del account.logs[:-LOGS]
            return True
        error = f"The listener answered {status}." if status else "The listener did not answer."
        if failed is None:
            failed = Entry(self.guid(), message, now, "failed")
            account.failures[failed.id] = failed
        failed.at, failed.error, failed.body = now, error, body
        wait = min(self.retry_first * self.retry_growth ** min(message.tries, 20), self.retry_for)
        message.tries += 1
        message.due = now + wait
        lasts = message.due <= message.made + self.retry_for
        message.retried = message.subscription.on("requiresAcknowledgement") and lasts
        return False

    def _failure(self, account: Account, message: Message) -> Entry | None:
        return next((e for e in account.failures.values() if e.message is message), None)

    def republish(self, account: Account, envelope: Envelope) -> list[Message]:
        """Send again, as soon as may be, what failed of an envelope."""
        found = [e.message for e in account.failures.values() if e.message.envelope is envelope]
        for each in found:
            each.due, each.retried = self.moment(), True
        return found


def _open(message: Message) -> bool:
    """Whether its configuration lets it out now."""
    of = message.subscription
    return bool(of.envelope) or (of.on("allowEnvelopePublish") and not of.on("pausePublish"))


def _send(to: Receiver, delivery: Delivery) -> int:
    try:
        return to(dict(delivery.headers), delivery.body)
    except (ConnectionError, TimeoutError):
        return 0
