"""Bad and odd messages: each has a named outcome, and leaves nothing that it should not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors import Action, ConnectorsError, Received, RecordUpdated, TransportError
from connectors.sandbox import Fault
from tests.facades import World
from tests.requirements.bridge_kit import ADA, ALL, BOB, DAY, URL, Bridge, automation

NOBODY = "ignored: no recipient's own status is a subscribed action"


def nothing(bridge: Bridge) -> bool:
    """Whether no message was kept and nobody was written to."""
    bridge.work()
    return bridge.rows("inbox") == 0 and bridge.ac.contacts() == []


def stamp(bridge: Bridge, delta: timedelta) -> str:
    return (bridge.box.clock.now() + delta).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


# --- refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "outcome", "status"),
    [
        ("wrong_key", Received.FORGED, 401),
        ("altered", Received.FORGED, 401),
        ("unsigned", Received.UNSIGNED, 401),
        ("old", Received.TOO_OLD, 400),
    ],
)
@pytest.mark.parametrize("world", ["blocking", "async"])
def test_forged_altered_unsigned_and_too_old_messages_are_refused(
    bridges: Callable[..., Bridge], world: World, how: Any, outcome: Received, status: int
) -> None:
    bridge = bridges(world)
    bridge.send()
    [_, message] = bridge.messages()
    bad = bridge.ds.forge(message, how)
    bridge.later(timedelta(hours=1))

    assert bridge.receive(bad.headers, bad.body) == status

    [receipt] = bridge.receipts
    assert (receipt.outcome, receipt.kept) == (outcome, False)
    assert receipt.reason
    assert bridge.bridge.events.counts() == {f"refused: {outcome.value}": 1}
    assert nothing(bridge)


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (timedelta(days=-29), Received.ACCEPTED),
        (timedelta(days=-31), Received.TOO_OLD),
        (timedelta(minutes=5), Received.ACCEPTED),
        (timedelta(hours=1), Received.TOO_OLD),
    ],
)
def test_the_age_of_a_message_is_limited_on_both_sides(
    bridge: Bridge, age: timedelta, outcome: Received
) -> None:
    bridge.send()
    [_, message] = bridge.messages()

    assert bridge.changed(message, at=stamp(bridge, age)).outcome is outcome


def test_a_message_a_day_over_a_shorter_limit_is_too_old(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(max_age=DAY)
    bridge.send()
    bridge.later(DAY + timedelta(hours=1))
    bridge.deliver()

    assert {one.outcome for one in bridge.receipts} == {Received.TOO_OLD}
    assert nothing(bridge)


@pytest.mark.parametrize("size", [8 * 2**20 + 1, 25 * 2**20])
def test_a_message_that_is_too_large_is_refused(bridge: Bridge, size: int) -> None:
    receipt = bridge.post(b"{" + b" " * (size - 2) + b"}")

    assert (receipt.outcome, receipt.status) == (Received.TOO_LARGE, 413)
    assert bridge.bridge.events.counts() == {"refused: too large": 1}
    assert nothing(bridge)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ada@example.com",
        b"[]",
        b"{}",
        b"{",
        b"\xff\xfe",
        b"<a/>",
        b"<DocuSignEnvelopeInformation/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b"[" * 100_000,
        b'{"data": ' * 50_000,
    ],
)
def test_what_is_no_event_is_malformed_even_when_it_is_signed(bridge: Bridge, body: bytes) -> None:
    receipt = bridge.post(body)

    assert (receipt.outcome, receipt.status) == (Received.MALFORMED, 400)
    assert "ada@example.com" not in repr(receipt)
    assert nothing(bridge)


# --- ignored ---------------------------------------------------------------------------------


def test_another_account_is_ignored(bridge: Bridge) -> None:
    bridge.send()
    [_, message] = bridge.messages()

    receipt = bridge.changed(message, account="7" * 8)

    assert (receipt.outcome, receipt.status) == (Received.OTHER_ACCOUNT, 200)
    assert bridge.bridge.events.counts() == {"ignored: account that is not connected": 1}
    assert nothing(bridge)


def test_what_is_about_no_envelope_is_ignored(bridge: Bridge) -> None:
    account = bridge.ds.account_id
    receipt = bridge.post(
        {"event": "template-created", "data": {"accountId": account, "templateId": "t"}}
    )

    assert (receipt.outcome, receipt.status) == (Received.NO_ENVELOPE, 200)
    assert bridge.bridge.events.counts() == {"ignored: no envelope": 1}
    assert nothing(bridge)


def test_before_setup_docusign_is_asked_to_send_again(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)
    bridge.ds.add_configuration(URL)
    bridge.send()

    bridge.deliver()

    assert {one.outcome for one in bridge.receipts} == {Received.NOT_SET_UP}
    assert {one.status for one in bridge.receipts} == {503}
    bridge.set_up()
    bridge.later(DAY)
    bridge.catch_up()
    assert "Sent" in bridge.tags("ada@example.com")


def test_a_duplicate_is_taken_once(any_bridge: Bridge) -> None:
    bridge = any_bridge
    bridge.send()
    [_, message] = bridge.messages()
    for _ in range(3):
        bridge.receive(message.headers, message.body)

    assert [one.outcome for one in bridge.receipts] == [
        Received.ACCEPTED, Received.DUPLICATE, Received.DUPLICATE
    ]  # fmt: skip
    assert {one.status for one in bridge.receipts} == {200}
    report = bridge.work()
    assert report.done["create contact"] == 1
    assert bridge.bridge.events.counts() == {"done": 1, "ignored: duplicate": 2}


def test_a_retry_with_another_count_is_a_duplicate(bridge: Bridge) -> None:
    bridge.send()
    [_, message] = bridge.messages()
    bridge.receive(message.headers, message.body)
    body = json.loads(message.body)
    body["retryCount"] = 3

    assert bridge.post(body).outcome is Received.DUPLICATE


def test_one_that_is_dated_anew_does_no_harm_a_second_time(bridges: Callable[..., Bridge]) -> None:
    rule = automation(RecordUpdated(Action.COMPLETED, "status"))
    bridge = bridges(automations=(rule,))
    bridge.signed()
    bridge.catch_up()
    before = bridge.everything()
    bridge.signed(BOB)
    [message] = [
        one for one in bridge.messages("envelope-completed") if b"bob@example.com" in one.body
    ]
    bridge.catch_up()
    after = bridge.everything()
    assert after != before
    bridge.later(DAY)

    assert bridge.changed(message, at=stamp(bridge, timedelta())).outcome is Received.ACCEPTED
    bridge.work()

    assert bridge.everything() == after


@pytest.mark.parametrize(
    "event", ["recipient-autoresponded", "recipient-finish-later", "envelope-purge"]
)
def test_an_event_that_means_no_action_is_ignored_by_its_name(bridge: Bridge, event: str) -> None:
    bridge.send()
    [_, message] = bridge.messages()

    assert bridge.changed(message, event=event).kept
    report = bridge.work()

    assert report.done == {}
    assert bridge.bridge.events.counts() == {f"ignored: event {event}": 1}
    assert bridge.ac.contacts() == []


@pytest.mark.parametrize("bare", [False, True])
def test_an_unknown_event_is_ignored_and_costs_no_call(bridge: Bridge, bare: bool) -> None:
    bridge.send()
    [_, message] = bridge.messages()
    bridge.box.calls.clear()

    assert bridge.changed(message, event="envelope-teleported", bare=bare).kept
    report = bridge.work()

    assert report.ok
    assert report.skipped == {"event envelope-teleported": 1}
    assert bridge.bridge.events.counts() == {"ignored: event envelope-teleported": 1}
    assert len(bridge.box.calls) == 0


def test_a_very_long_event_name_is_just_unknown(bridge: Bridge) -> None:
    bridge.send()
    [_, message] = bridge.messages()

    bridge.changed(message, event="x" * 5000)
    bridge.work()

    assert bridge.bridge.events.counts() == {"ignored: unknown event": 1}


def test_an_event_of_an_action_that_is_not_subscribed_is_ignored(bridge: Bridge) -> None:
    bridge.send()
    [_, message] = bridge.messages()

    bridge.changed(message, event="envelope-voided")
    bridge.work()

    assert bridge.bridge.events.counts() == {"ignored: action not subscribed (envelope-voided)": 1}
    assert bridge.ac.contacts() == []


# --- unknown statuses and envelopes ----------------------------------------------------------


def test_an_unknown_status_of_a_recipient_concerns_nobody(bridge: Bridge) -> None:
    bridge.send()
    [_, message] = bridge.messages()

    bridge.changed(message, signer={"status": "teleported"})
    report = bridge.work()

    assert report.ok
    assert bridge.bridge.events.counts() == {NOBODY: 1}
    assert bridge.ac.contacts() == []


def test_an_unknown_status_of_an_envelope_is_kept_as_it_is_told(bridge: Bridge) -> None:
    envelope = bridge.send()
    [_, message] = bridge.messages()

    bridge.changed(message, summary={"status": "teleported"})
    report = bridge.work()

    assert report.ok
    assert "Sent" in bridge.tags("ada@example.com")
    assert bridge.fields()["status"] == "teleported"
    assert bridge.bridge.events.counts() == {"done": 1}
    bridge.ds.sign(envelope, ADA["email"])
    bridge.catch_up()
    assert bridge.fields()["status"] == "completed"


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_an_unknown_envelope_is_given_up_with_its_reason(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, attempts=2)
    bridge.send()
    [_, message] = bridge.messages()
    bridge.changed(message, envelope="9" * 36, bare=True)

    first = bridge.work()
    assert first.failed == {"message": 1}
    assert any("unknown envelope" in problem for problem in first.problems)
    bridge.later(DAY)
    second = bridge.work()

    assert second.failed == {"message given up": 1}
    [outcome] = bridge.bridge.events.counts()
    assert outcome.startswith("given up: unknown envelope")
    [(number, envelope, why)] = bridge.bridge.events.given_up()
    assert envelope == "9" * 36
    assert "unknown envelope" in why
    assert bridge.ac.contacts() == []
    assert bridge.bridge.events.retry([number]) == 1
    assert bridge.bridge.events.given_up() == ()


def test_an_unknown_envelope_holds_back_no_other(bridge: Bridge) -> None:
    bridge.send()
    [_, message] = bridge.messages()
    bridge.changed(message, envelope="9" * 36, bare=True)
    report = bridge.catch_up()

    assert report.failed == {"message": 1}
    assert "Sent" in bridge.tags("ada@example.com")


# --- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("", "recipient: no e-mail address"),
        (None, "recipient: no e-mail address"),
        ("ada", "recipient: malformed e-mail address"),
        ("ada@", "recipient: malformed e-mail address"),
        ("a da@example.com", "recipient: malformed e-mail address"),
        ("ada@exa mple.com", "recipient: malformed e-mail address"),
        ("x" * 300 + "@example.com", "recipient: malformed e-mail address: too long"),
    ],
)
@pytest.mark.parametrize("world", ["blocking", "async"])
def test_no_address_or_a_malformed_one_is_skipped_with_the_reason(
    bridges: Callable[..., Bridge], world: World, email: str | None, reason: str
) -> None:
    bridge = bridges(world)
    bridge.send(ADA, BOB)
    message = bridge.messages("recipient-sent")[-1]

    bridge.changed(message, signer={"email": email})
    report = bridge.work()

    assert report.ok
    [(said, count)] = report.skipped.items()
    assert said.startswith(reason) and count == 1
    assert not email or email not in str(report)
    assert [one["email"] for one in bridge.ac.contacts()] == ["bob@example.com"]


def test_where_nobody_has_an_address_nothing_is_written(bridge: Bridge) -> None:
    bridge.send()
    [_, message] = bridge.messages()
    bridge.changed(message, signer={"email": ""})
    bridge.box.calls.clear()
    bridge.work()

    assert len(bridge.box.calls) == 0
    assert bridge.bridge.events.counts() == {"done: nobody to write": 1}


def test_an_address_that_activecampaign_refuses_is_left_out_and_keeps_nobody_waiting(
    bridge: Bridge,
) -> None:
    bridge.box.faults.add(
        Fault(
            "answer",
            service="activecampaign",
            path="contact/sync",
            status=422,
            body=b'{"errors":[{"title":"Contact Email Address is not valid.","code":"email_invalid"}]}',
            times=99,
        )
    )
    bridge.signed()

    report = bridge.catch_up()

    refused = "recipient: ActiveCampaign does not take the e-mail address"
    assert report.skipped[refused] > 1
    assert (report.ok, report.pending) == (True, 0)
    assert "ada@example.com" not in str(report)
    assert bridge.ac.contacts() == []
    bridge.box.faults.clear()
    bridge.signed()
    assert bridge.catch_up().ok
    assert "Completed" in bridge.tags("ada@example.com")


def test_a_contact_that_activecampaign_refuses_fails_its_own_message_alone(
    bridge: Bridge,
) -> None:
    bridge.box.faults.add(
        Fault("answer", service="activecampaign", path="contact/sync", status=422)
    )
    bridge.send()
    bridge.later()
    bridge.send(BOB)

    report = bridge.catch_up()

    assert report.failed == {"message": 1}
    assert "ada@example.com" not in str(report)
    assert [one["email"] for one in bridge.ac.contacts()] == ["bob@example.com"]
    bridge.later(DAY)
    assert bridge.work().ok
    assert "Sent" in bridge.tags("ada@example.com")


# --- people ----------------------------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_two_signers_with_one_address_are_one_contact_with_two_records(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    twice = {"name": "Ada Lovelace", "email": "ADA@example.com", "role": "Second"}
    envelope = bridge.send({**ADA, "role": "First"}, twice)
    bridge.ds.sign(envelope, "1")
    bridge.ds.decline(envelope, "2")

    report = bridge.catch_up(duplicates=0.5, disorder=0.5, seed=4)

    assert report.ok
    [found] = bridge.ac.contacts()
    assert len(found["tags"]) == len(set(found["tags"]))
    assert bridge.tags("ada@example.com") == {
        "docusign-integration", "Sent", "Delivered", "Completed", "Declined"
    }  # fmt: skip
    records = {one.details["role"]: one for one in bridge.bridge.records.of("ada@example.com")}
    assert records["First"].recipient_status == "completed"
    assert records["Second"].recipient_status == "declined"
    assert len(bridge.shown("ada@example.com")) == 2


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_a_signer_who_is_reassigned_keeps_their_record_and_the_heir_gets_one(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    envelope = bridge.send()
    bridge.later()
    bridge.ds.reassign(envelope, ADA["email"], **BOB)
    bridge.later()
    bridge.ds.sign(envelope, BOB["email"])

    report = bridge.catch_up(disorder=1.0, seed=1)

    assert report.ok
    assert bridge.tags("ada@example.com") == {"docusign-integration", "Sent"}
    assert bridge.tags("bob@example.com") == {
        "docusign-integration", "Sent", "Delivered", "Completed"
    }  # fmt: skip
    assert bridge.fields("ada@example.com")["recipient-status"] == "sent"
    assert bridge.fields("bob@example.com")["recipient-status"] == "completed"


def test_a_corrected_address_moves_the_record_to_the_new_contact(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.send()
    bridge.catch_up()
    bridge.later()
    bridge.ds.correct(envelope, ADA["email"], name="Bob Martin", email="bob@example.com")
    bridge.ds.sign(envelope, "bob@example.com")
    report = bridge.catch_up()

    assert report.ok
    [shown] = bridge.shown()
    assert shown["contacts"] == [bridge.contact("bob@example.com")["id"]]
    assert bridge.fields("bob@example.com")["status"] == "completed"
    assert bridge.tags("ada@example.com") == {"docusign-integration", "Sent"}
    assert "Completed" in bridge.tags("bob@example.com")
    assert bridge.contact("ada@example.com")["first_name"] == "Ada"


@pytest.mark.parametrize("flip", [False, True])
def test_corrected_re_sent_and_voided_envelopes_end_the_same_in_any_order(
    bridges: Callable[..., Bridge], flip: bool
) -> None:
    bridge = bridges(actions=ALL)
    envelope = bridge.send()
    for act in ("view", "correct", "resend", "void"):
        bridge.later()
        match act:
            case "view":
                bridge.ds.view(envelope, ADA["email"])
            case "correct":
                bridge.ds.correct(envelope, ADA["email"], name="Ada King")
            case "resend":
                bridge.ds.resend(envelope)
            case _:
                bridge.ds.void(envelope, reason="A mistake")
    messages = bridge.messages()
    for one in reversed(messages) if flip else messages:
        bridge.receive(one.headers, one.body)
        bridge.work()

    assert bridge.tags("ada@example.com") == {
        "docusign-integration", "Sent", "Delivered", "Corrected", "Resent", "Voided"
    }  # fmt: skip
    fields = bridge.fields()
    assert (fields["status"], fields["void-reason"]) == ("voided", "A mistake")
    assert bridge.contact("ada@example.com")["last_name"] == "King"


def test_a_re_sent_envelope_changes_nothing_where_that_is_not_subscribed(bridge: Bridge) -> None:
    envelope = bridge.send()
    bridge.catch_up()
    before = bridge.everything()
    bridge.later()
    bridge.ds.resend(envelope)

    bridge.catch_up()

    assert bridge.everything() == before


def test_a_voided_envelope_changes_nothing_where_that_is_not_subscribed(bridge: Bridge) -> None:
    envelope = bridge.send()
    bridge.catch_up()
    before = bridge.everything()
    bridge.ds.void(envelope)

    assert bridge.catch_up().done == {}
    assert bridge.everything() == before


# --- services that fail ----------------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_a_service_that_is_down_ends_the_run_and_no_message_is_to_blame(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    bridge.signed()
    bridge.deliver()
    bridge.box.faults.add(Fault("not_sent", service="activecampaign", times=50))

    with pytest.raises(TransportError):
        bridge.work()
    bridge.box.faults.clear()
    assert bridge.work().ok
    assert "Completed" in bridge.tags("ada@example.com")
    assert set(bridge.bridge.events.counts()) <= {"done", NOBODY}


@pytest.mark.parametrize("path", ["contact/sync", "contactTags", "records"])
@pytest.mark.parametrize("kind", ["lost", "answer_after"])
def test_an_answer_that_is_lost_leaves_nothing_twice(
    bridges: Callable[..., Bridge], path: str, kind: Any
) -> None:
    bridge = bridges()
    bridge.box.faults.add(
        Fault(kind, service="activecampaign", method="POST", path=path, status=502)
    )
    bridge.signed()
    for _ in range(3):
        try:
            bridge.catch_up()
        except ConnectorsError as error:
            assert "ada@example.com" not in str(error)
        bridge.later(DAY)

    [found] = bridge.ac.contacts()
    assert len(found["tags"]) == 4
    assert len(bridge.shown()) == 1
    assert bridge.fields()["status"] == "completed"
