"""Whatever is asked, an answer comes: nonsense is refused, never a crash."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from functools import partial
from operator import setitem
from typing import Any

import pytest

from tests.sandbox.activecampaign_kit import SCHEMA, Edge

BODIES: dict[str, Any] = {
    "POST contact/sync": {
        "contact": {"email": "a@x.org", "fieldValues": [{"field": "1", "value": "Gold"}]}
    },
    "PUT contacts/101": {"contact": {"email": "b@x.org", "firstName": "B", "phone": "1"}},
    "POST contactTags": {"contactTag": {"contact": "101", "tag": "11"}},
    "POST contactAutomations": {"contactAutomation": {"contact": "101", "automation": "21"}},
    "POST fieldValues": {
        "fieldValue": {"contact": "101", "field": "1", "value": "Gold"},
        "useDefaults": True,
    },
    "POST fields": {"field": {"title": "T", "type": "text", "perstag": "T", "visible": 1}},
    "POST fieldRels": {"fieldRel": {"field": 1, "relid": 0}},
    "POST fieldOption/bulk": {"fieldOptions": [{"orderid": 1, "value": "v", "field": "1"}]},
    "POST tags": {"tag": {"tag": "new", "tagType": "contact", "description": ""}},
    "POST notes": {"note": {"note": "x", "relid": 101, "reltype": "Subscriber"}},
    "POST webhooks": {
        "webhook": {
            "name": "n",
            "url": "https://x.org/h",
            "events": ["update"],
            "sources": ["api"],
            "listid": 0,
        }
    },
    "POST import/bulk_import": {
        "contacts": [{"email": "a@x.org", "tags": ["t"], "fields": [{"id": 1, "value": "Gold"}]}],
        "callback": {
            "url": "https://x.org",
            "requestType": "POST",
            "params": [{"key": "a", "value": "b"}],
        },
        "exclude_automations": True,
    },
    "POST customObjects/schemas": {"schema": {**SCHEMA, "slug": "more"}},
    "POST customObjects/records/{}": {
        "record": {
            "externalId": "e",
            "fields": [
                {"id": "status", "value": "x"},
                {"id": "pages", "value": 3},
                {"id": "kinds", "value": ["a"]},
            ],
            "relationships": {"primary-contact": [101]},
        }
    },
    "POST eventTrackingEvents": {"eventTrackingEvent": {"name": "e"}},
    "POST personalizations": {"personalization": {"name": "n", "tag": "t", "content": "c"}},
}
WRONG: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**400, float("inf"), "", "x", "9" * 400, "\u0000"),
    *([], [1], ["x"], [[]], {}, {"x": 1}),
]


def spoiled(body: Any, chance: random.Random) -> Any:
    """The body with one value replaced by another kind of thing."""
    out = copy.deepcopy(body)
    spots: list[Callable[[Any], None]] = []

    def walk(value: Any) -> None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in list(pairs):
            spots.append(partial(setitem, value, key))
            if isinstance(inner, dict | list):
                walk(inner)

    walk(out)
    chance.choice(spots)(chance.choice(WRONG))
    return out


@pytest.mark.parametrize("name", BODIES)
def test_a_body_with_one_wrong_thing_in_it(name: str) -> None:
    edge = Edge()
    edge.box.add_contact("a@x.org")
    edge.box.add_field("Plan", type="dropdown", options=["Gold"])
    edge.box.add_tag("vip")
    edge.box.add_automation("Welcome")
    schema = edge.post("customObjects/schemas", {"schema": SCHEMA}).json["schema"]["id"]
    method, path = name.replace("{}", schema).split()
    ask = edge.post if method == "POST" else edge.put
    assert ask(path, BODIES[name]).status in {200, 201}
    chance = random.Random(name)
    for _ in range(300):
        body = spoiled(BODIES[name], chance)
        assert ask(path, body).status in {200, 201, 400, 403, 404, 422, 501}, body
