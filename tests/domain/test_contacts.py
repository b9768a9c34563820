"""Addresses as they are compared and shown, names as both sides can hold them (F-58, F-59)."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.domain.contacts import (
    NAME_LENGTH,
    InvalidAddress,
    clean_name,
    mask,
    parse_address,
)

ASCII = "abcdefghijklmnopqrstuvwxyz0123456789"
LONGEST = f"{'a' * 64}@{'b' * 61}.{'c' * 61}.{'d' * 61}.org"
assert len(LONGEST) == 254

# Each has an upper case that leads back to it.
LETTERS = ASCII + "äöüéñçåøłžşβγδжщяіა漢字あ"
local_parts = st.lists(
    st.text(LETTERS + "+-_!#$%&'*/=?^`{|}~", min_size=1, max_size=8), min_size=1, max_size=3
).map(".".join)
domains = st.lists(
    st.text(ASCII, min_size=1, max_size=8) | st.sampled_from(["bücher", "żółw", "пример", "例え"]),
    min_size=2,
    max_size=4,
).map(".".join)
addresses = st.builds("{}@{}".format, local_parts, domains)
# Text that looks like an address, so that more than the first check is reached.
SHREDS = [
    *["@", ".", "..", '"', "\\", "-", "xn--", "xn--bcher-kva", "x.org", "a", "a" * 63],
    *["ß", "ς", "İ", "J\u030c", "\u0301", "١", "א", "💩", "漢" * 20, "\u3002", "\uff20"],
    *["\u200d", "\u00ad", "\ud800", "\0", " ", "\n"],
]
shreds = st.lists(st.sampled_from(SHREDS), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("anna@example.org", "anna@example.org"),
        ("Anna.Nowak@Example.ORG", "anna.nowak@example.org"),
        ("anna+news@example.org", "anna+news@example.org"),
        ("  anna@example.org\t\n", "anna@example.org"),
        ("\u00a0anna@example.org\u3000", "anna@example.org"),
        ("anna@example.org.", "anna@example.org"),
        ("anna@example.org. ", "anna@example.org"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@bu\u0308cher.example", "anna@xn--bcher-kva.example"),
        ("anna@XN--BCHER-KVA.example", "anna@xn--bcher-kva.example"),
        ("anna@例え。jp", "anna@xn--r8jz45g.jp"),
        ("rene\u0301e@example.org", "renée@example.org"),
        ("RENE\u0301E@example.org", "renée@example.org"),
        ("J\u030c@example.org", "\u01f0@example.org"),
        ("straße@example.org", "straße@example.org"),
        ('"Anna Nowak"@example.org', '"anna nowak"@example.org'),
        ('"a@b"@example.org', '"a@b"@example.org'),
        ('"a\\"b"@example.org', '"a\\"b"@example.org'),
        ("o'neil@example.org", "o'neil@example.org"),
        (LONGEST, LONGEST),
    ],
)
def test_an_address_has_one_key_however_it_is_written(text: str, key: str) -> None:
    assert parse_address(text).key == key


def test_plus_tags_and_letters_of_other_languages_are_other_addresses() -> None:
    keys = [parse_address(f"{name}@example.org").key for name in ("a", "a+b", "ä", "ß", "ss")]

    assert len(set(keys)) == 5


def test_the_address_as_it_is_written_stays() -> None:
    assert parse_address(" Anna+News@Bücher.Example. ").text == "Anna+News@Bücher.Example"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "no e-mail address"),
        ("", "no e-mail address"),
        (" \t\u3000", "no e-mail address"),
        (".", "no e-mail address"),
        ("anna", "no name before an @"),
        ("@example.org", "no name before an @"),
        ("anna@", "not a domain"),
        ("anna@localhost", "not a domain"),
        ("anna@example..org", "not a domain"),
        ("anna@example.org..", "not a domain"),
        ("anna@-example.org", "not a domain"),
        ("anna@exam ple.org", "not a domain"),
        ("anna@exam_ple.org", "not a domain"),
        ("anna@[127.0.0.1]", "not a domain"),
        ("anna@xn--.org", "not a domain"),
        ("anna@xn--\u00fc.org", "not a domain"),
        (f"anna@{'b' * 64}.org", "not a domain"),
        ("anna@exa\ud800mple.org", "not a domain"),
        ("anna@example\0.org", "not a domain"),
        (".anna@example.org", "before the @"),
        ("anna.@example.org", "before the @"),
        ("anna..nowak@example.org", "before the @"),
        ("anna nowak@example.org", "before the @"),
        ("Anna <anna@example.org>", "before the @"),
        ("a@b@example.org", "before the @"),
        ('"anna@example.org', "before the @"),
        ('""@example.org', "before the @"),
        ("an\0na@example.org", "before the @"),
        ("an\x7fna@example.org", "unprintable"),
        ("an\udc00na@example.org", "unprintable"),
        ('"\\\0"@example.org', "unprintable"),
        (f"{'a' * 65}@example.org", "too long"),
        (LONGEST.replace("@", "@x"), "too long"),
        (f"{'a' * 60}@{'.'.join(['漢字' * 10] * 7)}.org", "too long"),
    ],
)
def test_what_no_mail_server_could_take_is_refused_with_the_reason(
    text: str | None, problem: str
) -> None:
    with pytest.raises(InvalidAddress, match=problem) as caught:
        parse_address(text)

    assert "anna" not in str(caught.value).lower()
    assert "example" not in str(caught.value)


@given(st.text() | shreds | addresses | st.text(alphabet=st.characters(codec=None)))
@example("İ" * 64 + "@example.org")
@example("a@" + ".".join(["漢字" * 10] * 6) + ".org")
@example("J\u030c@example.org")
def test_any_text_is_an_address_whose_key_is_its_own_key_or_is_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except InvalidAddress:
        return

    again = parse_address(address.key)
    assert again.key == address.key
    assert len(address.key) <= 254
    assert unicodedata.is_normalized("NFC", address.key)
    address.key.encode()  # a store can hold it
    assert parse_address(address.text) == address


@given(addresses, st.data())
def test_upper_and_lower_case_are_one_address(text: str, data: st.DataObject) -> None:
    flips = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    shouted = "".join(c.upper() if flip else c for c, flip in zip(text, flips, strict=True))

    assert parse_address(shouted).key == parse_address(text).key
    assert parse_address(text.upper()).key == parse_address(text).key


@given(addresses, st.sampled_from(["NFC", "NFD"]))
def test_composed_and_decomposed_letters_are_one_address(text: str, form: str) -> None:
    written = unicodedata.normalize("NFD" if form == "NFD" else "NFC", text)

    assert parse_address(written).key == parse_address(text).key


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("anna.nowak@example.org", "an…@example.org"),
        ("anna@example.org", "an…@example.org"),
        ("ann@example.org", "a…@example.org"),
        ("an@example.org", "a…@example.org"),
        ("a@example.org", "…@example.org"),
        (" anna@example.org\n", "an…@example.org"),
        ("anna@example.org, bob@example.com", "an…@example.com"),
        ("no address", "no…"),
        ("x", "…"),
        ("", "…"),
    ],
)
def test_a_masked_address_can_be_recognised(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(st.text() | shreds | addresses)
def test_masking_never_shows_a_whole_address(text: str) -> None:
    local, _, _ = text.strip().rpartition("@")
    shown = mask(text).partition("…")[0]

    assert len(shown) <= 2
    assert not local or shown != local


def test_an_address_keeps_itself_out_of_logs() -> None:
    address = parse_address("anna@example.org")

    assert repr(address) == "Address()"
    assert address.masked == "an…@example.org"


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "lost"),
    [
        (None, None, None),
        ("", None, None),
        (" \t\r\n ", None, None),
        ("Anna Nowak", "Anna Nowak", None),
        ("  Anna\t\r\n Nowak ", "Anna Nowak", None),
        ("Anna\rNowak", "Anna Nowak", None),
        ("Rene\u0301e", "Renée", None),
        ("An\0na", "Anna", "unprintable characters removed"),
        ("\x1b[1mAnna", "[1mAnna", "unprintable characters removed"),
        ("\ud83dAnna\ude00", "Anna", "unprintable characters removed"),
        ("\0\ud800", None, "unprintable characters removed"),
        ("سارة \u200fعلي", "سارة \u200fعلي", None),
        ("👩\u200d👧 Anna", "👩\u200d👧 Anna", None),
        ("=cmd()", "=cmd()", None),
        ("n" * NAME_LENGTH, "n" * 128, None),
        ("n" * 10_240, "n" * 128, "cut from 10240 to 128 characters"),
        ("n" * 127 + " more", "n" * 127, "cut from 132 to 128 characters"),
        (
            "\0" + "n" * 129,
            "n" * 128,
            "unprintable characters removed, cut from 129 to 128 characters",
        ),
    ],
)
def test_a_name_is_kept_as_it_is_or_the_loss_is_told(
    text: str | None, name: str | None, lost: str | None
) -> None:
    assert clean_name(text) == (name, lost)


def test_the_length_of_a_name_is_the_callers() -> None:
    assert clean_name("Anna Nowak", length=4) == ("Anna", "cut from 10 to 4 characters")


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_a_clean_name_is_clean_and_can_be_stored(text: str) -> None:
    name, _ = clean_name(text)

    assert clean_name(name) == (name, None)
    assert name is None or 0 < len(name.encode().decode()) <= NAME_LENGTH
