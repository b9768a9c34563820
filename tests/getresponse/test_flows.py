"""What takes several calls, in both worlds, against a service that answers from a script."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.errors import (
    AnswerLost,
    BadRequest,
    ConfigError,
    Conflict,
    DecodeError,
    Forbidden,
    ServerError,
)
from connectors.getresponse.flows import PAUSES, NotScheduled, ReportNotReady
from connectors.getresponse.models import NewReport, Recipients, ReportType
from tests.facades import WORLDS, World, run
from tests.getresponse.operations import PLAIN
from tests.getresponse.script import KEY, Script, ok, refusal

LOST = ConnectionResetError("gone")
EVERYBODY = Recipients(campaign_ids=["C"])


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


# --- contacts --------------------------------------------------------------------------------


def contact(email: str = "ada@x.y", **more: object) -> dict[str, Any]:
    return {"contactId": "c", "email": email, "campaign": {"campaignId": "C"}, **more}


def test_a_new_contact_is_waited_for_with_the_vendors_pauses(world: World) -> None:
    script = Script(
        [
            ok(status=202),
            ok([]),
            ok([contact("aada@x.y")]),
            ok([contact("ADA@X.y")]),
            ok(contact("ADA@X.y", tags=[])),
        ]
    )

    found = run(
        world, script.make(), lambda c: c.contacts.create_and_wait("C", "ada@x.y", name="Ada")
    )

    assert found.contact_id == "c"
    assert script.clock.waits == [5.0, 15.0, 30.0]
    assert script.lines == [
        "POST contacts",
        "GET contacts",
        "GET contacts",
        "GET contacts",
        "GET contacts/c",
    ]
    assert script.sent[0].json == {
        "campaign": {"campaignId": "C"},
        "email": "ada@x.y",
        "name": "Ada",
    }
    assert "additionalFlags=exactMatch" in script.sent[1].url


def test_a_contact_that_never_appears_is_none_after_nine_minutes(world: World) -> None:
    script = Script([ok(status=202), *[ok([])] * 6])

    found = run(world, script.make(), lambda c: c.contacts.create_and_wait("C", "ada@x.y"))

    assert found is None
    assert tuple(script.clock.waits) == PAUSES
    assert sum(PAUSES) == 530


def test_a_contact_of_another_list_or_gone_again_is_not_taken_for_it(world: World) -> None:
    elsewhere = {**contact(), "campaign": {"campaignId": "D"}}
    script = Script(
        [
            ok(status=202),
            ok([elsewhere]),
            ok([contact()]),
            refusal(404, 1013),
            ok([contact()]),
            ok(contact()),
        ]
    )

    found = run(world, script.make(), lambda c: c.contacts.create_and_wait("C", "ada@x.y"))

    assert found.contact_id == "c"
    assert script.clock.waits == [5.0, 15.0, 30.0]


def test_a_contact_that_exists_already_is_a_conflict_and_is_not_waited_for(world: World) -> None:
    script = Script([refusal(409, 1008)])

    with pytest.raises(Conflict):
        run(world, script.make(), lambda c: c.contacts.create_and_wait("C", "ada@x.y"))

    assert script.clock.waits == []


@pytest.mark.parametrize("doubt", [LOST, refusal(500, 1)])
@pytest.mark.parametrize("second", [ok(status=202), refusal(409, 1008)])
def test_a_creation_in_doubt_is_repeated_and_exists_is_success(
    world: World, doubt: Any, second: Any
) -> None:
    script = Script([doubt, second, ok([contact()]), ok(contact())])

    found = run(world, script.make(), lambda c: c.contacts.create_and_wait("C", "ada@x.y"))

    assert found.contact_id == "c"
    assert script.lines[:2] == ["POST contacts"] * 2
    assert script.clock.waits == [5.0, 5.0]


@pytest.mark.parametrize(("again", "error"), [(LOST, AnswerLost), (refusal(500, 1), ServerError)])
def test_a_creation_twice_in_doubt_says_so(
    world: World, again: Any, error: type[Exception]
) -> None:
    script = Script([LOST, again])

    with pytest.raises(error):
        run(world, script.make(), lambda c: c.contacts.create_and_wait("C", "ada@x.y"))


def test_one_tag_is_taken_off_and_the_others_stay(world: World) -> None:
    tags = [{"tagId": each, "name": each} for each in ("t", "u", "v")]
    script = Script([ok(contact(tags=tags)), ok(contact(tags=tags[1:]))])

    found = run(world, script.make(), lambda c: c.contacts.remove_tag("c", "t"))

    assert [tag.tag_id for tag in found.tags] == ["u", "v"]
    assert script.lines == ["GET contacts/c", "POST contacts/c"]
    assert script.sent[1].json == {"tags": [{"tagId": "u"}, {"tagId": "v"}]}


def test_a_tag_that_is_not_there_needs_no_write(world: World) -> None:
    script = Script([ok(contact(tags=[{"tagId": "u", "name": "u"}]))])

    found = run(world, script.make(), lambda c: c.contacts.remove_tag("c", "t"))

    assert [tag.tag_id for tag in found.tags] == ["u"]


def test_values_under_their_older_name_and_empty_ones_are_no_loss_to_the_others(
    world: World,
) -> None:
    fields = [
        {"customFieldId": "f", "value": ["a"]},
        {"customFieldId": "g", "value": ["b"], "values": ["b"]},
        {"customFieldId": "h", "values": [""]},
        {"customFieldId": "i", "value": ["", "c"]},
    ]
    script = Script([ok(contact(customFieldValues=fields)), ok(contact(customFieldValues=fields))])

    found = run(world, script.make(), lambda c: c.contacts.remove_custom_field("c", "g"))

    assert script.sent[1].json == {
        "customFieldValues": [
            {"customFieldId": "f", "value": ["a"]},
            {"customFieldId": "i", "value": ["c"]},
        ]
    }
    values = {each.custom_field_id: each.values for each in found.custom_field_values}
    assert values == {"f": ("a",), "g": ("b",), "h": ("",), "i": ("", "c")}


FIELDS = [
    {"customFieldId": "f", "values": ["a", "b"]},
    {"customFieldId": "g", "values": ["c"]},
    {"customFieldId": "h", "values": []},
]


@pytest.mark.parametrize(
    ("field_id", "value", "left"),
    [
        ("f", None, {"g": ["c"]}),
        ("f", "a", {"f": ["b"], "g": ["c"]}),
        ("g", "c", {"f": ["a", "b"]}),
        ("f", "z", None),
        ("x", None, None),
        ("h", None, None),
    ],
)
def test_values_are_taken_out_and_the_others_stay(
    world: World, field_id: str, value: str | None, left: dict[str, list[str]] | None
) -> None:
    script = Script([ok(contact(customFieldValues=FIELDS)), ok(contact())])

    run(
        world,
        script.make(),
        lambda c: c.contacts.remove_custom_field("c", field_id, value=value),
    )

    if left is None:
        assert script.lines == ["GET contacts/c"]
    else:
        written = script.sent[1].json["customFieldValues"]
        assert {each["customFieldId"]: each["value"] for each in written} == left


def test_the_last_tag_and_the_last_value_can_be_taken_too(world: World) -> None:
    whole = contact(tags=[{"tagId": "t", "name": "t"}], customFieldValues=FIELDS[1:])
    script = Script([ok(whole), ok(contact()), ok(whole), ok(contact())])

    async def case(client: Any) -> None:
        await client.contacts.remove_tag("c", "t")
        await client.contacts.remove_custom_field("c", "g")

    run(world, script.make(), case)

    assert script.sent[1].json == {"tags": []}
    assert script.sent[3].json == {"customFieldValues": []}


# --- newsletters -----------------------------------------------------------------------------

WHEN = datetime(2026, 7, 14, 7, tzinfo=UTC)
ZONES = ok([{"timezoneId": 282, "name": "Europe/Warsaw", "offset": "+01:00", "country": "PL"}])


def letter(send_on: object = "2026-07-14T07:00:00+0000", status: object = "scheduled") -> Any:
    return {"newsletterId": "n", "sendOn": send_on, "sendMetrics": {"status": status}}


async def schedule(client: Any) -> Any:
    return await client.newsletters.create(PLAIN, EVERYBODY, send_on=WHEN)


async def schedule_draft(client: Any) -> Any:
    return await client.newsletters.send_draft("d", EVERYBODY, send_on=WHEN)


def test_a_schedule_is_sent_in_a_zone_of_getresponse_and_read_back(world: World) -> None:
    script = Script([ZONES, ok(letter(), 201), ok(letter())])

    planned = run(world, script.make(), schedule)

    assert planned.send_on == WHEN
    assert script.lines == ["GET accounts/timezones", "POST newsletters", "GET newsletters/n"]
    body = script.sent[1].json
    assert body["type"] == "broadcast"
    assert body["sendSettings"]["sendOn"] == {
        "date": "2026-07-14T09:00:00",
        "timeZone": {"timeZoneId": 282},
    }


def test_a_draft_is_scheduled_and_read_back_by_the_id_of_the_message(world: World) -> None:
    script = Script([ZONES, ok(letter(), 201), ok(letter("2026-07-14T09:00:00+02:00"))])

    planned = run(world, script.make(), schedule_draft)

    assert planned.send_on == WHEN
    assert script.lines == [
        "GET accounts/timezones",
        "POST newsletters/send-draft",
        "GET newsletters/n",
    ]
    assert script.sent[1].json["messageId"] == "d"


@pytest.mark.parametrize("make", [schedule, schedule_draft])
@pytest.mark.parametrize(
    ("there", "said"),
    [
        (letter(None, "in_progress"), "is in_progress for no time"),
        (letter("", "finished"), "is finished for no time"),
        (letter(None, "scheduled"), "is scheduled for no time"),
        (letter(None, None), "is not scheduled for no time"),
        (letter("2026-07-14T05:00:00+0000"), "for 2026-07-14 05:00:00"),
        (letter("2026-07-14T07:00:00"), "for 2026-07-14 07:00:00"),
        ({"newsletterId": "n"}, "is not scheduled"),
    ],
)
def test_a_schedule_that_was_not_taken_is_taken_back(
    world: World, make: Any, there: Any, said: str
) -> None:
    script = Script([ZONES, ok(letter(), 201), ok(there), ok(letter(None, None))])

    with pytest.raises(NotScheduled, match=said) as caught:
        run(world, script.make(), make)

    assert (caught.value.newsletter_id, caught.value.cancelled) == ("n", True)
    assert "is a draft now" in str(caught.value)
    assert script.lines[-1] == "POST newsletters/n/cancel"


def test_a_message_that_cannot_be_taken_back_says_so(world: World) -> None:
    going = letter(None, "in_progress")
    script = Script([ZONES, ok(going, 201), ok(going), refusal(400, 1011)])

    with pytest.raises(NotScheduled, match="look at newsletter n before") as caught:
        run(world, script.make(), schedule)

    assert not caught.value.cancelled
    assert isinstance(caught.value.__cause__, Conflict)


def test_a_message_that_cannot_be_read_back_is_left_alone_and_named(world: World) -> None:
    script = Script([ZONES, ok(letter(), 201), refusal(403, 1016)])

    with pytest.raises(NotScheduled, match="could not be read back") as caught:
        run(world, script.make(), schedule)

    assert (caught.value.newsletter_id, caught.value.cancelled) == ("n", False)
    assert isinstance(caught.value.__cause__, Forbidden)
    assert len(script.sent) == 3


@pytest.mark.parametrize("make", [schedule, schedule_draft])
@pytest.mark.parametrize("doubt", [LOST, refusal(500, 1), refusal(503, 1019)])
def test_a_message_is_never_sent_twice(world: World, make: Any, doubt: Any) -> None:
    script = Script([ZONES, doubt])

    with pytest.raises((AnswerLost, ServerError)):
        run(world, script.make(), make)

    assert len(script.sent) == 2


def test_now_is_said_and_sends_no_schedule(world: World) -> None:
    script = Script([ok(letter(None, "in_progress"), 201), ok(letter(None, "in_progress"), 201)])

    async def case(client: Any) -> None:
        await client.newsletters.create(PLAIN, EVERYBODY, send_on="now")
        await client.newsletters.send_draft("d", EVERYBODY, send_on="now")

    run(world, script.make(), case)

    assert script.lines == ["POST newsletters", "POST newsletters/send-draft"]
    assert all("sendOn" not in str(each.json) for each in script.sent)


@pytest.mark.parametrize("when", [datetime(2026, 7, 14, 7), "tomorrow", None, 0])
@pytest.mark.parametrize("draft", [False, True])
def test_a_time_that_is_none_is_refused_before_any_call(
    world: World, when: Any, draft: bool
) -> None:
    script = Script([])

    async def case(client: Any) -> None:
        if draft:
            await client.newsletters.send_draft("d", EVERYBODY, send_on=when)
        else:
            await client.newsletters.create(PLAIN, EVERYBODY, send_on=when)

    with pytest.raises(ConfigError):
        run(world, script.make(), case)


@pytest.mark.parametrize("make", [schedule, schedule_draft])
@pytest.mark.parametrize("late", [0, 1])
def test_a_time_that_has_passed_by_the_services_clock_sends_nothing(
    world: World, make: Any, late: int
) -> None:
    date = format_datetime(WHEN + timedelta(seconds=late), usegmt=True)
    script = Script([(200, {"Date": date}, ZONES[2])])

    with pytest.raises(ConfigError, match="send_on has passed"):
        run(world, script.make(), make)

    assert script.lines == ["GET accounts/timezones"]


def test_a_time_a_second_ahead_is_sent(world: World) -> None:
    date = format_datetime(WHEN - timedelta(seconds=1), usegmt=True)
    script = Script([(200, {"Date": date}, ZONES[2]), ok(letter(), 201), ok(letter())])

    assert run(world, script.make(), schedule).send_on == WHEN


def test_of_an_hour_that_comes_twice_the_second_is_meant_where_it_was_said(world: World) -> None:
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Warsaw"))
    zones = [json.loads(ZONES[2])[0], {"timezoneId": 9, "name": "UTC", "offset": "+00:00"}]
    there = letter("2026-10-25T01:30:00+0000")
    script = Script([ok(zones), ok(there, 201), ok(there)])

    async def case(client: Any) -> Any:
        return await client.newsletters.create(PLAIN, EVERYBODY, send_on=second)

    assert run(world, script.make(), case).send_on == second.astimezone(UTC)
    assert script.sent[1].json["sendSettings"]["sendOn"] == {
        "date": "2026-10-25T01:30:00",
        "timeZone": {"timeZoneId": 9},
    }


def test_a_message_to_nobody_is_refused_before_any_call(world: World) -> None:
    script = Script([])

    for each in (
        lambda c: c.newsletters.create(PLAIN, Recipients(), send_on=WHEN),
        lambda c: c.newsletters.send_draft("d", Recipients(), send_on=WHEN),
    ):
        with pytest.raises(ConfigError, match="needs recipients"):
            run(world, script.make(), each)


def test_a_draft_is_made_by_one_call(world: World) -> None:
    script = Script([ok(letter(None, None), 201)])

    run(world, script.make(), lambda c: c.newsletters.create_draft(PLAIN))

    assert script.sent[0].json["type"] == "draft"


# --- reports ---------------------------------------------------------------------------------

REPORT = NewReport(
    name="opens",
    type=ReportType.MESSAGE_ACTIVITY,
    since=date(2026, 1, 1),
    until=date(2026, 2, 1),
)


def report(*states: str, mark: str = "") -> Any:
    return ok(
        {
            "customReportId": "r",
            "files": [
                {
                    "customReportFileId": f"f{number}",
                    "status": state,
                    "downloadUrl": f"https://files.example/f{number}{mark}",
                }
                for number, state in enumerate(states)
            ],
        }
    )


def test_a_report_is_asked_for_waited_for_and_fetched_by_fresh_links(world: World) -> None:
    script = Script(
        [
            report(),
            report("pending"),
            report("in-progress", "pending"),
            report("ready", "ready"),
            report("ready", "ready"),
            report("ready", "ready", mark="?fresh=1"),
            (200, {}, b"a,b\n1,2\n"),
            report("ready", "ready", mark="?fresh=2"),
            (200, {}, b"a,b\n3,4\n"),
        ]
    )

    files = run(world, script.make(), lambda c: c.custom_reports.create_and_download(REPORT))

    assert files == (b"a,b\n1,2\n", b"a,b\n3,4\n")
    assert script.clock.waits == [5.0, 15.0]
    downloads = [each for each in script.sent if "files.example" in each.url]
    assert [each.url for each in downloads] == [
        "https://files.example/f0?fresh=1",
        "https://files.example/f1?fresh=2",
    ]
    for each in downloads:
        assert KEY not in str(each.headers)
        assert {name.lower() for name in each.headers}.isdisjoint({"x-auth-token", "authorization"})


@pytest.mark.parametrize("states", [[], ["pending"], ["ready", "in-progress"]])
def test_a_report_that_is_not_ready_is_an_error_with_its_id(
    world: World, states: list[str]
) -> None:
    script = Script([report(), *[report(*states)] * 7])

    with pytest.raises(ReportNotReady, match="report r is not ready") as caught:
        run(world, script.make(), lambda c: c.custom_reports.create_and_download(REPORT))

    assert caught.value.report.custom_report_id == "r"
    assert sum(script.clock.waits) == 530


def test_a_report_that_failed_is_an_error_at_once(world: World) -> None:
    script = Script([report(), report("ready", "error")])

    with pytest.raises(ReportNotReady, match="could not be made"):
        run(world, script.make(), lambda c: c.custom_reports.create_and_download(REPORT))

    assert script.clock.waits == []


def test_a_report_can_be_waited_for_and_fetched_in_two_steps(world: World) -> None:
    script = Script(
        [
            report("pending"),
            report("ready"),
            report("ready"),
            report("ready"),
            (200, {}, b"x"),
        ]
    )

    async def case(client: Any) -> Any:
        assert (await client.custom_reports.wait("r")).settled
        return await client.custom_reports.download("r")

    assert run(world, script.make(), case) == (b"x",)


@pytest.mark.parametrize("page", [b"<html>Sign in</html>", b"\xef\xbb\xbf <!DOCTYPE html>"])
def test_a_web_page_is_not_taken_for_the_file_of_a_report(world: World, page: bytes) -> None:
    script = Script([report("ready"), report("ready"), *[(200, {}, page)] * 2])

    with pytest.raises(DecodeError, match="is a web page"):
        run(world, script.make(), lambda c: c.custom_reports.download("r"))


def test_a_file_that_vanished_is_an_error(world: World) -> None:
    script = Script([report("ready", "ready"), report("ready"), (200, {}, b"x"), report("ready")])

    with pytest.raises(ReportNotReady, match="lost a file"):
        run(world, script.make(), lambda c: c.custom_reports.download("r"))


def test_a_link_that_is_refused_is_an_error_of_the_download(world: World) -> None:
    script = Script([report("ready"), report("ready"), (403, {}, b"<Error>expired</Error>")])

    with pytest.raises(Forbidden, match=r"custom_reports\.download"):
        run(world, script.make(), lambda c: c.custom_reports.download("r"))


# --- finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "wanted", "wrong", "right"),
    [
        (
            "campaigns",
            "news",
            {"campaignId": "a", "name": "news-2"},
            {"campaignId": "b", "name": "news"},
        ),
        ("tags", "vip", {"tagId": "a", "name": "VIP"}, {"tagId": "b", "name": "vip"}),
        (
            "custom_fields",
            "age",
            {"customFieldId": "a", "name": "age_group"},
            {"customFieldId": "b", "name": "age"},
        ),
        (
            "newsletters",
            "mark",
            {"newsletterId": "a", "name": "mark 2"},
            {"newsletterId": "b", "name": "mark"},
        ),
        (
            "suppressions",
            "s",
            {"suppressionId": "a", "name": "ss"},
            {"suppressionId": "b", "name": "s"},
        ),
        (
            "search_contacts",
            "s",
            {"searchContactId": "a", "name": None},
            {"searchContactId": "b", "name": "s"},
        ),
        (
            "from_fields",
            "ada@x.y",
            {"fromFieldId": "a", "email": "aada@x.y"},
            {"fromFieldId": "b", "email": "ADA@x.y"},
        ),
    ],
)
def test_what_is_found_has_exactly_the_name_on_whatever_page(
    world: World, noun: str, wanted: str, wrong: Any, right: Any
) -> None:
    first = (200, {"TotalPages": "2", "CurrentPage": "1"}, ok([wrong])[2])
    script = Script([first, ok([right]), ok([wrong])])

    async def case(client: Any) -> None:
        found = await getattr(client, noun).find(wanted)
        assert "b" in (getattr(found, name) for name in dir(found) if name.endswith("_id"))
        assert await getattr(client, noun).find(wanted) is None

    run(world, script.make(), case)

    assert "page=2" in script.sent[1].url


def test_a_contact_is_found_by_its_address_in_its_list_alone(world: World) -> None:
    elsewhere = {**contact(), "contactId": "e", "campaign": {"campaignId": "D"}}
    script = Script([ok([contact("aada@x.y"), elsewhere, contact("Ada@X.Y")]), ok([])])

    async def case(client: Any) -> None:
        assert (await client.contacts.find("C", "ada@x.y")).contact_id == "c"
        assert await client.contacts.find("C", "ada@x.y") is None
        with pytest.raises(ConfigError):
            await client.contacts.find("C", "")
        with pytest.raises(ConfigError):
            await client.contacts.find("", "ada@x.y")

    run(world, script.make(), case)


def test_a_schedule_from_the_clients_own_clock_is_whole_seconds(world: World) -> None:
    when = WHEN + timedelta(microseconds=654_321)
    script = Script([ZONES, ok(letter(), 201), ok(letter())])

    async def case(client: Any) -> Any:
        return await client.newsletters.create(PLAIN, EVERYBODY, send_on=when)

    assert run(world, script.make(), case).send_on == WHEN


def test_a_refused_message_is_the_vendors_error(world: World) -> None:
    script = Script([ZONES, refusal(400, 1002, "From field is not active")])

    with pytest.raises(BadRequest, match="From field is not active"):
        run(world, script.make(), schedule)
