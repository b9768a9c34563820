"""Contact mappings: only what exists is mapped, and what does not fit is lost by name."""

import json
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.envelopes import Recipient, Snapshot
from connectors.domain.field_mapping import (
    DEFAULT_RULES,
    SOURCES,
    STANDARD_FIELDS,
    ContactField,
    ContactMapping,
    ContactRule,
    KnownFields,
    load_contact_rules,
    split_name,
)
from connectors.domain.mapping import MappingRefused

NOON = datetime(2026, 5, 19, 2, 45, tzinfo=timezone(timedelta(hours=-5)))
ADA = Recipient(
    id="1",
    role="Tenant",
    name="Ada King Lovelace",
    email="ada@example.org",
    status="completed",
    routing_order=2,
    signed_at=NOON,
    fields={"plan": "gold", "empty": ""},
)
LEASE = Snapshot(
    account_id="acc",
    envelope_id="env",
    at=NOON,
    status="completed",
    subject="Your lease",
    completed_at=NOON,
    custom_fields={"region": "North"},
    form={"size": "large"},
    recipients=(ADA,),
)

EMAIL = ContactRule("recipient.email", "email")
COMPANY = ContactField("7", "Company", "COMPANY")
PLAN = ContactField("8", "Plan", "PLAN", "dropdown", ("Gold", "Silver", "gold"))
WISHES = ContactField("9", "Wishes", "WISHES", "checkbox", ("Red, dark", "Green", "Blue"))
SIGNED = ContactField("10", "Signed on", "SIGNED_ON", "date")
AT = ContactField("11", "Signed at", "SIGNED_AT", "datetime")
PRICE = ContactField("12", "Price", "PRICE", "currency")
FIELDS = (COMPANY, PLAN, WISHES, SIGNED, AT, PRICE)


def build(*rules: ContactRule, known: KnownFields | None = None) -> ContactMapping:
    return ContactMapping.build(rules, FIELDS, known)


def mapped(value: str, target: str, *, fields: Sequence[ContactField] = FIELDS) -> Any:
    """What one tab's value becomes: the value written, or what was lost."""
    mapping = ContactMapping.build([EMAIL, ContactRule("tab.x", target)], fields)
    found = mapping.apply(LEASE, evolve(ADA, fields={"x": value}))
    return tuple(found.values.values()), tuple(found.losses.values())


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        (
            [],
            "rules: nothing maps to 'email', which is required; "
            'add ContactRule("recipient.email", "email")',
        ),
        (
            [EMAIL, ContactRule("envelope.subjct", "7")],
            "rules[1].source: there is no 'envelope.subjct'; did you mean 'envelope.subject'?",
        ),
        (
            [EMAIL, ContactRule("tab.", "7")],
            "rules[1].source: 'tab.' names no field; write tab.<name>",
        ),
        (
            [ContactRule("recipient.email", "e-mail")],
            "rules[0].target: there is no contact field 'e-mail', and none is ever made here; "
            "did you mean 'email'?",
        ),
        (
            [EMAIL, ContactRule("envelope.subject", "99", label="Companies")],
            "rules[1].target: there is no contact field '99' ('Companies' when it was mapped), "
            "and none is ever made here; did you mean 'Company'?",
        ),
        (
            [EMAIL, ContactRule("envelope.subject", "7"), ContactRule("tab.x", "%COMPANY%")],
            "rules[2].target: '%COMPANY%' is mapped already by rules[1]; a target has one source",
        ),
        (
            [EMAIL, ContactRule("envelope.subject", "account.name")],
            "rules[1].target: 'account.name': account fields are not mappable, "
            "only contact fields are",
        ),
        (
            [EMAIL, ContactRule("envelope.subject", "Deals.value")],
            "rules[1].target: 'Deals.value': deal fields are not mappable, only contact fields are",
        ),
        (
            [EMAIL, ContactRule("envelope.subject", "list.4")],
            "rules[1].target: 'list.4': contacts are never added to a list",
        ),
        (
            [ContactRule("recipient.email", "email", clear=True)],
            "rules[0].clear: a contact is found by its e-mail address, which is never emptied",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_its_place_and_the_cure(
    rules: Sequence[ContactRule], complaint: str
) -> None:
    with pytest.raises(MappingRefused) as caught:
        build(*rules)

    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("known", "complaint"),
    [
        (
            KnownFields(tabs=["plan", "size"]),
            "rules[1].source: there is no 'tab.plann'; did you mean 'tab.plan'?",
        ),
        (KnownFields(tabs=[]), "rules[1].source: there is no 'tab.plann'; there are none"),
    ],
)
def test_a_tab_that_the_template_lacks_is_refused(known: KnownFields, complaint: str) -> None:
    with pytest.raises(MappingRefused) as caught:
        build(EMAIL, ContactRule("tab.plann", "7"), known=known)

    assert str(caught.value) == complaint


