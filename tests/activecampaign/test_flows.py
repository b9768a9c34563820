"""What takes several calls, when others are at work at the same time and answers are lost."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.activecampaign.models import ImportState, Schema, SchemaField
from connectors.core.policy import Retries
from connectors.errors import AnswerLost, ConfigError, Conflict, Forbidden, ServerError
from tests.activecampaign.script import Answer, Script, ok, refusal
from tests.facades import WORLDS, World, run

LOST = ConnectionResetError("gone")
DUPLICATE = {
    "message": "Could not process request",
    "error": "Duplicate entry 'contact-VIP' for key 'typetag'",
}
ONCE = Retries(attempts=1)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


# --- tags ------------------------------------------------------------------------------------


def tags(*names: str) -> Answer:
    rows = [{"id": str(n), "tag": name, "tagType": "contact"} for n, name in enumerate(names, 1)]
    return ok({"tags": rows, "meta": {"total": str(len(rows))}})


def made(name: str) -> Answer:
    return ok({"tag": {"id": "9", "tag": name, "tagType": "contact"}}, 201)


def test_a_tag_that_is_there_costs_one_call(world: World) -> None:
    script = Script([tags("vip-gold", "VIP")])

    assert run(world, script.make(), lambda c: c.tags.ensure("vip")).id == "2"
    assert script.lines == ["GET tags"]
    assert script.sent[0].query[0] == ("filters[search][eq]", "vip")


def test_a_new_tag_costs_two(world: World) -> None:
    script = Script([tags("vip-gold"), made("vip")])

    assert run(world, script.make(), lambda c: c.tags.ensure("vip")).id == "9"
    assert script.lines == ["GET tags", "POST tags"]


@pytest.mark.parametrize(
    "answer",
    [
        refusal(500, DUPLICATE),
        refusal(400, DUPLICATE),
        refusal(422, {"errors": [{"title": "taken", "code": "duplicate"}]}),
        refusal(502, {}),
        LOST,
    ],
)
def test_a_tag_that_somebody_else_made_meanwhile_is_found(world: World, answer: Any) -> None:
    script = Script([tags(), answer, tags("VIP")])

    assert run(world, script.make(), lambda c: c.tags.ensure("vip")).id == "1"
    assert script.lines == ["GET tags", "POST tags", "GET tags"]


def test_a_tag_that_an_exact_search_hides_is_looked_for_among_all_that_hold_it(
    world: World,
) -> None:
    script = Script([tags(), refusal(500, DUPLICATE), tags(), tags("vip-gold", "vip ")])

    assert run(world, script.make(), lambda c: c.tags.ensure("vip")).id == "2"
    assert script.sent[-1].query[0] == ("search", "vip")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(refusal(500, DUPLICATE), Conflict), (refusal(502, {}), ServerError), (LOST, AnswerLost)],
)
def test_a_tag_that_nobody_finds_is_an_error(world: World, answer: Any, kind: Any) -> None:
    script = Script([tags(), answer, tags(), tags()])

    with pytest.raises(kind):
        run(world, script.make(), lambda c: c.tags.ensure("vip"))


def test_a_key_that_may_make_no_tags_is_told_at_once(world: World) -> None:
    script = Script([tags(), refusal(403, {"message": "Forbidden"})])

    with pytest.raises(Forbidden):
        run(world, script.make(), lambda c: c.tags.ensure("vip"))
    assert len(script.sent) == 2


# --- automations -----------------------------------------------------------------------------


def enrolments(*rows: tuple[str, str, str]) -> Answer:
    shown = [
        {"id": id, "contact": "1", "automation": automation, "status": status}
        for id, automation, status in rows
    ]
    return ok({"contactAutomations": shown})


ENTERED = ok({"contactAutomation": {"id": "9", "contact": "1", "automation": "42", "status": "1"}})


def enrol(world: World, script: Script) -> Any:
    return run(world, script.make(retries=ONCE), lambda c: c.automations.ensure_enrolled("1", "42"))


def test_who_is_in_it_does_not_enter_again(world: World) -> None:
    script = Script([enrolments(("7", "41", "1"), ("8", "42", "1"))])

    assert enrol(world, script).id == "8"
    assert script.lines == ["GET contacts/1/contactAutomations"]


@pytest.mark.parametrize("lost", [LOST, refusal(500, {}), refusal(503, {})])
def test_an_entry_whose_answer_was_lost_is_found(world: World, lost: Any) -> None:
    before = enrolments(("8", "42", "2"))
    script = Script([before, lost, enrolments(("8", "42", "2"), ("9", "42", "1"))])

    assert enrol(world, script).id == "9"
    assert script.lines.count("POST contactAutomations") == 1


def test_an_entry_that_was_not_made_is_made_once_more(world: World) -> None:
    before = enrolments(("8", "42", "2"))
    script = Script([before, LOST, before, ENTERED])

    assert enrol(world, script).id == "9"
    assert script.lines.count("POST contactAutomations") == 2


# --- records ---------------------------------------------------------------------------------

SCHEMA = Schema(
    id="s",
    slug="visit",
    fields=(
        SchemaField(id="room", label="Room"),
        SchemaField(id="host", label="Host"),
        SchemaField(id="old", label="Old", deleted=True),
    ),
)
RECORD = {
    "externalId": "e",
    "fields": [{"id": "room", "value": "Blue"}, {"id": "old", "value": "x"}],
    "relationships": {"primary-contact": ["14"]},
}


def test_a_change_of_one_field_sends_all_that_have_a_value(world: World) -> None:
    script = Script([held(room="Blue"), ok({"record": RECORD}, 201)])

    change(world, script)

    assert script.sent[1].json == {
        "record": {
            "externalId": "e",
            "fields": [{"id": "room", "value": "Blue"}, {"id": "host", "value": "Ada"}],
            "relationships": {"primary-contact": ["14"]},
        }
    }


WIDER = {
    "id": "s",
    "slug": "visit",
    "fields": [
        {"id": "room", "type": "text", "labels": {"singular": "Room", "plural": "Rooms"}},
        {"id": "host", "type": "text", "labels": {"singular": "Host", "plural": "Hosts"}},
        {"id": "new", "type": "number", "labels": {"singular": "New", "plural": "New"}},
        {"id": "old", "type": "text", "status": "marked_for_deletion"},
    ],
}


def schemas(*rows: dict[str, Any]) -> Answer:
    return ok({"schemas": list(rows), "meta": {"total": len(rows)}})


def held(**values: object) -> Answer:
    rows = [{"id": name, "value": value} for name, value in values.items()]
    return ok({"record": {**RECORD, "fields": rows}})


def change(world: World, script: Script) -> None:
    async def case(client: Any) -> None:
        await client.custom_objects.update_record(SCHEMA, "e", {"host": "Ada"})

    run(world, script.make(), case)


def test_a_field_that_was_added_since_the_schema_was_read_keeps_its_value(world: World) -> None:
    other = {**WIDER, "id": "t", "fields": []}
    script = Script(
        [held(room="Blue", new=1e21, old="x"), schemas(other, WIDER), ok({"record": RECORD}, 201)]
    )

    change(world, script)

    assert script.lines[1] == "GET customObjects/schemas"
    assert script.sent[1].query[0] == ("showFields", "all")
    assert script.sent[2].json["record"]["fields"] == [
        {"id": "room", "value": "Blue"},
        {"id": "host", "value": "Ada"},
        {"id": "new", "value": "1" + "0" * 21},
    ]


def test_a_field_of_no_value_is_nothing_to_lose(world: World) -> None:
    script = Script([held(room="Blue", mystery=None), ok({"record": RECORD}, 201)])

    change(world, script)

    assert [line.split()[0] for line in script.lines] == ["GET", "POST"]


@pytest.mark.parametrize("listed", [schemas(WIDER), schemas()], ids=["without-it", "no-schema"])
def test_a_value_that_no_schema_explains_is_not_cleared(world: World, listed: Answer) -> None:
    script = Script([held(room="Blue", mystery="x"), listed])

    with pytest.raises(ConfigError, match="holds mystery, which schema visit does not have"):
        change(world, script)
    assert len(script.sent) == 2


# --- imports ---------------------------------------------------------------------------------


def test_an_import_is_looked_at_until_it_is_settled(world: World) -> None:
    states: list[object] = [False, "waiting", "active", "completed"]
    script = Script([ok({"status": state}) for state in states])

    done = run(world, script.make(), lambda c: c.contacts.wait_for_import("b"))

    assert done.state is ImportState.COMPLETED
    assert script.clock.waits == [2.0, 5.0, 10.0]


def test_a_wait_ends_with_its_pauses(world: World) -> None:
    script = Script([ok({"status": "active"})] * 3)

    last = run(world, script.make(), lambda c: c.contacts.wait_for_import("b", pauses=[1, 1]))

    assert not last.settled
    assert len(script.sent) == 3
