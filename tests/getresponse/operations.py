"""One call of every operation, with all that it can send."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from connectors.core.call import Call, WriteClass
from connectors.getresponse import calls
from connectors.getresponse.models import (
    Attachment,
    CallbackActions,
    CampaignProfile,
    Condition,
    Confirmation,
    ExternalContent,
    FieldFormat,
    FromFieldRef,
    NewContact,
    NewNewsletter,
    NewReport,
    Optin,
    OptinTypes,
    Origin,
    Postal,
    Recipients,
    ReportType,
    SearchQuery,
    Section,
    SendOn,
    SubscriptionNotifications,
)

LIST = "C4mp"
CONTACT = "pV3r"
FIELD = "kL6Nh"
TAG = "t4G"
LETTER = "n3wS"
SENDER = "s3nD"
SEGMENT = "s3G"
IMPORT = "1mp"
REPORT = "r3P"
SUPPRESSION = "sUp"
PREDEFINED = "pR3"

PARAMETERS = {
    LIST,
    CONTACT,
    FIELD,
    TAG,
    LETTER,
    SENDER,
    SEGMENT,
    IMPORT,
    REPORT,
    SUPPRESSION,
    PREDEFINED,
    "list-size",
}
"""Parts of our paths that stand for parameters."""

SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
UNTIL = datetime(2026, 3, 3, 8, tzinfo=UTC)

ADA = NewContact(
    email="ada+x@example.org",
    name="Ada",
    day_of_cycle=0,
    scoring=8,
    ip_address="1.2.3.4",
    tag_ids=[TAG],
    custom_field_values={FIELD: "18-35"},
)
SPRING = NewNewsletter(
    subject="Spring is here",
    html="<p>Hello</p>",
    plain="Hello",
    from_field_id=SENDER,
    campaign_id=LIST,
    name="spring-2026",
    reply_to_id=SENDER,
    attachments=[Attachment.of("a.txt", b"hello", mime_type="text/plain")],
    flags=["clicktrack"],
    track_opens=False,
)
PLAIN = NewNewsletter(subject="Hi", plain="Hello", from_field_id=SENDER, campaign_id=LIST)
EVERYBODY = Recipients(
    campaign_ids=[LIST],
    segment_ids=[SEGMENT],
    contact_ids=[CONTACT],
    excluded_campaign_ids=[LIST],
    excluded_segment_ids=[SEGMENT],
    suppression_ids=[SUPPRESSION],
    time_travel=True,
    perfect_timing=True,
    external_content=ExternalContent(data_source_url="https://x.org", data_source_token="t0k3n"),
)
SOON = SendOn(date=datetime(2026, 7, 14, 7), time_zone_id=282)
SEARCH = SearchQuery(
    sections=[
        Section(
            campaign_ids=[LIST],
            conditions=[
                Condition.email("is", "a@x.y"),
                Condition.custom_field(FIELD, "assigned"),
                Condition.engagement_score("numeric_gt_eq", 4),
                Condition.tag(TAG),
            ],
            subscribed=(date(2026, 1, 1), date(2026, 2, 1)),
        )
    ],
    subscribers=["subscribed", "unconfirmed"],
)
SAVED = SearchQuery(sections=[Section(campaign_ids=[LIST])])
ACTIONS = CallbackActions(open=True, click=True)

A, B, C, D = (
    WriteClass.IDEMPOTENT,
    WriteClass.NATURAL_KEY,
    WriteClass.MARKED,
    WriteClass.UNSAFE,
)

TABLE: list[tuple[Call[Any], str, WriteClass]] = [
    # accounts
    (calls.get_account(), "GET accounts", A),
    (calls.list_timezones(), "GET accounts/timezones", A),
    (calls.list_sending_limits(), "GET accounts/sending-limits", A),
    (calls.find_callbacks(), "GET accounts/callbacks", A),
    (
        calls.upsert_callbacks("https://x.org/gr", actions=ACTIONS),
        "POST accounts/callbacks",
        A,
    ),
    (calls.delete_callbacks(), "DELETE accounts/callbacks", A),
    (calls.get_blocklist(mask="@x.y"), "GET accounts/blocklists", A),
    (calls.get_blocklist(campaign_id=LIST), "GET campaigns/C4mp/blocklists", A),
    (calls.change_blocklist(["a@x.y"], "add"), "POST accounts/blocklists", A),
    (
        calls.change_blocklist(["a@x.y"], "delete", campaign_id=LIST),
        "POST campaigns/C4mp/blocklists",
        A,
    ),
    (
        calls.list_suppressions(name="s", created_since=SINCE, created_until=UNTIL).at(None),
        "GET suppressions",
        A,
    ),
    (calls.get_suppression(SUPPRESSION), "GET suppressions/sUp", A),
    (calls.create_suppression("s", ["@x.y"]), "POST suppressions", C),
    (
        calls.update_suppression(SUPPRESSION, name="t", masks=["@x.y"]),
        "POST suppressions/sUp",
        A,
    ),
    (calls.delete_suppression(SUPPRESSION), "DELETE suppressions/sUp", A),
    # campaigns
    (calls.list_campaigns(name="news", is_default=True).at(None), "GET campaigns", A),
    (calls.get_campaign(LIST), "GET campaigns/C4mp", A),
    (
        calls.create_campaign(
            "news",
            language_code="pl",
            postal=Postal(add_postal_to_messages=True, city="Gdańsk"),
            confirmation=Confirmation(from_field=FromFieldRef(from_field_id=SENDER)),
            subscription_notifications=SubscriptionNotifications(
                status="enabled", recipients=(FromFieldRef(from_field_id=SENDER),)
            ),
            profile=CampaignProfile(title="News", description="All of it"),
        ),
        "POST campaigns",
        B,
    ),
    (
        calls.update_campaign(
            LIST, name="news", language_code="de", optin_types=OptinTypes(api=Optin.DOUBLE)
        ),
        "POST campaigns/C4mp",
        A,
    ),
    (
        calls.list_campaign_contacts(
            LIST, email="a", name="b", created_since=SINCE, created_until=UNTIL
        ).at(None),
        "GET campaigns/C4mp/contacts",
        A,
    ),
    (
        calls.get_campaign_statistics(
            "list-size", [LIST], group_by="day", since=SINCE, until=UNTIL
        ),
        "GET campaigns/statistics/list-size",
        A,
    ),
    # contacts
    (
        calls.list_contacts(
            campaign_id=LIST,
            email="a@x.y",
            name="A",
            origin=Origin.API,
            created_since=SINCE,
            created_until=UNTIL,
            changed_since=SINCE,
            changed_until=UNTIL,
        ).at(None),
        "GET contacts",
        A,
    ),
    (calls.get_contact(CONTACT), "GET contacts/pV3r", A),
    (calls.create_contact(LIST, ADA), "POST contacts", B),
    (calls.create_contacts(LIST, [ADA]), "POST contacts/batch", B),
    (
        calls.update_contact(
            CONTACT,
            name="B",
            email="b@x.y",
            campaign_id=LIST,
            note="n",
            scoring=None,
            day_of_cycle=3,
            tag_ids=[TAG],
            custom_field_values={FIELD: ["a", "b"]},
        ),
        "POST contacts/pV3r",
        A,
    ),
    (
        calls.delete_contact(CONTACT, newsletter_id=LETTER, ip_address="1.2.3.4"),
        "DELETE contacts/pV3r",
        A,
    ),
    (calls.upsert_contact_tags(CONTACT, [TAG]), "POST contacts/pV3r/tags", A),
    (
        calls.upsert_contact_custom_fields(CONTACT, {FIELD: "18-35"}),
        "POST contacts/pV3r/custom-fields",
        A,
    ),
    (
        calls.list_contact_activities(CONTACT, since=SINCE, until=UNTIL).at(None),
        "GET contacts/pV3r/activities",
        A,
    ),
    (calls.list_contact_consents(CONTACT), "GET contacts/pV3r/consents", A),
    (calls.list_removed_contacts([LIST]).at(None), "POST search-contacts/contacts", A),
    # fields
    (calls.list_custom_fields(name="age").at(None), "GET custom-fields", A),
    (calls.get_custom_field(FIELD), "GET custom-fields/kL6Nh", A),
    (
        calls.create_custom_field("age", format=FieldFormat.SINGLE_SELECT, values=["a", "b"]),
        "POST custom-fields",
        B,
    ),
    (
        calls.update_custom_field(FIELD, hidden=True, values=["a"]),
        "POST custom-fields/kL6Nh",
        A,
    ),
    (calls.delete_custom_field(FIELD), "DELETE custom-fields/kL6Nh", A),
    (calls.list_tags(name="v", created_since=SINCE, created_until=UNTIL).at(None), "GET tags", A),
    (calls.get_tag(TAG), "GET tags/t4G", A),
    (calls.create_tag("vip"), "POST tags", B),
    (calls.delete_tag(TAG), "DELETE tags/t4G", A),
    (calls.list_predefined_fields().at(None), "GET predefined-fields", A),
    (calls.get_predefined_field(PREDEFINED), "GET predefined-fields/pR3", A),
    (calls.create_predefined_field(LIST, "city", value="Gdańsk"), "POST predefined-fields", B),
    (
        calls.update_predefined_field(PREDEFINED, value="Łódź"),
        "POST predefined-fields/pR3",
        A,
    ),
    (calls.delete_predefined_field(PREDEFINED), "DELETE predefined-fields/pR3", A),
    # newsletters
    (
        calls.list_newsletters(
            name="MS CRM",
            subject="s",
            type="draft",
            status="enabled",
            campaign_id=LIST,
            created_since=SINCE,
            created_until=UNTIL,
            send_since=SINCE,
            send_until=UNTIL,
        ).at(None),
        "GET newsletters",
        A,
    ),
    (calls.get_newsletter(LETTER), "GET newsletters/n3wS", A),
    (calls.create_newsletter(SPRING, EVERYBODY, send_on=SOON), "POST newsletters", C),
    (calls.create_draft(PLAIN), "POST newsletters", C),
    (calls.send_draft(LETTER, EVERYBODY, send_on=SOON), "POST newsletters/send-draft", D),
    (calls.cancel_newsletter(LETTER), "POST newsletters/n3wS/cancel", A),
    (calls.delete_newsletter(LETTER), "DELETE newsletters/n3wS", A),
    (
        calls.get_newsletter_statistics(LETTER, group_by="day", since=SINCE, until=UNTIL),
        "GET newsletters/n3wS/statistics",
        A,
    ),
    (
        calls.list_newsletter_statistics(newsletter_ids=[LETTER], campaign_ids=[LIST]),
        "GET newsletters/statistics",
        A,
    ),
    (
        calls.list_from_fields(email="a", name="b", is_active=True, is_default=False).at(None),
        "GET from-fields",
        A,
    ),
    (calls.get_from_field(SENDER), "GET from-fields/s3nD", A),
    (calls.create_from_field("ada@x.y", "Ada"), "POST from-fields", B),
    (calls.set_default_from_field(SENDER), "POST from-fields/s3nD/default", A),
    (
        calls.delete_from_field(SENDER, replacement_id="other"),
        "DELETE from-fields/s3nD",
        A,
    ),
    # searches
    (calls.search_contacts(SEARCH).at(None), "POST search-contacts/contacts", A),
    (calls.list_segments(name="s").at(None), "GET search-contacts", A),
    (calls.get_segment(SEGMENT), "GET search-contacts/s3G", A),
    (calls.create_segment("s", SAVED), "POST search-contacts", C),
    (calls.update_segment(SEGMENT, name="s", query=SAVED), "POST search-contacts/s3G", A),
    (calls.delete_segment(SEGMENT), "DELETE search-contacts/s3G", A),
    (
        calls.list_segment_contacts(SEGMENT).at(None),
        "GET search-contacts/s3G/contacts",
        A,
    ),
    (
        calls.upsert_segment_custom_fields(SEGMENT, {FIELD: "x"}),
        "POST search-contacts/s3G/custom-fields",
        A,
    ),
    # imports and reports
    (
        calls.list_imports(campaign_id=LIST, created_since=SINCE, created_until=UNTIL).at(None),
        "GET imports",
        A,
    ),
    (calls.get_import(IMPORT), "GET imports/1mp", A),
    (calls.create_import(LIST, columns=["email"], rows=[["a@x.y"]]), "POST imports", C),
    (
        calls.create_custom_report(
            NewReport(
                name="opens",
                type=ReportType.MESSAGE_ACTIVITY,
                since=date(2026, 1, 1),
                until=date(2026, 2, 1),
                activities=["open"],
                newsletter_ids=[LETTER],
            )
        ),
        "POST custom-reports",
        C,
    ),
    (calls.get_custom_report(REPORT), "GET custom-reports/r3P", A),
]

EVERY = [call for call, _, _ in TABLE]
