"""Each documented refusal through the whole pipeline: how often it is sent, and what is raised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.core.policy import Retries
from connectors.errors import (
    AnswerLost,
    BadRequest,
    DecodeError,
    NotSent,
    ServerError,
    StatusError,
    Throttled,
)
from connectors.getresponse.models import NewContact, Recipients
from tests.facades import WORLDS, World, run
from tests.getresponse.operations import PLAIN
from tests.getresponse.script import Script, ok, refusal
from tests.getresponse.test_wire import CODES

Case = Callable[[Any], Awaitable[Any]]

READS: list[Case] = [
    lambda c: c.contacts.get("c"),
    lambda c: c.contacts.list().first(),
    lambda c: c.newsletters.statistics("n"),
]
REPEATABLE: list[Case] = [
    *READS,
    lambda c: c.contacts.update("c", name="x"),
    lambda c: c.contacts.upsert_tags("c", ["t"]),
    lambda c: c.contacts.upsert_custom_fields("c", {"f": "x"}),
    lambda c: c.blocklists.add(["@x.y"]),
    lambda c: c.newsletters.cancel("n"),
    lambda c: c.tags.delete("t"),
]
ONCE: list[Case] = [
    lambda c: c.contacts.create("C", "a@x.y"),
    lambda c: c.contacts.create_batch("C", [NewContact(email="a@x.y")]),
    lambda c: c.campaigns.create("news"),
    lambda c: c.tags.create("vip"),
    lambda c: c.newsletters.create_draft(PLAIN),
    lambda c: c.newsletters.create(PLAIN, Recipients(campaign_ids=["C"]), send_on="now"),
    lambda c: c.newsletters.send_draft("n", Recipients(campaign_ids=["C"]), send_on="now"),
    lambda c: c.imports.create("C", columns=["email"], rows=[["a@x.y"]]),
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


@pytest.mark.parametrize(("code", "status", "kind", "repeats", "hint"), CODES)
def test_each_refusal_is_repeated_where_that_is_safe_and_nowhere_else(
    world: World, code: int, status: int, kind: type[StatusError], repeats: str, hint: str
) -> None:
    for cases, again in ((REPEATABLE, repeats in ("all", "reads")), (ONCE, repeats == "all")):
        for case in cases:
            if code == 1013 and case is REPEATABLE[-1]:
                continue  # gone already counts as deleted

            error, sent = fail(world, case, refusal(status, code, "Something is wrong"))

            assert type(error) is kind
            assert isinstance(error, StatusError)
            assert sent == error.attempts == (SENDS if again else 1)
            assert error.transient is (kind in (ServerError, Throttled))
            assert (error.service, error.status, error.code) == ("getresponse", status, str(code))
            assert error.request_id == "u"
            assert "Something is wrong" in str(error)
            assert hint in str(error)


@pytest.mark.parametrize(
    ("answer", "kind", "reads", "writes"),
    [
        (ConnectionRefusedError("no"), NotSent, SENDS, SENDS),
        (ConnectionResetError("gone"), AnswerLost, SENDS, 1),
        ((502, {}, b"<html>"), ServerError, SENDS, 1),
        ((301, {"Location": "https://www.getresponse.com/"}, b"<html>"), BadRequest, 1, 1),
        ((404, {}, b"<html>"), BadRequest, 1, 1),
        ((404, {}, b""), BadRequest, 1, 1),
    ],
)
def test_what_is_not_the_vendors_own_is_repeated_by_the_same_rule(
    world: World, answer: Any, kind: type[Exception], reads: int, writes: int
) -> None:
    for cases, times in ((REPEATABLE, reads), (ONCE, writes)):
        for case in cases:
            error, sent = fail(world, case, answer)

            assert type(error) is kind
            assert sent == times


@pytest.mark.parametrize("body", [b'{"contactId": "c', b"<html>Sign in</html>", b""])
def test_an_answer_that_was_cut_off_is_read_once_more_and_a_write_is_not(
    world: World, body: bytes
) -> None:
    for case in READS:
        error, sent = fail(world, case, (200, {}, body))
        assert type(error) is DecodeError
        assert sent == 2
    for case in ONCE[2:7]:
        error, sent = fail(world, case, (201, {}, body))
        assert type(error) is DecodeError
        assert sent == 1


def test_a_read_that_was_cut_off_once_succeeds(world: World) -> None:
    script = Script([(200, {}, b'[{"tagId"'), ok([{"tagId": "t", "name": "vip"}])])

    found = run(world, script.make(), lambda c: c.tags.list().first())

    assert found.name == "vip"


def test_what_is_gone_already_counts_as_deleted_for_every_noun(world: World) -> None:
    nouns = (
        "contacts custom_fields tags predefined_fields newsletters from_fields search_contacts "
        "suppressions"
    ).split()
    script = Script([refusal(404, 1013)] * len(nouns))

    async def case(client: Any) -> None:
        for noun in nouns:
            await getattr(client, noun).delete("x")

    run(world, script.make(), case)

    assert len(script.sent) == len(nouns)
