"""GetResponse's search by the wire: its conditions, periods and saved segments; list statistics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sandbox.getresponse.conditions import period
from tests.sandbox.getresponse_kit import Edge, Reply


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def news(edge: Edge) -> str:
    """A list with ann (tagged, old, scored), bob (a field, engaged) and cat (new, nothing)."""
    box = edge.box
    id = box.add_campaign("news")
    box.add_custom_field("city")
    box.add_custom_field("age", type="number")
    box.add_custom_field("born", type="date")
    fields = {"city": ["Kraków"], "age": ["40"], "born": ["1986-02-28"]}
    early = datetime(2026, 1, 10, tzinfo=UTC)
    box.sign_up(id, "ann@example.com", "ann", tags=["vip"], scoring=10, created=early)
    recent = datetime(2026, 2, 25, tzinfo=UTC)
    box.sign_up(id, "bob@example.com", "bob", custom_fields=fields, engagement=4, created=recent)
    box.sign_up(id, "cat@example.com", "cat", scoring=0)
    return id


def form(campaign: str, *conditions: object, **more: object) -> dict[str, Any]:
    part = {
        "campaignIdsList": [campaign],
        "logicOperator": "and",
        "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
        "subscriptionDate": "all_time",
        "conditions": list(conditions),
        **more,
    }
    return {"subscribersType": ["subscribed"], "sectionLogicOperator": "or", "section": [part]}


def search(edge: Edge, campaign: str, *conditions: object, **more: object) -> Reply:
    path = "/search-contacts/contacts?sort%5Bname%5D=ASC"
    return edge.post(path, form(campaign, *conditions, **more))


def names(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return [row["name"] for row in reply.json]


def custom(edge: Edge, field: str, type: str, operator: str, **more: object) -> dict[str, object]:
    id = next(each.id for each in edge.box.custom_fields.values() if each.name == field)
    head = {"conditionType": "custom", "scope": id, "operatorType": type, "operator": operator}
    return {**head, **more}


# -- conditions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "type", "operator", "value", "found"),
    [
        ("city", "string_operator", "is", "kraków", ["bob"]),
        ("city", "string_operator_list", "is", "Kraków", ["bob"]),
        ("city", "string_operator", "is_not", "Łódź", ["ann", "bob", "cat"]),
        ("city", "string_operator", "not_contains", "kra", ["ann", "cat"]),
        ("city", "string_operator", "assigned", None, ["bob"]),
        ("city", "string_operator", "not_assigned", None, ["ann", "cat"]),
        ("age", "numeric_operator", "numeric_gt", 39, ["bob"]),
        ("age", "numeric_operator", "numeric_lt_eq", "39.5", []),
        ("age", "numeric_operator", "not_assigned", None, ["ann", "cat"]),
        ("born", "date_operator", "date_to", "1986-02-28", ["bob"]),
        ("born", "date_operator", "date_from", "1986-03-01", []),
        ("born", "date_operator", "custom", {"from": "1986-01-01", "to": "1986-12-31"}, ["bob"]),
        ("born", "date_operator", "specific_date", "today", []),
        ("born", "date_operator", "assigned", None, ["bob"]),
    ],
)
def test_by_custom_field(
    edge: Edge, news: str, field: str, type: str, operator: str, value: object, found: list[str]
) -> None:
    more = {} if value is None else {"value": value}
    assert names(search(edge, news, custom(edge, field, type, operator, **more))) == found


@pytest.mark.parametrize(
    ("operator", "found"), [("exists", ["ann"]), ("not_exists", ["bob", "cat"])]
)
def test_by_tag(edge: Edge, news: str, operator: str, found: list[str]) -> None:
    tag = edge.box.add_tag("vip")
    condition = {"conditionType": "tag", "operatorType": "exists", "operator": operator}
    assert names(search(edge, news, {**condition, "value": tag})) == found
    assert search(edge, news, {**condition, "value": "none"}).refusal == (400, 1001)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"operatorType": "numeric_operator", "operator": "numeric_gt", "value": 5}, ["ann"]),
        (
            {"operatorType": "numeric_operator", "operator": "numeric_gt_eq", "value": 0},
            ["ann", "cat"],
        ),
        ({"operatorType": "not_exists"}, ["bob"]),
    ],
)
def test_by_score(edge: Edge, news: str, condition: dict[str, object], found: list[str]) -> None:
    assert names(search(edge, news, {"conditionType": "score", **condition})) == found


def test_by_engagement(edge: Edge, news: str) -> None:
    condition = {"conditionType": "engagement_score", "operator": "numeric_gt_eq", "value": 4}
    assert names(search(edge, news, condition)) == ["bob"]
    assert search(edge, news, {**condition, "operatorType": "numeric_operator"}).code == 1000


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("date_to", "2026-01-31", ["ann"]),
        ("date_from", "2026-02-25", ["bob", "cat"]),
        ("custom", {"from": "2026-02-01", "to": "2026-02-28"}, ["bob"]),
        ("specific_date", "today", ["cat"]),
        ("specific_date", "last_7_days", ["bob"]),
        ("specific_date", "last_week", ["bob"]),
        ("specific_date", "this_month", ["cat"]),
        ("specific_date", "last_month", ["bob"]),
        ("specific_date", "last_2_months", ["ann", "bob"]),
    ],
)
def test_by_subscription_date(
    edge: Edge, news: str, operator: str, value: object, found: list[str]
) -> None:
    condition = {
        "conditionType": "subscription_date",
        "operatorType": "date_operator",
        "operator": operator,
        "value": value,
    }
    assert names(search(edge, news, condition)) == found


def test_the_last_days_may_be_counted_and_hold_today(edge: Edge, news: str) -> None:
    condition = {
        "conditionType": "subscription_date",
        "operatorType": "date_operator",
        "operator": "specific_date",
        "value": "last_n_days",
    }
    assert search(edge, news, condition).code == 1005
    assert search(edge, news, {**condition, "numberOfDays": 0}).code == 1000
    assert names(search(edge, news, {**condition, "numberOfDays": 3})) == []
    days = {**condition, "numberOfDays": 60, "includeCurrentPeriod": True}
    assert names(search(edge, news, days)) == ["ann", "bob", "cat"]


def test_by_the_last_message(edge: Edge, news: str) -> None:
    message = edge.box.add_draft(news, "Hello")
    edge.box.send_newsletter(message, [news])
    edge.wait(60)
    ann = next(each.id for each in edge.box.contacts(news) if each.name == "ann")
    edge.box.open_message(message, ann)

    def last(kind: str) -> list[str]:
        day = {"operatorType": "date_operator", "operator": "date_from", "value": "2026-03-02"}
        return names(search(edge, news, {"conditionType": kind, **day}))

    assert last("last_send_date") == ["ann", "bob", "cat"]
    assert last("last_open_date") == ["ann"]
    assert last("last_click_date") == []
    edge.box.click_message(message, ann, "https://x.example")
    assert last("last_click_date") == ["ann"]


def test_conditions_and_sections_are_joined(edge: Edge, news: str) -> None:
    def name(value: str) -> dict[str, str]:
        head = {"conditionType": "name", "operatorType": "string_operator", "operator": "is"}
        return {**head, "value": value}

    assert names(search(edge, news, name("ann"), name("bob"))) == []
    both = search(edge, news, name("ann"), name("bob"), logicOperator="or")
    assert names(both) == ["ann", "bob"]
    two = form(news, name("ann"))
    two["section"] += form(news, name("cat"))["section"]
    assert sorted(names(edge.post("/search-contacts/contacts", two))) == ["ann", "cat"]
    two["sectionLogicOperator"] = "and"
    assert names(edge.post("/search-contacts/contacts", two)) == []


@pytest.mark.parametrize(
    ("period", "found"), [("today", ["cat"]), ("last_week", ["bob"]), ("last_30_days", ["bob"])]
)
def test_a_section_has_a_period(edge: Edge, news: str, period: str, found: list[str]) -> None:
    assert names(search(edge, news, subscriptionDate=period)) == found


def test_a_section_with_its_own_dates_needs_them(edge: Edge, news: str) -> None:
    assert search(edge, news, subscriptionDate="custom").code == 1003
    wrong = {"from": "2026-02-30", "to": "2026-03-01"}
    assert search(edge, news, subscriptionDate="custom", customDate=wrong).code == 1003


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-03-02", "2026-03-02"),
        ("yesterday", "2026-03-01", "2026-03-01"),
        ("last_7_days", "2026-02-23", "2026-03-01"),
        ("last_30_days", "2026-01-31", "2026-03-01"),
        ("this_week", "2026-03-02", "2026-03-08"),
        ("last_week", "2026-02-23", "2026-03-01"),
        ("this_month", "2026-03-01", "2026-03-31"),
        ("last_month", "2026-02-01", "2026-02-28"),
        ("last_2_months", "2026-01-01", "2026-02-28"),
    ],
)
def test_periods(name: str, first: str, last: str) -> None:
    now = int(datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp())
    begin, end = period(name, now)
    assert begin is not None
    assert end is not None
    assert datetime.fromtimestamp(begin, UTC).isoformat() == f"{first}T00:00:00+00:00"
    assert datetime.fromtimestamp(end, UTC).isoformat() == f"{last}T23:59:59+00:00"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("x", 1006),
        ({}, 1006),
        ({"conditionType": ["email"]}, 1006),
        ({"conditionType": "colour"}, 1000),
        ({"conditionType": "tag", "operatorType": "exists", "operator": "exists"}, 1005),
        ({"conditionType": "tag", "operatorType": "tag", "operator": "exists", "value": "x"}, 1000),
        ({"conditionType": "score", "operatorType": "numeric_operator"}, 1005),
        ({"conditionType": "score", "operatorType": "not_exists", "value": 3}, 1000),
        ({"conditionType": "engagement_score", "operator": "is", "value": 3}, 1000),
        ({"conditionType": "engagement_score", "operator": "numeric_eq", "value": "3"}, 1006),
        ({"conditionType": "custom", "scope": "x", "operatorType": "exists"}, 1000),
        (
            {
                "conditionType": "custom",
                "scope": "none",
                "operatorType": "string_operator",
                "operator": "assigned",
            },
            1001,
        ),
        (
            {
                "conditionType": "custom",
                "scope": "x",
                "operatorType": "string_operator",
                "operator": "is",
            },
            1005,
        ),
        (
            {
                "conditionType": "subscription_date",
                "operatorType": "date_operator",
                "operator": "date_from",
                "value": "soon",
            },
            1003,
        ),
        (
            {
                "conditionType": "subscription_date",
                "operatorType": "date_operator",
                "operator": "specific_date",
                "value": "tomorrow",
            },
            1000,
        ),
    ],
)
def test_a_bad_condition_is_refused(edge: Edge, news: str, condition: object, code: int) -> None:
    assert search(edge, news, condition).code == code


@pytest.mark.parametrize("kind", ["opened", "geo", "goal", "ecommerce_total_spent", "custom_event"])
def test_a_condition_that_is_not_simulated_names_itself(edge: Edge, news: str, kind: str) -> None:
    reply = search(edge, news, {"conditionType": kind})
    assert reply.status == 501
    assert kind in reply.json["message"]


# -- segments ----------------------------------------------------------------------------------


def test_segments_are_saved_searches(edge: Edge, news: str) -> None:
    condition = {
        "conditionType": "name",
        "operatorType": "string_operator",
        "operator": "contains",
        "value": "a",
    }
    saved = {"name": "with an a", **form(news, condition)}
    made = edge.post("/search-contacts", saved)
    assert made.status == 201
    id = made.json["searchContactId"]
    path = f"/search-contacts/{id}"
    assert {key: made.json[key] for key in saved} == saved
    assert edge.get(path).json == made.json
    assert edge.post("/search-contacts", saved).refusal == (409, 1008)
    (row,) = edge.get("/search-contacts", {"query[name]": "AN", "sort[createdOn]": "ASC"}).json
    assert set(row) == {"searchContactId", "name", "createdOn", "href"}
    members = edge.get(f"{path}/contacts", {"sort[email]": "DESC", "perPage": 1})
    assert names(members) == ["cat"]
    assert members.headers["TotalPages"] == "2"
    edge.box.sign_up(news, "dan@example.com", "dan")
    assert len(edge.get(f"{path}/contacts").json) == 3
    changed = edge.post(path, {"name": "all", **form(news)})
    assert (changed.status, changed.json["name"]) == (200, "all")
    assert len(edge.get(f"{path}/contacts").json) == 4
    assert edge.delete(path).status == 204
    for gone in (edge.get(path), edge.get(f"{path}/contacts"), edge.delete(path)):
        assert gone.refusal == (404, 1013)


def test_only_the_subscribed_can_be_saved(edge: Edge, news: str) -> None:
    saved = {"name": "gone", **form(news), "subscribersType": ["removed"]}
    assert edge.post("/search-contacts", saved).code == 1000
    saved["subscribersType"] = ["subscribed", "subscribed"]
    assert edge.post("/search-contacts", saved).code == 1004
    assert edge.post("/search-contacts", form(news)).code == 1005


def test_a_segment_outlives_what_it_names(edge: Edge, news: str) -> None:
    tag = edge.box.add_tag("vip")
    condition = {"conditionType": "tag", "operatorType": "exists", "operator": "exists"}
    saved = {"name": "vip", **form(news, {**condition, "value": tag})}
    path = f"/search-contacts/{edge.post('/search-contacts', saved).json['searchContactId']}"
    edge.delete(f"/tags/{tag}")
    assert edge.get(f"{path}/contacts").status == 200
    edge.box.delete_campaign(news)
    assert edge.get(f"{path}/contacts").json == []


def test_values_are_put_on_a_whole_segment_later(edge: Edge, news: str) -> None:
    segment = edge.box.add_segment("all", [news])
    city = next(each.id for each in edge.box.custom_fields.values() if each.name == "city")
    values = {"customFieldValues": [{"customFieldId": city, "value": ["Gdańsk"]}]}
    reply = edge.post(f"/search-contacts/{segment}/custom-fields", values)
    assert (reply.status, reply.body) == (202, b"")
    cities = [each.custom_fields.get("city") for each in edge.box.contacts(news)]
    assert cities == [None, ("Kraków",), None]
    edge.wait(edge.box.background_seconds)
    assert {each.custom_fields["city"] for each in edge.box.contacts(news)} == {("Gdańsk",)}
    bob = edge.box.find(news, "bob@example.com")
    assert bob is not None
    assert bob.custom_fields["age"] == ("40",)
    assert edge.post(f"/search-contacts/{segment}/custom-fields", {}).code == 1005


# -- statistics of lists -----------------------------------------------------------------------


def statistics(edge: Edge, what: str, **query: str) -> Any:
    pairs: dict[str, object] = {
        f"query[{name.replace('__', '][')}]": value for name, value in query.items()
    }
    reply = edge.get(f"/campaigns/statistics/{what}", pairs)
    assert reply.status == 200, reply.body
    return reply.json


def test_list_sizes_run_on(edge: Edge, news: str) -> None:
    edge.wait(days=1)
    edge.box.unsubscribe(edge.box.contacts(news)[0].id)
    by_day = statistics(edge, "list-size", campaignId=news, groupBy="day")
    assert [
        (row["createdOn"], row["addedSubscribers"], row["removedSubscribers"]) for row in by_day
    ] == [("2026-01-10", 1, 0), ("2026-02-25", 1, 0), ("2026-03-02", 1, 0), ("2026-03-03", 0, 1)]
    assert [row["totalSubscribers"] for row in by_day] == [1, 2, 3, 2]
    march = statistics(
        edge, "list-size", campaignId=news, groupBy="month", createdOn__from="2026-03-01"
    )
    assert march == [
        {
            "totalSubscribers": 2,
            "addedSubscribers": 1,
            "removedSubscribers": 1,
            "createdOn": "2026-03",
        }
    ]
    assert statistics(edge, "list-size", campaignId=news)[0]["createdOn"] == "total"
    hours = statistics(edge, "list-size", campaignId=news, groupBy="hour")
    assert hours[-1]["createdOn"] == "2026-03-03 08:00:00"


def test_statistics_are_keyed_by_date_id_and_place(edge: Edge, news: str) -> None:
    other = edge.box.add_campaign("other")
    edge.box.sign_up(other, "x@example.com", origin="import")
    edge.box.unsubscribe(edge.box.contacts(news)[0].id, "complaint")
    both = f"{news},{other}"
    (removals,) = statistics(edge, "removals", campaignId=both, groupBy="day")
    assert removals["2026-03-02"]["complaint"] == removals["2026-03-02"]["summary"] == 1
    (subscriptions,) = statistics(edge, "subscriptions", campaignId=both, groupBy="day")
    assert subscriptions["2026-03-02"]["import"] == 1
    assert subscriptions["2026-03-02"]["summary"] == 2
    (origins,) = statistics(edge, "origins", campaignId=both)
    assert (origins[news]["www"], origins[other]["import"]) == (3, 1)
    (balance,) = statistics(edge, "balance", campaignId=both, groupBy="month")
    assert set(balance["2026-03"]) == {"subscriptions", "removals"}
    (places,) = statistics(edge, "locations", campaignId=both)
    assert sum(each["amount"] for each in places.values()) == 3
    (summary,) = statistics(edge, "summary")
    assert summary[news]["totalSubscribers"] == 2
    edge.box.statistics_in_list = False
    assert set(statistics(edge, "summary", campaignId=other)) == {other}


@pytest.mark.parametrize(
    "what", ["list-size", "locations", "origins", "removals", "subscriptions", "balance"]
)
def test_statistics_want_lists(edge: Edge, news: str, what: str) -> None:
    path = f"/campaigns/statistics/{what}"
    assert edge.get(path).code == 1000
    assert edge.get(path, {"query[campaignId]": "none"}).code == 1001
    assert edge.get(path, {"query[campaignId]": news, "query[groupBy]": "week"}).code == 1000
    assert edge.get(path, {"query[campaignId]": news, "page": 1}).code == 1000
