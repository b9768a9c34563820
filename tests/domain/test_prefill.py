"""Template mappings: checked against the template, values whole or named, and only ever a draft."""

import json
import tomllib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.field_mapping import ContactField
from connectors.domain.mapping import MappingRefused
from connectors.domain.prefill import (
    FILLABLE,
    DraftValues,
    PrefillTemplate,
    RoleValues,
    ShapeRole,
    ShapeTab,
    TabValue,
    TemplateMapping,
    TemplateRule,
    TemplateShape,
    dump_template_rules,
    load_template_rules,
)

TABS = (
    ShapeTab("company", required=True),
    ShapeTab("code", max_length=4),
    ShapeTab("vip", kind="checkbox"),
    ShapeTab("plan", kind="list", options=("gold", "Silver")),
    ShapeTab("size", kind="radio_group", options=("large", "small")),
    ShapeTab("rent", kind="number"),
    ShapeTab("second mail", kind="email"),
    ShapeTab("sign", kind="sign_here", required=True),
)
SHAPE = TemplateShape(
    template_id="tpl",
    name="Lease",
    roles=(
        ShapeRole("Tenant", tabs=TABS),
        ShapeRole("Office", kind="carbon_copy", filled=True),
    ),
    prefill=(ShapeTab("place"),),
)
FIELDS = (ContactField("7", "Company", "COMPANY"), ContactField("8", "Extra", "EXTRA"))
ADA = {
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "phone": "",
    "7": "Analytical Engines",
}

MAIL = TemplateRule(source="contact.email", role="Tenant", person="email")
NAME = TemplateRule(source="contact.name", role="Tenant", person="name")
COMPANY = TemplateRule(source="contact.Company", role="Tenant", tab="company")
USUAL = (MAIL, NAME, COMPANY)


def to(tab: str, source: str = "contact.8") -> TemplateRule:
    return TemplateRule(source=source, role="Tenant", tab=tab)


def build(*rules: TemplateRule, allow_blank: bool = False) -> TemplateMapping:
    return TemplateMapping.build(rules, SHAPE, FIELDS, allow_blank=allow_blank)


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        (
            [*USUAL, TemplateRule(source="contact.email", role="Tennant", tab="code")],
            "rules[3].role: there is no 'Tennant'; did you mean 'Tenant'?",
        ),
        ([*USUAL, to("cod")], "rules[3].tab: there is no 'cod'; did you mean 'code'?"),
        (
            [*USUAL, TemplateRule(source="contact.email", tab="code")],
            "rules[3].tab: there is no 'code'; known are place",
        ),
        (
            [*USUAL, to("sign")],
            "rules[3].tab: 'sign' is a tab of type 'sign_here', which nobody fills in beforehand; "
            f"these can be: {', '.join(FILLABLE)}",
        ),
        ([*USUAL, to("company")], "rules[3]: 'Tenant.company' is filled already by rules[2]"),
        (
            [*USUAL, to("code", "contact.Compny")],
            "rules[3].source: there is no contact field 'Compny', and none is ever made here; "
            "did you mean 'Company'?",
        ),
        (
            [*USUAL, to("code", "record.state")],
            "rules[3].source: there is no 'record.state'; did you mean 'record.status'?",
        ),
        (
            [*USUAL, to("code", "email")],
            "rules[3].source: 'email' is no source; write contact.<field> or record.<field>",
        ),
        (
            [*USUAL, to("code", "contact.deal.value")],
            "rules[3].source: 'deal.value': deal fields are not mappable, only contact fields are",
        ),
        (
            [*USUAL, TemplateRule(constant="bronze", role="Tenant", tab="plan")],
            "rules[3].constant: 'Tenant.plan' cannot take it: is none of the 2 options",
        ),
        (
            [TemplateRule(constant="ada", role="Tenant", person="email"), NAME, COMPANY],
            "rules[0].constant: 'Tenant.email' cannot take it: "
            "malformed e-mail address: no name before an @",
        ),
        (
            [TemplateRule(constant="", role="Tenant", person="name"), MAIL, COMPANY],
            "rules[0].constant: 'Tenant.name' cannot take it: there is no value for it",
        ),
        (
            [MAIL, COMPANY],
            "rules: nothing says the name of the role 'Tenant'; add "
            'TemplateRule(source="contact.name", role=\'Tenant\', person="name")',
        ),
        (
            [],
            "rules: nothing says the email of the role 'Tenant'; add "
            'TemplateRule(source="contact.email", role=\'Tenant\', person="email")',
        ),
        (
            [*USUAL, TemplateRule(source="contact.email", role="Office", person="email")],
            "rules: nothing says the name of the role 'Office'; add "
            'TemplateRule(source="contact.name", role=\'Office\', person="name")',
        ),
        (
            [MAIL, NAME],
            "rules: nothing fills the required tab 'company' of 'Tenant'; "
            "add a rule for it, or allow it to be blank",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_its_place_and_the_cure(
    rules: Sequence[TemplateRule], complaint: str
) -> None:
    with pytest.raises(MappingRefused) as caught:
        build(*rules)

    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"tab": "x"}, "source: give a source or a constant, one of them"),
        (
            {"source": "contact.email", "constant": "x", "tab": "x"},
            "source: give a source or a constant, one of them",
        ),
        ({"constant": "x"}, "tab: give a tab or a person's part, one of them"),
        (
            {"constant": "x", "tab": "x", "person": "name"},
            "tab: give a tab or a person's part, one of them",
        ),
        (
            {"constant": "x", "role": "Tenant", "person": "mail"},
            "person: there is no 'mail'; did you mean 'email'?",
        ),
        ({"constant": "x", "person": "name"}, "role: whose name? name the role"),
    ],
)
def test_a_rule_that_says_nothing_or_two_things_is_refused(
    parts: dict[str, str], complaint: str
) -> None:
    with pytest.raises(MappingRefused) as caught:
        TemplateRule(**parts)

    assert str(caught.value) == complaint


