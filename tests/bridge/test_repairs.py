"""The daily comparison mends what others changed, and nothing else; notes are written once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors import BridgeSettings, Fallback
from connectors.activecampaign import calls as ac
from connectors.sandbox.kernel import Fault
from tests.integration.envelopes import Bridge, Post


@pytest.fixture
def post() -> Post:
    """An envelope for two people, signed by the first."""
    made = Post(31, 0)
    people = [{"name": f"Ada{n} Lovelace", "email": f"ada{n}@example.org"} for n in (1, 2)]
    envelope = made.box.docusign.send("Agreement", people)
    made.box.docusign.view(envelope, "ada1@example.org")
    made.box.docusign.sign(envelope, "ada1@example.org")
    made.box.docusign.deliver(made.take)
    return made


def worked(post: Post, settings: BridgeSettings | None = None) -> Bridge:
    made = Bridge(post, settings).set_up()
    made.receive(post.deliveries)
    made.bridge.events.run()
    return made


def test_a_record_that_was_just_written_is_not_taken_for_changed_or_lost(post: Post) -> None:
    made = worked(post)

    assert "write record again" not in made.bridge.reconcile.run().done


def test_a_record_that_was_given_to_somebody_else_comes_back(post: Post) -> None:
    made = worked(post)
    made.box.clock.advance(timedelta(minutes=10))
    (schema,) = made.activecampaign.custom_objects.list_schemas().take(1)
    first, second = made.box.activecampaign.records("docusign")
    fields = {name: value for name, value in first["fields"].items() if value}
    (stranger,) = second["contacts"]
    made.activecampaign.send(
        ac.put_record(schema.id, first["external_id"], fields, contact_id=stranger)
    )
    made.box.clock.advance(timedelta(minutes=10))

    report = made.bridge.reconcile.run()

    assert report.done["write record again"] == 1
    now = {one["external_id"]: one for one in made.box.activecampaign.records("docusign")}
    assert now[first["external_id"]]["contacts"] == first["contacts"]


def test_a_note_whose_answer_was_lost_is_not_written_twice(post: Post) -> None:
    made = Bridge(post, BridgeSettings(fallback=Fallback.NOTE))
    made.box.activecampaign.custom_objects = False
    made.set_up()
    made.receive(post.deliveries)
    fault = Fault("lost", service="activecampaign", method="POST", path="notes", times=1)
    made.box.faults.add(fault)
    with pytest.raises(Exception, match=r"lost|reset"):
        made.bridge.events.run()
    made.box.clock.advance(timedelta(hours=1))
    made.bridge.events.run()

    assert fault.struck == 1
    for contact in made.box.activecampaign.contacts():
        notes = [one["text"] for one in made.box.activecampaign.notes_of(str(contact["id"]))]
        assert len(notes) == len(set(notes)) > 0
