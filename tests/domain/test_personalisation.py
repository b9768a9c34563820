"""Personalised texts: only placeholders, only where a DocuSign trigger started, never half."""

import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.envelopes import RECORD_FIELDS, Action
from connectors.domain.personalisation import (
    AutomationMail,
    Campaign,
    Context,
    DirectMail,
    MailRecord,
    Part,
    PersonalisationRefused,
    check,
    chosen_record,
    render,
)
from connectors.domain.triggers import (
    ContactFacts,
    RecordChange,
    RecordCreated,
    RecordUpdated,
    TagAdded,
    TagNews,
)
from connectors.errors import ConfigError

STARTED = AutomationMail(RecordCreated(Action.SENT))
RECORD = {
    "status": "sent",
    "sender-user-name": "Sam <Sender>",
    "document-link": "https://app.example.org/documents/details/env",
    "sent-at": "2026-03-04T09:00:03+00:00",
    "completed-at": None,
}
CONTACT = {"first_name": "Ada", "email": "ada@example.org"}


def filled(text: str, **options: Any) -> str:
    return render(text, STARTED, **{"record": RECORD, "contact": CONTACT, **options})


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", ""),
        ("No placeholder, 100 % plain\n", "No placeholder, 100 % plain\n"),
        ("{{ docusign.status }}", "sent"),
        ("Dear {{contact.first_name}},", "Dear Ada,"),
        ("{{ docusign.sender_user_name | upper }}", "SAM <SENDER>"),
        ("{{ contact.email | lower }}", "ada@example.org"),
        ("[{{ docusign.completed_at }}]", "[]"),
        ("[{{ docusign.completed_at | date }}]", "[]"),
        ("{{ docusign.completed_at | default('not yet') }}", "not yet"),
        ("{{ docusign.completed_at | date | default('not yet') | upper }}", "NOT YET"),
        ("{{ docusign.sent_at }}", "2026-03-04T09:00:03+00:00"),
        ("{{ docusign.sent_at | date }}", "2026-03-04"),
        ("{{ docusign.sent_at | date('%d.%m.%Y, %H:%M') }}", "04.03.2026, 09:00"),
        ("{{ docusign.void_reason }}{# a note #}", ""),
        ("{{ docusign['status'] }}", "sent"),
        ("{{ docusign['sender-user-name'] }}", "Sam <Sender>"),
        ("{{ docusign['sent-at'] | date('%d.%m.') }}", "04.03."),
        ('{{ contact["first_name"] | upper }}', "ADA"),
        ("{% raw %}{{ as it is }}{% endraw %}", "{{ as it is }}"),
    ],
)
def test_a_text_is_filled_in(text: str, result: str) -> None:
    assert filled(text) == result


def test_in_html_values_are_escaped_and_the_text_is_not() -> None:
    text = "<b>{{ docusign.sender_user_name }}</b> {{ docusign.completed_at | default('<i>') }}"

    assert filled(text, part=Part.HTML) == "<b>Sam &lt;Sender&gt;</b> &lt;i&gt;"


def test_in_a_subject_a_value_starts_no_other_line() -> None:
    text = "{{ contact.first_name }}: lease"

    assert (
        filled(text, contact={"first_name": "A\r\nBcc: x"}, part=Part.SUBJECT) == "A Bcc: x: lease"
    )


def test_every_field_of_the_record_has_a_name_in_texts() -> None:
    text = " ".join(f"{{{{ docusign.{name.replace('-', '_')} }}}}" for name in RECORD_FIELDS)

    assert filled(text, record={name: name for name in RECORD_FIELDS}) == " ".join(RECORD_FIELDS)


@pytest.mark.parametrize("name", ["company", "7", "items", "get"])
def test_custom_contact_fields_are_used_by_the_names_given(name: str) -> None:
    text = f"{{{{ contact.{name} }}}}, {{{{ contact.{name} | upper }}}}"

    assert filled(text, contact={name: "Rig"}, contact_fields=[name]) == "Rig, RIG"
    with pytest.raises(PersonalisationRefused, match=f"there is no 'contact.{name}'"):
        filled(text, contact={name: "Rig"})


TITLES = ["Deal number", "Bob's deal", "7up", "007", "_note", "__class__", "a-b", "été", "x\"y'z"]