def test_the_senders_required_tabs_must_be_filled_too() -> None:
    shape = TemplateShape(template_id="tpl", prefill=(ShapeTab("place", required=True),))

    with pytest.raises(MappingRefused) as caught:
        TemplateMapping.build([], shape, FIELDS)

    assert str(caught.value) == (
        "rules: nothing fills the required tab 'place' of the sender; "
        "add a rule for it, or allow it to be blank"
    )


def test_what_is_required_may_be_left_open_where_that_is_allowed() -> None:
    assert build(allow_blank=True).values(ADA).roles == ()
    assert build(MAIL, NAME, allow_blank=True).values(ADA).problem is None
    with pytest.raises(MappingRefused, match="nothing says the email of the role 'Tenant'"):
        build(COMPANY, allow_blank=True)


def test_a_contact_fills_roles_tabs_and_the_senders_tabs() -> None:
    mapping = build(
        *USUAL,
        TemplateRule(constant="yes", role="Tenant", tab="vip"),
        TemplateRule(source="record.status", role="Tenant", tab="code"),
        TemplateRule(constant="Paris", tab="place"),
    )

    draft = mapping.values(ADA, {"status": "sent"})

    assert draft == DraftValues(
        template_id="tpl",
        roles=(
            RoleValues(
                role="Tenant",
                email="ada@example.org",
                name="Ada Lovelace",
                tabs=(
                    TabValue(label="company", kind="text", value="Analytical Engines"),
                    TabValue(label="vip", kind="checkbox", value="true"),
                    TabValue(label="code", kind="text", value="sent"),
                ),
            ),
        ),
        prefill=(TabValue(label="place", kind="text", value="Paris"),),
        problem=None,
        losses={},
    )
    assert draft.status == "created"
    assert "ada" not in repr(draft).lower()


def test_a_custom_field_is_kept_by_its_id() -> None:
    assert build(*USUAL).rules[2].source == "contact.7"


@pytest.mark.parametrize(
    ("tab", "value", "filled"),
    [
        ("code", "abcd", "abcd"),
        ("vip", "Yes", "true"),
        ("vip", "||No||", "false"),
        ("vip", "0", "false"),
        ("plan", "silver", "Silver"),
        ("plan", "||gold||", "gold"),
        ("size", "LARGE", "large"),
        ("rent", "950.50", "950.50"),
        ("second mail", "eve@example.org", "eve@example.org"),
    ],
)
def test_a_value_that_fits_is_filled_in_as_its_tab_takes_it(
    tab: str, value: str, filled: str
) -> None:
    draft = build(*USUAL, to(tab)).values({**ADA, "8": value})

    assert [one.value for one in draft.roles[0].tabs if one.label == tab] == [filled]
    assert draft.losses == {}