def test_a_custom_field_that_envelopes_lack_is_refused() -> None:
    with pytest.raises(MappingRefused, match=r"^rules\[1\]\.source: there is no 'custom.Region';"):
        build(EMAIL, ContactRule("custom.Region", "7"), known=KnownFields(custom=["region"]))


def test_what_cannot_be_checked_is_said() -> None:
    rules = [EMAIL, ContactRule("custom.a", "7"), ContactRule("form.b", "8")]

    assert build(*rules).warnings == (
        "rules[1].source: whether there is 'custom.a' cannot be checked: no template is named",
        "rules[2].source: whether there is 'form.b' cannot be checked: no template is named",
    )
    assert build(*rules, known=KnownFields(custom=["a"], form=["b"])).warnings == ()


@pytest.mark.parametrize(
    ("custom", "complaint"),
    [
        (
            ContactField("1", "Plan", type="radio"),
            "rules[1].target: the field 'Plan' has no options, so nothing fits it",
        ),
        (
            ContactField("1", "Plan", type="listbox", options=("a", "b||c")),
            "rules[1].target: the option 'b||c' of 'Plan' holds two vertical bars, "
            "which separate values; rename it",
        ),
    ],
)
def test_a_field_that_no_value_fits_is_refused(custom: ContactField, complaint: str) -> None:
    with pytest.raises(MappingRefused) as caught:
        ContactMapping.build([EMAIL, ContactRule("envelope.subject", "1")], [custom])

    assert str(caught.value) == complaint


def test_a_field_of_an_unknown_type_takes_text_and_says_so() -> None:
    custom = ContactField("1", "Shape", type="NULL")
    mapping = ContactMapping.build([EMAIL, ContactRule("envelope.subject", "1")], [custom])

    assert mapping.warnings == (
        "rules[1].target: the field 'Shape' is of a type 'NULL' that is not known; "
        "values go there as text",
    )
    assert mapping.apply(LEASE, ADA).values == {"1": "Your lease"}


@pytest.mark.parametrize("name", ["7", "Company", "company", "COMPANY", "%COMPANY%", " Company "])
def test_a_custom_field_is_found_by_id_tag_or_title_and_kept_by_id(name: str) -> None:
    mapping = build(EMAIL, ContactRule("envelope.subject", name))

    assert mapping.rules[1].target == "7"
    assert mapping.dump()[1] == {"source": "envelope.subject", "target": "7", "label": "Company"}


def test_a_name_that_two_fields_have_is_refused() -> None:
    fields = (ContactField("1", "Plan"), ContactField("2", "plan"))

    with pytest.raises(MappingRefused) as caught:
        ContactMapping.build([EMAIL, ContactRule("envelope.subject", "PLAN")], fields)

    assert str(caught.value) == (
        "rules[1].target: 'PLAN' is the name of the fields 1 and 2; name one by its id"
    )


def test_a_custom_field_named_as_an_account_field_is_mapped_by_its_id() -> None:
    custom = ContactField("1", "account.name")

    mapping = ContactMapping.build([EMAIL, ContactRule("envelope.subject", "1")], [custom])

    assert mapping.apply(LEASE, ADA).values == {"1": "Your lease"}


def test_the_default_maps_address_and_name() -> None:
    found = ContactMapping.default().apply(LEASE, ADA)

    assert found.email is not None
    assert found.email.text == "ada@example.org"
    assert found.problem is None
    assert found.values == {"first_name": "Ada", "last_name": "King Lovelace"}
    assert found.losses == {}
    assert "ada" not in repr(found).lower()


@pytest.mark.parametrize(
    ("email", "problem"),
    [
        (None, "no e-mail address"),
        ("  ", "no e-mail address"),
        ("ada at example", "malformed e-mail address: no name before an @"),
    ],
)
def test_an_address_that_is_missing_or_wrong_is_a_problem(email: str | None, problem: str) -> None:
    found = ContactMapping.default().apply(LEASE, evolve(ADA, email=email))

    assert (found.email, found.problem) == (None, problem)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Lovelace", ("Ada", "Lovelace")),
        (" Ada  King\tLovelace ", ("Ada", "King Lovelace")),
        ("Ada", ("Ada", None)),
        ("  ", (None, None)),
        (None, (None, None)),
    ],
)
def test_the_first_word_is_the_first_name(
    name: str | None, parts: tuple[str | None, str | None]
) -> None:
    assert split_name(name) == parts