@pytest.mark.parametrize("title", TITLES)
def test_a_name_that_is_more_than_one_word_stands_in_brackets(title: str) -> None:
    text = f"{{{{ contact[{title!r}] | upper }}}}"

    assert filled(text, contact={title: "Rig"}, contact_fields=[title]) == "RIG"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("contact.DEAL_NUMBER", "did you mean \"contact['Deal number']\"?"),
        ("contact['deal number']", "did you mean \"contact['Deal number']\"?"),
        ("contact.Cty", "did you mean 'contact.City'?"),
        ("contact['cty']", "did you mean 'contact.City'?"),
        ("contact._note", "did you mean \"contact['_note']\"?"),
        ("docusign['sent_att']", "did you mean 'docusign.sent_at'?"),
    ],
)
def test_a_wrong_name_is_told_what_can_be_written(written: str, hint: str) -> None:
    names = ["email", "Deal number", "City", "_note"]

    with pytest.raises(PersonalisationRefused) as caught:
        filled(f"{{{{ {written} }}}}", contact_fields=names)

    assert str(caught.value).endswith(hint)
    offered = str(caught.value).partition("did you mean ")[2][1:-2]
    filled(f"{{{{ {offered} }}}}", contact_fields=names)


def test_a_name_with_blanks_behind_a_dot_is_told_how_it_is_written() -> None:
    with pytest.raises(PersonalisationRefused) as caught:
        check("{{ contact.Deal number }}", STARTED, contact_fields=["Deal number"])

    assert str(caught.value) == (
        "line 1: expected token 'end of print statement', got 'number'; "
        "a name with blanks is written contact['Deal number']"
    )


ONLY = (
    "only values can be put in, as {{ docusign.sent_at }}, {{ contact.email }} or "
    "{{ contact['Deal number'] }}; loops, conditions, arithmetic and calls cannot"
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "{{ docusign.statuss }}",
            "line 1: there is no 'docusign.statuss'; did you mean 'docusign.status'?",
        ),
        (
            "Hello\n{{ contact.firstname }}",
            "line 2: there is no 'contact.firstname'; did you mean 'contact.first_name'?",
        ),
        (
            "{{ docusin.status }}",
            "line 1: there is no 'docusin.status'; did you mean 'docusign.status'?",
        ),
        (
            "{{ docusign.status | uper }}",
            "line 1: there is no filter 'uper'; did you mean 'upper'?",
        ),
        (
            "{{ docusign.status | upper('x') }}",
            "line 1: the filter 'upper' takes nothing in brackets",
        ),
        (
            "{{ docusign.status | default(contact.email) }}",
            "line 1: the filter 'default' takes one text in quotes",
        ),
        (
            "{{ docusign.status | default(5) }}",
            "line 1: the filter 'default' takes one text in quotes",
        ),
        (
            "{{ docusign.sent_at | date(form='%Y') }}",
            "line 1: the filter 'date' takes one text in quotes",
        ),
        (
            "{{ docusign.status | date }}",
            "line 1: the filter 'date' stands right behind a date of DocuSign, as docusign.sent_at",
        ),
        (
            "{{ docusign.sent_at | upper | date }}",
            "line 1: the filter 'date' stands right behind a date of DocuSign, as docusign.sent_at",
        ),
        (
            "{{ docusign.sent_at | date('%99999999d') }}",
            "line 1: '%99999999d' is no form of a date; write it with %Y %y %m %d %H %M %S, "
            "as '%d.%m.%Y'",
        ),
        (
            "{{ docusign.status" + " | upper" * 6 + " }}",
            "line 1: 6 filters in a row; at most 5 are taken",
        ),
        (
            "{{ docusign.status",
            "line 1: unexpected end of template, expected 'end of print stateme",
        ),
        ("{{ docusign }}", f"line 1: {ONLY}"),
        ("{{ docusign.sent-at }}", f"line 1: {ONLY}"),
        ("{{ docusign[contact.email] }}", f"line 1: {ONLY}"),
        ("{{ docusign['status']['x'] }}", f"line 1: {ONLY}"),
        ("{{ docusign['status', 'x'] }}", f"line 1: {ONLY}"),
        ("{{ docusign['status'].upper() }}", f"line 1: {ONLY}"),
        (
            "{{ docusign['sent at'] }}",
            "line 1: there is no \"docusign['sent at']\"; did you mean 'docusign.sent_at'?",
        ),
        (
            "{{ docusign['status'] | date }}",
            "line 1: the filter 'date' stands right behind a date of DocuSign, as docusign.sent_at",
        ),
        ("{{ docusign.status.__class__ }}", f"line 1: {ONLY}"),
        ("{{ docusign.status.upper() }}", f"line 1: {ONLY}"),
        ("{{ 'a' * 1000000000 }}", f"line 1: {ONLY}"),
        ("{{ range(1000000000) }}", f"line 1: {ONLY}"),
        ("{% for x in docusign %}{% endfor %}", f"line 1: {ONLY}"),
        ("{% if docusign.status %}x{% endif %}", f"line 1: {ONLY}"),
        ("{% include '/etc/passwd' %}", f"line 1: {ONLY}"),
        ("{% set x = 1 %}", f"line 1: {ONLY}"),
        ("{% autoescape false %}{{ docusign.status }}{% endautoescape %}", ONLY),
        ("{{ " + "(" * 5000, "a placeholder of the text is too long"),
        ("{{ " + "9" * 5000 + " }}", "a placeholder of the text is too long"),
        ("x" * 200_001, "the text has 200001 characters; at most 200000 are taken"),
    ],
)
def test_a_text_that_cannot_be_filled_in_is_refused_before_anything_is_sent(
    text: str, complaint: str
) -> None:
    with pytest.raises(PersonalisationRefused) as caught:
        check(text, STARTED)
    with pytest.raises(PersonalisationRefused):
        filled(text)

    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize(
    "trigger",
    [
        TagAdded("docusign-integration"),
        RecordCreated(Action.SENT),
        RecordUpdated(Action.SENT, "status"),
    ],
)
def test_docusign_values_are_at_hand_where_any_docusign_trigger_started(trigger: Any) -> None:
    check("{{ docusign.status }}", AutomationMail(trigger))


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        (AutomationMail(None), "this automation was started by something else"),
        (DirectMail(automated=False), "this is a personal direct mail"),
        (DirectMail(automated=True), "this is an automated direct mail"),
        (Campaign(), "this is a campaign sent outside an automation"),
    ],
)
def test_elsewhere_docusign_values_are_refused_with_the_reason(
    context: Context, reason: str
) -> None:
    with pytest.raises(PersonalisationRefused) as caught:
        check("Hello {{ docusign.status }}", context)

    assert str(caught.value) == (
        "DocuSign values exist only in mails of an automation that a DocuSign trigger started; "
        + reason
    )
    check("Hello {{ contact.first_name }}", context)


