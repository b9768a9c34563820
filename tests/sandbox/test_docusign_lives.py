"""What recipients and senders do, in which order, and what that makes of an envelope."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.sandbox.docusign_kit import HOOK, Edge, Listener

TWO: list[str | dict[str, object]] = ["a@example.com", {"email": "b@example.com", "order": 2}]


@pytest.fixture
def edge() -> Edge:
    return Edge()


def told(edge: Edge) -> list[str]:
    """What Connect says of everything since the last look, with the recipient's short id."""
    to = Listener()
    edge.box.deliver(to)
    return [
        f"{each['event']} {each['data']['recipientId']}"
        if "recipientId" in each["data"]
        else each["event"]
        for each in to.json
    ]


def heard(edge: Edge) -> None:
    edge.box.add_configuration(HOOK)


def states(edge: Edge, envelope: str) -> list[str]:
    found = edge.box.envelope(envelope)
    return [found.status, *(each.status for each in found.recipients)]


def test_recipients_act_in_their_order(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", TWO, carbon_copies=[{"email": "c@example.com", "order": 3}])
    assert states(edge, envelope) == ["sent", "sent", "created", "created"]
    with pytest.raises(ValueError, match="cannot open"):
        edge.box.view(envelope, "2")
    edge.box.sign(envelope, "1")
    assert states(edge, envelope) == ["sent", "completed", "sent", "created"]
    edge.box.view(envelope, "2")
    assert states(edge, envelope) == ["delivered", "completed", "delivered", "created"]
    edge.box.sign(envelope, "2")
    assert states(edge, envelope) == ["completed", "completed", "completed", "completed"]
    assert told(edge) == [
        "envelope-created",
        "envelope-sent",
        "recipient-sent 1",
        "recipient-delivered 1",
        "recipient-completed 1",
        "recipient-sent 2",
        "recipient-delivered 2",
        "envelope-delivered",
        "recipient-completed 2",
        "recipient-sent 3",
        "recipient-completed 3",
        "envelope-completed",
    ]


def test_times_come_with_the_acts_and_never_twice(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.sign(envelope, "1")
    found = edge.get(f"/envelopes/{envelope}", include="recipients").json
    (signer,) = found["recipients"]["signers"]
    times = [
        found["createdDateTime"],
        found["sentDateTime"],
        signer["sentDateTime"],
        signer["deliveredDateTime"],
        found["deliveredDateTime"],
        signer["signedDateTime"],
        found["completedDateTime"],
    ]
    assert times == sorted(set(times))
    assert "completedDateTime" not in signer


def test_the_same_address_twice_is_two_recipients(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com", {"email": "A@example.com", "order": 2}])
    edge.box.sign(envelope, "a@example.com")
    edge.box.sign(envelope, "a@example.com")
    first, second = edge.box.envelope(envelope).recipients
    assert (first.status, second.status) == ("completed", "completed")
    assert first.user_id == second.user_id
    assert first.guid != second.guid


def test_a_refusal_ends_it_for_everybody_and_leaves_the_others_as_they_were(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com", "b@example.com"])
    edge.box.decline(envelope, "1", reason="No.")
    assert states(edge, envelope) == ["declined", "declined", "sent"]
    assert told(edge)[-2:] == ["recipient-declined 1", "envelope-declined"]
    found = edge.get(f"/envelopes/{envelope}/recipients").json["signers"]
    assert found[0]["declinedReason"] == "No."
    for act in (edge.box.void, edge.box.resend):
        with pytest.raises(ValueError, match="declined"):
            act(envelope)


def test_a_void_leaves_recipients_as_they_were(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com", "b@example.com"])
    edge.box.sign(envelope, "1")
    edge.box.void(envelope, reason="Wrong price.")
    assert states(edge, envelope) == ["voided", "completed", "sent"]
    assert told(edge)[-1] == "envelope-voided"


def test_an_envelope_expires_by_the_clock(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com"], expire_after=3)
    done = edge.box.send("Hi", ["a@example.com"], expire_after=3)
    edge.box.sign(done, "1")
    edge.wait(days=3, seconds=-1)
    assert edge.box.envelope(envelope).status == "sent"
    edge.wait(1)
    found = edge.get(f"/envelopes/{envelope}").json
    assert (found["status"], found["voidedReason"]) == ("voided", "Envelope has expired.")
    assert found["voidedDateTime"].startswith("2026-03-05T08:00:00")
    assert edge.box.envelope(done).status == "completed"
    assert told(edge)[-1] == "envelope-voided"


def test_an_envelope_can_expire_at_once(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.expire(envelope)
    assert edge.box.envelope(envelope).voided_reason == "Envelope has expired."


def test_reassigning_adds_a_recipient_and_keeps_the_old_one(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.view(envelope, "1")
    heir = edge.box.reassign(envelope, "1", name="Bob", email="bob@example.com")
    assert states(edge, envelope) == ["sent", "delivered", "sent"]
    to = Listener()
    edge.box.deliver(to)
    moved = next(each for each in to.json if each["event"] == "recipient-reassign")
    assert moved["data"]["recipientId"] == "1"
    assert moved["data"]["reassignedRecipientId"] == heir == "2"
    first, second = edge.get(f"/envelopes/{envelope}/recipients").json["signers"]
    assert first["delegatedTo"] == [{"Email": "bob@example.com", "Name": "Bob"}]
    assert second["delegatedBy"]["Email"] == "a@example.com"
    edge.box.sign(envelope, heir)
    assert states(edge, envelope) == ["completed", "delivered", "completed"]


def test_delegating_has_its_own_event(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.reassign(envelope, "1", name="Bob", email="bob@example.com", delegate=True)
    assert told(edge)[-2:] == ["recipient-delegate 1", "recipient-sent 2"]


def test_a_bounced_mail_is_mended_by_a_correction(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.bounce(envelope, "1")
    assert states(edge, envelope) == ["sent", "autoresponded"]
    edge.box.correct(envelope, "1", email="right@example.com")
    assert states(edge, envelope) == ["sent", "sent"]
    assert told(edge)[-3:] == [
        "recipient-autoresponded 1",
        "envelope-corrected",
        "recipient-resent 1",
    ]
    assert edge.box.recipient(envelope, "right@example.com").id == "1"


def test_a_correction_takes_an_opened_envelope_back(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.view(envelope, "1")
    edge.box.correct(envelope, "1", email="right@example.com")
    assert states(edge, envelope) == ["sent", "sent"]


def test_nobody_acts_while_an_envelope_is_corrected(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.view(envelope, "1")
    edge.box.start_correcting(envelope)
    assert edge.box.envelope(envelope).status == "correct"
    for act in (edge.box.sign, edge.box.decline, edge.box.view):
        with pytest.raises(ValueError, match="correct"):
            act(envelope, "1")
    voided = edge.put(f"/envelopes/{envelope}", {"status": "voided", "voidedReason": "x"})
    assert voided.refusal == (400, "ENVELOPE_CANNOT_VOID_INVALID_STATE")
    edge.box.stop_correcting(envelope)
    assert states(edge, envelope) == ["delivered", "delivered"]


def test_a_resend_wakes_bounced_mail_and_moves_nothing_else(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com", "b@example.com"])
    edge.box.view(envelope, "1")
    edge.box.bounce(envelope, "2")
    edge.box.resend(envelope)
    assert states(edge, envelope) == ["sent", "delivered", "sent"]
    assert told(edge)[-3:] == ["envelope-resent", "recipient-resent 1", "recipient-resent 2"]


def test_some_events_change_no_status(edge: Edge) -> None:
    heard(edge)
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.fail_authentication(envelope, "1")
    edge.box.remind(envelope)
    edge.box.view(envelope, "1")
    edge.box.finish_later(envelope, "1")
    assert states(edge, envelope) == ["delivered", "delivered"]
    seen = told(edge)
    assert "recipient-authenticationfailed 1" in seen
    assert "envelope-reminder-sent" in seen
    assert seen[-1] == "recipient-finish-later 1"
    (signer,) = edge.get(f"/envelopes/{envelope}/recipients").json["signers"]
    assert signer["recipientAuthenticationStatus"]["accessCodeResult"]["status"] == "Failed"


def test_deleting_has_another_name_for_drafts(edge: Edge) -> None:
    heard(edge)
    draft = edge.box.create_envelope("Hi", ["a@example.com"])
    edge.box.discard(draft)
    assert told(edge) == ["envelope-created", "envelope-discard"]
    with pytest.raises(ValueError, match="recycle bin"):
        edge.box.send_draft(draft)
    sent = edge.box.send("Hi", ["a@example.com"])
    edge.box.discard(sent)
    assert told(edge)[-2:] == ["envelope-voided", "envelope-deleted"]


def test_a_certified_delivery_is_done_when_it_is_opened(edge: Edge) -> None:
    envelope = edge.box.send("Hi", [{"email": "a@example.com", "kind": "certifiedDeliveries"}])
    with pytest.raises(ValueError, match="signs nothing"):
        edge.box.sign(envelope, "1")
    edge.box.view(envelope, "1")
    assert states(edge, envelope) == ["completed", "completed"]


@pytest.mark.parametrize(("notified", "status"), [(True, "sent"), (False, "created")])
def test_an_embedded_signer_gets_no_mail(edge: Edge, notified: bool, status: str) -> None:
    heard(edge)
    edge.box.embedded_are_notified = notified
    envelope = edge.box.send("Hi", [{"email": "a@example.com", "client_user_id": "7"}])
    assert states(edge, envelope) == ["sent", status]
    assert told(edge) == ["envelope-created", "envelope-sent"]
    with pytest.raises(ValueError, match="bounce"):
        edge.box.bounce(envelope, "1")
    edge.box.sign(envelope, "1")
    assert states(edge, envelope) == ["completed", "completed"]


def test_signing_fills_what_the_signer_fills(edge: Edge) -> None:
    tabs = {
        "textTabs": [{"tabLabel": "company", "value": "X"}],
        "checkboxTabs": [{"tabLabel": "vip"}],
        "radioGroupTabs": [
            {"groupName": "size", "radios": [{"value": "small"}, {"value": "large"}]}
        ],
        "listTabs": [{"tabLabel": "plan", "listItems": [{"value": "gold"}, {"value": "tin"}]}],
        "fullNameTabs": [{"tabLabel": "name"}],
        "dateSignedTabs": [{"tabLabel": "day"}],
    }
    envelope = edge.box.send("Hi", [{"email": "a@example.com", "name": "Ada", "tabs": tabs}])
    values = {"company": "Y", "vip": "true", "size": "large", "plan": "tin"}
    edge.box.sign(envelope, "1", values=values)
    (signer,) = edge.get(f"/envelopes/{envelope}/recipients", include_tabs="true").json["signers"]
    found = signer["tabs"]
    assert found["textTabs"][0]["value"] == "Y"
    assert found["textTabs"][0]["originalValue"] == "X"
    assert found["checkboxTabs"][0]["selected"] == "true"
    assert [each["selected"] for each in found["radioGroupTabs"][0]["radios"]] == ["false", "true"]
    assert found["listTabs"][0]["value"] == "tin"
    assert found["fullNameTabs"][0]["value"] == "Ada"
    assert found["dateSignedTabs"][0]["value"] == "3/2/2026 | 12:00 AM PST"
    assert edge.get(f"/envelopes/{envelope}").json["hasFormDataChanged"] == "true"


def test_a_field_that_is_not_there_is_an_error_of_the_script(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com"])
    with pytest.raises(ValueError, match="no field 'company'"):
        edge.box.sign(envelope, "1", values={"company": "Y"})
    with pytest.raises(KeyError, match="no recipient"):
        edge.box.view(envelope, "nobody@example.com")
    with pytest.raises(ValueError, match="no 'colour'"):
        edge.box.send("Hi", [{"email": "a@example.com", "colour": "red"}])


# -- random lives ------------------------------------------------------------------------------

ENDS = {"completed", "declined", "voided"}
NEXT: dict[str, set[str]] = {
    "created": {"sent"},
    "sent": {"delivered", "completed", "declined", "voided", "correct"},
    "delivered": {"sent", "completed", "declined", "voided", "correct"},
    "correct": {"sent", "delivered", "voided"},
}


def people(chance: random.Random) -> list[dict[str, object]]:
    return [
        {"email": f"p{number}@example.com", "order": 1 + int(chance.random() * 3)}
        for number in range(1 + int(chance.random() * 4))
    ]


@pytest.mark.parametrize("seed", range(60))
def test_every_life_comes_to_an_end_by_allowed_steps(edge: Edge, seed: int) -> None:
    chance = random.Random(seed)
    envelope = edge.box.create_envelope("Hi", people(chance))
    before = "created"
    for _ in range(500):
        edge.box.step(envelope, chance)
        now = edge.box.envelope(envelope).status
        assert now == before or now in NEXT[before]
        before = now
        if now in ENDS:
            break
    assert before in ENDS
    left = [each for each in edge.box.envelope(envelope).recipients if not each.done]
    assert (before == "completed") is not bool(left)


def outcome(play: Callable[[Edge, list[str]], object]) -> list[tuple[str, int]]:
    edge = Edge()
    ids = [edge.box.send(f"E{n}", ["a@example.com", "b@example.com"]) for n in range(20)]
    play(edge, ids)
    return [(each.status, len(each.audit)) for each in edge.box.envelopes()]


def test_the_same_seed_gives_the_same_lives() -> None:
    first = outcome(lambda edge, ids: edge.box.live_all(ids, 7))
    assert outcome(lambda edge, ids: edge.box.live_all(ids, 7)) == first
    assert outcome(lambda edge, ids: edge.box.live_all(ids, 8)) != first


def test_a_life_tells_what_was_done_and_how_it_ended(edge: Edge) -> None:
    envelope = edge.box.create_envelope("Hi", ["a@example.com"])
    acts = edge.box.live(envelope, seed=2)
    assert acts[0] == "send"
    assert edge.box.envelope(envelope).status in ENDS
    assert 0 < edge.world.clock.monotonic() < 6 * 3600 * len(acts)


def test_many_lives_side_by_side_take_no_longer_than_one(edge: Edge) -> None:
    ids = [edge.box.send(f"E{n}", ["a@example.com", "b@example.com"]) for n in range(300)]
    acts = edge.box.live_all(ids, 1)
    assert acts > 3 * len(ids)
    assert edge.world.clock.monotonic() < 20 * 86_400
    ended = [each.status for each in edge.box.envelopes()]
    assert set(ended) == ENDS
    assert ended.count("completed") > len(ids) / 2
