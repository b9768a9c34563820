"""Changes as they are read, digests that see every difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.plan import Change, Digest, Side, Verb, fingerprint

blobs = st.lists(st.binary(max_size=6), max_size=6)


def digest(parts: list[bytes]) -> str:
    made = Digest()
    for part in parts:
        made.add(part)
    return str(made)


@given(blobs, blobs)
def test_a_digest_is_equal_for_equal_changes_in_equal_order_only(
    one: list[bytes], other: list[bytes]
) -> None:
    assert (digest(one) == digest(other)) is (one == other)


def test_a_digest_sees_where_a_change_ends() -> None:
    assert len({digest([b"ab"]), digest([b"a", b"b"]), digest([b"ab", b""]), digest([])}) == 4


def test_a_digest_may_be_read_on_the_way() -> None:
    made = Digest()
    made.add(b"a")
    before = str(made)
    made.add(b"b")

    assert before == digest([b"a"])
    assert str(made) == digest([b"a", b"b"])


def test_a_change_reads_as_what_where_who_and_why() -> None:
    change = Change(
        verb=Verb.CREATE,
        side=Side.GETRESPONSE,
        kind="contact",
        ref="c1",
        subject="Anna <an…@example.org> on news",
        reason="is a member of the marketing list",
        after={"email": "anna@example.org"},
        payload={"email": "anna@example.org"},
    )

    assert str(change) == (
        "create   GetResponse    contact Anna <an…@example.org> on news"
        " — is a member of the marketing list"
    )
    assert "anna@" not in repr(change)


@pytest.mark.parametrize("verb", Verb)
def test_skips_and_conflicts_write_nothing(verb: Verb) -> None:
    assert verb.writes is (verb not in (Verb.SKIP, Verb.CONFLICT))


@given(st.lists(st.none() | st.integers() | st.text(st.characters(exclude_characters="\x1f"))))
def test_equal_values_have_equal_fingerprints_whatever_holds_them(values: list[object]) -> None:
    assert fingerprint(values) == fingerprint(tuple(values)) == fingerprint(iter(values))
    assert len(fingerprint(values)) == 24


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("a", "b"), ("b", "a"), False),
        (("ab", ""), ("a", "b"), False),
        (("a",), ("a", None), False),
        ((None,), ("",), True),
        ((1,), ("1",), True),
        (("é",), ("e\u0301",), False),
    ],
)
def test_fingerprints_compare_values_and_places(
    one: tuple[object, ...], other: tuple[object, ...], same: bool
) -> None:
    assert (fingerprint(one) == fingerprint(other)) is same


def test_half_a_surrogate_pair_has_a_fingerprint() -> None:
    assert fingerprint(["\ud800"]) != fingerprint(["\udc00"])