def test_every_kind_of_source_is_read() -> None:
    mapping = ContactMapping.build(
        [EMAIL, *(ContactRule(source, str(n)) for n, source in enumerate(SOURCES))],
        [ContactField(str(n), f"Field {n}") for n in range(len(SOURCES))],
    )

    values = mapping.apply(LEASE, ADA).values

    found = {source: values.get(str(n)) for n, source in enumerate(SOURCES)}
    assert {source: value for source, value in found.items() if value} == {
        "envelope.id": "env",
        "envelope.account_id": "acc",
        "envelope.status": "completed",
        "envelope.subject": "Your lease",
        "envelope.completed_at": "2026-05-19T02:45:00-05:00",
        "recipient.email": "ada@example.org",
        "recipient.name": "Ada King Lovelace",
        "recipient.first_name": "Ada",
        "recipient.last_name": "King Lovelace",
        "recipient.role": "Tenant",
        "recipient.status": "completed",
        "recipient.kind": "signer",
        "recipient.routing_order": "2",
        "recipient.signed_at": "2026-05-19T02:45:00-05:00",
    }


@pytest.mark.parametrize(
    ("source", "value"), [("custom.region", "North"), ("form.size", "large"), ("tab.plan", "gold")]
)
def test_named_values_are_read(source: str, value: str) -> None:
    assert build(EMAIL, ContactRule(source, "Company")).apply(LEASE, ADA).values == {"7": value}


@pytest.mark.parametrize(
    ("value", "target", "written"),
    [
        ("gold", "Plan", "gold"),
        ("GOLD", "Plan", "Gold"),
        (" silver ", "Plan", "Silver"),
        ("green", "Wishes", "||Green||"),
        ("Red, dark", "Wishes", "||Red, dark||"),
        ("||green||blue||", "Wishes", "||Green||Blue||"),
        ("red, dark || Blue", "Wishes", "||Red, dark||Blue||"),
        ("Blue; green; blue", "Wishes", "||Blue||Green||"),
        ("2026-05-19", "Signed on", "2026-05-19"),
        ("2026-05-19T23:00:00+02:00", "Signed on", "2026-05-19"),
        ("2026-05-19T02:45:00.1234567Z", "Signed at", "2026-05-19T02:45:00+00:00"),
        ("1234.50", "Price", "1234.50"),
        ("-3", "Price", "-3"),
        ("line one\nline two", "Company", "line one\nline two"),
        ("0048 (12) 345", "phone", "0048 (12) 345"),
    ],
)
def test_a_value_that_fits_is_written_as_its_field_takes_it(
    value: str, target: str, written: str
) -> None:
    assert mapped(value, target) == ((written,), ())


@pytest.mark.parametrize(
    ("value", "target", "lost"),
    [
        ("bronze", "Plan", "is none of the 3 options"),
        ("Green; purple", "Wishes", "holds a choice that is none of the 3 options"),
        ("||", "Wishes", "holds a choice that is none of the 3 options"),
        ("19/05/2026", "Signed on", "is no date as 2026-05-19"),
        ("2026-02-30", "Signed on", "is no date as 2026-05-19"),
        ("soon", "Signed at", "is no date and time as 2026-05-19T02:45:00-05:00"),
        (
            "2026-05-19T02:45:00",
            "Signed at",
            "is a date and time without an offset from UTC",
        ),
        ("1.234,50", "Price", "is no number as 1234.5"),
        ("1e99999999", "Price", "is no number as 1234.5"),
        ("NaN", "Price", "is no number as 1234.5"),
        ("٣", "Price", "is no number as 1234.5"),
        ("\0\ud800", "Company", "unprintable characters removed"),
    ],
)
def test_a_value_that_does_not_fit_is_lost_by_name(value: str, target: str, lost: str) -> None:
    assert mapped(value, target) == ((), (lost,))


def test_what_nobody_can_see_is_taken_out_and_named() -> None:
    assert mapped("a\0b", "Company") == (("ab",), ("unprintable characters removed",))
    assert mapped("A\0da", "first_name") == (("Ada",), ("unprintable characters removed",))


def test_one_value_that_is_lost_holds_up_no_other() -> None:
    rules = [EMAIL, ContactRule("form.size", "Plan"), ContactRule("tab.plan", "Company")]

    found = build(*rules).apply(LEASE, ADA)

    assert found.values == {"7": "gold"}
    assert found.losses == {"8": "is none of the 3 options"}


