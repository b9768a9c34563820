"""What goes wrong while the inbox is worked off: who is to blame, what waits, what goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors import BridgeSettings, ContactRule, Firing, Forbidden, Retries, Throttled
from connectors.errors import TransportError
from connectors.sandbox.kernel import Fault
from tests.integration.envelopes import URL, Bridge, Post, automations


@pytest.fixture
def post() -> Post:
    """One envelope, sent to two people and signed by the first."""
    made = Post(21, 0)
    people = [{"name": f"Ada{n} Lovelace", "email": f"ada{n}@example.org"} for n in (1, 2)]
    envelope = made.box.docusign.send("Agreement", people)
    made.box.docusign.view(envelope, "ada1@example.org")
    made.box.docusign.sign(envelope, "ada1@example.org")
    made.box.docusign.deliver(made.take)
    return made


@pytest.fixture
def bridge(post: Post) -> Bridge:
    made = Bridge(post).set_up()
    made.receive(post.deliveries)
    return made


def test_a_revoked_key_ends_the_run_and_no_message_is_to_blame(bridge: Bridge) -> None:
    bridge.box.activecampaign.revoke_key()

    for _ in range(3):
        with pytest.raises(Forbidden):
            bridge.bridge.events.run()

    assert bridge.look()["contacts"] == {}
    assert bridge.bridge.events.given_up() == ()


@pytest.mark.parametrize("kind", ["not_sent", "lost"])
def test_a_service_out_of_reach_ends_the_run_and_the_next_one_goes_on(
    bridge: Bridge, kind: str
) -> None:
    bridge.box.faults.add(Fault(kind, service="activecampaign", skip=4, times=50))  # type: ignore[arg-type]
    with pytest.raises(TransportError):
        bridge.bridge.events.run()
    bridge.box.faults.clear()

    report = bridge.bridge.events.run()

    assert report.ok
    assert len(bridge.look()["contacts"]) == 2


def test_a_limit_that_never_ends_ends_the_run(bridge: Bridge) -> None:
    bridge.box.faults.add(Fault("answer", service="activecampaign", status=429, times=500))

    with pytest.raises(Throttled):
        bridge.bridge.events.run()

    assert bridge.bridge.events.given_up() == ()


def test_a_contact_the_service_stumbles_over_waits_and_the_others_go_on(post: Post) -> None:
    bridge = Bridge(post).set_up()
    bridge.receive(post.deliveries)
    other = post.box.docusign.send("Another", [{"name": "Grace Hopper", "email": "grace@x.org"}])
    post.deliveries.clear()
    post.box.docusign.deliver(post.take)
    bridge.receive(post.deliveries)
    path = "contact/sync"
    bridge.box.faults.add(
        Fault("answer", service="activecampaign", path=path, status=500, times=Retries().attempts)
    )

    report = bridge.bridge.events.run()

    assert report.failed == {"message": 1}
    assert report.pending > 0
    assert set(bridge.look()["contacts"]) == {"grace@x.org"}
    assert other in str(bridge.look()["records"])
    bridge.box.clock.advance(timedelta(minutes=2))
    assert bridge.bridge.events.run().ok
    assert len(bridge.look()["contacts"]) == 3


def test_a_message_that_always_fails_is_given_up_and_can_be_taken_up_again(post: Post) -> None:
    settings = BridgeSettings(attempts=2)
    bridge = Bridge(post, settings).set_up()
    bridge.receive(post.deliveries[1:2])
    path = "contact/sync"
    bridge.box.faults.add(
        Fault("answer", service="activecampaign", path=path, status=500, times=99)
    )
    bridge.bridge.events.run()
    bridge.box.clock.advance(timedelta(minutes=2))

    report = bridge.bridge.events.run()

    assert report.failed == {"message given up": 1}
    (dead,) = bridge.bridge.events.given_up()
    assert "500" in dead.reason
    bridge.box.faults.clear()
    assert bridge.bridge.events.retry([dead.id]) == 1
    assert bridge.bridge.events.run().ok
    assert len(bridge.look()["contacts"]) == 1


def test_a_field_that_is_gone_keeps_the_message_and_says_so(post: Post) -> None:
    bridge = Bridge(post)
    field_id = bridge.box.activecampaign.add_field("Subject")
    settings = BridgeSettings(
        mapping=(
            ContactRule("recipient.email", "email"),
            ContactRule("envelope.subject", field_id),
        )
    )
    bridge.settings = settings
    bridge.bridge = bridge.made()
    bridge.set_up()
    bridge.receive(post.deliveries[1:2])
    bridge.box.activecampaign.delete_field(field_id)

    report = bridge.bridge.events.run()

    assert report.failed == {"message": 1}
    assert f"contact fields {field_id} exist no more" in report.problems[0]
    assert report.pending == 1


def test_a_callback_that_raises_is_tried_again_and_its_text_stays_unsaid(post: Post) -> None:
    bridge = Bridge(post)
    fail = [True]

    def note(fired: Firing) -> None:
        if fail[0]:
            raise ValueError(f"cannot write to {fired.email}")
        bridge.notes.append(fired)

    bridge.settings = BridgeSettings(automations=automations(bridge.welcome))
    bridge.bridge = bridge.made(note)
    bridge.set_up()
    bridge.receive(post.deliveries)

    report = bridge.bridge.events.run()

    assert not report.ok
    assert "callback 'note' raised ValueError" in report.problems[0]
    assert "@" not in str(report)
    fail[0] = False
    bridge.box.clock.advance(timedelta(hours=1))
    assert bridge.bridge.events.run().ok
    ids = [one.id for one in bridge.notes]
    assert len(ids) == len(set(ids)) > 0


def test_what_is_not_set_up_is_to_be_sent_again(post: Post) -> None:
    bridge = Bridge(post, late=True)
    headers, body = post.deliveries[0]

    receipt = bridge.bridge.events.receive(body, headers)

    assert (receipt.status, receipt.kept) == (503, False)
    bridge.bridge.apply(bridge.bridge.setup.plan(URL))
    assert bridge.bridge.events.receive(body, headers).kept


def test_an_enrolment_whose_answer_was_lost_is_made_once(bridge: Bridge) -> None:
    path = "contactAutomations"
    bridge.box.faults.add(Fault("lost", service="activecampaign", method="POST", path=path))

    report = bridge.bridge.events.run()

    assert report.ok
    assert bridge.look()["enrolled"] == ["ada1@example.org"]


def test_an_enrolment_that_never_left_is_made_later(bridge: Bridge) -> None:
    path = "contactAutomations"
    fault = Fault("answer", service="activecampaign", method="POST", path=path, status=500, times=9)
    bridge.box.faults.add(fault)
    assert not bridge.bridge.events.run().ok
    bridge.box.faults.clear()
    bridge.box.clock.advance(timedelta(hours=1))

    assert bridge.bridge.events.run().ok
    assert bridge.look()["enrolled"] == ["ada1@example.org"]


def test_what_was_over_before_the_setup_fires_nothing_when_reconciled(post: Post) -> None:
    post.box.clock.advance(timedelta(hours=2))
    bridge = Bridge(post, late=True).set_up()

    report = bridge.bridge.reconcile.run()

    assert report.ok
    assert len(bridge.look()["contacts"]) == 2
    assert bridge.notes == []
    assert {one.state for one in bridge.bridge.firings.all()} == {"withheld"}


def test_a_service_out_of_reach_costs_a_firing_no_attempt(bridge: Bridge) -> None:
    path = "contactAutomations"
    bridge.box.faults.add(Fault("not_sent", service="activecampaign", path=path, times=50))
    for _ in range(3):
        with pytest.raises(TransportError):
            bridge.bridge.events.run()
    bridge.box.faults.clear()

    assert bridge.bridge.events.run().ok
    assert bridge.look()["enrolled"] == ["ada1@example.org"]


def test_history_that_waits_in_the_inbox_fires_nothing_either(post: Post) -> None:
    post.box.clock.advance(timedelta(hours=2))
    bridge = Bridge(post, late=True).set_up()
    path = "contact/sync"
    bridge.box.faults.add(
        Fault("answer", service="activecampaign", path=path, status=500, times=99)
    )
    assert not bridge.bridge.reconcile.run().ok
    bridge.box.faults.clear()
    bridge.box.clock.advance(timedelta(minutes=2))

    assert bridge.bridge.events.run().ok

    assert len(bridge.look()["contacts"]) == 2
    assert bridge.notes == []
