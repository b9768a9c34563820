"""What is known of a recipient is the same in whatever order, and however often, messages come."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest
from attrs import evolve

from connectors.domain.actions import concerns
from connectors.domain.envelopes import RECORD_FIELDS, USUAL_ACTIONS, Action, Recipient, Snapshot
from connectors.domain.lifecycles import (
    ENVELOPE,
    ENVELOPE_LIFE,
    RECIPIENT,
    RECIPIENT_LIFE,
    EnvelopeEvent,
    RecipientEvent,
)
from connectors.domain.merging import Known, record, steps
from tests.domain.lives import START, Life

LINK = "https://app.docusign.com/documents/details/e-1"
EVERYTHING = tuple(Action)


def joined(messages: list[Snapshot], chosen: tuple[Action, ...]) -> dict[str, Known]:
    """Each recipient as the messages leave them that concern them."""
    known: dict[str, Known] = {}
    for message in messages:
        for concern in concerns(message, chosen):
            key = concern.recipient.key
            known[key] = known.get(key, Known()).join(message, concern.recipient)
    return known


@pytest.mark.parametrize("chosen", [USUAL_ACTIONS, EVERYTHING], ids=["usual", "everything"])
def test_a_thousand_lives_end_the_same_in_any_order_with_duplicates(
    chosen: tuple[Action, ...],
) -> None:
    for seed in range(1000):
        messages = Life(seed).play()
        chance = random.Random(seed)
        shuffled = [*messages, *chance.choices(messages, k=len(messages) // 2)]
        chance.shuffle(shuffled)

        in_order, at_random = joined(messages, chosen), joined(shuffled, chosen)

        assert in_order == at_random, f"seed {seed}"
        for key, known in in_order.items():
            assert steps(known, LINK, chosen) == steps(at_random[key], LINK, chosen)
            assert record(known, LINK) == record(at_random[key], LINK)


def test_what_was_learned_last_is_what_the_last_message_said() -> None:
    for seed in range(300):
        messages = Life(seed).play()
        known = joined(messages, EVERYTHING)
        for key, one in known.items():
            last = [
                m for m in messages if any(c.recipient.key == key for c in concerns(m, EVERYTHING))
            ]
            person = next(r for r in last[-1].recipients if r.key == key)
            assert one.own_status == person.status, f"seed {seed}"
            assert one.status == last[-1].status, f"seed {seed}"


def test_a_record_survives_the_store() -> None:
    known = next(iter(joined(Life(3).play(), EVERYTHING).values()))

    assert msgspec.json.decode(msgspec.json.encode(known), type=Known) == known


def person(**values: object) -> Recipient:
    return evolve(
        Recipient(id="1", guid="g-1", email="ada@example.org", status="sent", sent_at=START),
        **values,  # type: ignore[arg-type]
    )


def said(event: str, minutes: int, one: Recipient, **values: object) -> Snapshot:
    message = Snapshot(
        account_id="a-1",
        envelope_id="e-1",
        at=START + timedelta(minutes=minutes),
        event=event,
        recipient_id="1",
        status="sent",
        sent_at=START,
        recipients=(one,),
    )
    return evolve(message, **values)  # type: ignore[arg-type]


def test_a_late_message_never_moves_a_status_back() -> None:
    seen = person(status="delivered", delivered_at=START + timedelta(minutes=5))
    known = Known().join(said("recipient-delivered", 5, seen), seen)
    known = known.join(said("recipient-sent", 1, person()), person())

    assert known.own_status == "delivered"


def test_a_newer_resend_moves_it_back_and_an_older_one_does_not() -> None:
    seen = person(status="delivered", delivered_at=START + timedelta(minutes=5))
    known = Known().join(said("recipient-delivered", 5, seen), seen)

    again = person(sent_at=START + timedelta(minutes=9))
    newer = known.join(said("recipient-resent", 9, again), again)
    older = known.join(said("recipient-resent", 3, person()), person())

    assert (newer.own_status, older.own_status) == ("sent", "delivered")


@pytest.mark.parametrize("end", ["completed", "declined"])
def test_nothing_leaves_an_end(end: str) -> None:
    over = person(status=end, signed_at=START + timedelta(minutes=5))
    known = Known().join(said(f"recipient-{end}", 5, over, status=end), over)
    again = person(sent_at=START + timedelta(minutes=9))
    known = known.join(said("envelope-resent", 9, again), again)

    assert (known.own_status, known.status) == (end, end)


def test_being_corrected_lasts_until_anything_newer_is_seen() -> None:
    known = Known().join(said("recipient-sent", 1, person()), person())
    known = known.join(said("recipient-sent", 2, person(), status="correct"), person())
    assert known.status == "correct"

    known = known.join(said("recipient-delivered", 3, person()), person())
    assert known.status == "sent"


def test_an_unknown_status_is_kept_while_it_is_the_newest() -> None:
    odd = person(status="waiting-for-godot")
    known = Known().join(said("recipient-sent", 1, person()), person())
    known = known.join(said("recipient-sent", 2, odd), odd)

    assert known.own_status == "waiting-for-godot"


def test_a_record_has_all_fields_and_no_completed_time_before_the_end() -> None:
    signed = person(status="completed", signed_at=START + timedelta(minutes=5))
    known = Known().join(said("recipient-completed", 5, signed), signed)

    shown = record(known, LINK)

    assert tuple(shown) == tuple(RECORD_FIELDS)
    assert (shown["status"], shown["recipient-status"]) == ("sent", "completed")
    assert (shown["completed-at"], shown["document-link"]) == (None, LINK)


def test_the_first_message_alone_tells_every_step_before_it() -> None:
    signed = person(
        status="completed",
        delivered_at=START + timedelta(minutes=2),
        signed_at=START + timedelta(minutes=5),
    )
    message = said(
        "envelope-completed",
        6,
        signed,
        recipient_id=None,
        status="completed",
        delivered_at=START + timedelta(minutes=2),
        completed_at=START + timedelta(minutes=6),
    )
    known = Known().join(message, signed)

    found = [(s.action.value, s.by, s.before is None) for s in steps(known, LINK, USUAL_ACTIONS)]

    assert found == [
        ("sent", "recipient", True),
        ("delivered", "recipient", False),
        ("delivered", "envelope", False),
        ("completed", "recipient", False),
        ("completed", "envelope", False),
    ]
    last = steps(known, LINK, USUAL_ACTIONS)[-1]
    assert last.before is not None
    assert (last.before["status"], last.after["status"]) == ("delivered", "completed")


def test_only_chosen_actions_make_steps() -> None:
    signed = person(status="completed", signed_at=START + timedelta(minutes=5))
    known = Known().join(said("recipient-completed", 5, signed), signed)

    (only,) = steps(known, LINK, (Action.COMPLETED,))

    assert (only.action, only.before) == (Action.COMPLETED, None)


EVENTS = {
    RecipientEvent.SENT: "sent",
    RecipientEvent.RESENT: "sent",
    RecipientEvent.BOUNCED: "autoresponded",
    RecipientEvent.DELIVERED: "delivered",
    RecipientEvent.SIGNED: "signed",
    RecipientEvent.FAXING: "faxpending",
    RecipientEvent.COMPLETED: "completed",
    RecipientEvent.DECLINED: "declined",
}


def test_messages_in_order_walk_the_table_of_a_recipient() -> None:
    for (state, event), target in RECIPIENT.moves.items():
        before = person(status=state.value)
        known = Known().join(said("recipient-sent", 1, before), before)
        anew = event is RecipientEvent.RESENT
        after = person(status=target.value, sent_at=START + timedelta(minutes=2 if anew else 0))
        name = "recipient-resent" if anew else "recipient-delivered"
        known = known.join(said(name, 2, after), after)

        assert known.own_status == target.value == EVENTS[event], f"{state} {event}"
    ends = {s.value for s in RECIPIENT.moves.values()} - {s.value for s, _ in RECIPIENT.moves}
    assert ends == RECIPIENT_LIFE.terminal


def test_messages_in_order_walk_the_table_of_an_envelope() -> None:
    for (state, event), target in ENVELOPE.moves.items():
        known = Known().join(said("recipient-sent", 1, person(), status=state.value), person())
        anew = event in (EnvelopeEvent.RESENT, EnvelopeEvent.CORRECTED)
        name = "envelope-resent" if anew else "envelope-delivered"
        known = known.join(said(name, 2, person(), status=target.value), person())

        assert known.status == target.value, f"{state} {event}"
    ends = {s.value for s in ENVELOPE.moves.values()} - {s.value for s, _ in ENVELOPE.moves}
    assert ends == ENVELOPE_LIFE.terminal


def test_when_a_value_was_first_told_is_the_same_in_any_order() -> None:
    early = Snapshot(
        account_id="a", envelope_id="e", at=START, subject="Lease", recipients=(person(),)
    )
    late = evolve(early, at=START + timedelta(hours=1))

    for order in ((early, late), (late, early)):
        known = Known()
        for message in order:
            known = known.join(message, person())
        assert known.told["subject"] == {"Lease": START}