def test_a_moment_becomes_its_day_in_utc() -> None:
    late = NOON.replace(hour=22)
    mapping = build(EMAIL, ContactRule("recipient.signed_at", "Signed on"))

    assert mapping.apply(LEASE, evolve(ADA, signed_at=late)).values == {"10": "2026-05-20"}


def test_a_moment_without_an_offset_is_not_guessed() -> None:
    naive = datetime(2026, 5, 19)
    mapping = build(EMAIL, ContactRule("recipient.signed_at", "Signed at"))

    found = mapping.apply(LEASE, evolve(ADA, signed_at=naive))

    assert found.values == {}
    assert found.losses == {"11": "is a date and time without an offset from UTC"}


@pytest.mark.parametrize(
    ("source", "snapshot", "cleared"),
    [
        ("envelope.voided_reason", LEASE, True),
        ("envelope.voided_reason", evolve(LEASE, complete=False), False),
        ("recipient.declined_reason", LEASE, True),
        ("tab.empty", LEASE, True),
        ("tab.unknown", LEASE, False),
        ("form.unknown", LEASE, False),
        ("custom.unknown", LEASE, False),
    ],
)
def test_an_empty_source_empties_its_field_only_where_asked_and_known_to_be_empty(
    source: str, snapshot: Snapshot, cleared: bool
) -> None:
    keep = build(EMAIL, ContactRule(source, "Company"))
    clear = build(EMAIL, ContactRule(source, "Company", clear=True))

    assert keep.apply(snapshot, ADA).values == {}
    assert clear.apply(snapshot, ADA).values == ({"7": ""} if cleared else {})


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({}, "rules: must be a list, got {}"),
        (["x"], "rules[0]: must be a table with 'source' and 'target'"),
        ([{"source": "recipient.email"}], "rules[0]: 'target' is missing"),
        (
            [{"source": "recipient.email", "target": "email", "cleer": True}],
            "rules[0]: there is no 'cleer'; did you mean 'clear'?",
        ),
        (
            [{"source": "recipient.email", "target": "email", "clear": "yes"}],
            "rules[0].clear: must be true or false, got 'yes'",
        ),
        (
            [{"source": "recipient.email", "target": 7}],
            "rules[0].target: must be text, got 7",
        ),
    ],
)
def test_data_that_is_no_rule_is_refused_with_its_place(data: object, complaint: str) -> None:
    with pytest.raises(MappingRefused) as caught:
        load_contact_rules(data)

    assert str(caught.value) == complaint


def test_rules_are_read_from_toml() -> None:
    text = """
    [[rules]]
    source = "recipient.email"
    target = "email"

    [[rules]]
    source = "tab.plan"
    target = "Plan"
    clear = true
    """

    rules = load_contact_rules(tomllib.loads(text)["rules"])

    assert rules == (EMAIL, ContactRule("tab.plan", "Plan", clear=True))


targets = st.permutations([*list(STANDARD_FIELDS)[1:], *(one.title for one in FIELDS)])
sources = st.sampled_from(SOURCES) | st.text(min_size=1).filter(str.strip).map("tab.{}".format)


@given(targets, st.lists(st.tuples(sources, st.booleans()), max_size=9))
def test_a_mapping_that_is_dumped_and_loaded_is_the_same(
    targets: list[str], sources: list[tuple[str, bool]]
) -> None:
    pairs = zip(sources, targets, strict=False)
    rules = [ContactRule(source, target, clear=clear) for (source, clear), target in pairs]
    mapping = build(EMAIL, *rules)

    loaded = load_contact_rules(json.loads(json.dumps(mapping.dump())))

    assert build(*loaded) == mapping
    assert [rule.label for rule in loaded] == [rule.label for rule in mapping.rules]


@given(
    st.text() | st.sampled_from(["||", "1e9", "2026-05-19", "gold", "\ud800"]),
    st.sampled_from([*FIELDS, ContactField("1", "Text"), ContactField("2", "Odd", type="odd")]),
)
def test_any_value_is_written_whole_or_named_and_can_be_sent(
    value: str, custom: ContactField
) -> None:
    written, lost = mapped(value, custom.id, fields=[custom])

    assert written or lost or not value.strip()
    json.dumps(written, ensure_ascii=False).encode()
    if custom.options and written:
        assert {part for part in written[0].split("||") if part} <= set(custom.options)


def test_the_default_rules_need_no_custom_field() -> None:
    assert ContactMapping.default().rules == DEFAULT_RULES