@pytest.mark.parametrize(
    ("tab", "value", "lost"),
    [
        ("code", "abcde", "has 5 characters; 4 fit"),
        ("company", "é" * 2001, "is longer than 4000 bytes"),
        ("vip", "perhaps", "is neither yes nor no"),
        ("plan", "bronze", "is none of the 2 options"),
        ("plan", "||gold||Silver||", "is none of the 2 options"),
        ("size", "medium", "is none of the 2 options"),
        ("rent", "about 900", "is no number as 1234.5"),
        ("second mail", "nobody", "malformed e-mail address: no name before an @"),
        ("code", "  ", "there is no value for it"),
    ],
)
def test_a_value_that_does_not_fit_is_lost_by_name_and_the_rest_is_filled_in(
    tab: str, value: str, lost: str
) -> None:
    rules = [rule for rule in USUAL if rule.tab != tab]

    draft = build(*rules, to(tab)).values({**ADA, "8": value})

    assert draft.losses == {f"Tenant.{tab}": lost}
    assert draft.problem is None
    assert draft.roles[0].email == "ada@example.org"
    assert tab not in [one.label for one in draft.roles[0].tabs]


@pytest.mark.parametrize(
    ("contact", "problem"),
    [
        ({"email": ""}, "Tenant.email: there is no value for it"),
        ({"email": "ada"}, "Tenant.email: malformed e-mail address: no name before an @"),
        ({"first_name": "", "last_name": " "}, "Tenant.name: there is no value for it"),
    ],
)
def test_a_role_without_its_person_stands_against_the_draft(
    contact: dict[str, str], problem: str
) -> None:
    draft = build(*USUAL).values({**ADA, **contact})

    assert draft.problem == problem
    assert f"{problem.partition(':')[0]}" in draft.losses


def test_a_record_that_does_not_exist_fills_nothing() -> None:
    draft = build(*USUAL, to("code", "record.status")).values(ADA)

    assert draft.losses == {"Tenant.code": "there is no value for it"}


# --- the action and its data ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"account_id": ""}, "account_id: is empty"),
        ({"template_id": ""}, "template_id: is empty"),
        ({"rules": ()}, "rules: is empty; say who has which role of the template"),
    ],
)
def test_an_action_that_names_no_template_is_refused(parts: dict[str, Any], complaint: str) -> None:
    usual = {"account_id": "acc", "template_id": "tpl", "rules": USUAL}

    with pytest.raises(MappingRefused) as caught:
        PrefillTemplate(**{**usual, **parts})

    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("x", "rules: must be a list, got 'x'"),
        ([{"source": "contact.email", "tabb": "x"}], "rules[0]: there is no 'tabb'; did you mean"),
        ([{"source": 5, "tab": "x"}], "rules[0].source: must be text, got 5"),
        ([{"tab": "x"}], "rules[0].source: give a source or a constant, one of them"),
    ],
)
def test_data_that_is_no_rule_is_refused_with_its_place(data: object, complaint: str) -> None:
    with pytest.raises(MappingRefused) as caught:
        load_template_rules(data)

    assert str(caught.value).startswith(complaint)


def test_rules_are_read_from_toml() -> None:
    text = """
    rules = [
        { source = "contact.email", role = "Tenant", person = "email" },
        { source = "contact.name", role = "Tenant", person = "name" },
        { source = "contact.Company", role = "Tenant", tab = "company" },
    ]
    """

    assert load_template_rules(tomllib.loads(text)["rules"]) == USUAL


def test_a_mapping_that_is_dumped_and_loaded_is_the_same() -> None:
    mapping = build(*USUAL, TemplateRule(constant="Paris", tab="place"))

    loaded = load_template_rules(json.loads(json.dumps(mapping.dump())))

    assert build(*loaded) == mapping


def test_a_refusal_shows_no_address_of_a_role() -> None:
    shape = TemplateShape(template_id="tpl", roles=(ShapeRole("for ada@example.org"),))

    with pytest.raises(MappingRefused) as caught:
        TemplateMapping.build([MAIL], shape, FIELDS)

    assert str(caught.value) == "rules[0].role: there is no 'Tenant'; known are for a…@example.org"


texts = st.text(max_size=5)
rules = st.builds(TemplateRule, source=texts, role=st.none() | texts, tab=texts) | st.builds(
    TemplateRule, constant=texts, role=texts, person=st.sampled_from(["email", "name"])
)


@given(st.lists(rules, max_size=4).map(tuple))
def test_rules_that_are_dumped_and_loaded_are_the_same(rules: tuple[TemplateRule, ...]) -> None:
    assert load_template_rules(json.loads(json.dumps(dump_template_rules(rules)))) == rules


@given(st.text(), st.sampled_from([tab for tab in TABS if tab.fillable]))
def test_any_value_is_filled_in_or_named_and_can_be_sent(value: str, tab: ShapeTab) -> None:
    rules = [rule for rule in USUAL if rule.tab != tab.label]

    draft = build(*rules, to(tab.label)).values({**ADA, "8": value})

    filled = [one.value for one in draft.roles[0].tabs if one.label == tab.label]
    assert filled or f"Tenant.{tab.label}" in draft.losses
    "".join(filled).encode()
