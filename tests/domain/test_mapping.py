"""Field maps: wrong ones are refused when they are built, right ones tell what they lose."""

import json
import tomllib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.mapping import FieldMap, MappingRefused, Rule, Transform, load_rules

SOURCES = ("full_name", "first_name", "last_name", "email", "city")
TARGETS = ("name", "email", "town")
EMAIL = Rule("email", "email")


def build(*rules: Rule) -> FieldMap:
    return FieldMap(rules=rules, sources=SOURCES, targets=TARGETS)


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        (
            [Rule("full_name", "name")],
            'rules: nothing maps to \'email\', which is required; add Rule("email", "email")',
        ),
        ([], 'rules: nothing maps to \'email\', which is required; add Rule("email", "email")'),
        (
            [EMAIL, Rule("fullname", "name")],
            "rules[1].source: there is no 'fullname'; did you mean 'full_name'?",
        ),
        (
            [Rule("full_name", "nmae"), EMAIL],
            "rules[0].target: there is no 'nmae'; did you mean 'name'?",
        ),
        (
            [EMAIL, Rule("xyz", "name")],
            "rules[1].source: there is no 'xyz'; "
            "known are city, email, first_name, full_name, last_name",
        ),
        (
            [EMAIL, Rule("full_name", "name"), Rule("last_name", "name")],
            "rules[2].target: 'name' is mapped already by rules[1]; a target has one source",
        ),
    ],
)
def test_a_map_that_cannot_work_is_refused_with_its_place_and_the_cure(
    rules: Sequence[Rule], complaint: str
) -> None:
    with pytest.raises(MappingRefused) as caught:
        build(*rules)

    assert str(caught.value) == complaint


def test_one_source_may_have_two_targets() -> None:
    field_map = build(EMAIL, Rule("full_name", "name"), Rule("full_name", "town"))

    values = field_map.apply({"email": "a@example.org", "full_name": "Ada"}).values
    assert (values["name"], values["town"]) == ("Ada", "Ada")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([{"source": "email"}], "rules[0]: 'target' is missing"),
        ([{"target": "email"}], "rules[0]: 'source' is missing"),
        (
            [{"source": "email", "target": "email"}, {"sorce": "city", "target": "town"}],
            "rules[1]: there is no 'sorce'; did you mean 'source'?",
        ),
        (
            [{"source": "email", "target": "email", "transform": "uper"}],
            "rules[0].transform: there is no 'uper'; did you mean 'upper'?",
        ),
        ([{"source": "email", "target": 5}], "rules[0].target: must be text, got 5"),
        (["email"], "rules[0]: must be a table with 'source' and 'target'"),
    ],
)
def test_data_that_is_no_rule_is_refused_with_its_place(data: Any, complaint: str) -> None:
    with pytest.raises(MappingRefused) as caught:
        load_rules(data)

    assert str(caught.value) == complaint


def test_a_map_is_read_from_toml() -> None:
    text = """
    [[rules]]
    source = "email"
    target = "email"

    [[rules]]
    source = "first_name"
    target = "name"
    transform = "title"
    """

    rules = load_rules(tomllib.loads(text)["rules"])

    assert rules == (EMAIL, Rule("first_name", "name", Transform.TITLE))


@given(
    st.permutations(TARGETS),
    st.lists(st.sampled_from(SOURCES), min_size=3, max_size=3),
    st.lists(st.sampled_from(Transform), min_size=3, max_size=3),
)
def test_a_map_that_is_dumped_and_loaded_is_the_same(
    targets: list[str], sources: list[str], transforms: list[Transform]
) -> None:
    field_map = build(*map(Rule, sources, targets, transforms))

    data = json.loads(json.dumps(field_map.dump()))

    assert build(*load_rules(data)) == field_map


@pytest.mark.parametrize(
    ("transform", "value", "mapped"),
    [
        (Transform.COPY, "Anna nowak", "Anna nowak"),
        (Transform.LOWER, "Anna NOWAK", "anna nowak"),
        (Transform.UPPER, "Anna nowak", "ANNA NOWAK"),
        (Transform.TITLE, "anna nowak", "Anna Nowak"),
        (Transform.FIRST_WORD, " Anna  Nowak", "Anna"),
        (Transform.FIRST_WORD, "  ", None),
        (Transform.UPPER, None, None),
        (Transform.COPY, 42, "42"),
    ],
)
def test_transforms(transform: Transform, value: object, mapped: str | None) -> None:
    field_map = build(EMAIL, Rule("full_name", "name", transform))

    result = field_map.apply({"full_name": value, "email": "anna@example.org"})

    assert result.values == {"email": "anna@example.org", "name": mapped}
    assert result.losses == {}


def test_what_a_target_cannot_hold_is_cut_and_named() -> None:
    field_map = build(EMAIL, Rule("full_name", "name"), Rule("city", "town"))

    result = field_map.apply({"full_name": "n" * 200, "city": "Łódź\0", "email": "a@example.org"})

    assert result.values == {"name": "n" * 128, "town": "Łódź", "email": "a@example.org"}
    assert result.losses == {
        "name": "cut from 200 to 128 characters",
        "town": "unprintable characters removed",
    }


def test_an_address_is_not_cleaned_as_names_are() -> None:
    assert build(EMAIL).apply({"email": " A@b.org\0"}).values == {"email": " A@b.org\0"}


def test_a_record_without_the_field_maps_to_nothing() -> None:
    assert build(EMAIL).apply({}).values == {"email": None}


def test_mapped_values_stay_out_of_logs() -> None:
    assert "anna" not in repr(build(EMAIL).apply({"email": "anna@example.org"}))
