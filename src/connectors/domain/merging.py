"""What all messages about an envelope say together.

Joining is commutative and idempotent: the same messages leave the same envelope in whatever order,
and however often, they come. What follows from it (the record, the steps that triggers look at) is
computed from the joined envelope, never from the order of arrival.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial

from attrs import evolve, field, frozen

from .actions import is_expired
from .envelopes import CARBON_COPY, Action, Recipient, Snapshot
from .history import Facts, History
from .lifecycles import ENVELOPE_LIFE, RECIPIENT_LIFE

ANEW = ("envelope-resent", "recipient-resent", "envelope-corrected")
"""Events after which a status may be lower than before."""

_LEFT_BEHIND = {
    "envelope-resent": Action.RESENT,
    "recipient-resent": Action.RESENT,
    "envelope-corrected": Action.CORRECTED,
    "recipient-reassign": Action.REASSIGNED,
    "recipient-delegate": Action.REASSIGNED,
}
"""Events of which only the message itself tells: no later one has a time for them."""

Record = Mapping[str, str | None]
"""The values of a DocuSign record by field id."""


Told = Mapping[str, Mapping[str, datetime]]
"""The values that a field had, and when each was first told."""


@frozen(kw_only=True)
class Whole:
    """What the messages say of an envelope, whomever of its recipients they concern."""

    envelope: History = field(factory=History)
    facts: Facts = field(factory=Facts)

    def join(self, snapshot: Snapshot) -> Whole:
        """This, and what a snapshot says."""
        envelope = self.envelope.began_anew(_zoned(snapshot.resent_at))
        if snapshot.event in ANEW:
            envelope = envelope.began_anew(snapshot.at)
        if snapshot.status:
            envelope = envelope.saw(snapshot.status, snapshot.at)
        return Whole(envelope=envelope, facts=self.facts.learned(_facts(snapshot), snapshot.at))


@frozen(kw_only=True)
class Known:
    """What the messages that concern one recipient say of them, and of their envelope.

    A message that concerns others is not joined: their news is not this recipient's. But where the
    envelope stands is the same for all: see `within`.
    """

    envelope: History = field(factory=History)
    facts: Facts = field(factory=Facts)
    own: History = field(factory=History)
    own_facts: Facts = field(factory=Facts)
    told: Told = field(factory=dict, repr=False)

    def within(self, whole: Whole) -> Known:
        """The same recipient, the envelope as all messages show it."""
        return evolve(self, envelope=whole.envelope, facts=whole.facts)

    @property
    def status(self) -> str:
        """Where the envelope stands."""
        return self.envelope.status(ENVELOPE_LIFE)

    @property
    def own_status(self) -> str:
        """Where the recipient stands."""
        return self.own.status(RECIPIENT_LIFE)

    def join(self, snapshot: Snapshot, recipient: Recipient) -> Known:
        """This, and what a snapshot says."""
        at = snapshot.at
        whole = Whole(envelope=self.envelope, facts=self.facts).join(snapshot)
        # What was seen before the newest sending no longer says where they stand.
        own = self.own.began_anew(_zoned(recipient.sent_at)).saw(recipient.status, at)
        if snapshot.event in ANEW:
            own = own.began_anew(at)
        changing = {
            "subject": snapshot.subject,
            "sender-user-name": snapshot.sender_name,
            "role": recipient.role,
        }
        return Known(
            envelope=whole.envelope,
            facts=whole.facts,
            own=own,
            own_facts=self.own_facts.learned(_own_facts(snapshot, recipient), at),
            told=_first_told(self.told, changing, at),
        )


@frozen(kw_only=True)
class Step:
    """A recipient's record as one action left it.

    Attributes:
        action: what happened, and `by` whom: "recipient" or "envelope".
        before: the record as the step before left it; None where this one created it.
    """

    action: Action
    by: str
    at: datetime
    before: Record | None = field(repr=False)
    after: Record = field(repr=False)


def record(known: Known, link: str) -> Record:
    """The record as it stands."""
    return _record(known, link, known.status, known.own_status, None)


def steps(known: Known, link: str, chosen: Collection[Action]) -> tuple[Step, ...]:
    """What the record went through, in DocuSign's own order; the first step created it.

    Only chosen actions make steps: of the others no message tells.
    """
    found = []
    before: Record | None = None
    for at, rank, action, by in sorted(_moments(known, chosen), key=lambda m: m[:2]):
        until = (at, rank)
        after = _record(
            known,
            link,
            _stood(known.facts, _RANKS, until),
            _stood(known.own_facts, _OWN_RANKS, until),
            until,
        )
        found.append(Step(action=action, by=by, at=at, before=before, after=after))
        before = after
    return tuple(found)


def _first_told(told: Told, news: Mapping[str, str | None], at: datetime) -> Told:
    """What was told first of each value; the same in whatever order the news comes."""
    at = moment_of(text(at)) or at  # as fine as the times that steps have
    first = {name: dict(values) for name, values in told.items()}
    for name, value in news.items():
        if value is not None:
            values = first.setdefault(name, {})
            values[value] = min(at, values.get(value, at))
    return first


def _own_facts(snapshot: Snapshot, one: Recipient) -> dict[str, str | None]:
    news: dict[str, str | None] = {
        "role": one.role,
        "kind": one.kind,
        "decline-reason": one.declined_reason,
        **_times(
            {
                "sent-at": one.sent_at,
                "delivered-at": one.delivered_at,
                "completed-at": one.signed_at,
                "declined-at": one.declined_at,
            }
        ),
    }
    left = _LEFT_BEHIND.get(snapshot.event or "")
    if left is not None:
        news[f"{left.value}-at"] = text(snapshot.at)
    return news


def _facts(snapshot: Snapshot) -> dict[str, str | None]:
    return {
        "subject": snapshot.subject,
        "sender-user-name": snapshot.sender_name,
        "void-reason": snapshot.voided_reason,
        **_times(
            {
                "sent-at": snapshot.sent_at,
                "delivered-at": snapshot.delivered_at,
                "completed-at": snapshot.completed_at,
                "declined-at": snapshot.declined_at,
                "voided-at": snapshot.voided_at,
            }
        ),
    }


_UNZONED = ", zone unknown"
"""Behind the name of a time whose zone nobody told: it says what came first, and no moment."""


def _times(moments: Mapping[str, datetime | None]) -> dict[str, str | None]:
    news = {name: text(moment) for name, moment in moments.items()}
    return news | {
        name + _UNZONED: text(moment.replace(tzinfo=UTC))
        for name, moment in moments.items()
        if moment is not None and moment.tzinfo is None
    }


def _when(facts: Facts, name: str) -> str | None:
    return facts.get(name) or facts.get(name + _UNZONED)


def _zoned(moment: datetime | None) -> datetime | None:
    return moment if moment is not None and moment.tzinfo else None


def _record(
    known: Known, link: str, status: str, own_status: str, until: tuple[datetime, int] | None
) -> Record:
    """The record's values; what came after `until` is not in it yet."""
    whole, own = known.facts.get, known.own_facts.get

    def by_then(told: str | None, rank: int) -> str | None:
        moment = moment_of(told)
        late = until is not None and moment is not None and (moment, rank) > until
        return None if late else told

    def then(name: str, newest: str | None) -> str | None:
        """The value that was told last by then, or first of all."""
        told = [(at, value) for value, at in known.told.get(name, {}).items()]
        if until is None or not told:
            return newest
        earlier = [one for one in told if one[0] <= until[0]]
        return max(earlier)[1] if earlier else min(told)[1]

    declined, voided = own_status == "declined", status == "voided"
    return {
        "status": status,
        "sender-user-name": then("sender-user-name", whole("sender-user-name")),
        "document-link": link,
        "sent-at": whole("sent-at") or own("sent-at"),
        "completed-at": by_then(whole("completed-at"), 9) if status == "completed" else None,
        "recipient-status": own_status,
        "subject": then("subject", whole("subject")),
        "role": then("role", own("role")),
        "delivered-at": by_then(own("delivered-at"), 5),
        "declined-at": by_then(own("declined-at"), 8) if declined else None,
        "decline-reason": own("decline-reason") if declined else None,
        "voided-at": by_then(whole("voided-at"), 10) if voided else None,
        "void-reason": whole("void-reason") if voided else None,
    }


