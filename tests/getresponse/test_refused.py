"""What GetResponse would refuse in any case is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve

from connectors.core.call import Call
from connectors.errors import ConfigError
from connectors.getresponse import calls
from connectors.getresponse.models import (
    Attachment,
    CallbackActions,
    Condition,
    NewContact,
    NewNewsletter,
    NewReport,
    Recipients,
    ReportFile,
    SearchQuery,
    Section,
    SendOn,
    Timezone,
)
from tests.getresponse.operations import (
    ADA,
    PLAIN,
    SAVED,
    SINCE,
    TABLE,
)

ZONES = [
    Timezone(timezone_id=17, name="Europe/London"),
    Timezone(timezone_id=282, name="Europe/Warsaw"),
    Timezone(timezone_id=301, name="America/New_York"),
]
TO_LIST = Recipients(campaign_ids=["C"])


NAIVE = datetime(2026, 1, 1)
DAY = date(2026, 1, 1)


def report(**changes: Any) -> NewReport:
    whole = NewReport(name="opens", type="bounces", since=DAY, until=DAY)
    return evolve(whole, **changes)


def letter(**changes: Any) -> NewNewsletter:
    return evolve(PLAIN, **changes)


def searching(**changes: Any) -> SearchQuery:
    return evolve(SAVED, **changes)


REFUSED: list[tuple[Callable[[], object], str]] = [
    # ids, pages and dates
    (lambda: calls.get_newsletter(""), "an id of newsletters is empty"),
    (lambda: calls.list_campaigns().at("two"), "the number of a page, got 'two'"),
    (lambda: calls.list_campaigns().at("-1"), "the number of a page"),
    (lambda: calls.list_campaigns().at("0"), "the number of a page"),
    (lambda: calls.list_campaigns().at("1.5"), "the number of a page"),
    (lambda: calls.list_campaigns().at("²"), "the number of a page"),
    (lambda: calls.list_campaigns().at("9" * 9999), "the number of a page"),
    (lambda: calls.list_tags(page_size=0), "1 to 1000, got 0"),
    (lambda: calls.list_newsletters(page_size=1001), "1 to 1000, got 1001"),
    (lambda: calls.list_tags(created_since=NAIVE), "needs a time zone"),
    (lambda: calls.list_newsletters(send_until=NAIVE), "needs a time zone"),
    (lambda: calls.list_contact_activities("c", since=NAIVE), "needs a time zone"),
    (lambda: calls.get_newsletter_statistics("n", until=NAIVE), "needs a time zone"),
    (lambda: calls.schedule(NAIVE, ZONES), "needs a time zone"),
    # an empty filter would be taken for none
    (lambda: calls.list_contacts(email=""), r"query\[email\] is empty"),
    (lambda: calls.list_contacts(campaign_id=""), r"query\[campaignId\] is empty"),
    (lambda: calls.list_contacts(name=""), r"query\[name\] is empty"),
    (lambda: calls.list_contacts(origin=""), r"query\[origin\] is empty"),
    (lambda: calls.list_campaigns(name=""), "is empty"),
    (lambda: calls.list_campaign_contacts("C", email=""), "is empty"),
    (lambda: calls.list_custom_fields(name=""), "is empty"),
    (lambda: calls.list_tags(name=""), "is empty"),
    (lambda: calls.list_newsletters(campaign_id=""), "is empty"),
    (lambda: calls.list_newsletters(status=""), "is empty"),  # type: ignore[arg-type] # what a host without a type checker may pass
    (lambda: calls.list_from_fields(email=""), "is empty"),
    (lambda: calls.list_segments(name=""), "is empty"),
    (lambda: calls.list_imports(campaign_id=""), "is empty"),
    (lambda: calls.list_suppressions(name=""), "is empty"),
    (lambda: calls.get_blocklist(mask=""), "is empty"),
    (lambda: calls.get_blocklist(campaign_id=""), "is empty"),
    (lambda: calls.delete_contact("c", newsletter_id=""), "messageId is empty"),
    (lambda: calls.delete_from_field("s", replacement_id=""), "is empty"),
    (lambda: calls.delete_contact(".."), "an id of contacts cannot be '..'"),
    (lambda: calls.upsert_contact_tags(".", ["t"]), "an id of contacts cannot be '.'"),
    # accounts
    (
        lambda: calls.upsert_callbacks("ftp://x.org", actions=CallbackActions(open=True)),
        "begins with https://",
    ),
    (lambda: calls.upsert_callbacks("https://x.org", actions=CallbackActions()), "any action"),
    (lambda: calls.change_blocklist([], "add"), "no mask"),
    (lambda: calls.change_blocklist([""], "add"), "a mask is empty"),
    (lambda: calls.change_blocklist("a@x.y", "add"), "not one text"),
    (lambda: calls.change_blocklist(["a"], "replace"), "`add` or `delete`"),  # type: ignore[arg-type] # what a host without a type checker may pass
    (lambda: calls.create_suppression("", ["a"]), "a name is empty"),
    # campaigns
    (lambda: calls.create_campaign(""), "the name of a list is empty"),
    (lambda: calls.update_campaign("C", name=""), "the name of a list is empty"),
    (lambda: calls.get_campaign_statistics("removals"), "need the id of a list"),
    (lambda: calls.get_campaign_statistics("removals", "C"), "not one text"),
    (lambda: calls.get_campaign_statistics("../x", ["C"]), "kind is one of"),  # type: ignore[arg-type] # as above
    (lambda: calls.get_campaign_statistics("summary", group_by="week"), "group_by is one of"),
    # contacts
    (lambda: calls.find_contacts("C", ""), "an e-mail address is empty"),
    (lambda: calls.create_contact("", ADA), "an id of campaigns is empty"),
    (lambda: calls.create_contact("C", evolve(ADA, name="x" * 129)), "1 to 128 characters"),
    (lambda: calls.create_contact("C", evolve(ADA, day_of_cycle=-1)), "0 or more"),
    (lambda: calls.create_contact("C", evolve(ADA, tag_ids=["t"] * 501)), "at most 500 tags"),
    (lambda: calls.create_contact("C", evolve(ADA, tag_ids="tag")), "not one text"),
    (
        lambda: calls.create_contact("C", evolve(ADA, custom_field_values={"f": ""})),
        "texts that are not empty",
    ),
    (lambda: calls.create_contacts("", [ADA]), "an id of campaigns is empty"),
    (lambda: calls.update_contact("c", name=""), "1 to 128 characters"),
    (lambda: calls.update_contact("c", note="x" * 256), "0 to 255 characters, got 256"),
    (lambda: calls.update_contact("c", custom_field_values={"f": []}), "not empty"),
    (lambda: calls.update_contact("c", custom_field_values={"": "x"}), "is empty"),
    (lambda: calls.upsert_contact_tags("c", []), "no tag"),
    (lambda: calls.upsert_contact_tags("c", "abc"), "not one text"),
    (lambda: calls.update_contact("c", tag_ids="abc"), "not one text"),
    (lambda: calls.update_contact("c", email=""), "an e-mail address is empty"),
    (lambda: calls.create_contact("C", evolve(ADA, email="")), "an e-mail address is empty"),
    (lambda: calls.create_contacts("C", [evolve(ADA, email="")]), "an e-mail address is empty"),
    (lambda: calls.create_contacts("C", [evolve(ADA, tag_ids="tag")]), "not one text"),
    (lambda: calls.upsert_contact_custom_fields("c", {"f": 5}), "takes texts"),  # type: ignore[dict-item] # as above
    (lambda: calls.upsert_contact_custom_fields("c", {"f": [5]}), "takes texts"),  # type: ignore[list-item] # as above
    (lambda: calls.list_removed_contacts([]), "need the id of a list"),
    (lambda: calls.list_newsletter_statistics(newsletter_ids="abc"), "not one text"),
    (lambda: calls.create_suppression("s", "@x.y"), "not one text"),
    (lambda: calls.upsert_contact_tags("c", [""]), "is empty"),
    (lambda: calls.upsert_contact_custom_fields("c", {}), "no value"),
    (lambda: calls.create_contact("C", evolve(ADA, scoring=float("nan"))), "scoring is a number"),
    (lambda: calls.update_contact("c", scoring=float("inf")), "scoring is a number"),
    (lambda: calls.list_removed_contacts("C"), "not one text"),
    (lambda: calls.list_contacts(sort="score"), "sort is one of createdOn, changedOn"),  # type: ignore[arg-type] # as above
    (lambda: calls.list_tags(sort="color"), "sort is one of createdAt, name"),  # type: ignore[arg-type] # as above
    (lambda: calls.list_newsletters(status="sent"), "status is one of enabled, disabled"),  # type: ignore[arg-type] # as above
    # fields
    (lambda: calls.create_custom_field("Age"), "lower case"),
    (lambda: calls.create_custom_field("my-field"), "lower case"),
    (lambda: calls.create_custom_field(""), "lower case"),
    (lambda: calls.create_custom_field("a\n"), "lower case"),
    (lambda: calls.create_custom_field("x" * 129), "lower case"),
    (lambda: calls.create_custom_field("email"), "reserved"),
    (lambda: calls.create_custom_field("age", type="text"), "type is one of"),
    (lambda: calls.create_custom_field("age", format="list"), "format is one of"),
    (lambda: calls.create_custom_field("age", format="radio", values=["a"]), "two values"),
    (lambda: calls.create_custom_field("age", format="radio", values=["a", "a"]), "two values"),
    (lambda: calls.create_custom_field("age", format="radio", values="ab"), "not one text"),
    (lambda: calls.update_custom_field("f", hidden=True, values=[""]), "is empty"),
    (lambda: calls.create_tag(""), "the name of a tag is empty"),
    # newsletters
    (lambda: calls.create_draft(letter(subject="x")), "2 to 128 characters, got 1"),
    (lambda: calls.create_draft(letter(subject="x" * 129)), "2 to 128 characters, got 129"),
    (lambda: calls.create_draft(letter(name="x")), "the name of a message takes 2 to 128"),
    (lambda: calls.create_draft(letter(plain="")), "needs content"),
    (lambda: calls.create_draft(letter(html="x" * 524_289)), "html content takes 1 to 524288"),
    (lambda: calls.create_draft(letter(from_field_id="")), "an id of from-fields is empty"),
    (lambda: calls.create_draft(letter(flags=["openrate"])), "a flag is one of"),
    (
        lambda: calls.create_draft(
            letter(attachments=[Attachment.of("a", b"x" * 409_601, mime_type="text/plain")])
        ),
        "409600 bytes in all, got 409601",
    ),
    (
        lambda: calls.create_draft(
            letter(attachments=[Attachment(file_name="a", content="é!", mime_type="x/y")])
        ),
        "not base64",
    ),
    (lambda: calls.create_newsletter(PLAIN, Recipients(), send_on=None), "needs recipients"),
    (
        lambda: calls.create_newsletter(PLAIN, Recipients(suppression_ids=["s"]), send_on=None),
        "needs recipients",
    ),
    (
        lambda: calls.create_newsletter(PLAIN, Recipients(campaign_ids="C"), send_on=None),
        "not one text",
    ),
    (
        lambda: calls.create_newsletter(PLAIN, TO_LIST, send_on=SendOn(date=SINCE, time_zone_id=1)),
        "has no time zone",
    ),
    (lambda: calls.send_draft("", TO_LIST, send_on=None), "an id of newsletters is empty"),
    (lambda: calls.send_draft("n", Recipients(), send_on=None), "needs recipients"),
    (lambda: calls.list_newsletters(type="letter"), "type is one of draft|type is one of"),
    (lambda: calls.list_newsletter_statistics(), "the id of a message or of a list"),
    (lambda: calls.create_from_field("", "Ada"), "an e-mail address is empty"),
    # searches
    (lambda: SearchQuery(sections=[]), "one section at least"),
    (lambda: searching(subscribers=[]), "subscribers are some of"),
    (lambda: searching(subscribers=["unsubscribed"]), "'unsubscribed' is none of"),
    (lambda: searching(subscribers="removed"), "subscribers are some of"),
    (lambda: searching(match="or"), "match: 'or' is none of all, any"),
    (lambda: Section(campaign_ids="C"), "a list of ids"),
    (lambda: Section(campaign_ids=[""]), "a list of ids"),
    (lambda: Section(campaign_ids=[]), "one at least"),
    (lambda: Section(campaign_ids=["C"], match="and"), "match: 'and' is none"),  # type: ignore[arg-type] # as above
    (lambda: Section(campaign_ids=["C"], cycles=[]), "one of the cycles"),
    (lambda: Section(campaign_ids=["C"], subscribed="ever"), "subscribed: 'ever' is none"),  # type: ignore[arg-type] # as above
    (
        lambda: Section(campaign_ids=["C"], subscribed=(date(2026, 1, 2), DAY)),
        "first day lies after",
    ),
    (lambda: Condition.email("starts_with", "x"), "a condition on email takes is, "),  # type: ignore[arg-type] # as above
    (lambda: Condition.email("is", ""), "a value is needed"),
    (lambda: Condition.name("assigned", "x"), "a condition on name takes is, "),  # type: ignore[arg-type] # as above
    (lambda: Condition.custom_field("", "is", "x"), "`scope` is the custom field"),
    (lambda: Condition.custom_field("f", "is"), "a value is needed"),
    (lambda: Condition.custom_field("f", "assigned", "x"), "a value is needed"),
    (lambda: Condition.engagement_score("numeric_eq", 6), "1 to 5, got 6"),
    (lambda: Condition.engagement_score("is", 3), "a condition on engagement_score takes"),  # type: ignore[arg-type] # as above
    (
        lambda: Condition(condition_type="tag", operator_type="string_operator", operator="is"),
        "has an operator_type of exists",
    ),
    (
        lambda: Condition(
            condition_type="email",
            operator_type="string_operator",
            operator="is",
            value="x",
            scope="f",
        ),
        "`scope` is the custom field",
    ),
    (
        lambda: calls.create_segment("s", evolve(SAVED, subscribers=["removed"])),
        "subscribed contacts only",
    ),
    (
        lambda: calls.update_segment(
            "s", name="s", query=evolve(SAVED, subscribers=["subscribed", "removed"])
        ),
        "subscribed contacts only",
    ),
    (lambda: calls.create_segment("", SAVED), "the name of a saved search is empty"),
    (lambda: calls.upsert_segment_custom_fields("s", {}), "no value"),
    # imports and reports
    (lambda: calls.create_import("C", columns=["name"], rows=[["A"]]), '"email" among them'),
    (lambda: calls.create_import("C", columns="email", rows=[["A"]]), "a list of names"),
    (
        lambda: calls.create_import("C", columns=["email", "email"], rows=[["a", "b"]]),
        "a name of its own",
    ),
    (lambda: calls.create_import("C", columns=["email"], rows=[]), "a row at least"),
    (lambda: calls.create_import("C", columns=["email"], rows=[["a", "b"]]), "row 0"),
    (lambda: calls.create_import("C", columns=["email"], rows=[["a"], [None]]), "row 1"),  # type: ignore[list-item] # as above
    (
        lambda: calls.create_import("C", columns=["email", "name"], rows=["ab"]),
        "row 0 of the import",
    ),
    (lambda: calls.create_import("C", columns=["email"], rows="ab"), "not one text"),
    (
        lambda: calls.create_custom_report(report(filters={"campaignId": "abc"})),
        "not one text",
    ),
    (lambda: calls.create_custom_report(report(newsletter_ids="abc")), "not one text"),
    (lambda: calls.create_custom_report(report(name="ab")), "3 to 70 characters, got 2"),
    (lambda: calls.create_custom_report(report(name="x" * 71)), "3 to 70 characters, got 71"),
    (lambda: calls.create_custom_report(report(since=date(2026, 1, 2))), "after its end"),
    (lambda: calls.create_custom_report(report(since=SINCE)), "are dates"),
    (lambda: calls.create_custom_report(report(activities=["bounce"])), "an activity is one of"),
    (lambda: calls.create_custom_report(report(type="")), "the type of a report is empty"),
    (
        lambda: calls.download_report_file(ReportFile(custom_report_file_id="f")),
        "no https link",
    ),
    (
        lambda: calls.download_report_file(
            ReportFile(custom_report_file_id="f", download_url="http://x.org")
        ),
        "no https link",
    ),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED)
def test_what_getresponse_would_refuse_is_refused_at_once(
    make: Callable[[], object], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        made = make()
        assert made is None


def test_what_is_refused_is_not_shown() -> None:
    secret = NewContact(email="c4n4ry@example.org", name="c4n4ry" * 30)

    with pytest.raises(ConfigError) as caught:
        calls.create_contact("C", secret)

    assert "c4n4ry" not in str(caught.value)


@pytest.mark.parametrize(
    "edge",
    [
        lambda: calls.update_contact("c", note="x" * 255, name="x" * 128),
        lambda: calls.create_contact("C", evolve(ADA, tag_ids=["t"] * 500)),
        lambda: calls.create_draft(letter(subject="xy", name="x" * 128, html="x" * 524_288)),
        lambda: calls.create_custom_report(report(name="x" * 70)),
        lambda: calls.create_custom_field("x" * 128),
        lambda: calls.list_tags(page_size=1000),
        lambda: calls.create_draft(
            letter(attachments=[Attachment.of("a", b"x" * 409_600, mime_type="text/plain")])
        ),
        lambda: calls.create_newsletter(PLAIN, Recipients(campaign_ids=["C"]), send_on=None),
        lambda: calls.create_newsletter(PLAIN, Recipients(segment_ids=["s"]), send_on=None),
        lambda: calls.create_newsletter(PLAIN, Recipients(contact_ids=["c"]), send_on=None),
    ],
)
def test_what_just_fits_is_taken(edge: Callable[[], object]) -> None:
    assert edge() is not None


@pytest.mark.parametrize("call", [call for call, _, _ in TABLE], ids=lambda call: call.operation)
def test_brackets_and_plus_signs_are_escaped_everywhere(call: Call[Any]) -> None:
    assert not set("[]+ @:") & set(call.request.query)
