"""Searches as they are sent."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from connectors.core.call import Call
from connectors.getresponse import calls
from connectors.getresponse.models import (
    Condition,
    SearchQuery,
    Section,
)


def sent(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


def condition(made: Condition) -> Any:
    query = SearchQuery(sections=[Section(campaign_ids=["C"], conditions=[made])])
    (section,) = sent(calls.search_contacts(query).at(None))["section"]
    (found,) = section["conditions"]
    return found


@pytest.mark.parametrize(
    ("made", "body"),
    [
        (
            Condition.email("is", "a@x.y"),
            {
                "conditionType": "email",
                "operatorType": "string_operator",
                "operator": "is",
                "value": "a@x.y",
            },
        ),
        (
            Condition.name("not_ends", "a"),
            {
                "conditionType": "name",
                "operatorType": "string_operator",
                "operator": "not_ends",
                "value": "a",
            },
        ),
        (
            Condition.tag("t"),
            {"conditionType": "tag", "operatorType": "exists", "operator": "exists", "value": "t"},
        ),
        (
            Condition.tag("t", present=False),
            {
                "conditionType": "tag",
                "operatorType": "exists",
                "operator": "not_exists",
                "value": "t",
            },
        ),
        (
            Condition.custom_field("f", "contains", "x"),
            {
                "conditionType": "custom",
                "scope": "f",
                "operatorType": "string_operator",
                "operator": "contains",
                "value": "x",
            },
        ),
        (
            Condition.custom_field("f", "is", "x", choice=True),
            {
                "conditionType": "custom",
                "scope": "f",
                "operatorType": "string_operator_list",
                "operator": "is",
                "value": "x",
            },
        ),
        (
            Condition.custom_field("f", "numeric_lt", 5),
            {
                "conditionType": "custom",
                "scope": "f",
                "operatorType": "numeric_operator",
                "operator": "numeric_lt",
                "value": 5,
            },
        ),
        (
            Condition.custom_field("f", "not_assigned"),
            {
                "conditionType": "custom",
                "scope": "f",
                "operatorType": "string_operator",
                "operator": "not_assigned",
            },
        ),
        (
            Condition.engagement_score("numeric_gt_eq", 4),
            {"conditionType": "engagement_score", "operator": "numeric_gt_eq", "value": 4},
        ),
        (
            Condition(condition_type="opened", more={"messageId": "n"}),
            {"conditionType": "opened", "messageId": "n"},
        ),
    ],
)
def test_a_condition_is_sent_as_it_was_made(made: Condition, body: object) -> None:
    assert condition(made) == body


def test_sections_and_their_days_are_sent_as_they_were_made() -> None:
    search = SearchQuery(
        sections=[
            Section(campaign_ids=["C"], match="any", subscribed="last_7_days"),
            Section(
                campaign_ids=["D", "E"],
                subscribed=(date(2026, 1, 1), date(2026, 1, 31)),
                cycles=["receiving_autoresponder"],
            ),
        ],
        match="all",
        subscribers=["removed", "undelivered"],
    )

    body = sent(calls.search_contacts(search).at(None))

    assert body == {
        "subscribersType": ["removed", "undelivered"],
        "sectionLogicOperator": "and",
        "section": [
            {
                "campaignIdsList": ["C"],
                "logicOperator": "or",
                "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
                "subscriptionDate": "last_7_days",
                "conditions": [],
            },
            {
                "campaignIdsList": ["D", "E"],
                "logicOperator": "and",
                "subscriberCycle": ["receiving_autoresponder"],
                "subscriptionDate": "custom",
                "customDate": {"from": "2026-01-01", "to": "2026-01-31"},
                "conditions": [],
            },
        ],
    }
