"""GetResponse's newsletters by the wire: when they go out, to whom, and what comes of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox.getresponse_kit import Edge, Reply


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def news(edge: Edge) -> str:
    return edge.box.add_campaign("news")


@pytest.fixture
def people(edge: Edge, news: str) -> list[str]:
    return [edge.box.sign_up(news, f"p{i}@example.com") for i in range(4)]


def body(edge: Edge, campaign: str, /, **more: object) -> dict[str, Any]:
    return {
        "name": "March",
        "subject": "Hello there",
        "fromField": {"fromFieldId": edge.box.sender},
        "campaign": {"campaignId": campaign},
        "content": {"html": '<a href="https://x.example/1">one</a>', "plain": "one"},
        "sendSettings": {"selectedCampaigns": [campaign]},
        **more,
    }


def post(edge: Edge, campaign: str, /, **more: object) -> Reply:
    return edge.post("/newsletters", body(edge, campaign, **more))


def at(date: str, zone: int = 282) -> dict[str, object]:
    return {"date": date, "timeZone": {"timeZoneId": zone}}


def metrics(edge: Edge, id: str) -> dict[str, str]:
    found: dict[str, str] = edge.get(f"/newsletters/{id}").json["sendMetrics"]
    return found


# -- when --------------------------------------------------------------------------------------


def test_without_type_and_time_it_goes_out_at_once(
    edge: Edge, news: str, people: list[str]
) -> None:
    made = post(edge, news)
    assert made.status == 201
    assert made.json["type"] == "broadcast"
    id = made.json["newsletterId"]
    assert metrics(edge, id)["status"] == "in_progress"
    edge.wait(30)
    assert metrics(edge, id)["sent"] == "3"
    assert edge.box.sent_to(id) == ["p0@example.com", "p1@example.com", "p2@example.com"]
    edge.wait(30)
    assert metrics(edge, id) == {
        "status": "finished",
        "sent": "4",
        "total": "4",
        "delivered": "4",
        "openRate": "0.00",
        "clickRate": "0.00",
        "humanOpenRate": "0.00",
        "humanClickRate": "0.00",
    }
    assert edge.get("/accounts/sending-limits").json[0]["used"] == 4


def test_a_time_inside_the_settings_schedules(edge: Edge, news: str, people: list[str]) -> None:
    settings = {"selectedCampaigns": [news], "sendOn": at("2026-03-02T10:00:00")}
    made = post(edge, news, sendSettings=settings).json
    assert made["sendOn"] == "2026-03-02T09:00:00+0000"
    assert made["sendMetrics"]["status"] == "scheduled"
    assert "sendOn" not in made["sendSettings"]
    id = made["newsletterId"]
    edge.wait(minutes=59)
    assert edge.box.sent_to(id) == []
    late = edge.box.sign_up(news, "late@example.com")
    edge.wait(hours=5)
    assert len(edge.box.sent_to(id)) == 5
    assert metrics(edge, id)["status"] == "finished"
    sends = edge.get(f"/contacts/{late}/activities").json
    assert [each["createdOn"][:13] for each in sends] == ["2026-03-02T09"]


def test_a_time_outside_the_settings_is_ignored_and_it_goes_out_at_once(
    edge: Edge, news: str, people: list[str]
) -> None:
    made = post(edge, news, sendOn="2026-06-01T09:00:00+02:00").json
    assert made["sendMetrics"]["status"] == "in_progress"
    edge.wait(60)
    assert len(edge.box.sent_to(made["newsletterId"])) == 4


def test_a_time_outside_the_settings_can_be_taken(edge: Edge, news: str) -> None:
    edge.box.root_send_on = "taken"
    made = post(edge, news, sendOn="2026-06-01T09:00:00+02:00").json
    assert made["sendOn"] == "2026-06-01T07:00:00+0000"
    assert made["sendMetrics"]["status"] == "scheduled"
    assert post(edge, news, sendOn="2026-06-01T09:00:00").code == 1003


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("2026-03-03T10:00:00", 1006),
        ({"date": "2026-03-03T10:00:00"}, 1005),
        ({"date": "2026-03-03T10:00:00", "timeZone": {"timezoneId": 282}}, 1000),
        ({"date": "2026-03-03T10:00:00", "timeZone": {"timeZoneId": "282"}}, 1006),
        (at("2026-03-03T10:00:00", 999), 1001),
        (at("2026-03-03T10:00:00+0100"), 1003),
        (at("2026-03-03"), 1003),
        (at("2026-02-30T10:00:00"), 1003),
        (at("2026-03-01T10:00:00"), 1000),
    ],
)
def test_a_bad_time_is_refused_and_nothing_is_sent(
    edge: Edge, news: str, people: list[str], when: object, code: int
) -> None:
    settings = {"selectedCampaigns": [news], "sendOn": when}
    assert post(edge, news, sendSettings=settings).code == code
    assert edge.box.messages() == []


def test_a_time_that_is_over_may_mean_at_once(edge: Edge, news: str) -> None:
    edge.box.refuse_past_send_on = False
    settings = {"selectedCampaigns": [news], "sendOn": at("2026-03-01T10:00:00")}
    made = post(edge, news, sendSettings=settings).json
    assert made["sendOn"] == "2026-03-02T08:00:00+0000"
    assert made["sendMetrics"]["status"] == "in_progress"


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"subject": "x"}, 1000),
        ({"subject": "x" * 129}, 1007),
        ({"name": "x"}, 1000),
        ({"type": "splittest"}, 1000),
        ({"fromField": {"fromFieldId": "none"}}, 1001),
        ({"replyTo": {"fromFieldId": "none"}}, 1001),
        ({"campaign": {"campaignId": "none"}}, 1001),
        ({"content": {}}, 1005),
        ({"content": {"html": "x" * 524_289}}, 1007),
        ({"content": "x"}, 1006),
        ({"flags": ["openrate"]}, 1000),
        ({"flags": "clicktrack"}, 1006),
        ({"trackOpens": True}, 1006),
        ({"status": "enabled"}, 1000),
        ({"editor": "custom"}, 1000),
        ({"attachments": [{"fileName": "a", "content": "?", "mimeType": "b"}]}, 1003),
        ({"sendSettings": {}}, 1000),
        ({"sendSettings": {"selectedCampaigns": [{"campaignId": "x"}]}}, 1006),
        ({"sendSettings": {"selectedCampaigns": ["none"]}}, 1001),
        ({"sendSettings": {"selectedSegments": ["none"]}}, 1001),
        ({"sendSettings": {"selectedContacts": ["none"]}}, 1001),
        ({"sendSettings": {"selectedSuppressions": ["none"]}}, 1001),
        ({"sendSettings": {"recipients": []}}, 1000),
        ({"sendSettings": {"timeTravel": True}}, 1006),
    ],
)
def test_a_bad_newsletter_is_refused(
    edge: Edge, news: str, more: dict[str, object], code: int
) -> None:
    assert post(edge, news, **more).code == code
    assert (edge.box.messages(), edge.box.writes) == ([], 0)


@pytest.mark.parametrize("key", ["subject", "fromField", "campaign", "content", "sendSettings"])
def test_what_a_newsletter_needs(edge: Edge, news: str, key: str) -> None:
    short = body(edge, news)
    del short[key]
    (row,) = edge.post("/newsletters", short).context
    assert row["fieldName"] == [key]


def test_attachments_have_a_size(edge: Edge, news: str) -> None:
    def file(size: int) -> dict[str, str]:
        content = base64.b64encode(b"x" * size).decode()
        return {"fileName": "a.txt", "content": content, "mimeType": "text/plain"}

    assert post(edge, news, attachments=[file(200 * 1024), file(200 * 1024)]).status == 201
    assert post(edge, news, attachments=[file(400 * 1024), file(1)]).code == 1007


def test_two_hundred_and_fifty_six_a_day(edge: Edge, news: str) -> None:
    edge.box.limits = True
    for _ in range(256):
        assert post(edge, news, type="draft").status == 201
        edge.wait(1)
    refused = post(edge, news, type="draft")
    assert refused.refusal == (429, 1015)
    assert refused.context == {"currentLimit": 256, "timeToReset": f"{86_400 - 256} seconds"}
    assert edge.get("/newsletters").status == 200
    edge.wait(86_400 - 256)
    assert post(edge, news, type="draft").status == 201


# -- to whom -----------------------------------------------------------------------------------


def test_what_is_selected_is_anded_and_what_is_excluded_goes(edge: Edge, news: str) -> None:
    other = edge.box.add_campaign("other")
    ids = {
        name: edge.box.sign_up(campaign, f"{name}@{host}")
        for name, campaign, host in (
            ("a", news, "x.example"),
            ("b", news, "x.example"),
            ("c", news, "rival.example"),
            ("d", other, "x.example"),
        )
    }
    segment = edge.box.add_segment("all", [news, other])
    rivals = edge.post("/suppressions", {"name": "r", "masks": ["@rival.example"]}).json

    def to(**settings: object) -> list[str]:
        id = post(edge, news, sendSettings=settings).json["newsletterId"]
        edge.wait(60)
        return sorted(address[0] for address in edge.box.sent_to(id))

    assert to(selectedCampaigns=[news, other]) == ["a", "b", "c", "d"]
    assert to(selectedCampaigns=[news], selectedContacts=[ids["a"], ids["d"]]) == ["a"]
    assert to(selectedSegments=[segment], excludedCampaigns=[news]) == ["d"]
    assert to(selectedContacts=[ids["b"]], excludedSegments=[segment]) == []
    suppressed = [rivals["suppressionId"]]
    assert to(selectedCampaigns=[news], selectedSuppressions=suppressed) == ["a", "b"]


@pytest.mark.parametrize(("once", "mails"), [(False, 2), (True, 1)])
def test_who_is_in_two_lists(edge: Edge, news: str, once: bool, mails: int) -> None:
    other = edge.box.add_campaign("other")
    edge.box.one_mail_per_address = once
    edge.box.sign_up(news, "a@example.com")
    edge.box.sign_up(other, "A@example.com")
    id = post(edge, news, sendSettings={"selectedCampaigns": [news, other]}).json["newsletterId"]
    edge.wait(60)
    assert len(edge.box.sent_to(id)) == mails


# -- drafts ------------------------------------------------------------------------------------


def test_a_draft_waits_until_it_is_sent(edge: Edge, news: str, people: list[str]) -> None:
    made = post(edge, news, type="draft", sendSettings={}).json
    id = made["newsletterId"]
    assert (made["type"], made["sendOn"], made["sendMetrics"]) == ("draft", None, None)
    edge.wait(days=1)
    assert edge.box.sent_to(id) == []
    order = {"messageId": id, "sendSettings": {"selectedCampaigns": [news]}}
    sent = edge.post("/newsletters/send-draft", order)
    assert (sent.status, sent.json["newsletterId"], sent.json["type"]) == (201, id, "broadcast")
    assert edge.post("/newsletters/send-draft", order).refusal == (400, 1011)
    edge.wait(60)
    assert edge.post("/newsletters/send-draft", order).refusal == (400, 1002)
    assert len(edge.box.sent_to(id)) == 4


def test_a_sent_draft_may_stay_a_draft(edge: Edge, news: str, people: list[str]) -> None:
    edge.box.send_draft_consumes = False
    id = edge.box.add_draft(news, "Hello", name="MS CRM one")
    order = {"messageId": id, "sendSettings": {"selectedCampaigns": [news]}}
    sent = edge.post("/newsletters/send-draft", order).json
    assert sent["newsletterId"] != id
    assert edge.get(f"/newsletters/{id}").json["type"] == "draft"


def test_a_draft_is_sent_with_checks(edge: Edge, news: str) -> None:
    id = edge.box.add_draft(news, "Hello")
    everybody = {"selectedCampaigns": [news]}

    def send(**order: object) -> Reply:
        return edge.post("/newsletters/send-draft", order)

    assert send(messageId="none", sendSettings=everybody).refusal == (404, 1013)
    assert send(messageId=id).code == 1005
    assert send(newsletterId=id, sendSettings=everybody).code == 1000
    assert send(messageId=id, sendSettings={}).code == 1000
    past = {**everybody, "sendOn": at("2026-03-01T10:00:00")}
    assert send(messageId=id, sendSettings=past).code == 1000
    assert edge.get(f"/newsletters/{id}").json["type"] == "draft"


def test_a_cancelled_message_is_a_draft_again(edge: Edge, news: str, people: list[str]) -> None:
    settings = {"selectedCampaigns": [news], "sendOn": at("2026-03-02T10:00:00")}
    id = post(edge, news, sendSettings=settings).json["newsletterId"]
    cancelled = edge.post(f"/newsletters/{id}/cancel")
    assert cancelled.status == 200
    assert (cancelled.json["type"], cancelled.json["sendOn"]) == ("draft", None)
    edge.wait(hours=2)
    assert edge.box.sent_to(id) == []
    assert edge.post(f"/newsletters/{id}/cancel").refusal == (400, 1002)
    assert edge.post("/newsletters/none/cancel").refusal == (404, 1013)


def test_what_goes_out_cannot_be_stopped_unless_it_can(
    edge: Edge, news: str, people: list[str]
) -> None:
    id = post(edge, news).json["newsletterId"]
    edge.wait(20)
    assert edge.post(f"/newsletters/{id}/cancel").refusal == (400, 1011)
    assert edge.delete(f"/newsletters/{id}").refusal == (400, 1011)
    edge.box.cancel_while_sending = True
    assert edge.post(f"/newsletters/{id}/cancel").json["type"] == "draft"
    edge.wait(60)
    assert len(edge.box.sent_to(id)) == 2
    assert edge.get(f"/contacts/{people[3]}/activities").json == []


def test_a_deleted_message_never_goes_out(edge: Edge, news: str, people: list[str]) -> None:
    settings = {"selectedCampaigns": [news], "sendOn": at("2026-03-02T10:00:00")}
    id = post(edge, news, sendSettings=settings).json["newsletterId"]
    assert edge.delete(f"/newsletters/{id}").status == 204
    edge.wait(hours=2)
    assert edge.get(f"/newsletters/{id}").refusal == (404, 1013)
    assert edge.get(f"/contacts/{people[0]}/activities").json == []


# -- reading -----------------------------------------------------------------------------------


def test_lists_have_less_than_details(edge: Edge, news: str) -> None:
    made = post(edge, news, type="draft", flags=["clicktrack", "google_analytics"]).json
    (row,) = edge.get("/newsletters").json
    assert row["flags"] == "clicktrack,google_analytics"
    assert made["flags"] == ["clicktrack", "google_analytics"]
    for key in ("content", "clickTracks", "fromField", "replyTo", "attachments"):
        assert key not in row
        assert key in made
    assert row["sendSettings"] == {"timeTravel": "false", "perfectTiming": "false"}
    assert made["sendSettings"]["selectedCampaigns"] == [news]
    assert [each["url"] for each in made["clickTracks"]] == ["https://x.example/1"]
    assert edge.get(f"/newsletters/{made['newsletterId']}").json == made
    assert edge.get("/newsletters/none").refusal == (404, 1013)
    assert edge.get(f"/newsletters/{made['newsletterId']}/thumbnail").status == 501


def test_some_editors_keep_their_html(edge: Edge, news: str) -> None:
    edge.box.editors_without_html = frozenset({"html2"})
    bare = edge.box.add_draft(news, "Hello", editor="html2")
    full = edge.box.add_draft(news, "Hello", editor="editor_v3")
    assert edge.get(f"/newsletters/{bare}").json["content"]["html"] is None
    assert edge.get(f"/newsletters/{full}").json["content"]["html"] == "<p>Hello</p>"


def test_newsletters_are_found(edge: Edge, news: str) -> None:
    other = edge.box.add_campaign("other")
    draft = edge.box.add_draft(other, "Draft", name="MS CRM welcome")
    edge.wait(days=1)
    settings = {"selectedCampaigns": [news], "sendOn": at("2026-03-05T10:00:00")}
    sent = post(edge, news, sendSettings=settings).json["newsletterId"]

    def found(**query: str) -> list[str]:
        pairs: dict[str, object] = {
            f"query[{name.replace('__', '][')}]": value for name, value in query.items()
        }
        return [row["newsletterId"] for row in edge.get("/newsletters", pairs).json]

    assert found() == [draft, sent]
    assert found(name="ms crm") == [draft]
    assert found(type="broadcast") == [sent]
    assert found(type="splittest") == []
    assert found(subject="hello") == [sent]
    assert found(status="disabled") == []
    assert found(campaignId=other) == [draft]
    assert found(createdOn__from="2026-03-03") == [sent]
    assert found(sendOn__to="2026-03-06") == [sent]
    down = edge.get("/newsletters", {"sort[sendOn]": "DESC", "perPage": 1})
    assert [row["newsletterId"] for row in down.json] == [sent]
    assert down.headers["TotalCount"] == "2"
    for bad in ({"query[type]": "x"}, {"query[sendOn]": "2026-03-06"}, {"sort[name]": "ASC"}):
        assert edge.get("/newsletters", dict(bad)).code == 1000


# -- what comes of it --------------------------------------------------------------------------


def test_opens_and_clicks_are_counted(edge: Edge, news: str, people: list[str]) -> None:
    id = post(edge, news, flags=["clicktrack"]).json["newsletterId"]
    with pytest.raises(ValueError, match="has not got"):
        edge.box.open_message(id, people[3])
    edge.wait(60)
    edge.box.open_message(id, people[0])
    edge.box.open_message(id, people[0])
    edge.box.open_message(id, people[1], human=False)
    edge.wait(hours=2)
    edge.box.click_message(id, people[0], "https://x.example/1")
    edge.box.unsubscribe(people[2], "bounce", newsletter_id=id)
    edge.box.unsubscribe(people[3], newsletter_id=id)
    found = metrics(edge, id)
    assert (found["delivered"], found["openRate"], found["humanOpenRate"]) == (
        "3",
        "66.67",
        "33.33",
    )
    assert edge.get(f"/newsletters/{id}").json["clickTracks"][0]["amount"] == "1"
    (total,) = edge.get(f"/newsletters/{id}/statistics", {"query[groupBy]": "total"}).json
    assert total["timeInterval"] == "2026-03-02T08:00:00+0000/P0DT2H1M0S"
    wanted = {
        "sent": 4,
        "totalOpened": 3,
        "totalHumanOpened": 2,
        "uniqueOpened": 2,
        "uniqueHumanOpened": 1,
        "totalClicked": 1,
        "bounced": 1,
        "unsubscribed": 1,
        "complaints": 0,
        "goals": 0,
    }
    assert {key: total[key] for key in wanted} == wanted
    hours = edge.get(f"/newsletters/{id}/statistics", {"query[groupBy]": "hour"}).json
    assert [(row["timeInterval"], row["sent"]) for row in hours] == [
        ("2026-03-02T08:00:00+0000/PT1H", 4),
        ("2026-03-02T10:00:00+0000/PT1H", 0),
    ]
    many: dict[str, object] = {"query[newsletterId]": id, "query[campaignId]": news}
    assert edge.get("/newsletters/statistics", many).json == [total]
    assert edge.get("/newsletters/statistics", {"query[newsletterId]": f"{id},none"}).code == 1001
    assert edge.get("/newsletters/statistics", {"query[groupBy]": "year"}).code == 1000
    assert edge.get("/newsletters/none/statistics").refusal == (404, 1013)


def test_activities_of_a_newsletter(edge: Edge, news: str, people: list[str]) -> None:
    edge.box.sending_seconds = 0
    id = post(edge, news).json["newsletterId"]
    edge.wait(days=20)
    edge.box.open_message(id, people[0])
    path = f"/newsletters/{id}/activities"
    (row,) = edge.get(path).json
    assert row == {
        "activity": "open",
        "createdOn": "2026-03-22T08:00:00+0000",
        "contact": {
            "contactId": people[0],
            "email": "p0@example.com",
            "href": f"{edge.box.url}/contacts/{people[0]}",
        },
    }
    old: dict[str, object] = {"query[createdOn][from]": "2026-03-01"}
    assert len(edge.get(path, old).json) == 5
    assert len(edge.get(path, {**old, "query[activity]": "send"}).json) == 4
    first = edge.get(path, {**old, "sort[createdOn]": "ASC"}).json[0]
    assert first["activity"] == "send"
    edge.wait(days=11)
    assert [each["activity"] for each in edge.get(path, old).json] == ["open"]
    assert edge.get(path, {"query[activity]": "bounce"}).code == 1000


def test_a_contact_sees_its_own_activities(edge: Edge, news: str, people: list[str]) -> None:
    id = post(edge, news, flags=["clicktrack"]).json["newsletterId"]
    edge.wait(60)
    edge.box.click_message(id, people[0], "https://x.example/1")
    click, send = edge.get(f"/contacts/{people[0]}/activities").json
    track = edge.get(f"/newsletters/{id}").json["clickTracks"][0]
    assert click["clickTrack"]["id"] == track["clickTrackId"]
    assert send["previewUrl"] is not None
    assert (
        send["resource"]
        == click["resource"]
        == {
            "resourceId": id,
            "resourceType": "newsletters",
            "href": f"{edge.box.url}/newsletters/{id}",
        }
    )


# -- senders -----------------------------------------------------------------------------------


def test_a_new_sender_is_inactive_until_it_is_confirmed(edge: Edge, news: str) -> None:
    made = edge.post("/from-fields", {"email": "me@example.com", "name": "Me"})
    assert (made.status, made.json["isActive"], made.json["isDefault"]) == (201, "false", "false")
    id = made.json["fromFieldId"]
    assert edge.post("/from-fields", {"email": "ME@example.com", "name": "x"}).code == 1008
    assert edge.post(f"/from-fields/{id}/default").refusal == (400, 1002)
    assert post(edge, news, fromField={"fromFieldId": id}).code == 1002
    edge.box.verify_sender(id)
    assert post(edge, news, fromField={"fromFieldId": id}).status == 201
    old = edge.box.sender
    assert edge.post(f"/from-fields/{id}/default").status == 200
    assert edge.get(f"/from-fields/{old}").json["isDefault"] == "false"
    rows = edge.get("/from-fields", {"query[isDefault]": "true", "query[email]": "ME@"}).json
    assert [each["fromFieldId"] for each in rows] == [id]
    assert edge.get("/from-fields", {"query[isActive]": "yes"}).code == 1000
    assert edge.get("/from-fields", {"query[name]": "sand"}).json[0]["fromFieldId"] == old


def test_a_sender_in_use_needs_an_heir(edge: Edge, news: str) -> None:
    first, second = edge.box.sender, edge.box.add_sender("b@example.com")
    id = post(edge, news, type="draft").json["newsletterId"]
    path = f"/from-fields/{first}"
    assert edge.delete(path).refusal == (400, 1009)
    assert edge.delete(path, {"fromFieldIdToReplaceWith": "none"}).code == 1001
    assert edge.delete(path, {"fromFieldIdToReplaceWith": second}).status == 204
    assert edge.box.sender == second
    assert edge.get(f"/newsletters/{id}").json["fromField"]["fromFieldId"] == second
    assert edge.get(path).refusal == (404, 1013)