_Moment = tuple[datetime, int, Action, str]

_OWN = (
    (1, Action.SENT, "sent-at"),
    (1, Action.COPIED, "sent-at"),
    (2, Action.RESENT, "resent-at"),
    (3, Action.CORRECTED, "corrected-at"),
    (4, Action.REASSIGNED, "reassigned-at"),
    (5, Action.DELIVERED, "delivered-at"),
    (7, Action.COMPLETED, "completed-at"),
    (8, Action.DECLINED, "declined-at"),
)

_OWN_RANKS = {"delivered": 5, "completed": 7, "declined": 8}
_RANKS = {"delivered": 6, "completed": 9, "declined": 9, "voided": 10}
"""The same order for what happens to the whole envelope: which of two came first that have one time."""


def _moments(known: Known, chosen: Collection[Action]) -> Iterable[_Moment]:
    whole, own = partial(_when, known.facts), partial(_when, known.own_facts)
    copy = own("kind") == CARBON_COPY
    for rank, action, name in _OWN:
        at = moment_of(own(name))
        if at is not None and action in chosen and (copy or action is not Action.COPIED):
            if rank == 1:
                # A resend moves that time; being sent comes first all the same.
                at = min(filter(None, (moment_of(own(each)) for _, _, each in _OWN)))
            yield at, rank, action, "recipient"
    # What happens to the whole envelope is a step of those who stood so themselves by then.
    all_seen, seen, signed = whole("delivered-at"), own("delivered-at"), own("completed-at")
    if all_seen and seen and seen <= all_seen and not (signed and signed < all_seen):
        yield from _envelope_moment(all_seen, 6, Action.DELIVERED, chosen)
    if signed:
        yield from _envelope_moment(whole("completed-at"), 9, Action.COMPLETED, chosen)
    if own("declined-at"):
        yield from _envelope_moment(whole("declined-at"), 9, Action.DECLINED, chosen)
    voided = Action.EXPIRED if is_expired(whole("void-reason")) else Action.VOIDED
    yield from _envelope_moment(whole("voided-at"), 10, voided, chosen)


def _envelope_moment(
    told: str | None, rank: int, action: Action, chosen: Collection[Action]
) -> Iterable[_Moment]:
    at = moment_of(told)
    if at is not None and action in chosen:
        yield at, rank, action, "envelope"


def _stood(facts: Facts, ranks: dict[str, int], until: tuple[datetime, int]) -> str:
    """Where the envelope or the recipient stood at that moment, by their own times."""
    for status in reversed(ranks):
        moment = moment_of(_when(facts, f"{status}-at"))
        if moment is not None and (moment, ranks[status]) <= until:
            return status
    return "sent"


def text(moment: datetime | None) -> str | None:
    """UTC with milliseconds, fixed width: sorts as text. None for a time without a zone.

    The legacy XML tells no finer time than that, and both kinds of message must leave the same.
    """
    moment = _zoned(moment)
    if moment is None:
        return None
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


def moment_of(told: str | None) -> datetime | None:
    """The moment that `text` wrote."""
    return datetime.fromisoformat(told) if told else None
