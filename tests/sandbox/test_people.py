"""The invented people: unique, repeatable, valid, made one at a time."""

from __future__ import annotations

import ast
import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from connectors.sandbox.people import people

COUNT = 20_000
RESERVED = re.compile(r"(?:[a-z]+\.)?example\.(?:com|net|org)|[a-z]+\.(?:example|test)")
FIRST_OF_SEED_ONE = [
    "anke.boehm1@mail.example.org",
    "stelios.papadopoulos2@nordwind.test",
    "h.tanaka3@example.org",
]
LOCAL = re.compile(r"[a-z]+(?:[._-]?[a-z]+)?[0-9]+")


def test_every_address_is_its_own() -> None:
    addresses = {person["email"].lower() for person in people(COUNT)}
    assert len(addresses) == COUNT


def test_the_same_seed_gives_the_same_people() -> None:
    assert list(people(500, seed=7)) == list(people(500, seed=7))
    assert list(people(500, seed=7)) != list(people(500, seed=8))


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    assert list(people(50, seed=3)) == list(people(500, seed=3))[:50]


def test_the_people_stay_the_same_from_release_to_release() -> None:
    assert [person["email"] for person in people(3, seed=1)] == FIRST_OF_SEED_ONE


def test_nobody_is_made_before_somebody_asks() -> None:
    endless = people(10**12)
    assert isinstance(endless, Iterator)
    assert len(list(islice(endless, 5))) == 5


@pytest.mark.parametrize("count", [0, -1])
def test_no_people(count: int) -> None:
    assert list(people(count)) == []


def test_every_person_is_valid() -> None:
    for person in people(COUNT, seed=5):
        assert list(person) == ["firstname", "lastname", "email", "donotemail"]
        local, at, domain = person["email"].partition("@")
        assert at and len(local) <= 64, person
        assert LOCAL.fullmatch(local), person
        assert RESERVED.fullmatch(domain), person
        assert isinstance(person["donotemail"], bool)
        for name in (person["firstname"], person["lastname"]):
            assert 1 <= len(name) <= 50, person
            assert name == name.strip() == unicodedata.normalize("NFC", name), person
            assert not set(name) & set('=,<>"\t\r\n'), person


def test_about_two_in_a_hundred_want_no_mail() -> None:
    assert 0.015 < sum(person["donotemail"] for person in people(COUNT)) / COUNT < 0.025


@pytest.mark.parametrize(
    "script", ["LATIN", "GREEK", "CYRILLIC", "CJK", "HANGUL", "ARABIC", "HEBREW", "DEVANAGARI"]
)
def test_names_come_in_many_scripts(script: str) -> None:
    names = [person["lastname"] for person in people(2_000)]
    assert sum(unicodedata.name(name[0]).startswith(script) for name in names) >= 20


def test_the_module_needs_the_standard_library_only() -> None:
    import connectors.sandbox.people as module

    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    wanted = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [f"{'.' * node.level}{node.module or ''}"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {name.partition(".")[0] for name in wanted} <= set(sys.stdlib_module_names)
