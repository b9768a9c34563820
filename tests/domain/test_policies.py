"""Who may be written to, what a list may be called, who is proposed to be whom."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.consent import Consent, Refusal
from connectors.domain.linking import Match, propose
from connectors.domain.lists import ListNameRefused, check_list_name

FLAGS = list(product([True, False], repeat=4))


@pytest.mark.parametrize(("active", "merged", "do_not_email", "left"), FLAGS)
@pytest.mark.parametrize(("crm_flags", "departures"), list(product([True, False], repeat=2)))
def test_the_first_reason_against_a_contact_decides(
    active: bool, merged: bool, do_not_email: bool, left: bool, crm_flags: bool, departures: bool
) -> None:
    reasons = [
        (merged, Refusal.MERGED),
        (not active, Refusal.INACTIVE),
        (do_not_email and crm_flags, Refusal.DO_NOT_EMAIL),
        (left and departures, Refusal.LEFT),
    ]

    refusal = Consent(crm_flags=crm_flags, departures=departures).refusal(
        active=active, merged=merged, do_not_email=do_not_email, left=left
    )

    assert refusal is next((reason for holds, reason in reasons if holds), None)


def test_consent_is_respected_unless_it_is_switched_off() -> None:
    assert Consent() == Consent(crm_flags=True, departures=True)


def test_only_what_somebody_must_mend_is_a_dead_letter() -> None:
    assert {r for r in Refusal if r.dead_letter} == {
        Refusal.NO_ADDRESS,
        Refusal.BAD_ADDRESS,
        Refusal.REFUSED,
    }


# --- names of lists (GR-12) ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["abc", "a" * 64, "-_-", "123", "spring_2026-news"])
def test_names_of_3_to_64_lower_case_letters_digits_and_dashes_pass(name: str) -> None:
    assert check_list_name(name) == name


@pytest.mark.parametrize(
    ("name", "problem", "nearest"),
    [
        ("", "has 0 characters", None),
        ("ab", "has 2 characters", None),
        ("a" * 65, "has 65 characters", "a" * 64),
        ("Spring", "contains 'S'", "spring"),
        ("spring news", "contains a blank", "spring-news"),
        ("Été 2026!", "contains a blank, '!', 'É', 'é'", "t-2026"),
        ("spring\n", "contains '\\n'", "spring"),
        ("новости", "contains 'в', 'и', 'н', 'о', 'с'", None),
    ],
)
def test_other_names_are_refused_with_what_is_wrong_and_what_would_do(
    name: str, problem: str, nearest: str | None
) -> None:
    with pytest.raises(ListNameRefused) as caught:
        check_list_name(name)

    hint = f"; {nearest!r} would do" if nearest else ""
    assert str(caught.value) == (
        f"list name {name!r} {problem}: use 3 to 64 lower-case letters, digits, '-' and '_'{hint}"
    )


@given(st.text() | st.text("aB é-_9", max_size=80))
def test_any_name_passes_as_it_is_or_its_hint_does(name: str) -> None:
    try:
        assert check_list_name(name) == name
    except ListNameRefused as refused:
        assert not re.fullmatch("[a-z0-9_-]{3,64}", name)
        hint = re.search("; '([^']*)' would do$", str(refused))
        assert hint is None or check_list_name(hint[1])
    else:
        assert re.fullmatch("[a-z0-9_-]{3,64}", name)


# --- proposals -------------------------------------------------------------------------------


def test_a_record_is_proposed_to_the_contact_with_its_address() -> None:
    unlinked = [("r1", "g1", "a@x.org"), ("r2", "g2", "b@x.org"), ("r3", "g3", "c@x.org")]

    matches = propose(unlinked, {"a@x.org": ["c1"], "b@x.org": ["c3", "c2"], "c@x.org": []})

    assert matches == (Match("r1", "g1", ("c1",)), Match("r2", "g2", ("c2", "c3")))
    assert [m.ambiguous for m in matches] == [False, True]


def test_one_candidate_named_twice_is_not_ambiguous() -> None:
    [match] = propose([("r1", "g1", "a@x.org")], {"a@x.org": ["c1", "c1"]})

    assert match.candidates == ("c1",)
    assert not match.ambiguous


def test_two_records_with_one_address_are_both_proposed() -> None:
    matches = propose([("r1", "g1", "a@x.org"), ("r2", "g2", "a@x.org")], {"a@x.org": ["c1"]})

    assert [m.record_id for m in matches] == ["r1", "r2"]
