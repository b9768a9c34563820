"""Envelopes found by window, status, id, words; pages; the recycle bin."""

from __future__ import annotations

import pytest

from tests.sandbox.docusign_kit import Edge, Reply

START = "2026-03-01T00:00:00Z"


@pytest.fixture
def edge() -> Edge:
    return Edge()


def found(edge: Edge, **query: str) -> Reply:
    return edge.get("/envelopes", **{"from_date": START, **query})


def subjects(edge: Edge, **query: str) -> list[str]:
    reply = found(edge, **query)
    assert reply.status == 200, reply.body
    return [each["emailSubject"] for each in reply.json["envelopes"]]


def send(edge: Edge, name: str) -> str:
    id = edge.box.send(name, [f"{name.lower()}@example.com"])
    edge.wait(hours=1)
    return id


def test_a_window_is_needed_unless_ids_are_given(edge: Edge) -> None:
    id = send(edge, "A")
    assert edge.get("/envelopes").refusal == (400, "INVALID_REQUEST_PARAMETER")
    assert len(edge.get("/envelopes", envelope_ids=id).json["envelopes"]) == 1


def test_the_window_is_of_the_last_change(edge: Edge) -> None:
    first, _ = send(edge, "A"), send(edge, "B")
    assert subjects(edge, from_date="2026-03-02T09:00:00Z") == ["B"]
    assert subjects(edge, to_date="2026-03-02T08:30:00Z") == ["A"]
    edge.box.view(first, "1")
    assert subjects(edge, from_date="2026-03-02T10:00:00Z") == ["A"]


def test_a_window_without_an_offset_is_of_the_server(edge: Edge) -> None:
    send(edge, "A")
    assert subjects(edge, from_date="2026-03-02T00:30:00") == []
    assert subjects(edge, from_date="2026-03-02T00:00:00") == ["A"]


def test_a_plus_that_is_not_escaped_is_a_blank(edge: Edge) -> None:
    url = f"{edge.box.url}/envelopes?from_date=2026-03-01T00:00:00+02:00"
    reply = edge.raw("GET", url, {"Authorization": f"Bearer {edge.token}"})
    assert reply.refusal == (400, "INVALID_REQUEST_PARAMETER")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("Changed", ["Sent", "Opened", "Done", "Void"]),
        ("created", ["Sent", "Opened", "Done", "Void"]),
        ("delivered", ["Opened", "Done"]),
        ("completed", ["Done"]),
        ("voided", ["Void"]),
        ("timedout", []),
    ],
)
def test_the_window_can_be_of_one_change(edge: Edge, change: str, expected: list[str]) -> None:
    ids = {name: edge.box.send(name, ["a@example.com"]) for name in expected_names()}
    edge.box.view(ids["Opened"], "1")
    edge.box.sign(ids["Done"], "1")
    edge.box.void(ids["Void"])
    assert subjects(edge, from_to_status=change) == expected


def expected_names() -> list[str]:
    return ["Sent", "Opened", "Done", "Void"]


def test_any_status_leaves_drafts_out(edge: Edge) -> None:
    edge.box.create_envelope("Draft", ["a@example.com"])
    send(edge, "A")
    assert subjects(edge) == ["Draft", "A"]
    assert subjects(edge, status="any") == ["A"]
    assert subjects(edge, status="created,any") == ["Draft", "A"]
    assert subjects(edge, status="Created") == ["Draft"]
    assert subjects(edge, status="completed,declined") == []


def test_words_fields_and_people_narrow_the_list(edge: Edge) -> None:
    user = edge.box.add_user("Una Other", "una@example.com")
    edge.box.send("Alpha", ["ada@example.com"], custom_fields={"crm": "7"})
    edge.box.send("Beta", ["bob@example.com", "una@example.com"], sender_id=edge.box.user_id)
    edge.box.send("Gamma", ["cyd@example.com"], sender_id=user)
    assert subjects(edge, search_text="BOB") == ["Beta"]
    assert subjects(edge, custom_field="crm=7") == ["Alpha"]
    assert subjects(edge, user_name="Una Other", email="una@example.com") == ["Gamma"]
    assert found(edge, email="una@example.com").status == 400
    assert subjects(edge, user_filter="sender") == ["Alpha", "Beta"]
    edge.token = edge.box.token(user_id=user)
    assert subjects(edge) == ["Beta", "Gamma"]
    assert subjects(edge, user_filter="recipient_only") == ["Beta"]


