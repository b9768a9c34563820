"""Refusals and losses through the whole pipeline: how often a call is sent, and what is raised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.activecampaign.models import ImportContact
from connectors.core.policy import Retries
from connectors.errors import (
    AnswerLost,
    BadRequest,
    Conflict,
    DecodeError,
    Forbidden,
    NotFound,
    NotSent,
    ServerError,
    StatusError,
    Throttled,
)
from tests.activecampaign.script import Script, ok, refusal
from tests.facades import WORLDS, World, run

Case = Callable[[Any], Awaitable[Any]]

READS: list[Case] = [
    lambda c: c.users.me(),
    lambda c: c.contacts.get("1"),
    lambda c: c.contacts.list().first(),
    lambda c: c.tags.list().first(),
    lambda c: c.custom_objects.find_record("s", "e"),
]
REPEATABLE: list[Case] = [
    *READS,
    lambda c: c.contacts.sync("a@x.org"),
    lambda c: c.contacts.update("1", first_name="A"),
    lambda c: c.contact_tags.add("1", "3"),
    lambda c: c.field_values.set("1", "7", "x"),
    lambda c: c.tags.delete("3"),
]
ONCE: list[Case] = [
    lambda c: c.contacts.create("a@x.org"),
    lambda c: c.tags.create("vip"),
    lambda c: c.automations.enrol("1", "2"),
    lambda c: c.notes.create("1", "text"),
    lambda c: c.contacts.import_batch([ImportContact(email="a@x.org")]),
    lambda c: c.webhooks.create("n", "https://x.org/h", ["update"]),
    lambda c: c.events.track("e", email="a@x.org", account_id="1", event_key="k"),
]
SENDS = 3


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def fail(world: World, case: Case, answer: Any) -> tuple[Exception, int]:
    """What a case raises when it always gets one answer, and how often it was sent."""
    script = Script([answer] * SENDS)
    with pytest.raises(Exception) as caught:
        run(world, script.make(retries=Retries(attempts=SENDS)), case)
    return caught.value, len(script.sent)


@pytest.mark.parametrize(
    ("answer", "kind", "repeated", "once"),
    [
        (refusal(400, {"message": "no"}), BadRequest, 1, 1),
        (refusal(422, {"errors": [{"title": "x", "code": "duplicate"}]}), Conflict, 1, 1),
        (refusal(403, {"message": "Forbidden"}), Forbidden, 1, 1),
        (refusal(429, {"message": "Too Many Requests"}, retry_after="2"), Throttled, SENDS, SENDS),
        (refusal(500, {}), ServerError, SENDS, 1),
        ((502, {}, b"<html>"), ServerError, SENDS, 1),
        (ConnectionRefusedError("no"), NotSent, SENDS, SENDS),
        (ConnectionResetError("gone"), AnswerLost, SENDS, 1),
    ],
)
def test_each_refusal_is_repeated_where_that_is_safe_and_nowhere_else(
    world: World, answer: Any, kind: type[Exception], repeated: int, once: int
) -> None:
    for cases, times in ((REPEATABLE, repeated), (ONCE, once)):
        for case in cases:
            error, sent = fail(world, case, answer)

            assert type(error) is kind
            assert sent == times
            if isinstance(error, StatusError):
                assert error.service == "activecampaign"
                assert error.operation


def test_a_burst_that_is_answered_503_waits_and_goes_on_where_it_may(world: World) -> None:
    for case in REPEATABLE:
        assert (
            type(fail(world, case, refusal(503, {}))[0]),
            fail(world, case, refusal(503, {}))[1],
        ) == (
            Throttled,
            SENDS,
        )
    for case in ONCE:
        error, sent = fail(world, case, refusal(503, {}))
        assert (type(error), sent) == (ServerError, 1)


def test_an_import_that_comes_too_fast_is_repeated_within_its_minute(world: World) -> None:
    too_fast = refusal(400, {"success": 0, "message": "Rate limit exceeded."})
    script = Script([too_fast, too_fast, ok({"success": 1, "batchId": "b", "queued_contacts": 1})])

    taken = run(
        world,
        script.make(),
        lambda c: c.contacts.import_batch([ImportContact(email="a@x.org")]),
    )

    assert taken.batch_id == "b"
    assert all(wait >= 15.0 for wait in script.clock.waits)


def test_a_pause_that_was_asked_for_is_kept(world: World) -> None:
    script = Script(
        [refusal(429, {}, retry_after="30"), ok({"user": {"id": "1", "username": "a"}})]
    )

    run(world, script.make(), lambda c: c.users.me())

    assert sum(script.clock.waits) >= 30.0


@pytest.mark.parametrize(
    "answer",
    [
        refusal(404, {"message": "No Result found for Subscriber with id 1"}),
        refusal(403, {"message": "No Result found for SubscriberSeries with id 1"}),
    ],
)
def test_what_is_gone_already_counts_as_deleted_for_every_noun(world: World, answer: Any) -> None:
    cases: list[Case] = [
        lambda c: c.contacts.delete("1"),
        lambda c: c.tags.delete("1"),
        lambda c: c.field_values.delete("1"),
        lambda c: c.automations.end_enrolment("1"),
        lambda c: c.webhooks.delete("1"),
        lambda c: c.events.delete_name("e"),
        lambda c: c.custom_objects.delete_schema("s"),
        lambda c: c.custom_objects.delete_record("s", "r"),
        lambda c: c.custom_objects.delete_record_by_external_id("s", "e"),
    ]
    script = Script([answer] * len(cases))

    async def case(client: Any) -> None:
        for each in cases:
            await each(client)

    run(world, script.make(), case)

    assert len(script.sent) == len(cases)


def test_a_403_that_forbids_is_no_deletion(world: World) -> None:
    script = Script([refusal(403, {"message": "Forbidden"})])

    with pytest.raises(Forbidden):
        run(world, script.make(), lambda c: c.field_values.delete("1"))


def test_a_contact_that_is_gone_is_not_found(world: World) -> None:
    script = Script([refusal(404, {"message": "No Result found for Subscriber with id 1"})])

    with pytest.raises(NotFound, match="Subscriber"):
        run(world, script.make(), lambda c: c.contacts.get("1"))


def test_a_read_that_was_cut_off_is_read_once_more(world: World) -> None:
    script = Script([(200, {}, b'{"user": {"id"'), ok({"user": {"id": "1", "username": "a"}})])

    assert run(world, script.make(), lambda c: c.users.me()).username == "a"


def test_a_write_that_was_cut_off_is_not_sent_again(world: World) -> None:
    error, sent = fail(world, lambda c: c.notes.create("1", "x"), (201, {}, b'{"note": {'))

    assert (type(error), sent) == (DecodeError, 1)
