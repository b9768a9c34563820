"""The example data keeps its traits: each oddity is present, and each list makes sense."""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

DATA = Path(__file__).parents[1] / "examples" / "data"
COLUMNS = [
    "contactid",
    "firstname",
    "lastname",
    "emailaddress1",
    "donotemail",
    "donotbulkemail",
    "statecode",
    "merged_into",
    "city",
    "country",
    "jobtitle",
    "owner",
]

Row = dict[str, str]

with (DATA / "contacts.csv").open(encoding="utf-8", newline="") as file:
    ROWS: list[Row] = list(csv.DictReader(file))
LISTS: list[dict[str, Any]] = tomllib.loads(
    (DATA / "marketing_lists.toml").read_text(encoding="utf-8")
)["list"]

BY_ID = {row["contactid"]: row for row in ROWS}
BY_NAME = {entry["name"]: entry for entry in LISTS}
ADDRESSES = Counter(row["emailaddress1"] for row in ROWS)
FOLDED = Counter(row["emailaddress1"].strip().casefold() for row in ROWS)
SPELLINGS = Counter((row["firstname"], row["lastname"]) for row in ROWS)

# What the data calls a well-formed address: a dot-atom or a quoted string, then host labels.
WELL_FORMED = re.compile(
    r"""(?:[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*|"[^"\\]+")"""
    r"@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W_](?:[\w-]*[^\W_])?"
)
RESERVED = re.compile(r"(?i:(?:.+\.)?example\.(?:com|net|org)|.+\.(?:example|test))")
GETRESPONSE_NAME = re.compile(r"[a-z0-9_-]{3,64}")
DYNAMICS_COLUMNS = {
    "contact": {
        "contactid",
        "fullname",
        "emailaddress1",
        "statecode",
        "address1_city",
        "address1_country",
        "jobtitle",
        "donotbulkemail",
        "ownerid",
        "createdon",
    },
    "account": {"accountid", "name", "statecode", "address1_country"},
}


def names(row: Row) -> str:
    return f"{row['firstname']} {row['lastname']}"


def domain(row: Row) -> str:
    return row["emailaddress1"].strip().rpartition("@")[2]


def well_formed(row: Row) -> bool:
    return WELL_FORMED.fullmatch(row["emailaddress1"].strip()) is not None


def written_in(*scripts: str) -> Callable[[Row], bool]:
    """Whether a letter of the name belongs to one of the scripts, as Unicode names them."""
    return lambda row: any(
        unicodedata.name(letter, "").startswith(scripts)
        for letter in names(row)
        if letter.isalpha()
    )


def accented(row: Row) -> bool:
    return any(
        not letter.isascii() and unicodedata.name(letter, "").startswith("LATIN ")
        for letter in names(row)
    )


def decomposed(row: Row) -> bool:
    """A name in NFD that another contact has in NFC."""
    first, last = (unicodedata.normalize("NFC", row[key]) for key in ("firstname", "lastname"))
    return (first, last) != (row["firstname"], row["lastname"]) and SPELLINGS[first, last] > 0


def punycode_twin(row: Row) -> bool:
    """An address with a punycode domain that another contact has in Unicode."""
    local, _, host = row["emailaddress1"].partition("@")
    return "xn--" in host and f"{local}@{host.encode().decode('idna')}" in ADDRESSES


def case_variant(row: Row) -> bool:
    """An address that another contact has in other case."""
    address = row["emailaddress1"]
    return ADDRESSES[address] < FOLDED[address.casefold()] and address == address.strip()


