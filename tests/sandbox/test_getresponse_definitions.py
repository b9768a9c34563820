"""GetResponse's smaller definitions by the wire: predefined fields, consents, removals by mail."""

from __future__ import annotations

import pytest

from tests.sandbox.getresponse_kit import Edge


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def news(edge: Edge) -> str:
    return edge.box.add_campaign("news")


def test_predefined_fields_are_texts_of_a_list(edge: Edge, news: str) -> None:
    body = {"name": "shop", "value": "Acme", "campaign": {"campaignId": news}}
    made = edge.post("/predefined-fields", body)
    assert made.status == 201
    assert made.json["campaign"]["name"] == "news"
    path = f"/predefined-fields/{made.json['predefinedFieldId']}"
    assert edge.post("/predefined-fields", body).refusal == (409, 1008)
    other = edge.box.add_campaign("other")
    assert (
        edge.post("/predefined-fields", {**body, "campaign": {"campaignId": other}}).status == 201
    )
    assert len(edge.get("/predefined-fields", {"query[name]": "shop"}).json) == 2
    assert len(edge.get("/predefined-fields", {"query[campaignId]": news}).json) == 1
    assert edge.post(path, {"value": "Acme Ltd"}).json["value"] == "Acme Ltd"
    assert edge.post(path, {"name": "x", "value": "y"}).code == 1000
    assert edge.get(path).json["value"] == "Acme Ltd"
    assert edge.delete(path).status == 204
    assert edge.get(path).refusal == (404, 1013)
    nowhere = {**body, "campaign": {"campaignId": "none"}}
    assert edge.post("/predefined-fields", nowhere).code == 1001


def test_consents_have_a_history(edge: Edge, news: str) -> None:
    field = edge.box.add_consent_field("mail", "May we write?")
    edge.box.add_consent_field("phone", "May we call?")
    contact = edge.box.sign_up(news, "a@example.com")
    path = f"/contacts/{contact}/consents"
    assert edge.get(path).json == []
    edge.box.declare(contact, field)
    edge.wait(60)
    edge.box.declare(contact, field, granted=False)
    (row,) = edge.get(path).json
    assert (row["consentId"], row["isGranted"]) == (field, False)
    assert [each["wasGranted"] for each in row["history"]] == [True, False]
    assert row["history"][1]["declaredAt"] == "2026-03-02T08:01:00+0000"
    rows = edge.get("/gdpr-fields", {"sort[name]": "DESC"}).json
    assert [each["name"] for each in rows] == ["phone", "mail"]
    assert "latestVersion" not in rows[0]
    assert edge.get(f"/gdpr-fields/{field}").json["latestVersion"]["content"] == "May we write?"
    assert edge.get("/gdpr-fields/none").refusal == (404, 1013)
    assert edge.get("/contacts/none/consents").refusal == (404, 1013)


def test_a_removal_can_be_put_down_to_a_message(edge: Edge, news: str) -> None:
    contact = edge.box.sign_up(news, "a@example.com")
    message = edge.box.add_draft(news, "Hello")
    edge.box.send_newsletter(message, [news])
    path = f"/contacts/{contact}"
    assert edge.delete(path, {"ipAddress": "nonsense"}).code == 1003
    assert edge.delete(path, {"because": "x"}).code == 1000
    assert edge.delete(path, {"messageId": message, "ipAddress": "1.2.3.4"}).status == 204
    (gone,) = edge.box.lists[news].gone
    assert (gone.message, gone.ip, gone.reason) == (message, "1.2.3.4", "api")


@pytest.mark.parametrize("exact", [True, False])
def test_names_match_in_part_or_whole(edge: Edge, news: str, exact: bool) -> None:
    edge.box.exact_names = exact
    edge.box.add_tag("newest")
    edge.box.add_custom_field("new_one")
    edge.box.add_draft(news, "Hello", name="New one")
    for path in ("/campaigns", "/tags", "/custom-fields", "/newsletters"):
        assert len(edge.get(path, {"query[name]": "new"}).json) == (0 if exact else 1), path
    assert len(edge.get("/campaigns", {"query[name]": "NEWS"}).json) == 1


def test_a_list_names_only_senders_that_exist(edge: Edge, news: str) -> None:
    body = {"name": "news", "confirmation": {"fromField": {"fromFieldId": "none"}}}
    assert edge.post(f"/campaigns/{news}", body).code == 1001
    body["confirmation"] = {"fromField": {"fromFieldId": edge.box.sender}}
    changed = edge.post(f"/campaigns/{news}", body).json
    assert changed["confirmation"]["fromField"] == {"fromFieldId": edge.box.sender}
