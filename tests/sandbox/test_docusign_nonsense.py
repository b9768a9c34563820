"""Whatever is asked, an answer comes: nonsense is refused, never a crash."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from functools import partial
from operator import setitem
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.docusign import service
from connectors.sandbox.docusign.routing import Route
from tests.sandbox.docusign_kit import Edge

BODIES: dict[str, Any] = {
    "POST envelopes": {
        "status": "sent",
        "emailSubject": "A",
        "documents": [{"documentId": "1", "name": "A", "documentBase64": "QQ==", "order": "1"}],
        "recipients": {
            "signers": [
                {
                    "recipientId": "1",
                    "name": "A",
                    "email": "a@example.com",
                    "routingOrder": "1",
                    "tabs": {
                        "textTabs": [{"tabLabel": "a", "value": "b", "anchorString": "A"}],
                        "radioGroupTabs": [{"groupName": "g", "radios": [{"value": "1"}]}],
                        "listTabs": [{"tabLabel": "l", "listItems": [{"value": "1"}]}],
                        "checkboxTabs": [{"tabLabel": "c", "selected": "true"}],
                    },
                }
            ]
        },
        "customFields": {"textCustomFields": [{"name": "a", "value": "b", "show": "true"}]},
        "notification": {"expirations": {"expireEnabled": "true", "expireAfter": "3"}},
        "eventNotification": {
            "url": "https://host.example/",
            "deliveryMode": "SIM",
            "events": ["envelope-sent"],
            "eventData": {"version": "restv2.1", "format": "json", "includeData": []},
        },
    },
    "POST connect": {
        "name": "A",
        "configurationType": "custom",
        "urlToPublishTo": "https://host.example/",
        "deliveryMode": "Aggregate",
        "allUsers": "true",
        "userIds": ["x"],
        "envelopeEvents": ["Sent"],
        "recipientEvents": ["Sent"],
        "events": ["envelope-sent"],
        "eventData": {"version": "restv2.1", "format": "json", "includeData": ["recipients"]},
    },
    "POST bulk_send_lists": {
        "name": "A",
        "bulkCopies": [
            {
                "emailSubject": "A",
                "customFields": [{"name": "a", "value": "b"}],
                "recipients": [{"roleName": "Signer", "name": "A", "email": "a@example.com"}],
            }
        ],
    },
    "PUT envelopes/{}/recipients": {
        "signers": [{"recipientId": "1", "email": "b@example.com", "note": "x"}]
    },
    "PUT envelopes/{}/documents/{}/tabs": {
        "prefillTabs": {"textTabs": [{"tabId": "x", "value": "1"}]}
    },
    "PUT envelopes/status": {"envelopeIds": ["x"], "transactionIds": ["y"]},
    "PUT folders/{}": {"envelopeIds": ["x"], "fromFolderId": "recyclebin"},
}
WRONG: list[Any] = [None, True, 0, -1, 1.5, "", "x", "\u0000", [], [1], ["x"], [[]], {}, {"x": 1}]


def spoiled(body: Any, chance: random.Random) -> Any:
    """The body with one value replaced by another kind of thing."""
    out = copy.deepcopy(body)
    spots: list[Callable[[Any], None]] = []

    def walk(value: Any) -> None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in list(pairs):
            spots.append(partial(setitem, value, key))
            if isinstance(item, dict | list):
                walk(item)

    walk(out)
    spots[int(chance.random() * len(spots))](WRONG[int(chance.random() * len(WRONG))])
    return out


def ask(edge: Edge, route: Route, body: Any, ids: list[str]) -> int:
    path = route.path
    for id in ids:
        path = path.replace("{}", id, 1)
    query = {"envelope_ids": "request_body"} if path == "envelopes/status" else {}
    return edge.call(route.method, f"/{path}", body, query).status


GOOD = {200, 201, 400, 403, 404, 501}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_with_one_wrong_thing_in_it(name: str) -> None:
    edge = Edge()
    envelope = edge.box.create_envelope("Hi", ["a@example.com"])
    (route,) = [each for each in service.ROUTES if f"{each.method} {each.path}" == name]
    chance = random.Random(name)
    for _ in range(400):
        body = spoiled(BODIES[name], chance)
        assert ask(edge, route, body, [envelope, "1"]) in GOOD, body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.integers(0, len(service.ROUTES) - 1), body=JSON, id=st.sampled_from(["", "1", "é"]))
def test_any_body_at_any_door(place: int, body: Any, id: str) -> None:
    edge = EDGE
    envelope = edge.box.create_envelope("Hi", ["a@example.com"])
    path_ids = [id or envelope, id or "1", id or "1"]
    assert ask(edge, service.ROUTES[place], body, path_ids) in {*GOOD, 415}


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(
        "from_date to_date status from_to_status count start_position order order_by search_text "
        "custom_field envelope_ids user_filter include folder_types".split()
    ),
    value=st.text(max_size=12),
)
def test_any_query(name: str, value: str) -> None:
    query = {"from_date": "2026-03-01T00:00:00Z", name: value}
    assert EDGE.get("/envelopes", **query).status in GOOD
    assert EDGE.get("/templates", **{name: value}).status in GOOD


EDGE = Edge()