def longest(row: Row) -> int:
    """Length of the longer name, counted as Dynamics does: in UTF-16 units."""
    return max(len(row[key].encode("utf-16-le")) // 2 for key in ("firstname", "lastname"))


TRAITS: dict[str, tuple[Callable[[Row], bool], int]] = {
    "accents": (accented, 150),
    "Cyrillic": (written_in("CYRILLIC"), 15),
    "Greek": (written_in("GREEK"), 12),
    "Chinese": (lambda row: written_in("CJK")(row) and row["country"] == "China", 8),
    "Japanese": (
        lambda row: written_in("CJK", "HIRAGANA", "KATAKANA")(row) and row["country"] == "Japan",
        10,
    ),
    "Korean": (written_in("HANGUL"), 5),
    "Arabic": (written_in("ARABIC"), 10),
    "Hebrew": (written_in("HEBREW"), 8),
    "Devanagari": (written_in("DEVANAGARI"), 5),
    "right-to-left": (
        lambda row: any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in names(row)),
        20,
    ),
    "both directions in one name": (
        lambda row: written_in("HEBREW", "ARABIC")(row) and written_in("LATIN")(row),
        2,
    ),
    "IDN domain in Unicode": (lambda row: not domain(row).isascii() and well_formed(row), 10),
    "IDN domain in punycode": (lambda row: "xn--" in domain(row), 5),
    "punycode twin of a Unicode address": (punycode_twin, 5),
    "local part beyond ASCII": (
        lambda row: (
            not row["emailaddress1"].strip().partition("@")[0].isascii() and well_formed(row)
        ),
        3,
    ),
    "plus tag": (lambda row: "+" in row["emailaddress1"].partition("@")[0], 7),
    "same address in other case": (case_variant, 10),
    "same address exactly": (
        lambda row: row["emailaddress1"] != "" and ADDRESSES[row["emailaddress1"]] > 1,
        10,
    ),
    "name in NFD": (decomposed, 4),
    "empty address": (lambda row: row["emailaddress1"] == "", 10),
    "malformed address": (
        lambda row: row["emailaddress1"].strip() != "" and not well_formed(row),
        15,
    ),
    "blanks around a well-formed address": (
        lambda row: row["emailaddress1"] != row["emailaddress1"].strip() and well_formed(row),
        6,
    ),
    "quoted local part": (
        lambda row: row["emailaddress1"].startswith('"') and well_formed(row),
        3,
    ),
    "apostrophe in the address": (
        lambda row: "'" in row["emailaddress1"] and well_formed(row),
        2,
    ),
    "do not e-mail": (lambda row: row["donotemail"] == "true", 12),
    "do not bulk e-mail": (lambda row: row["donotbulkemail"] == "true", 20),
    "inactive": (lambda row: row["statecode"] == "1", 20),
    "merged into another": (lambda row: row["merged_into"] != "", 6),
    "long name (40 to 50)": (lambda row: longest(row) >= 40, 5),
    "apostrophe in the name": (
        lambda row: any(mark in names(row) for mark in ("'", "\u2018", "\u2019")),
        8,
    ),
    "hyphen in the name": (lambda row: "-" in names(row).strip("-"), 10),
    "one-word name": (lambda row: "" in (row["firstname"], row["lastname"]), 7),
    "name like a formula": (
        lambda row: (
            row["firstname"].startswith(("=", "+", "-", "@"))
            or row["lastname"].startswith(("=", "+", "-", "@"))
        ),
        5,
    ),
    "comma, quote or markup in the name": (
        lambda row: any(mark in names(row) for mark in ',;"&<>'),
        6,
    ),
    "emoji in the name": (
        lambda row: any(unicodedata.category(letter) == "So" for letter in names(row)),
        4,
    ),
}


@pytest.mark.parametrize("trait", TRAITS)
def test_trait_is_present(trait: str) -> None:
    has, minimum = TRAITS[trait]
    assert sum(map(has, ROWS)) >= minimum


@pytest.mark.parametrize("trait", TRAITS)
def test_readme_counts_the_trait(trait: str) -> None:
    count = sum(map(TRAITS[trait][0], ROWS))
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {re.escape(trait)} \| {count} \|", readme, re.MULTILINE), count


# The contacts


def test_size_and_columns() -> None:
    assert len(ROWS) >= 520
    assert all(list(row) == COLUMNS for row in ROWS)