def test_without_a_record_its_values_are_refused_and_others_are_not() -> None:
    with pytest.raises(PersonalisationRefused, match="has no DocuSign record of this action"):
        filled("{{ docusign.status }}", record=None)
    assert filled("{{ contact.first_name }}", record=None) == "Ada"


def test_a_date_that_is_none_is_refused_and_not_guessed() -> None:
    with pytest.raises(PersonalisationRefused, match="a field written as a date holds none"):
        filled("{{ docusign.sent_at | date }}", record={"sent-at": "yesterday"})


def test_without_the_engine_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)

    with pytest.raises(ConfigError) as caught:
        check("x", STARTED)

    assert str(caught.value) == "personalised mails need jinja2: pip install 'connectors[mail]'"


# --- which record --------------------------------------------------------------------------------


def record(key: str, day: int, *actions: Action) -> MailRecord:
    at = datetime(2026, 3, day, tzinfo=UTC)
    return MailRecord(key=key, actions=actions, at=at, fields={"subject": key})


RECORDS = [
    record("old", 1, Action.SENT, Action.COMPLETED),
    record("newer", 2, Action.SENT, Action.COMPLETED),
    record("newest", 3, Action.SENT),
]
ADA = ContactFacts(id="12")


def test_the_record_that_fired_is_the_one_a_mail_speaks_of() -> None:
    news = RecordChange(
        contact=ADA, record_key="old", action=Action.SENT, step="s", before=None, after=RECORD
    )

    assert chosen_record(news, RECORDS) is RECORD


@pytest.mark.parametrize(
    ("action", "key"), [(Action.SENT, "newest"), (Action.COMPLETED, "newer"), (None, "newest")]
)
def test_after_a_tag_it_is_the_contacts_newest_of_that_action(
    action: Action | None, key: str
) -> None:
    news = TagNews(contact=ADA, tag="x", action=action)

    assert chosen_record(news, RECORDS) == {"subject": key}


def test_after_a_tag_without_such_a_record_there_is_none() -> None:
    news = TagNews(contact=ADA, tag="x", action=Action.DECLINED)

    assert chosen_record(news, RECORDS) is None


# --- whatever is written -------------------------------------------------------------------------

PIECES = st.sampled_from(
    "{{ }} {% %} {# #} docusign.status contact.email contact.__class__ ['email'] | upper default"
    " date ('x') [0] () . , ~ * + -"
    " if for in not 'a' 1 1e9 range raw endraw \n \\ \x00 é".split(" ")
)


@given(st.lists(PIECES, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_filled_in_or_refused_by_name(text: str) -> None:
    try:
        check(text, STARTED)
    except PersonalisationRefused:
        return
    filled(text)


@given(st.text(min_size=1, max_size=12))
def test_any_title_of_a_field_can_be_written(title: str) -> None:
    written = f"{{{{ contact[{title!r}] }}}}"

    assert filled(written, contact={title: "Rig"}, contact_fields=[title]) == "Rig"


@given(st.text(max_size=30))
def test_no_value_is_read_as_markup_or_as_a_placeholder(value: str) -> None:
    said = filled("{{ contact.first_name }}", contact={"first_name": value}, part=Part.HTML)

    assert not set("<>'\"") & set(said)
    assert filled("{{ contact.first_name }}", contact={"first_name": value}) == value
