"""What each answer becomes, by value, with the oddities that GetResponse was seen to send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.core.call import Call, Response
from connectors.errors import BadRequest, DecodeError
from connectors.getresponse import calls
from connectors.getresponse.models import (
    Account,
    ActivityKind,
    ActivityResource,
    Attachment,
    CallbackActions,
    CallbackSettings,
    Campaign,
    CampaignId,
    CampaignProfile,
    CampaignRef,
    ClickedLink,
    ClickTrack,
    Confirmation,
    ConsentRecord,
    Contact,
    ContactActivity,
    ContactConsent,
    ContactId,
    Content,
    CustomField,
    CustomFieldId,
    CustomFieldValue,
    CustomReport,
    FieldFormat,
    FoundContact,
    FromField,
    FromFieldId,
    FromFieldRef,
    Geolocation,
    Import,
    ImportErrors,
    ImportId,
    ImportStatistics,
    ImportStatus,
    Newsletter,
    NewsletterId,
    NewsletterStatistics,
    NewsletterType,
    Optin,
    OptinTypes,
    Origin,
    Postal,
    PredefinedField,
    PredefinedFieldId,
    Removal,
    ReportFile,
    ReportFileStatus,
    ReportType,
    Segment,
    SegmentId,
    SendingLimit,
    SendMetrics,
    SendSettings,
    SendStatus,
    SubscriptionNotifications,
    Suppression,
    SuppressionId,
    Tag,
    TagId,
    Timezone,
    ValueType,
)
from tests.getresponse.operations import EVERY

MOMENT = datetime(2017, 12, 19, 13, 11, 48, tzinfo=UTC)
STAMP = "2017-12-19T13:11:48+0000"
LIST = {"campaignId": "C", "href": "https://x", "name": "news"}
NEWS = CampaignRef(campaign_id=CampaignId("C"), name="news")


def read(call: Call[Any], body: object, **headers: str) -> Any:
    answer = Response(status=200, headers=headers, body=json.dumps(body).encode())
    return call.decode(answer)


def rows(call: Call[Any], *body: object) -> Any:
    return read(call, list(body)).items


# --- account ---------------------------------------------------------------------------------


def test_an_account_is_read_whole() -> None:
    body = {
        "accountId": "a",
        "href": "https://x",
        "email": "ada@x.y",
        "firstName": "Ada",
        "lastName": "Owner",
        "companyName": "Sandbox",
        "phone": "",
        "state": None,
        "city": "Gdańsk",
        "street": "s",
        "zipCode": "80-001",
        "numberOfEmployees": "",
        "timeFormat": "24h",
        "countryCode": {"countryCodeId": "175", "countryCode": "PL"},
        "industryTag": {"industryTagId": "1"},
        "timeZone": {"name": "Europe/Warsaw", "offset": "+01:00"},
    }

    account = read(calls.get_account(), body)

    assert account == Account(
        account_id="a",
        email="ada@x.y",
        first_name="Ada",
        last_name="Owner",
        company_name="Sandbox",
        phone="",
        city="Gdańsk",
        street="s",
        zip_code="80-001",
        number_of_employees="",
        time_format="24h",
        country_code={"countryCodeId": "175", "countryCode": "PL"},
        industry_tag={"industryTagId": "1"},
        time_zone={"name": "Europe/Warsaw", "offset": "+01:00"},
    )


@pytest.mark.parametrize("nothing", ["", None, [], {}])
def test_an_account_survives_what_is_not_documented(nothing: object) -> None:
    body = {"accountId": "a", "timeZone": nothing, "countryCode": nothing, "industryTag": nothing}

    assert not read(calls.get_account(), {**body, "numberOfEmployees": 5}).time_zone


def test_zones_and_limits_are_read() -> None:
    zone = {"timezoneId": 282, "name": "Europe/Warsaw", "offset": "+01:00", "country": "PL"}

    assert read(calls.list_timezones(), [zone]) == (
        Timezone(timezone_id=282, name="Europe/Warsaw", offset="+01:00", country="PL"),
    )
    assert read(calls.list_sending_limits(), [{"timeFrame": 86400, "limit": 5, "used": "2"}]) == (
        SendingLimit(time_frame=86400, limit=5, used=2),
    )


def test_callbacks_have_real_booleans() -> None:
    body = {"url": "https://x.org", "actions": {"open": True, "click": False}}

    assert read(calls.find_callbacks(), body) == CallbackSettings(
        url="https://x.org", actions=CallbackActions(open=True)
    )


@pytest.mark.parametrize("body", [{}, {"url": None}, {"url": ""}, {"url": None, "actions": {}}])
def test_no_callbacks_are_none_in_whatever_form(body: object) -> None:
    assert read(calls.find_callbacks(), body) is None


def test_missing_callbacks_are_none_and_a_wrong_domain_is_not() -> None:
    def refused(code: int) -> Response:
        body = {"httpStatus": 404, "code": code, "message": "m"}
        return Response(status=404, body=json.dumps(body).encode())

    call = calls.find_callbacks()

    assert call.safe_statuses == {404}
    assert call.decode(refused(1013)) is None
    with pytest.raises(BadRequest, match="account domain"):
        call.decode(refused(1024))
    with pytest.raises(BadRequest):
        call.decode(Response(status=404, body=b"<html>"))


@pytest.mark.parametrize("body", [{}, {"url": None}])
def test_callbacks_whose_url_does_not_come_back_are_as_they_were_set(body: object) -> None:
    actions = CallbackActions(open=True)

    assert read(calls.upsert_callbacks("https://x.org", actions=actions), body) == CallbackSettings(
        url="https://x.org", actions=actions
    )


def test_masks_are_read() -> None:
    assert read(calls.get_blocklist(), {"masks": ["a@x.y", "@b.c"]}) == ("a@x.y", "@b.c")
    (row,) = rows(
        calls.list_suppressions().at(None),
        {"suppressionId": "s", "name": "n", "createdOn": STAMP, "href": "https://x"},
    )
    assert row == Suppression(suppression_id=SuppressionId("s"), name="n", created_on=MOMENT)


def test_a_change_of_a_blocklist_needs_no_answer() -> None:
    call = calls.change_blocklist(["a"], "add")

    assert call.decode(Response(status=200)) is None
    assert call.decode(Response(status=200, body=b'{"masks":[]}')) is None


# --- lists -----------------------------------------------------------------------------------


def test_a_list_is_read_whole() -> None:
    body = {
        **LIST,
        "techName": "news_tech",
        "description": "news",
        "languageCode": "EN",
        "isDefault": "true",
        "createdOn": STAMP,
        "postal": {"addPostalToMessages": "true", "city": "Gdańsk", "zipCode": ""},
        "confirmation": {
            "fromField": {"fromFieldId": "f", "href": "https://x"},
            "redirectType": "hosted",
            "mimeType": "text/html",
            "redirectUrl": None,
        },
        "optinTypes": {"email": "single", "api": "double", "import": "single", "webform": "new"},
        "subscriptionNotifications": {
            "status": "enabled",
            "recipients": [{"fromFieldId": "f", "href": "https://x"}],
        },
        "profile": {"title": "", "industryTagId": 7, "logo": None},
    }

    assert read(calls.get_campaign("C"), body) == Campaign(
        campaign_id=CampaignId("C"),
        name="news",
        is_default=True,
        language_code="EN",
        created_on=MOMENT,
        tech_name="news_tech",
        postal=Postal(add_postal_to_messages=True, city="Gdańsk", zip_code=""),
        confirmation=Confirmation(
            from_field=FromFieldRef(from_field_id="f"),
            redirect_type="hosted",
            mime_type="text/html",
        ),
        optin_types=OptinTypes(email=Optin.SINGLE, api=Optin.DOUBLE, webform="new"),
        subscription_notifications=SubscriptionNotifications(
            status="enabled", recipients=(FromFieldRef(from_field_id="f"),)
        ),
        profile=CampaignProfile(title="", industry_tag_id="7"),
    )


@pytest.mark.parametrize("body", [{"2026-01-01": {"total": 3}}, [{"C": {"all": "2"}}], []])
def test_numbers_of_lists_are_given_as_they_come(body: Any) -> None:
    assert read(calls.get_campaign_statistics("summary"), body) == body


# --- contacts --------------------------------------------------------------------------------


def test_a_contact_is_read_with_all_that_hangs_on_it() -> None:
    body = {
        "contactId": "c",
        "email": "ada@x.y",
        "name": None,
        "campaign": LIST,
        "origin": "website_builder_elegant",
        "createdOn": "2017-12-19T13:11:48Z",
        "changedOn": "2017-12-19T14:11:48+01:00",
        "timeZone": "Europe/Warsaw",
        "ipAddress": "1.2.3.4",
        "dayOfCycle": "0",
        "scoring": "8.5",
        "engagementScore": 5,
        "note": "",
        "tags": [{"tagId": "t", "name": "vip", "href": "https://x", "color": ""}],
        "customFieldValues": [
            {
                "customFieldId": "f",
                "name": "age",
                "value": ["18-35"],
                "values": ["18-35"],
                "type": "single_select",
                "fieldType": "single_select",
                "valueType": "string",
            }
        ],
        "geolocation": {"latitude": "54.35", "city": None, "countryCode": "PL", "dmaCode": ""},
        "somethingNew": {"deep": [1]},
    }

    contact = read(calls.get_contact("c"), body)

    assert contact.campaign == NEWS
    assert contact.origin is Origin.WEBSITE_BUILDER
    assert contact.created_on == contact.changed_on == MOMENT
    assert (contact.time_zone, contact.ip_address) == ("Europe/Warsaw", "1.2.3.4")
    assert (contact.day_of_cycle, contact.scoring, contact.engagement_score) == (0, 8.5, 5)
    assert (contact.name, contact.note) == (None, "")
    assert contact.tags == (Tag(tag_id=TagId("t"), name="vip"),)
    assert contact.custom_field_values == (
        CustomFieldValue(
            custom_field_id="f",
            name="age",
            values=("18-35",),
            field_type="single_select",
            value_type="string",
        ),
    )
    assert contact.geolocation == Geolocation(latitude="54.35", country_code="PL", dma_code="")


def test_the_empty_texts_that_were_seen_are_read() -> None:
    body: dict[str, object] = {
        "contactId": "c",
        "email": "ada@x.y",
        "campaign": {"campaignId": "C"},
        "name": None,
        "origin": "",
        "timeZone": "",
        "ipAddress": "",
        "changedOn": "",
        "dayOfCycle": None,
        "scoring": None,
        "engagementScore": "",
        "note": None,
        "geolocation": "",
        "tags": {},
        "customFieldValues": [],
    }

    contact = read(calls.get_contact("c"), body)

    assert (contact.changed_on, contact.engagement_score, contact.geolocation) == (None, None, None)
    assert (contact.origin, contact.tags) == ("", ())


def test_the_answers_of_the_upserts_have_shapes_of_their_own() -> None:
    tags = [{"tagId": "t", "name": "vip", "href": "h", "color": "", "createdAt": STAMP}]
    values = [{"customFieldId": "f", "values": ["a", "b"]}]

    assert read(calls.upsert_contact_tags("c", ["t"]), tags) == (
        Tag(tag_id=TagId("t"), name="vip", created_at=MOMENT),
    )
    assert read(calls.upsert_contact_custom_fields("c", {"f": "a"}), values) == (
        CustomFieldValue(custom_field_id="f", values=("a", "b")),
    )


def test_activities_are_read_each_with_what_it_has() -> None:
    resource = {"resourceId": None, "resourceType": "autoresponders", "href": "https://x"}
    click = {
        "activity": "click",
        "subject": "Spring",
        "createdOn": STAMP,
        "previewUrl": None,
        "resource": {"resourceId": "n", "resourceType": "newsletters", "href": "h"},
        "clickTrack": {"id": "k", "name": "Shop", "url": "https://shop"},
    }
    send = {**click, "activity": "send", "previewUrl": "https://p", "clickTrack": None}
    news = {**click, "activity": "listened", "resource": resource, "clickTrack": None}

    found = rows(calls.list_contact_activities("c").at(None), click, send, news)

    assert found[0] == ContactActivity(
        activity=ActivityKind.CLICK,
        subject="Spring",
        created_on=MOMENT,
        resource=ActivityResource(resource_id="n", resource_type="newsletters", href="h"),
        click_track=ClickedLink(click_track_id="k", name="Shop", url="https://shop"),
    )
    assert (found[1].activity, found[1].preview_url) == (ActivityKind.SEND, "https://p")
    assert (found[2].activity, found[2].resource.resource_id) == ("listened", None)


def test_consents_have_real_booleans_and_a_history() -> None:
    body = [
        {
            "consentId": "k",
            "name": "mail",
            "content": "Yes",
            "isGranted": False,
            "history": [
                {"content": "Yes", "wasGranted": True, "declaredAt": STAMP, "createdAt": STAMP}
            ],
        }
    ]

    assert read(calls.list_contact_consents("c"), body) == (
        ContactConsent(
            consent_id="k",
            name="mail",
            content="Yes",
            is_granted=False,
            history=(
                ConsentRecord(
                    was_granted=True, content="Yes", declared_at=MOMENT, created_at=MOMENT
                ),
            ),
        ),
    )


# --- fields ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "widget", "kind"),
    [
        (
            {
                "type": "string",
                "format": "radio",
                "fieldType": "radio",
                "valueType": "string",
            },
            FieldFormat.RADIO,
            ValueType.STRING,
        ),
        (
            {"type": "single_select", "fieldType": "single_select", "valueType": "string"},
            FieldFormat.SINGLE_SELECT,
            ValueType.STRING,
        ),
        ({"type": "number", "format": "text"}, FieldFormat.TEXT, ValueType.NUMBER),
        ({"type": "textarea"}, FieldFormat.TEXTAREA, None),
        ({"type": "single_select", "format": "radio"}, FieldFormat.RADIO, None),
        ({"type": "colour", "format": "wheel"}, "wheel", "colour"),
        ({"type": "", "format": None}, None, ""),
        ({}, None, None),
    ],
)
def test_custom_fields_of_the_older_and_the_newer_form_are_read_alike(
    shape: dict[str, object], widget: Any, kind: Any
) -> None:
    body = {"customFieldId": "f", "name": "age", "hidden": "true", "values": ["a"], **shape}

    found = read(calls.get_custom_field("f"), body)

    assert found == CustomField(
        custom_field_id=CustomFieldId("f"),
        name="age",
        format=widget,
        value_type=kind,
        hidden=True,
        values=("a",),
    )
    assert rows(calls.list_custom_fields().at(None), body) == (found,)


def test_tags_and_predefined_fields_are_read() -> None:
    tag = {"tagId": "t", "name": "vip", "href": "h", "color": None, "createdAt": STAMP}
    word = {"predefinedFieldId": "p", "name": "city", "value": "Gdańsk", "campaign": LIST}

    assert rows(calls.list_tags().at(None), tag) == (
        Tag(tag_id=TagId("t"), name="vip", created_at=MOMENT),
    )
    assert read(calls.get_predefined_field("p"), word) == PredefinedField(
        predefined_field_id=PredefinedFieldId("p"), name="city", value="Gdańsk", campaign=NEWS
    )


# --- newsletters -----------------------------------------------------------------------------

METRICS = {
    "status": "finished",
    "sent": "100",
    "total": "101",
    "delivered": "99",
    "openRate": "12.5",
    "clickRate": "0",
    "humanOpenRate": "10.25",
    "humanClickRate": "",
}
READ_METRICS = SendMetrics(
    status=SendStatus.FINISHED,
    sent=100,
    total=101,
    delivered=99,
    open_rate=12.5,
    click_rate=0.0,
    human_open_rate=10.25,
)


def test_rows_of_newsletters_have_their_flags_in_one_text() -> None:
    row = {
        "newsletterId": "n",
        "href": "h",
        "name": "spring",
        "type": "broadcast",
        "status": "enabled",
        "editor": "editor_v3",
        "subject": "Spring",
        "campaign": LIST,
        "sendOn": STAMP,
        "sendSettings": {"timeTravel": "false", "perfectTiming": "false"},
        "sendMetrics": METRICS,
        "createdOn": STAMP,
        "flags": "clicktrack,google_analytics",
    }

    (found,) = rows(calls.list_newsletters().at(None), row)

    assert found == Newsletter(
        newsletter_id=NewsletterId("n"),
        name="spring",
        type=NewsletterType.BROADCAST,
        status="enabled",
        editor="editor_v3",
        subject="Spring",
        campaign=NEWS,
        send_on=MOMENT,
        created_on=MOMENT,
        send_metrics=READ_METRICS,
        flags_text="clicktrack,google_analytics",
    )
    assert found.flags == ("clicktrack", "google_analytics")


@pytest.mark.parametrize("flags", ["", None])
def test_a_row_without_flags_has_none(flags: object) -> None:
    (found,) = rows(calls.list_newsletters().at(None), {"newsletterId": "n", "flags": flags})

    assert found.flags == ()


def test_a_newsletter_is_read_whole() -> None:
    body = {
        "newsletterId": "n",
        "name": None,
        "type": "draft",
        "status": "enabled",
        "editor": "html2",
        "subject": "Spring",
        "fromField": {"fromFieldId": "f", "href": "h"},
        "replyTo": None,
        "campaign": LIST,
        "sendOn": "",
        "attachments": [{"fileName": "a", "content": "aGk=", "mimeType": "text/plain"}],
        "sendSettings": {
            "selectedCampaigns": ["C"],
            "excludedSegments": ["s"],
            "timeTravel": "true",
            "perfectTiming": "false",
            "externalLexpad": None,
        },
        "sendMetrics": {"status": None, "sent": None},
        "createdOn": STAMP,
        "content": {"html": "<p>", "plain": None},
        "clickTracks": [{"clickTrackId": "k", "url": "https://u", "name": "U", "amount": "3"}],
        "flags": ["clicktrack"],
    }

    found = read(calls.get_newsletter("n"), body)

    assert (found.type, found.send_on, found.send_status) == (NewsletterType.DRAFT, None, None)
    assert (found.from_field, found.reply_to) == (FromFieldRef(from_field_id="f"), None)
    assert found.send_settings == SendSettings(
        selected_campaigns=("C",), excluded_segments=("s",), time_travel=True
    )
    assert found.content == Content(html="<p>")
    assert found.attachments == (Attachment(file_name="a", content="aGk=", mime_type="text/plain"),)
    assert found.click_tracks == (
        ClickTrack(click_track_id="k", url="https://u", name="U", amount=3),
    )
    assert found.flags == ("clicktrack",)


def test_a_date_keeps_the_moment_whatever_its_offset() -> None:
    body = {"newsletterId": "n", "sendOn": "2026-06-01T09:00:00+02:00"}

    found = read(calls.get_newsletter("n"), body)

    assert found.send_on == datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=2)))


def test_statistics_are_read_by_span() -> None:
    names = (
        "sent totalOpened totalHumanOpened uniqueOpened uniqueHumanOpened totalClicked "
        "totalHumanClicked uniqueClicked uniqueHumanClicked goals uniqueGoals forwarded "
        "unsubscribed bounced complaints"
    ).split()
    interval = "2014-09-20T00:00:00+0000/P2M18DT10H0M0S"
    body = [{"timeInterval": interval, **{name: i for i, name in enumerate(names, 1)}}]

    (found,) = read(calls.get_newsletter_statistics("n"), body)

    assert found == NewsletterStatistics(
        time_interval=interval,
        sent=1,
        total_opened=2,
        total_human_opened=3,
        unique_opened=4,
        unique_human_opened=5,
        total_clicked=6,
        total_human_clicked=7,
        unique_clicked=8,
        unique_human_clicked=9,
        goals=10,
        unique_goals=11,
        forwarded=12,
        unsubscribed=13,
        bounced=14,
        complaints=15,
    )


def test_senders_are_read() -> None:
    row = {
        "fromFieldId": "f",
        "href": "h",
        "email": "ada@x.y",
        "rewrittenEmail": None,
        "name": "Ada",
        "isActive": "true",
        "isDefault": "false",
        "createdOn": STAMP,
        "domain": None,
    }

    assert rows(calls.list_from_fields().at(None), row) == (
        FromField(
            from_field_id=FromFieldId("f"),
            email="ada@x.y",
            name="Ada",
            is_active=True,
            created_on=MOMENT,
        ),
    )


# --- searches, imports, reports --------------------------------------------------------------


def test_found_contacts_have_their_score_as_text_and_say_why_they_left() -> None:
    row = {
        "contactId": "c",
        "name": None,
        "email": "ada@x.y",
        "origin": "forward",
        "dayOfCycle": "",
        "createdOn": STAMP,
        "campaign": LIST,
        "score": "7",
        "reason": "complaint",
        "deletedOn": STAMP,
    }
    from tests.getresponse.operations import SEARCH

    assert rows(calls.search_contacts(SEARCH).at(None), row) == (
        FoundContact(
            contact_id=ContactId("c"),
            email="ada@x.y",
            origin="forward",
            created_on=MOMENT,
            campaign=NEWS,
            score=7.0,
            reason=Removal.COMPLAINT,
            deleted_on=MOMENT,
        ),
    )


def test_a_saved_search_keeps_its_conditions_as_they_come() -> None:
    section = {"campaignIdsList": ["C"], "conditions": [{"conditionType": "opened"}]}
    body = {
        "searchContactId": "s",
        "name": "openers",
        "createdOn": STAMP,
        "href": "h",
        "subscribersType": ["subscribed"],
        "sectionLogicOperator": "or",
        "section": [section],
    }

    assert read(calls.get_segment("s"), body) == Segment(
        search_contact_id=SegmentId("s"),
        name="openers",
        created_on=MOMENT,
        subscribers_type=("subscribed",),
        section_logic_operator="or",
        section=(section,),
    )


def test_an_import_says_what_became_of_its_rows() -> None:
    body = {
        "importId": "i",
        "campaign": LIST,
        "status": "to_review",
        "statistics": {"uploaded": 5, "invalid": "1", "updated": 2, "addedToList": 2},
        "errorStatistics": {"syntaxErrors": 1, "blacklist": 0},
        "createdOn": STAMP,
        "finishedOn": None,
        "href": "h",
    }

    assert read(calls.get_import("i"), body) == Import(
        import_id=ImportId("i"),
        campaign=NEWS,
        status=ImportStatus.TO_REVIEW,
        statistics=ImportStatistics(uploaded=5, invalid=1, updated=2, added_to_list=2),
        error_statistics=ImportErrors(syntax_errors=1),
        created_on=MOMENT,
    )


def test_a_report_is_settled_when_each_of_its_files_is() -> None:
    def report(*states: str) -> CustomReport:
        body = {
            "customReportId": "r",
            "name": "opens",
            "href": "h",
            "type": "message_activity_report",
            "scheduling": {"frequency": "one_time", "oneTime": None, "recurring": None},
            "filters": [],
            "files": [
                {
                    "customReportFileId": f"f{number}",
                    "downloadUrl": "https://f" if state == "ready" else None,
                    "status": state,
                    "expiresAt": STAMP,
                }
                for number, state in enumerate(states)
            ],
            "createdAt": STAMP,
            "generatedAt": "",
        }
        found: CustomReport = read(calls.get_custom_report("r"), body)
        return found

    whole = report("ready")
    assert whole.type is ReportType.MESSAGE_ACTIVITY
    assert (whole.created_at, whole.generated_at) == (MOMENT, None)
    assert whole.files == (
        ReportFile(
            custom_report_file_id="f0",
            download_url="https://f",
            status=ReportFileStatus.READY,
            expires_at=MOMENT,
        ),
    )
    assert [report(*s).settled for s in (["ready"], ["ready", "error"], ["error"])] == [True] * 3
    assert [
        report(*s).settled for s in ([], ["pending"], ["ready", "in-progress"], ["new-state"])
    ] == [False] * 4


def test_the_rows_of_a_report_are_read_by_the_names_in_its_first_line() -> None:
    body = '\ufeffemail,"subject"\r\nada@x.y,"a, ""b""\r\nc"\r\n'.encode()

    assert calls.report_rows(body) == ({"email": "ada@x.y", "subject": 'a, "b"\r\nc'},)
    assert calls.report_rows(b"") == ()
    assert calls.report_rows(b"email\xff\n1\n") == ({"email\ufffd": "1"},)


# --- malformed -------------------------------------------------------------------------------

READING = [
    call
    for call in EVERY
    if call.request.method == "GET" or call.operation.endswith((".create", ".update"))
]
QUEUED = {"contacts.create"}


@pytest.mark.parametrize("call", READING, ids=lambda call: call.operation)
@pytest.mark.parametrize(
    "body",
    [b'{"a": 1', b"[{", b"", b"nonsense", b"\xff", b'"text"', b"5", b"[5]", b'{"a":{"b":[}'],
)
def test_what_is_not_as_documented_is_a_decode_error(call: Call[Any], body: bytes) -> None:
    if call.operation in QUEUED or call.operation == "campaigns.statistics":
        return

    with pytest.raises(DecodeError):
        call.decode(Response(status=200, body=body))


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_a_web_page_is_never_taken_for_an_answer(call: Call[Any]) -> None:
    for page in (b"  <html>Sign in</html>", b"\xef\xbb\xbf<html>Sign in</html>"):
        with pytest.raises(DecodeError, match="not JSON"):
            call.decode(Response(status=200, body=page))


def test_an_answer_that_does_not_fit_names_the_place_and_no_value() -> None:
    body = {"contactId": "c", "email": ["c4n4ry@x.y"], "campaign": "c4n4ry"}

    with pytest.raises(DecodeError, match=r"\$\.email: expected text, got list") as caught:
        read(calls.get_contact("c"), body)

    assert "c4n4ry" not in str(caught.value) + repr(caught.value.paths)


def test_one_bad_row_is_named_by_its_number() -> None:
    good = {"contactId": "c", "email": "a@x.y", "campaign": LIST}

    with pytest.raises(DecodeError, match=r"\$\[1\]\.campaign"):
        rows(calls.list_contacts().at(None), good, {**good, "campaign": None})


def test_no_row_shows_a_person() -> None:
    person = Contact(
        contact_id=ContactId("c"),
        email="c4n4ry@x.y",
        campaign=NEWS,
        name="c4n4ry",
        note="c4n4ry",
        ip_address="c4n4ry",
    )

    assert "c4n4ry" not in repr(person)