def test_the_file_is_plain_utf8() -> None:
    raw = (DATA / "contacts.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert raw.count(b"\n") == len(ROWS) + 1


def test_ids_are_unique_lower_case_guids() -> None:
    assert len(BY_ID) == len(ROWS)
    assert all(str(uuid.UUID(contactid)) == contactid for contactid in BY_ID)


def test_flags_states_and_owners() -> None:
    assert {row["donotemail"] for row in ROWS} == {"true", "false"}
    assert {row["donotbulkemail"] for row in ROWS} == {"true", "false"}
    assert {row["statecode"] for row in ROWS} == {"0", "1"}
    owners = Counter(row["owner"] for row in ROWS)
    assert len(owners) == 3
    assert min(owners.values()) >= 50


def test_values_fit_the_columns_of_dynamics() -> None:
    for row in ROWS:
        assert longest(row) <= 50, row
        assert names(row).strip(), row
        assert len(row["emailaddress1"]) <= 100, row
        assert len(row["jobtitle"]) <= 100, row
        assert len(row["city"]) <= 80 and len(row["country"]) <= 80, row


def test_a_merged_contact_is_inactive_and_its_winner_is_active() -> None:
    for row in ROWS:
        if row["merged_into"]:
            winner = BY_ID[row["merged_into"]]
            assert row["statecode"] == "1"
            assert (winner["statecode"], winner["merged_into"]) == ("0", "")


def test_only_reserved_domains() -> None:
    for row in ROWS:
        for found in re.findall(r"@([^\s@<>;,\"]+\.[^\s@<>;,\"]+)", row["emailaddress1"]):
            assert RESERVED.fullmatch(re.sub(r"\.+", ".", found).rstrip(".")), row
        if well_formed(row):
            assert RESERVED.fullmatch(domain(row)), row


# The marketing lists


def test_the_lists_and_their_keys() -> None:
    assert len(BY_NAME) == len(LISTS) >= 8
    for entry in LISTS:
        assert entry["type"] in ("static", "dynamic"), entry["name"]
        assert entry["target"] in ("contact", "account"), entry["name"]
        assert entry["purpose"], entry["name"]
        assert ("members" in entry) == (entry["type"] == "static"), entry["name"]
        assert ("query" in entry) == (entry["type"] == "dynamic"), entry["name"]
        known = {"name", "type", "target", "purpose", "members", "query", "getresponse_list"}
        assert entry.keys() <= known, entry["name"]


def test_members_are_contacts_named_once() -> None:
    for entry in LISTS:
        members = entry.get("members", [])
        assert len(set(members)) == len(members), entry["name"]
        assert set(members) <= BY_ID.keys(), entry["name"]


def test_customers_lyon_is_clean() -> None:
    rows = [BY_ID[member] for member in BY_NAME["Customers Lyon"]["members"]]
    assert len(rows) == 50
    for row in rows:
        assert (row["city"], row["country"]) == ("Lyon", "France")
        assert (row["donotemail"], row["donotbulkemail"]) == ("false", "false")
        assert (row["statecode"], row["merged_into"]) == ("0", "")
        assert re.fullmatch(r"[a-z]+\.[a-z]+@[a-z-]+\.(?:example|com|org)", row["emailaddress1"])
        assert FOLDED[row["emailaddress1"]] == 1
        for name in (row["firstname"], row["lastname"]):
            assert name.isalpha() and name.istitle()
            assert unicodedata.normalize("NFC", name) == name
        assert row["jobtitle"] and row["owner"]


def test_newsletter_holds_many_odd_contacts() -> None:
    members = BY_NAME["Newsletter"]["members"]
    assert 280 <= len(members) <= 320
    for trait, (has, _) in TRAITS.items():
        assert any(has(BY_ID[member]) for member in members), trait


def test_partners_overlap_the_newsletter() -> None:
    partners = set(BY_NAME["Partners"]["members"])
    assert 110 <= len(partners) <= 130
    assert 30 <= len(partners & set(BY_NAME["Newsletter"]["members"])) < len(partners)


def test_queries_are_fetchxml_over_known_columns() -> None:
    for entry in LISTS:
        if entry["type"] == "static":
            continue
        fetch = ElementTree.fromstring(entry["query"])
        assert fetch.tag == "fetch"
        (entity,) = fetch
        assert (entity.tag, entity.get("name")) == ("entity", entry["target"])
        used = {node.get("name") for node in entity.iter("attribute")}
        used |= {node.get("attribute") for node in entity.iter("order")}
        used |= {node.get("attribute") for node in entity.iter("condition")}
        assert used <= DYNAMICS_COLUMNS[entry["target"]], entry["name"]
        assert all(node.get("operator") for node in entity.iter("condition")), entry["name"]


def conditions(name: str) -> list[tuple[str | None, str | None, str | None]]:
    found = ElementTree.fromstring(BY_NAME[name]["query"]).iter("condition")
    return [(node.get("attribute"), node.get("operator"), node.get("value")) for node in found]


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [("Contacts in Germany", "country", "Germany"), ("Kraków", "city", "Kraków")],
)
def test_a_query_by_place_finds_active_contacts(name: str, column: str, value: str) -> None:
    assert conditions(name) == [
        ("statecode", "eq", "0"),
        (f"address1_{column}", "eq", value),
    ]
    active = [row for row in ROWS if row["statecode"] == "0" and row[column] == value]
    assert len(active) >= 5


def test_a_query_by_job_title_finds_active_contacts() -> None:
    assert ("jobtitle", "like", "%Manager%") in conditions("Managers who accept bulk mail")
    found = [
        row
        for row in ROWS
        if (row["statecode"], row["donotbulkemail"]) == ("0", "false")
        and "manager" in row["jobtitle"].casefold()
        and row["country"] in ("France", "Germany", "Poland")
    ]
    assert len(found) >= 20


def test_queries_that_depend_on_who_asks_and_when() -> None:
    assert ("ownerid", "eq-userid", None) in conditions("My contacts")
    assert ("createdon", "last-x-days", "30") in conditions("New this month")


def test_one_list_targets_accounts() -> None:
    assert [entry["name"] for entry in LISTS if entry["target"] == "account"] == ["Distributors"]


def test_getresponse_names_are_unique_and_one_is_bad() -> None:
    wanted = [entry["getresponse_list"] for entry in LISTS if "getresponse_list" in entry]
    assert len(set(wanted)) == len(wanted) >= 6
    assert [name for name in wanted if not GETRESPONSE_NAME.fullmatch(name)] == ["Bad Name!"]
    assert any("getresponse_list" not in entry for entry in LISTS)
