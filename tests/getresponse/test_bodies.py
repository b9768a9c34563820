"""What each operation sends, by comparison."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors.core.call import Call
from connectors.getresponse import calls
from connectors.getresponse.models import (
    CallbackActions,
    CampaignProfile,
    Confirmation,
    FromFieldRef,
    NewContact,
    NewReport,
    Optin,
    OptinTypes,
    Postal,
    Recipients,
    ReportFile,
    ReportType,
    SubscriptionNotifications,
)
from tests.getresponse.operations import (
    ADA,
    EVERYBODY,
    PLAIN,
    SAVED,
    SINCE,
    SOON,
    SPRING,
    UNTIL,
)

SINGLE = {"api": "single"}
TO_LIST = Recipients(campaign_ids=["C"])


def sent(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


def query(call: Call[Any]) -> dict[str, str]:
    return dict(parse_qsl(call.request.query, keep_blank_values=True))


BODIES: list[tuple[Call[Any], Any]] = [
    (
        calls.upsert_callbacks("https://x.org/gr", actions=CallbackActions(open=True)),
        {
            "url": "https://x.org/gr",
            "actions": {
                "open": True,
                "click": False,
                "subscribe": False,
                "unsubscribe": False,
                "survey": False,
            },
        },
    ),
    (calls.change_blocklist(["a@x.y", "@b.c"], "add"), {"masks": ["a@x.y", "@b.c"]}),
    (calls.create_suppression("s", ["@b.c"]), {"name": "s", "masks": ["@b.c"]}),
    (
        calls.update_suppression("S", name="t", masks=["@b.c"]),
        {"name": "t", "masks": ["@b.c"]},
    ),
    (
        calls.create_campaign(
            "news",
            language_code="pl",
            postal=Postal(add_postal_to_messages=False, zip_code="80-001"),
            confirmation=Confirmation(
                reply_to=FromFieldRef(from_field_id="s"), redirect_type="hosted"
            ),
            subscription_notifications=SubscriptionNotifications(
                status="enabled", recipients=(FromFieldRef(from_field_id="s"),)
            ),
            profile=CampaignProfile(industry_tag_id="7"),
        ),
        {
            "name": "news",
            "optinTypes": SINGLE,
            "languageCode": "pl",
            "postal": {"addPostalToMessages": "false", "zipCode": "80-001"},
            "confirmation": {"replyTo": {"fromFieldId": "s"}, "redirectType": "hosted"},
            "subscriptionNotifications": {
                "status": "enabled",
                "recipients": [{"fromFieldId": "s"}],
            },
            "profile": {"industryTagId": "7"},
        },
    ),
    (calls.update_campaign("C", name="news"), {"name": "news"}),
    (
        calls.update_campaign(
            "C",
            name="new-name",
            language_code="de",
            optin_types=OptinTypes(api=Optin.SINGLE, webform="double"),
        ),
        {
            "name": "new-name",
            "languageCode": "de",
            "optinTypes": {"api": "single", "webform": "double"},
        },
    ),
    (
        calls.create_contact("C", ADA),
        {
            "campaign": {"campaignId": "C"},
            "email": "ada+x@example.org",
            "name": "Ada",
            "dayOfCycle": "0",
            "scoring": 8,
            "ipAddress": "1.2.3.4",
            "tags": [{"tagId": "t4G"}],
            "customFieldValues": [{"customFieldId": "kL6Nh", "value": ["18-35"]}],
        },
    ),
    (
        calls.create_contacts("C", [ADA]),
        {
            "campaignId": "C",
            "contacts": [
                {
                    "email": "ada+x@example.org",
                    "name": "Ada",
                    "dayOfCycle": "0",
                    "scoring": 8,
                    "ipAddress": "1.2.3.4",
                    "tags": {"ids": ["t4G"]},
                    "customFieldValues": [{"customFieldId": "kL6Nh", "value": ["18-35"]}],
                }
            ],
        },
    ),
    (
        calls.update_contact(
            "c",
            day_of_cycle=3,
            tag_ids=["t", "u"],
            custom_field_values={"f": "x", "g": ["y", "z"]},
        ),
        {
            "dayOfCycle": "3",
            "tags": [{"tagId": "t"}, {"tagId": "u"}],
            "customFieldValues": [
                {"customFieldId": "f", "value": ["x"]},
                {"customFieldId": "g", "value": ["y", "z"]},
            ],
        },
    ),
    (
        calls.update_contact("c", day_of_cycle=None, tag_ids=[], custom_field_values={}),
        {"dayOfCycle": None, "tags": [], "customFieldValues": []},
    ),
    (calls.upsert_contact_tags("c", iter(["t"])), {"tags": [{"tagId": "t"}]}),
    (
        calls.upsert_contact_custom_fields("c", {"f": ("x", "y")}),
        {"customFieldValues": [{"customFieldId": "f", "value": ["x", "y"]}]},
    ),
    (
        calls.create_custom_field("crm_id"),
        {"name": "crm_id", "type": "string", "format": "text", "hidden": "false", "values": []},
    ),
    (
        calls.create_custom_field(
            "age", type="number", format="single_select", values=["1", "2"], hidden=True
        ),
        {
            "name": "age",
            "type": "number",
            "format": "single_select",
            "hidden": "true",
            "values": ["1", "2"],
        },
    ),
    (
        calls.update_custom_field("f", hidden=False, values=("1", "2")),
        {"hidden": "false", "values": ["1", "2"]},
    ),
    (calls.create_tag("vip"), {"name": "vip"}),
    (
        calls.create_predefined_field("C", "city", value="Gdańsk"),
        {"name": "city", "value": "Gdańsk", "campaign": {"campaignId": "C"}},
    ),
    (calls.update_predefined_field("p", value="x"), {"value": "x"}),
    (
        calls.create_draft(PLAIN),
        {
            "type": "draft",
            "subject": "Hi",
            "fromField": {"fromFieldId": "s3nD"},
            "campaign": {"campaignId": "C4mp"},
            "content": {"plain": "Hello"},
            "sendSettings": {},
        },
    ),
    (
        calls.create_newsletter(SPRING, EVERYBODY, send_on=SOON),
        {
            "type": "broadcast",
            "subject": "Spring is here",
            "name": "spring-2026",
            "fromField": {"fromFieldId": "s3nD"},
            "replyTo": {"fromFieldId": "s3nD"},
            "campaign": {"campaignId": "C4mp"},
            "content": {"html": "<p>Hello</p>", "plain": "Hello"},
            "flags": ["clicktrack"],
            "trackOpens": "false",
            "attachments": [{"fileName": "a.txt", "content": "aGVsbG8=", "mimeType": "text/plain"}],
            "sendSettings": {
                "selectedCampaigns": ["C4mp"],
                "selectedSegments": ["s3G"],
                "selectedContacts": ["pV3r"],
                "excludedCampaigns": ["C4mp"],
                "excludedSegments": ["s3G"],
                "selectedSuppressions": ["sUp"],
                "timeTravel": "true",
                "perfectTiming": "true",
                "externalLexpad": {"dataSourceUrl": "https://x.org", "dataSourceToken": "t0k3n"},
                "sendOn": {
                    "date": "2026-07-14T07:00:00",
                    "timeZone": {"timeZoneId": 282},
                },
            },
        },
    ),
    (
        calls.send_draft("n", TO_LIST, send_on=None),
        {"messageId": "n", "sendSettings": {"selectedCampaigns": ["C"]}},
    ),
    (calls.create_from_field("a@x.y", "Ada"), {"email": "a@x.y", "name": "Ada"}),
    (
        calls.create_segment("s", SAVED),
        {
            "name": "s",
            "subscribersType": ["subscribed"],
            "sectionLogicOperator": "or",
            "section": [
                {
                    "campaignIdsList": ["C4mp"],
                    "logicOperator": "and",
                    "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
                    "subscriptionDate": "all_time",
                    "conditions": [],
                }
            ],
        },
    ),
    (
        calls.upsert_segment_custom_fields("s", {"f": "x"}),
        {"customFieldValues": [{"customFieldId": "f", "value": ["x"]}]},
    ),
    (
        calls.create_import(
            "C", columns=["email", "name", "tag:vip"], rows=iter([("a@x.y", "A", "yes")])
        ),
        {
            "campaignId": "C",
            "fieldMapping": ["email", "name", "tag:vip"],
            "contacts": [["a@x.y", "A", "yes"]],
        },
    ),
    (
        calls.create_custom_report(
            NewReport(
                name="all",
                type=ReportType.MESSAGE_ACTIVITY,
                since=date(2026, 1, 1),
                until=date(2026, 1, 1),
                activities=["send", "open", "click"],
                newsletter_ids=["n"],
            )
        ),
        {
            "name": "all",
            "type": "message_activity_report",
            "filters": {"activityType": ["send", "open", "click"], "messageId": ["n"]},
            "scheduling": {
                "frequency": "one_time",
                "startDate": "2026-01-01",
                "endDate": "2026-01-01",
            },
        },
    ),
    (
        calls.create_custom_report(
            NewReport(
                name="gone",
                type="bounces",
                since=date(2026, 1, 1),
                until=date(2026, 1, 2),
                filters={"campaignId": ("C",)},
            )
        ),
        {
            "name": "gone",
            "type": "bounces",
            "filters": {"campaignId": ["C"]},
            "scheduling": {
                "frequency": "one_time",
                "startDate": "2026-01-01",
                "endDate": "2026-01-02",
            },
        },
    ),
]


@pytest.mark.parametrize(("call", "body"), BODIES, ids=lambda v: getattr(v, "operation", ""))
def test_what_is_sent_is_exactly_this(call: Call[Any], body: object) -> None:
    assert sent(call) == body


@pytest.mark.parametrize(
    ("call", "pairs"),
    [
        (calls.change_blocklist(["a@x.y"], "delete"), {"additionalFlags": "delete"}),
        (calls.get_blocklist(mask="a+b@x.y"), {"query[mask]": "a+b@x.y"}),
        (calls.get_blocklist(), {}),
        (
            calls.list_campaigns(is_default=False).at("2"),
            {
                "query[isDefault]": "false",
                "sort[createdOn]": "ASC",
                "page": "2",
                "perPage": "1000",
            },
        ),
        (
            calls.get_campaign_statistics("summary"),
            {},
        ),
        (
            calls.get_campaign_statistics(
                "balance", ["C", "D"], group_by="month", since=SINCE, until=UNTIL
            ),
            {
                "query[campaignId]": "C,D",
                "query[groupBy]": "month",
                "query[createdOn][from]": "2026-03-02T08:00:00+0000",
                "query[createdOn][to]": "2026-03-03T08:00:00+0000",
            },
        ),
        (
            calls.find_contacts("C", "a+b@x.y").at(None),
            {
                "query[campaignId]": "C",
                "query[email]": "a+b@x.y",
                "additionalFlags": "exactMatch",
                "sort[createdOn]": "ASC",
                "page": "1",
                "perPage": "100",
            },
        ),
        (
            calls.delete_contact("c", newsletter_id="n", ip_address="::1"),
            {"messageId": "n", "ipAddress": "::1"},
        ),
        (calls.delete_from_field("s", replacement_id="t"), {"fromFieldIdToReplaceWith": "t"}),
        (calls.delete_from_field("s"), {}),
        (
            calls.list_newsletters(type="draft", name="MS CRM", page_size=5).at(None),
            {
                "query[name]": "MS CRM",
                "query[type]": "draft",
                "sort[createdOn]": "ASC",
                "page": "1",
                "perPage": "5",
            },
        ),
        (
            calls.list_newsletter_statistics(newsletter_ids=["n", "m"]),
            {"query[newsletterId]": "n,m", "query[groupBy]": "total"},
        ),
        (
            calls.list_contact_activities("c", since=SINCE).at(None),
            {
                "query[createdOn][from]": "2026-03-02T08:00:00+0000",
                "page": "1",
                "perPage": "1000",
            },
        ),
    ],
)
def test_what_is_asked_for_is_exactly_this(call: Call[Any], pairs: dict[str, str]) -> None:
    assert query(call) == pairs


def test_lists_where_tuples_are_meant_are_sent_by_the_vendors_names() -> None:
    recipients: Any = [FromFieldRef(from_field_id="s")]
    told = SubscriptionNotifications(status="enabled", recipients=recipients)

    body = sent(calls.update_campaign("C", name="news", subscription_notifications=told))

    assert body["subscriptionNotifications"]["recipients"] == [{"fromFieldId": "s"}]


def test_tags_that_can_be_read_once_are_sent() -> None:
    once: Any = iter(["t", "u"])

    body = sent(calls.create_contact("C", NewContact(email="a@x.y", tag_ids=once)))

    assert body["tags"] == [{"tagId": "t"}, {"tagId": "u"}]


def test_an_operation_without_a_body_says_so() -> None:
    cancel = calls.cancel_newsletter("n")

    assert cancel.request.body == b""
    assert dict(cancel.request.headers) == {"Content-Type": "application/json"}


def test_every_creation_of_a_message_says_what_it_is() -> None:
    """Without `type` a draft would be sent to everybody."""
    kinds = {
        sent(call)["type"]
        for call in (
            calls.create_draft(PLAIN),
            calls.create_draft(PLAIN, recipients=TO_LIST),
            calls.create_newsletter(PLAIN, TO_LIST, send_on=None),
        )
    }

    assert kinds == {"draft", "broadcast"}


def test_a_schedule_stands_inside_the_send_settings_only() -> None:
    for call in (
        calls.create_newsletter(PLAIN, TO_LIST, send_on=SOON),
        calls.send_draft("n", TO_LIST, send_on=SOON),
    ):
        body = sent(call)
        assert "sendOn" not in body
        assert body["sendSettings"]["sendOn"]["date"] == "2026-07-14T07:00:00"
    assert "sendOn" not in str(sent(calls.create_newsletter(PLAIN, TO_LIST, send_on=None)))


def test_a_file_of_a_report_is_fetched_without_the_credential() -> None:
    file = ReportFile(custom_report_file_id="f", download_url="https://files.example/x?token=1%2B2")

    call = calls.download_report_file(file)

    assert not call.authorized
    assert (call.request.method, call.request.path) == ("GET", file.download_url)
    assert call.request.headers == ()


@pytest.mark.parametrize("kind", ["GET", "POST", "DELETE"])
def test_an_id_stays_one_part_of_the_path_in_every_operation(kind: str) -> None:
    evil = "../accounts?x#y"
    made: list[Call[Any]] = [
        calls.get_suppression(evil),
        calls.get_blocklist(campaign_id=evil),
        calls.get_newsletter(evil),
        calls.cancel_newsletter(evil),
        calls.set_default_from_field(evil),
        calls.delete_tag(evil),
        calls.get_custom_report(evil),
        calls.get_import(evil),
        calls.list_segment_contacts(evil).at(None),
        calls.upsert_contact_tags(evil, ["t"]),
    ]

    for call in made:
        if call.request.method == kind:
            assert "..%2Faccounts%3Fx%23y" in call.request.path.split("/")