def test_order_and_pages(edge: Edge) -> None:
    for name in "ABCDE":
        send(edge, name)
    assert subjects(edge, order="desc", order_by="created") == list("EDCBA")
    page = found(edge, count="2").json
    assert [each["emailSubject"] for each in page["envelopes"]] == ["A", "B"]
    told = ("resultSetSize", "totalSetSize", "startPosition", "endPosition", "previousUri")
    assert [page[name] for name in told] == ["2", "5", "0", "1", ""]
    seen = ["A", "B"]
    while page["nextUri"]:
        headers = {"Authorization": f"Bearer {edge.token}"}
        page = edge.raw("GET", edge.box.url + page["nextUri"], headers).json
        seen += [each["emailSubject"] for each in page["envelopes"]]
    assert seen == list("ABCDE")
    assert page["previousUri"]
    assert found(edge, start_position="9").json["envelopes"] == []


def test_the_last_page_may_name_no_neighbour(edge: Edge) -> None:
    edge.box.no_uri = None
    page = found(edge).json
    assert (page["nextUri"], page["previousUri"]) == (None, None)


def test_a_transaction_and_a_sender_can_be_asked_for(edge: Edge) -> None:
    envelope = edge.made(transactionId="t-1")
    user = edge.box.add_user("Una Other", "una@example.com")
    edge.box.send("Beta", ["a@example.com"], sender_id=user)
    (one,) = edge.get("/envelopes", transaction_ids="t-1,t-2").json["envelopes"]
    assert (one["envelopeId"], one["transactionId"]) == (envelope, "t-1")
    assert subjects(edge, user_id=user) == ["Beta"]
    assert subjects(edge, folder_types="draft") == []
    assert found(edge, user_filter="everybody").status == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"status": "happy"}, 400),
        ({"from_to_status": "happy"}, 400),
        ({"count": "many"}, 400),
        ({"order": "up"}, 400),
        ({"from_date": "yesterday"}, 400),
        ({"custom_field": "crm"}, 400),
        ({"order_by": "signer_list"}, 501),
        ({"continuation_token": "x"}, 501),
        ({"include": "extensions"}, 501),
        ({"exclude": "folders"}, 501),
        ({"folder_types": "awaiting_my_signature"}, 501),
    ],
)
def test_wrong_and_unknown_queries(edge: Edge, query: dict[str, str], status: int) -> None:
    assert found(edge, **query).status == status


def test_includes_come_with_each_row(edge: Edge) -> None:
    edge.box.send("A", ["a@example.com"], custom_fields={"x": "1"})
    (plain,) = found(edge).json["envelopes"]
    assert not {"recipients", "customFields"} & set(plain)
    (full,) = found(edge, include="recipients,custom_fields").json["envelopes"]
    assert full["recipients"]["signers"][0]["email"] == "a@example.com"
    assert full["customFields"]["textCustomFields"][0]["name"] == "x"


def test_nothing_older_than_two_years_comes_without_a_window(edge: Edge) -> None:
    id = send(edge, "A")
    edge.box.void(id)
    edge.wait(days=731)
    assert edge.get("/envelopes", envelope_ids=id).json["envelopes"] == []


def test_the_states_of_several_by_id(edge: Edge) -> None:
    ids = [send(edge, name) for name in "ABC"]
    reply = edge.put("/envelopes/status", {"envelopeIds": ids[:2]}, envelope_ids="request_body")
    assert {each["envelopeId"] for each in reply.json["envelopes"]} == set(ids[:2])
    assert edge.put("/envelopes/status", {"envelopeIds": ids}).status == 400
    assert edge.put("/envelopes/status", {}, envelope_ids="request_body").status == 400
    assert edge.put("/envelopes/status", {}).status == 400


def test_the_recycle_bin_gives_back_for_a_day(edge: Edge) -> None:
    id = send(edge, "A")
    assert edge.put("/folders/recyclebin", {"envelopeIds": [id]}).status == 200
    assert edge.box.envelope(id).status == "voided"
    assert subjects(edge) == []
    assert subjects(edge, status="deleted") == ["A"]
    back = {"envelopeIds": [id], "fromFolderId": "recyclebin"}
    assert edge.put("/folders/sentitems", back).status == 200
    assert subjects(edge) == ["A"]
    edge.put("/folders/recyclebin", {"envelopeIds": [id]})
    edge.wait(days=2)
    assert edge.put("/folders/sentitems", back).refusal == (400, "ENVELOPE_NOT_IN_FOLDER")
